using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;

namespace Stipend.Memberships.Roll;

/// <summary>Memberships folded into members: a person's first row names them, their last tells where they stand.</summary>
internal sealed class MemberRoll(Db db, ICampaigns campaigns) : IMembers
{
    public async Task<IReadOnlyList<MemberInfo>> Page(CampaignInfo campaign, MemberPage page, CancellationToken ct)
    {
        var first = Firsts(campaign);
        if (page.After is { } after) first = page.Newest ? first.Where(m => m.Id < after) : first.Where(m => m.Id > after);
        var people = await (page.Newest ? first.OrderByDescending(m => m.Id) : first.OrderBy(m => m.Id))
            .Take(page.Take).Select(m => m.PersonId).ToListAsync(ct);
        var members = (await Among(campaign, people, ct)).ToDictionary(m => m.Now.PersonId);
        return people.ConvertAll(p => members[p]);
    }

    public Task<int> Count(CampaignInfo campaign, CancellationToken ct) => Firsts(campaign).CountAsync(ct);

    public async Task<MemberInfo?> Find(long id, CancellationToken ct)
    {
        if (await db.Memberships.AsNoTracking().FirstOrDefaultAsync(m => m.Id == id, ct) is not { } first
            || await campaigns.Find(first.CampaignId, ct) is not { } campaign || campaign.BookId != first.BookId) return null;
        return (await Among(campaign, [first.PersonId], ct)).SingleOrDefault(m => m.Id == id);
    }

    public async Task<IReadOnlyList<MemberInfo>> OfPerson(long personId, CancellationToken ct)
    {
        var rows = await db.Memberships.AsNoTracking().Where(m => m.PersonId == personId).ToListAsync(ct);
        var known = await campaigns.FindMany(rows.Select(m => m.CampaignId).Distinct().ToList(), ct);
        return await Fold(rows.Where(m => known.TryGetValue(m.CampaignId, out var campaign) && campaign.BookId == m.BookId),
            b => b.PersonId == personId, ct);
    }

    public async Task<IReadOnlyList<MemberInfo>> Among(CampaignInfo campaign, IReadOnlyCollection<long> personIds, CancellationToken ct)
    {
        if (personIds.Count == 0) return [];
        var rows = await db.Memberships.AsNoTracking()
            .Where(m => m.CampaignId == campaign.Id && m.BookId == campaign.BookId && personIds.Contains(m.PersonId)).ToListAsync(ct);
        return await Fold(rows, b => b.CampaignId == campaign.Id, ct);
    }

    public async Task<IReadOnlyList<TierCount>> Counts(IReadOnlyCollection<CampaignInfo> campaigns, CancellationToken ct)
    {
        var (ids, books) = (campaigns.Select(c => c.Id).ToList(), campaigns.ToDictionary(c => c.Id, c => c.BookId));
        var counts = await db.Memberships.AsNoTracking()
            .Where(m => ids.Contains(m.CampaignId) && (m.Status == MembershipStatus.Active || m.Status == MembershipStatus.Free))
            .GroupBy(m => new { m.CampaignId, m.BookId, m.TierId }).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(ct);
        return counts.Where(c => books[c.Key.CampaignId] == c.Key.BookId)
            .Select(c => new TierCount(c.Key.CampaignId, c.Key.TierId, c.Count)).ToList();
    }

    public async Task<IReadOnlyDictionary<long, int>> SeatsTaken(IReadOnlyCollection<CampaignInfo> campaigns, CancellationToken ct)
    {
        var (ids, books) = (campaigns.Select(c => c.Id).ToList(), campaigns.ToDictionary(c => c.Id, c => c.BookId));
        var sitting = await db.Memberships.AsNoTracking()
            .Where(m => ids.Contains(m.CampaignId) && m.Status != MembershipStatus.Ended && m.Status != MembershipStatus.Free)
            .GroupBy(m => new { m.CampaignId, m.BookId, m.TierId, m.NextTierId }).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(ct);
        return sitting.Where(s => books[s.Key.CampaignId] == s.Key.BookId)
            .SelectMany(s => new[] { s.Key.TierId, s.Key.NextTierId }.OfType<long>().Distinct().Select(tier => (tier, s.Count)))
            .GroupBy(s => s.tier).ToDictionary(g => g.Key, g => g.Sum(s => s.Count));
    }

    /// <summary>Each person's first membership of a campaign.</summary>
    private IQueryable<Membership> Firsts(CampaignInfo campaign)
    {
        var all = db.Memberships;
        return all.AsNoTracking().Where(m => m.CampaignId == campaign.Id && m.BookId == campaign.BookId
            && !all.Any(o => o.PersonId == m.PersonId && o.CampaignId == m.CampaignId && o.BookId == m.BookId && o.Id < m.Id));
    }

    private async Task<IReadOnlyList<MemberInfo>> Fold(IEnumerable<Membership> rows, Expression<Func<MemberBlock, bool>> blocks,
        CancellationToken ct)
    {
        var blocked = (await db.MemberBlocks.AsNoTracking().Where(blocks).Select(b => new { b.CampaignId, b.PersonId }).ToListAsync(ct))
            .Select(b => (b.CampaignId, b.PersonId)).ToHashSet();
        return rows.GroupBy(m => (m.CampaignId, m.PersonId)).Select(all =>
        {
            var now = all.OrderByDescending(m => m.Status != MembershipStatus.Ended).ThenByDescending(m => m.Id).First();
            return new MemberInfo(all.Min(m => m.Id), now.Info(), now.Model)
            {
                NextAmountMinor = now.NextFrom is null ? null : now.NextAmountMinor, EndedAt = now.EndedAt,
                HasFreeLevel = now.Status == MembershipStatus.Free || now is { Status: MembershipStatus.Pending, WasFree: true },
                IsBlocked = blocked.Contains(all.Key), LifetimeElsewhereMinor = all.Max(m => m.LifetimeElsewhereMinor),
            };
        }).OrderBy(m => m.Id).ToList();
    }
}
