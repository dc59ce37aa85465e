using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;

namespace Stipend.Mailings.Choosing;

/// <summary>
/// Stopping mails from the mail itself (RFC 8058). The link opens a page with buttons and changes nothing, since programs open links too; posting to it
/// stops the mails at once, without a cookie: the sealed link is the proof.
/// </summary>
internal static class OffPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/mail/off/{token}", Show).AllowAnyone();
        app.MapPost("/mail/off/{token}", Stop).AllowAnyone().WithMetadata(new CarriesItsProof());
    }

    private static async Task<IResult> Show(string token, HttpContext http, OffLinks links, MailChoices choices, ICampaigns campaigns, IPeople people,
        CancellationToken ct)
    {
        var (person, campaign) = links.Read(token);
        return await Draw(token, person, campaign, false, await IsGone(person, people, ct), http, choices, campaigns, ct);
    }

    private static async Task<IResult> Stop(string token, HttpContext http, OffLinks links, MailChoices choices, ICampaigns campaigns, IPeople people,
        CancellationToken ct)
    {
        var (person, campaign) = links.Read(token);
        // A mail program's one click sends “List-Unsubscribe=One-Click” and means the list the mail came from.
        var scope = http.Request.HasFormContentType ? (await http.Request.ReadFormAsync(ct))["scope"].ToString() : "";
        var isGone = await IsGone(person, people, ct);
        // Whoever holds a mail of one campaign may turn that one on again, but not all: that is for who signs in.
        if (!isGone) await choices.Set(person, scope == "all" ? MailChoices.All : campaign, scope == "undo", ct);
        return await Draw(token, person, campaign, true, isGone, http, choices, campaigns, ct);
    }

    /// <summary>A closed account is mailed nothing, and nothing is written down about it any more.</summary>
    private static async Task<bool> IsGone(long person, IPeople people, CancellationToken ct) => await people.Find(person, ct) is not { IsClosed: false };

    private static async Task<IResult> Draw(string token, long person, long campaignId, bool isDone, bool isGone, HttpContext http,
        MailChoices choices, ICampaigns campaigns, CancellationToken ct)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        var off = await choices.OffOf(person, ct);
        var name = await campaigns.Find(campaignId, ct) is { IsPublished: true } campaign ? campaign.Name : null; // a draft's name is nobody's to read
        return Pages.Show<OffPage>(new OffPage.View(token, name, off.Contains(campaignId), isGone || off.Contains(MailChoices.All), isDone));
    }
}
