using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime.Text;
using Stipend.Apps.Answers;
using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;

namespace Stipend.Apps.V1;

/// <summary>Version 1 of the API, which forums and old bots still speak.</summary>
internal static class FirstEndpoints
{
    private const int UsualPage = 10, LargestPage = 100, BesideCampaign = 20;
    private static readonly InstantPattern s_time = InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd'T'HH:mm:ss.fff'+00:00'");
    private static readonly string[] s_campaign = ["rewards", "creator", "goals"];
    private static readonly string[] s_pledge = ["patron", "reward", "creator", "address"];

    private static readonly string[] s_me =
        ["campaign", .. s_campaign.Select(p => "campaign." + p), "pledges", .. s_pledge.Select(p => "pledges." + p)];

    internal static void Map(IEndpointRouteBuilder app)
    {
        var v1 = app.MapGroup(ApiPaths.V1).AllowAnyone().DisableRateLimiting();
        v1.MapGet("/current_user", (HttpContext http) => CurrentUser(http));
        v1.MapGet("/current_user/campaigns", (HttpContext http) => OwnCampaigns(http));
        v1.MapGet("/campaigns/{id}/pledges", (string id, HttpContext http) => Pledges(id, http));
    }

    private static async Task CurrentUser(HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Identity, s_me);
        var me = call.Bearer.Person.Id;
        await call.SendOne(FirstSchema.User, (await call.FirstReads.Users([me], false, call))[me]);
    }

    private static async Task OwnCampaigns(HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Campaigns, s_campaign);
        var owned = await call.Reads.Campaigns.OwnedBy(call.Bearer.Person.Id, call.Ct);
        var found = await call.FirstReads.Campaigns(owned, call);
        await call.SendFirstList(FirstSchema.Campaign, [.. owned.Select(c => found[c.Id])], owned.Count,
            new Dictionary<string, object?> { ["first"] = $"{call.Origin}{ApiPaths.V1}/current_user/campaigns" });
    }

    private static async Task Pledges(string id, HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Members, s_pledge);
        var campaign = await V2.Endpoints.Owned(id, call);
        var size = call.Query.PageSize(LargestPage, UsualPage);
        var sort = call.Query.Sort("created", "-created", "updated", "-updated") ?? "created";
        var (at, after) = Place(call);
        var page = new PledgePage(sort.EndsWith("updated", StringComparison.Ordinal), sort[0] == '-', at, after, size + 1);
        var found = await call.FirstReads.Roll.Page(campaign.BookId, campaign.Id, page, call.Ct);
        var total = (await call.FirstReads.Roll.Totals([campaign.Id], call.Ct)).GetValueOrDefault((campaign.BookId, campaign.Id));
        var shown = found.Take(size).ToList();
        var links = new Dictionary<string, object?>
        {
            ["first"] = $"{call.Origin}{ApiPaths.V1}/campaigns/{id}/pledges?page%5Bcount%5D={size}&sort={Uri.EscapeDataString(sort)}",
        };
        if (found.Count > size) links["next"] = call.NextPage(Cursor(shown[^1], page.ByUpdate));
        await call.SendFirstList(FirstSchema.Pledge, await call.FirstReads.Pledges(shown, Known(campaign), call), total.Count, links);
    }

    /// <summary>The first pledges beside a campaign, and where the others are.</summary>
    internal static async Task<Func<FirstCampaign, IReadOnlyList<FirstPledge>>> FirstPledges(IReadOnlyList<FirstCampaign> campaigns, ApiCall call)
    {
        var beside = new Dictionary<long, IReadOnlyList<FirstPledge>>();
        foreach (var campaign in campaigns.Where(c => c.Info.OwnerId == call.Bearer.Person.Id))
        {
            var found = await call.FirstReads.Roll.Page(campaign.Info.BookId, campaign.Info.Id,
                new PledgePage(false, false, null, null, BesideCampaign + 1), call.Ct);
            var shown = found.Take(BesideCampaign).ToList();
            if (found.Count > BesideCampaign) campaign.NextPledges = Cursor(shown[^1], byUpdate: false);
            beside[campaign.Info.Id] = await call.FirstReads.Pledges(shown, Known(campaign.Info), call);
        }
        return c => beside.TryGetValue(c.Info.Id, out var pledges) ? pledges : [];
    }

    /// <summary>Version 1's cursor is the time the list is sorted by; ours adds the pledge, for those of one moment.</summary>
    private static string Cursor(StandingPledge pledge, bool byUpdate) =>
        $"{s_time.Format(byUpdate ? pledge.UpdatedAt : pledge.CreatedAt)}~{pledge.Id.ToString(CultureInfo.InvariantCulture)}";

    private static (Instant? At, long? Id) Place(ApiCall call)
    {
        if (call.Query.Cursor is not { } cursor) return (null, null);
        var parts = cursor.Split('~');
        var time = parts[0].Replace(' ', '+'); // a plus that was sent as it is
        Instant? at = s_time.Parse(time) is { Success: true } exact ? exact.Value
            : OffsetDateTimePattern.ExtendedIso.Parse(time) is { Success: true } zoned ? zoned.Value.ToInstant()
            : LocalDatePattern.Iso.Parse(time) is { Success: true } day ? day.Value.AtMidnight().InUtc().ToInstant() : null;
        long? id = parts.Length == 2 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        return at is not null && parts.Length == (id is null ? 1 : 2) ? (at, id)
            : throw ApiProblem.WrongParameter("page[cursor]", "This cursor leads nowhere. Start again without one.");
    }

    private static Dictionary<long, CampaignInfo> Known(CampaignInfo campaign) => new() { [campaign.Id] = campaign };
}
