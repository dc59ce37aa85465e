using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Change;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Invitations;
using Stipend.Memberships.Join;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;

namespace Stipend.Memberships;

/// <summary>The contract, answered by the slices.</summary>
internal sealed class MembershipsService(
    Db db, ICampaigns campaigns, JoinTier joinTier, JoinFree joinFree, ChangeTier change, Leave.Leave leave, ImportMembers import,
    AcceptInvitations accept) : IMemberships
{
    public async Task<MembershipInfo?> Find(long personId, long campaignId, CancellationToken ct = default) =>
        (await OfPeople(campaignId, [personId], ct)).GetValueOrDefault(personId);

    public async Task<IReadOnlyList<MembershipInfo>> OfPerson(long personId, CancellationToken ct = default) =>
        (await db.Memberships.AsNoTracking().Where(m => m.PersonId == personId && m.Status != MembershipStatus.Ended).OrderBy(m => m.Id)
            .ToListAsync(ct))
        .ConvertAll(m => m.Info());

    public async Task<MembershipOutcome> Join(NewMembership membership, CancellationToken ct = default)
    {
        if (membership.TierId is not { } tier) return new MembershipOutcome(
            (await joinFree.Handle(membership.CampaignId, membership.PersonId, ct)).Info(), null);
        var answer = await joinTier.Handle(new JoinTier.Request(membership.CampaignId, tier, membership.AmountMinor, membership.Cap),
            membership.PersonId, ct);
        return new MembershipOutcome(answer.Membership.Info(), answer.ChargeId);
    }

    public async Task<MembershipOutcome> Change(NewMembership membership, CancellationToken ct = default)
    {
        var tier = membership.TierId ?? throw Refusal.Invalid("nothing_changes", "Name the tier to change to. To pay nothing, leave.");
        var answer = await change.Handle(new ChangeTier.Request(membership.CampaignId, tier, membership.AmountMinor, null),
            membership.PersonId, ct);
        return new MembershipOutcome(answer.Membership.Info(), answer.ChargeId);
    }

    public async Task<MembershipOutcome> Leave(long personId, long campaignId, string reason, CancellationToken ct = default)
    {
        var answer = await leave.Handle(campaignId, personId, reason, ct);
        return new MembershipOutcome(answer.Membership.Info(), answer.ChargeId);
    }

    public async Task<MemberCounts> Counts(long campaignId, CancellationToken ct = default)
    {
        if (await campaigns.Find(campaignId, ct) is not { } campaign) return new MemberCounts(0, 0, 0, 0, 0);
        var all = db.Memberships;
        var counts = await all.Where(m => m.CampaignId == campaignId && m.BookId == campaign.BookId)
            .Where(m => m.Status != MembershipStatus.Ended || !all.Any(o => o.CampaignId == campaignId && o.BookId == campaign.BookId
                && o.PersonId == m.PersonId && (o.Status != MembershipStatus.Ended || o.Id > m.Id)))
            .GroupBy(m => m.Status).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        int Of(MembershipStatus status) => counts.GetValueOrDefault(status);
        return new MemberCounts(Of(MembershipStatus.Active), Of(MembershipStatus.Free), Of(MembershipStatus.Declined),
            Of(MembershipStatus.Invited), Of(MembershipStatus.Ended));
    }

    public async Task<IReadOnlyDictionary<long, int>> SeatsTaken(long campaignId, CancellationToken ct = default)
    {
        if (await campaigns.Find(campaignId, ct) is not { } campaign) return new Dictionary<long, int>();
        return await Mine.SeatsTaken.Of(db, campaign, ct);
    }

    public async Task<IReadOnlyDictionary<long,
        MembershipInfo>> OfPeople(long campaignId, IReadOnlyCollection<long> personIds, CancellationToken ct = default)
    {
        if (await campaigns.Find(campaignId, ct) is not { } campaign) return new Dictionary<long, MembershipInfo>();
        var people = personIds.ToList();
        var all = await db.Memberships.AsNoTracking()
            .Where(m => m.CampaignId == campaignId && m.BookId == campaign.BookId && people.Contains(m.PersonId)).ToListAsync(ct);
        return all.GroupBy(m => m.PersonId)
            .ToDictionary(g => g.Key, g => g.OrderByDescending(m => m.Status != MembershipStatus.Ended).ThenByDescending(m => m.Id).First()
            .Info());
    }

    public Task Import(long campaignId, IReadOnlyList<ImportedMembership> memberships, CancellationToken ct = default) =>
        import.Handle(campaignId, memberships, ct);

    public Task<int> AcceptInvitations(long campaignId, IProgress<int>? progress = null, CancellationToken ct = default) =>
        accept.Handle(campaignId, progress, ct);
}
