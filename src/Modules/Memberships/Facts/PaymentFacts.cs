using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Join;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Facts;

/// <summary>
/// Paid lines open access. One query for the whole batch, one bulk write of grants; only members whose standing changes are written one by
/// one.
/// </summary>
internal sealed class PaidLines(Db db, ICampaigns campaigns, Seats seats, Keeping keeping, IGrants grants) : IHandle<LinesPaid>
{
    public async Task Handle(LinesPaid message, MessageContext context, CancellationToken ct)
    {
        var pledges = message.Lines.Select(l => l.PledgeId).Distinct().ToList();
        var members = (await db.Memberships.Where(m => m.BookId == message.BookId && m.PledgeId != null
            && pledges.Contains(m.PledgeId.Value)).ToListAsync(ct))
            .GroupBy(m => m.PledgeId!.Value).ToDictionary(g => g.Key, g => g.OrderByDescending(m => m.StartedAt).First());
        var names = await campaigns.FindMany(members.Values.Select(m => m.CampaignId).Distinct().ToList(), ct);
        var (opened, changes) = (new List<NewGrant>(), new List<MembershipChange>());
        foreach (var line in message.Lines)
        {
            if (!members.TryGetValue(line.PledgeId, out var m)) continue;
            if (IsAwaitedUpgrade(m, line)) changes.Add(new(m.CampaignId, m.PersonId, MembershipChangeKind.PledgeChanged));
            var waited = m.Status is MembershipStatus.Pending or MembershipStatus.Declined;
            if (IsAwaitedUpgrade(m, line)) await TakeUpgrade(m, message.At, ct);
            else if (m is { ChargeId: not null, NextAmountMinor: null }) m.ChargeId = null;
            if (m.IsOpenEnded)
            {
                if (waited) opened.Add(Keeping.Grant(m, m.TierId, GrantSource.Paid, message.At, null));
            }
            else if (line is { CoversFrom: { } from, CoversUntil: { } until })
            {
                var start = waited && from < message.At ? message.At : from;
                var end = m.EndsAt is null && m.Status != MembershipStatus.Ended ? until + Keeping.CollectionGrace : until;
                if (end > start) opened.Add(Keeping.Grant(m, TierOf(m, from), GrantSource.Paid, start,
                    end)); // paid after its period: nothing left to open
            }
            if (waited) await Settle(m, names.GetValueOrDefault(m.CampaignId), message.At, ct);
        }
        if (opened.Count > 0) await grants.Open(opened, ct);
        changes.AddRange(members.Values.Select(m => new MembershipChange(m.CampaignId, m.PersonId, MembershipChangeKind.Changed)));
        keeping.Tell(message.BookId, message.At, changes);
        await db.SaveChangesAsync(ct);
    }

    /// <summary>The tier a period is for: a planned change counts from its day on.</summary>
    private static long? TierOf(Membership m, Instant coversFrom) => m.NextFrom is { } from && coversFrom >= from ? m.NextTierId : m.TierId;

    private static bool IsAwaitedUpgrade(Membership m, PaidLine line) =>
        m is { NextAmountMinor: not null, NextFrom: null } && line.PeriodKey.StartsWith('U');

    private async Task TakeUpgrade(Membership m, Instant at, CancellationToken ct)
    {
        (m.TierId, m.AmountMinor) = (m.NextTierId, m.NextAmountMinor!.Value);
        m.ForgetPlans();
        m.ChargeId = null;
        m.Version++;
        await seats.Free(m.Id, m.TierId, ct);
        keeping.Note(m, null, "changed", "The payment arrived; the change took effect.", at);
    }

    private async Task Settle(Membership m, CampaignInfo? campaign, Instant at, CancellationToken ct)
    {
        var isFirst = m.Status == MembershipStatus.Pending;
        m.Status = MembershipStatus.Active;
        m.ChargeId = null;
        m.WasFree = false;
        m.Version++;
        await seats.Keep(m.Id, ct);
        keeping.Note(m, null, isFirst ? "joined" : "paid", isFirst ? "The first payment arrived; membership began."
            : "The open payment arrived; access is back.", at);
        if (!isFirst || campaign is null) return;
        var tier = m.TierId is { } id ? await campaigns.FindTier(id, ct) : null;
        keeping.Mail(m, $"You are a member of {campaign.Name}",
            JoinMail.Text(campaign, tier?.Name ?? "member", Keeping.Price(new Money(m.AmountMinor, campaign.Currency), m.Model!.Value),
            null), "joined");
    }
}

/// <summary>A declined charge closes what it should have paid for, until it is paid. A first payment that is declined closes nothing:
/// nothing was open.</summary>
internal sealed class DeclinedCharges(Db db, IAgreements agreements, Keeping keeping) : IHandle<ChargeDeclined>
{
    public async Task Handle(ChargeDeclined message, MessageContext context, CancellationToken ct)
    {
        var standing = await db.Memberships.Where(m => m.BookId == message.BookId && m.PledgeId != null
            && message.PledgeIds.Contains(m.PledgeId.Value)).ToListAsync(ct);
        if (standing.Count == 0) return;
        keeping.Tell(message.BookId, message.At, standing.DistinctBy(m => (m.CampaignId, m.PersonId))
            .Select(m => new MembershipChange(m.CampaignId, m.PersonId, MembershipChangeKind.Changed)).ToList());
        var members = standing.Where(m => m.Status is MembershipStatus.Active or MembershipStatus.Pending).ToList();
        var pledges = await agreements.FindMany(members.ConvertAll(m => m.PledgeId!.Value), ct);
        foreach (var m in members)
        {
            if (m.Status == MembershipStatus.Pending)
            {
                keeping.Note(m, null, "first_declined", $"The first payment was declined: {message.Reason}", message.At);
                continue;
            }
            if (m.EndsAt is not null || !pledges.TryGetValue(m.PledgeId!.Value, out var pledge)
                || !pledge.IsDeclined) continue; // paid meanwhile, or leaving anyway
            m.Status = MembershipStatus.Declined;
            m.Version++;
            await keeping.Close(m, message.At, "declined", ct);
            keeping.Note(m, null, "declined",
                $"A payment was declined: {message.Reason} What it pays for is closed until it is paid; the seat is kept.", message.At);
        }
        await db.SaveChangesAsync(ct);
    }
}

