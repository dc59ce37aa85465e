using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Join;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Mine;

/// <summary>A person's memberships, and the page of each with what it costs, what comes next and its history.</summary>
internal static class MyMemberships
{
    private const int PageSize = 50;
    private const int HistoryLines = 50;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/memberships", List).RequireSignIn();
        app.MapGet("/{vanity}/membership", Show).RequireSignIn();
        app.MapPost("/{vanity}/membership/pay", Pay).RequireSignIn();
    }

    /// <summary>The newest first: of each campaign the membership that goes on, or else the last that ended.</summary>
    private static async Task<IResult> List(long? before, HttpContext http, Db db, ICampaigns campaigns, IAgreements agreements, CancellationToken ct)
    {
        var (personId, from, all) = (http.RequireViewer().Id, before ?? long.MaxValue, db.Memberships);
        var found = await db.Memberships.AsNoTracking().Where(m => m.PersonId == personId && m.Id < from
                && (m.Status != MembershipStatus.Ended || !all.Any(o => o.PersonId == personId && o.CampaignId == m.CampaignId && o.BookId == m.BookId
                    && (o.Status != MembershipStatus.Ended || o.Id > m.Id))))
            .OrderByDescending(m => m.Id).Take(PageSize + 1).ToListAsync(ct);
        var shown = found.Take(PageSize).ToList();
        var known = await campaigns.FindMany(shown.Select(m => m.CampaignId).Distinct().ToList(), ct);
        var pledges = await agreements.FindMany(shown.Where(m => m is { PledgeId: not null, Status: not MembershipStatus.Ended })
            .Select(m => m.PledgeId!.Value).ToList(), ct);
        var rows = shown.Where(m => known.TryGetValue(m.CampaignId, out var campaign) && campaign.BookId == m.BookId)
            .Select(m => new MyMembershipsPage.Row(known[m.CampaignId], m.Info(), m.PledgeId is { } id ? pledges.GetValueOrDefault(id) : null)).ToList();
        var tiers = (await campaigns.TiersOf(rows.ConvertAll(r => r.Campaign.Id), ct)).ToDictionary(t => t.Id, t => t.Name);
        return Pages.Show<MyMembershipsPage>(new MyMembershipsPage.View(rows, tiers, found.Count > PageSize ? shown[^1].Id : null, before is null));
    }

    private static async Task<IResult> Show(
        string vanity, HttpContext http, Db db, ICampaigns campaigns, IAgreements agreements, Paying paying, Books books,
        CancellationToken ct) =>
        await Draw(vanity, http, FormState.Empty, db, campaigns, agreements, paying, books, ct);

    private static async Task<IResult> Draw(
        string vanity, HttpContext http, FormState state, Db db, ICampaigns campaigns, IAgreements agreements, Paying paying, Books books,
        CancellationToken ct)
    {
        var personId = http.RequireViewer().Id;
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        var m = await db.Memberships.AsNoTracking()
            .Where(x => x.PersonId == personId && x.CampaignId == campaign.Id && x.BookId == campaign.BookId)
            .OrderBy(x => x.Status == MembershipStatus.Ended).ThenByDescending(x => x.Id).FirstOrDefaultAsync(ct);
        if (m is null && !campaign.IsPublished && campaign.OwnerId != personId) throw Refusal.NotFound("page");
        if (m is null) return Pages.SeeOther($"/{campaign.Vanity}");
        var history = await History(personId, campaign, http.Request.Query["before"], db, ct);
        var pledge = m.PledgeId is { } id && m.Status != MembershipStatus.Ended ? await agreements.Find(id, ct) : null;
        var upcoming = pledge is null ? [] : (await agreements.Upcoming(m.BookId, personId, ct)).Where(l => l.PledgeId == pledge.Id)
            .ToList();
        var owes = m.ChargeId is not null && m.Status is MembershipStatus.Pending or MembershipStatus.Active;
        var isUnderWay = owes && !state.HasErrors && new[] { "paying", "joined", "changed" }.Any(http.Request.Query.ContainsKey);
        var choice = owes && !isUnderWay ? await paying.Offer(m.BookId, personId, state.Value("method"), ct) : null;
        var tiers = (await campaigns.Tiers(campaign.Id, ct)).ToDictionary(t => t.Id, t => t.Name);
        if (isUnderWay) http.Response.Headers["Refresh"] = "2";
        var next = m.NextAmountMinor is { } amount
            ? new MembershipPage.Planned(m.NextTierId is { } t ? tiers.GetValueOrDefault(t, "") : "", new Money(amount, campaign.Currency),
                m.NextFrom) : null;
        return Pages.Show<MembershipPage>(new MembershipPage.View(campaign, m.Info(), tiers, pledge, next, upcoming, history, choice,
            isUnderWay ? "paying" : Said(http), state,
            await books.Now(campaign.BookId, ct)),
            state.HasErrors ? 422 : 200);
    }

    /// <summary>What happened to a person's memberships of a campaign, the last first.</summary>
    private static async Task<MembershipPage.Past> History(long personId, CampaignInfo campaign, string? before, Db db, CancellationToken ct)
    {
        var from = PageKey.Parse(before, PageKey.Newest);
        var (at, id) = (from.Time, from.Id);
        var found = await db.MembershipEvents.AsNoTracking()
            .Where(e => e.PersonId == personId && e.CampaignId == campaign.Id && e.BookId == campaign.BookId && (e.At < at || (e.At == at && e.Id < id)))
            .OrderByDescending(e => e.At).ThenByDescending(e => e.Id).Take(HistoryLines + 1)
            .Select(e => new { e.Id, Line = new MembershipPage.Line(e.At, e.Text, e.ActorId == personId) }).ToListAsync(ct);
        var (rows, next) = PageKey.Page(found, HistoryLines, e => PageKey.Of(e.Line.At, e.Id));
        return new MembershipPage.Past(rows.ConvertAll(e => e.Line), next, from == PageKey.Newest);
    }

    /// <summary>What just happened, in a word of the address; anything else says nothing.</summary>
    private static string? Said(HttpContext http)
    {
        var query = http.Request.Query;
        if (query.ContainsKey("joined") || query.ContainsKey("paying")) return "joined";
        if (query.ContainsKey("changed")) return "changed";
        if (query.ContainsKey("confirmed")) return "confirmed";
        return query.ContainsKey("cancelled") ? query["cancelled"] == "declined" ? "cancelled_declined" : "cancelled" : null;
    }

    /// <summary>Tries the open payment again, with the card chosen.</summary>
    private static Task<IResult> Pay(string vanity, HttpContext http, Db db, ICampaigns campaigns, IAgreements agreements, Paying paying,
        Books books, CancellationToken ct) =>
        FormInput.Submit(http, async input =>
        {
            var personId = http.RequireViewer().Id;
            var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
            var m = await db.LiveMembership(campaign.BookId, personId, campaign.Id, ct);
            if (m is not { ChargeId: { } charge }) throw Refusal.Conflict("nothing_due", "Nothing is waiting to be paid here.");
            return await paying.Use(campaign.BookId, personId, input.Raw("method"), $"/{campaign.Vanity}/membership", ct)
                ?? await paying.Collect(m, charge, campaign.Vanity, m.Status == MembershipStatus.Pending ? "joined" : "changed", ct);
        }, state => Draw(vanity, http, state, db, campaigns, agreements, paying, books, ct));
}
