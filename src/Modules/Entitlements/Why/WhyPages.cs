using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Time;

namespace Stipend.Entitlements.Why;

/// <summary>“Why can't I see this?”: what is open to me now and the facts behind it; the campaign's owner may ask about a member.</summary>
internal static class WhyPages
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/{vanity}/why", Show).RequireSignIn();

    private static async Task<IResult> Show(string vanity, HttpContext http, ICampaigns campaigns, IPeople people, IWhy why, Books books,
        CancellationToken ct)
    {
        var viewer = http.RequireViewer();
        var campaign = await campaigns.FindByVanity(vanity, ct);
        var isOwner = campaign?.OwnerId == viewer.Id;
        if (campaign is null || (!campaign.IsPublished && !isOwner && !await WasMember(viewer.Id, campaign, why, ct)))
            throw Refusal.NotFound("page");
        PersonInfo? about = null;
        if (http.Request.Query["person"].ToString() is { Length: > 0 } asked)
        {
            // Only somebody this campaign knows, and only to its owner: otherwise as if there were no such person.
            if (!long.TryParse(asked, out var id) || !isOwner) throw Refusal.NotFound("person");
            about = await people.Find(id, ct);
            if (about is null || !await WasMember(id, campaign, why, ct)) throw Refusal.NotFound("person");
        }
        var person = about?.Id ?? viewer.Id;
        return Pages.Show<WhyPage>(new WhyPage.View(campaign, about?.Name, await books.Now(campaign.BookId, ct),
            await why.Standings(person, campaign.Id, ct), await why.Explain(person, campaign.Id, ct)));
    }

    private static async Task<bool> WasMember(long personId, CampaignInfo campaign, IWhy why, CancellationToken ct) =>
        (await why.Explain(personId, campaign.Id, ct)).Count > 0;
}