/// <summary>Billing gave an agreement up: the member falls to the free level and the seat is free. Who never paid at all is no
/// member.</summary>
internal sealed class LapsedAgreements(Db db, ICampaigns campaigns, Falling falling) : IHandle<AgreementLapsed>
{
    public async Task Handle(AgreementLapsed message, MessageContext context, CancellationToken ct)
    {
        var m = await db.Memberships.FirstOrDefaultAsync(
            x => x.BookId == message.BookId && x.PledgeId == message.PledgeId && x.Status != MembershipStatus.Ended
            && x.Status != MembershipStatus.Free, ct);
        if (m is null || await campaigns.Find(m.CampaignId, ct) is not { } campaign) return;
        await falling.Fall(m, campaign, message.Reason, message.At, ct);
        await db.SaveChangesAsync(ct);
    }
}

/// <summary>An upgrade was not paid: the membership stays what it was.</summary>
internal sealed class LapsedChanges(Db db, Falling falling) : IHandle<ChangeLapsed>
{
    public async Task Handle(ChangeLapsed message, MessageContext context, CancellationToken ct)
    {
        if (await db.Memberships.FirstOrDefaultAsync(x => x.BookId == message.BookId && x.PledgeId == message.PledgeId,
            ct) is not { } m) return;
        await falling.TakeBack(m, message.Reason, message.At, ct);
        await db.SaveChangesAsync(ct);
    }
}

/// <summary>
/// A payment was declined at the checkout: Billing has let the join or change lapse already, so the page can go on at once; the message
/// that tells it finds nothing left to do.
/// </summary>
internal sealed class DeclinedAtCheckout(Db db, Books books, ICampaigns campaigns, IAgreements agreements, Falling falling)
{
    public async Task Handle(Membership membership, string reason, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Entry(membership).ReloadAsync(ct);
        var m = membership;
        if (m.PledgeId is not { } pledgeId || await campaigns.Find(m.CampaignId, ct) is not { } campaign) return;
        var (pledge, now) = (await agreements.Find(pledgeId, ct), await books.Now(m.BookId, ct));
        if (m.Status == MembershipStatus.Pending && pledge is not { IsActive: true }) await falling.Fall(m, campaign, reason, now, ct);
        else if (pledge?.Amount.Minor == m.AmountMinor) await falling.TakeBack(m, reason, now, ct);
        await transaction.Commit(ct);
    }
}

/// <summary>The way down from a paid membership whose money does not come.</summary>
internal sealed class Falling(Seats seats, Keeping keeping)
{
    public async Task Fall(Membership m, CampaignInfo campaign, string reason, Instant at, CancellationToken ct)
    {
        var neverPaid = m.Status == MembershipStatus.Pending;
        keeping.Tell(m, at, MembershipChangeKind.PledgeEnded, neverPaid && !m.WasFree
            && !await keeping.HasPaid(m.BookId, m.PersonId, m.CampaignId, ct) ? MembershipChangeKind.Left : MembershipChangeKind.Changed);
        await seats.Free(m.Id, null, ct);
        m.Version++;
        m.ChargeId = null;
        if (neverPaid && !m.WasFree)
        {
            m.End(at);
            keeping.Note(m, null, "never_paid", $"Did not become a member: {reason}", at);
            return;
        }
        if (!neverPaid) await keeping.Close(m, at, "declined", ct);
        m.ForgetPlans();
        (m.Status, m.TierId, m.AmountMinor, m.EndsAt, m.WasFree) = (MembershipStatus.Free, null, 0, null, false);
        if (!neverPaid) await keeping.Open(m, null, GrantSource.Free, at, null, ct); // who never paid still has theirs
        keeping.Note(m, null, "fell_free", $"Fell to the free level: {reason}", at);
        if (neverPaid) return;
        keeping.Mail(m, $"You are a free member of {campaign.Name} now",
            $"The payment could not be made: {reason}\nNothing more will be tried. You keep what is for free members, "
            + "and can join again whenever you like.", "lapsed");
    }

    /// <summary>Takes back a change that was to take effect when paid.</summary>
    public async Task TakeBack(Membership m, string reason, Instant at, CancellationToken ct)
    {
        if (m is not { NextAmountMinor: not null, NextFrom: null }) return;
        m.ForgetPlans();
        m.ChargeId = null;
        m.Version++;
        await seats.Free(m.Id, m.TierId, ct);
        keeping.Note(m, null, "change_declined", $"The payment for the change was declined; nothing changed: {reason}", at);
        keeping.Tell(m, at, MembershipChangeKind.Changed);
    }
}
