using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Ui;

namespace Stipend.Memberships.Mine;

/// <summary>The viewer's membership of the campaign whose page is drawn: asked once per request, used by the section and the cards. Read by
/// hand, as the page is the one most looked at.</summary>
internal sealed class ViewerMembership(Db db)
{
    private (long CampaignId, long PersonId, MembershipInfo? Found)? _asked;

    public async Task<MembershipInfo?> Of(CampaignPageRequest request, CancellationToken ct)
    {
        if (request.Viewer is not { } viewer) return null;
        if (_asked is { } asked && asked.CampaignId == request.Campaign.Id && asked.PersonId == viewer.Id) return asked.Found;
        var found = await Find(request.Campaign, viewer.Id, ct);
        _asked = (request.Campaign.Id, viewer.Id, found);
        return found;
    }

    private async Task<MembershipInfo?> Find(CampaignInfo campaign, long personId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT id, tier_id, pledge_id, amount_minor, status, started_at, ends_at, paid_elsewhere_until, lifetime_elsewhere_minor, source_ref,
              cap_posts, cap_minor
            FROM membership WHERE book_id = @book AND person_id = @person AND campaign_id = @campaign AND status <> 'ended'
            """, ct, ("book", campaign.BookId), ("person", personId), ("campaign", campaign.Id));
        await using var row = await command.ExecuteReaderAsync(ct);
        if (!await row.ReadAsync(ct)) return null;
        return new MembershipInfo(row.GetInt64(0), campaign.BookId, personId, campaign.Id, Number(1), Number(2), row.GetInt64(3),
            Columns.Enum<MembershipStatus>(row.GetString(4)), At(row.GetInt64(5)), Number(6) is { } ends ? At(ends) : null)
        {
            PaidElsewhereUntil = Number(7) is { } until ? At(until) : null, LifetimeElsewhereMinor = row.GetInt64(8),
            SourceRef = row.IsDBNull(9) ? null : row.GetString(9), Cap = new PledgeCap((int?)Number(10), Number(11)),
        };

        long? Number(int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
        static Instant At(long ms) => Instant.FromUnixTimeMilliseconds(ms);
    }
}

/// <summary>“Your membership” at the top of a campaign's page, for its members.</summary>
internal sealed class MembershipSection(ViewerMembership mine, Kept kept) : ICampaignPageSection
{
    public SectionPlace Place => SectionPlace.Top;
    public int Order => 10;

    public async Task<RenderFragment?> Load(CampaignPageRequest request, CancellationToken ct)
    {
        if (await mine.Of(request, ct) is not { } m) return null;
        var tier = request.Tiers.FirstOrDefault(t => t.Id == m.TierId)?.Name;
        var campaign = request.Campaign;
        var view = new YourMembership.View(campaign.Vanity, campaign.Zone, campaign.Model, m.Status, m.EndsAt,
            new Money(m.AmountMinor, campaign.Currency), tier);
        return await kept.Fragment<YourMembership>(view);
    }
}

/// <summary>Seats left, whose tier it is, and a change instead of a second join.</summary>
internal sealed class MembershipTierCards(Db db, ViewerMembership mine) : ITierCards
{
    public async Task<IReadOnlyDictionary<long, TierCard>> Of(CampaignPageRequest request, CancellationToken ct)
    {
        var m = await mine.Of(request, ct);
        var taken = request.Tiers.Any(t => t.SeatLimit is not null) ? await SeatsTaken.Of(db, request.Campaign, ct) : [];
        return request.Tiers.ToDictionary(t => t.Id, t => Card(t, m, request.Campaign,
            t.SeatLimit is { } limit ? Math.Max(0, limit - taken.GetValueOrDefault(t.Id)) : null));
    }

    private static TierCard Card(TierInfo tier, MembershipInfo? m, CampaignInfo campaign, int? left)
    {
        var page = $"/{campaign.Vanity}/membership";
        return m switch
        {
            { Status: MembershipStatus.Invited } => new TierCard(left, Href: page + "/confirm", Action: "Confirm your invitation"),
            { EndsAt: not null } or { Status: MembershipStatus.Free } or null => new TierCard(left),
            _ when m.TierId == tier.Id => new TierCard(left, IsMine: true, Href: page, Action: "Your membership"),
            { Status: MembershipStatus.Active, PledgeId: not null } =>
            new TierCard(left, Href: $"{page}/change?tier={tier.Id}", Action: "Change to this"),
            _ => new TierCard(left, Href: page, Action: "Your membership"),
        };
    }
}

/// <summary>How many have, or have been promised, a seat of each tier.</summary>
internal static class SeatsTaken
{
    public static async Task<Dictionary<long, int>> Of(Db db, CampaignInfo campaign, CancellationToken ct)
    {
        var taken = new Dictionary<long, int>();
        await using var command = await db.Command("""
            SELECT tier, COUNT(*) FROM (
                SELECT tier_id AS tier FROM membership
                WHERE campaign_id = @campaign AND book_id = @book AND status NOT IN ('ended', 'free') AND tier_id IS NOT NULL
                UNION ALL
                SELECT next_tier_id FROM membership
                WHERE campaign_id = @campaign AND book_id = @book AND status NOT IN ('ended', 'free') AND next_tier_id IS NOT NULL
                  AND next_tier_id <> COALESCE(tier_id, 0)) AS sitting
            GROUP BY tier
            """, ct, ("campaign", campaign.Id), ("book", campaign.BookId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) taken[reader.GetInt64(0)] = (int)reader.GetInt64(1);
        return taken;
    }
}

/// <summary>Members and declines on the creator's dashboard.</summary>
internal sealed class MemberFigures(Db db) : IDashboardFigures
{
    public int Order => 10;

    public async Task<IReadOnlyDictionary<long,
        IReadOnlyList<DashboardFigure>>> Of(IReadOnlyList<CampaignInfo> campaigns, CancellationToken ct)
    {
        var (ids, books) = (campaigns.Select(c => c.Id).ToList(), campaigns.ToDictionary(c => c.Id, c => c.BookId));
        var counts = await db.Memberships.Where(m => ids.Contains(m.CampaignId) && m.Status != MembershipStatus.Ended)
            .GroupBy(m => new { m.CampaignId, m.BookId, m.Status }).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(ct);
        var here = counts.Where(c => books[c.Key.CampaignId] == c.Key.BookId).ToLookup(c => c.Key.CampaignId);
        return ids.ToDictionary(id => id, id =>
        {
            int Of(MembershipStatus status) => here[id].Where(c => c.Key.Status == status).Sum(c => c.Count);
            var figures = new List<DashboardFigure> { new("Members", Of(MembershipStatus.Active), "members") };
            if (Of(MembershipStatus.Declined) is > 0 and var declined) figures.Add(new("Declined", declined, "members?status=declined"));
            if (Of(MembershipStatus.Invited) is > 0 and var invited) figures.Add(new("Invited", invited, "members?status=invited"));
            return (IReadOnlyList<DashboardFigure>)figures;
        });
    }
}
