using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Mailings.Bouncing;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Mailings.Choosing;

/// <summary>Which posts a person gets by mail: all or none, and campaign by campaign.</summary>
internal static class ChoicePages
{
    private const int PageSize = 50;

    private static readonly Comparer<CampaignInfo> s_byName = Comparer<CampaignInfo>.Create((a, b) =>
        StringComparer.CurrentCulture.Compare(a.Name, b.Name) is not 0 and var order ? order : a.Id.CompareTo(b.Id));

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/account/mail", Show).RequireSignIn();
        app.MapPost("/account/mail", Save).RequireSignIn();
        app.MapPost("/account/mail/works", Works).RequireSignIn();
    }

    /// <summary>By name, from the one after a campaign on: it is found by its name, also when it is no longer in the list.</summary>
    private static async Task<IResult> Show(long? after, HttpContext http, MailChoices choices, BounceNotice notice, IGate gate, ICampaigns campaigns,
        CancellationToken ct)
    {
        var me = http.RequireViewer().Id;
        var off = await choices.OffOf(me, ct);
        var mine = await Mine(me, off, gate, campaigns, ct);
        if (after is { } last && await campaigns.Find(last, ct) is { } from) mine = mine.FindAll(c => s_byName.Compare(c, from) > 0);
        else after = null;
        var shown = mine.Take(PageSize).ToList();
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<ChoicesPage>(new ChoicesPage.View(!off.Contains(MailChoices.All),
            shown.ConvertAll(c => new ChoicesPage.Row(c.Id, c.Name, !off.Contains(c.Id))), await notice.Load(me, ct), after,
            mine.Count > PageSize ? shown[^1].Id : null) { Off = await choices.KindsOffOf(me, ct) });
    }

    /// <summary>What is drawn as a box decides: a campaign that was not on the page, or could not be, stays as it was.</summary>
    private static async Task<IResult> Save(HttpContext http, Db db, MailChoices choices, IGate gate, ICampaigns campaigns, CancellationToken ct)
    {
        var input = await FormInput.Read(http, ct);
        var me = http.RequireViewer().Id;
        var (shown, ticked) = (Numbers(input.All("shown")), Numbers(input.All("campaign")).ToHashSet());
        var mine = (await Mine(me, await choices.OffOf(me, ct), gate, campaigns, ct)).Select(c => c.Id).ToHashSet();
        await using var transaction = await db.BeginWrite(ct);
        await choices.Set(me, MailChoices.All, input.Ticked("all"), ct);
        var kinds = input.All("kind");
        foreach (var kind in input.IsSent("with_kinds") ? Enum.GetValues<MailKind>() : []) await choices.Set(me, kind, kinds.Contains(Columns.Of(kind)), ct);
        foreach (var campaign in shown.Where(mine.Contains)) await choices.Set(me, campaign, ticked.Contains(campaign), ct);
        await transaction.Commit(ct);
        http.Flashes("Saved.");
        return Pages.SeeOther(input.Id("after") is { } after ? $"/account/mail?after={after}" : "/account/mail");
    }

    private static async Task<IResult> Works(HttpContext http, Bounces bounces, CancellationToken ct)
    {
        await bounces.Clear(http.RequireViewer().Id, ct);
        http.Flashes("Thank you. The next post comes by mail again.");
        return Pages.SeeOther("/account/mail");
    }

    /// <summary>Campaigns that are open to the person, and those they turned off, where their membership may be over. None that is not published: nobody
    /// learns its name here.</summary>
    private static async Task<List<CampaignInfo>> Mine(long me, HashSet<long> off, IGate gate, ICampaigns campaigns, CancellationToken ct) =>
        [.. (await campaigns.FindMany([.. (await gate.CampaignsOpenTo(me, ct)).Concat(off).Where(id => id != MailChoices.All).Distinct()], ct)).Values
            .Where(c => c.OwnerId != me && c.IsPublished).Order(s_byName)];

    private static List<long> Numbers(IReadOnlyList<string> typed) =>
        [.. typed.Select(t => long.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0).Take(1_000)];
}
