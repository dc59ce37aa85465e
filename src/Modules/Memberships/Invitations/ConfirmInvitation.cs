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

namespace Stipend.Memberships.Invitations;

/// <summary>
/// An imported member confirms here. Nothing is charged before the date they have paid for elsewhere: until then a confirmed membership
/// only waits, and its pledge starts by itself on that day (for the upfront model on the first billing day from then on, so that no month
/// is paid twice).
/// </summary>
internal sealed class ConfirmInvitation(Db db, Books books, ICampaigns campaigns, JoinRules rules, Seats seats, Keeping keeping,
    Outbox outbox)
{
    internal sealed record Request(long CampaignId, long TierId, long? AmountMinor, PledgeCap Cap);

    /// <summary>When the pledge starts if confirmed now.</summary>
    internal static Instant StartsAt(Membership m, CampaignInfo campaign, Instant now)
    {
        var paidUntil = m.PaidElsewhereUntil is { } until && until > now ? until : now;
        if (campaign.Model != BillingModel.MonthlyUpfront || paidUntil == now) return paidUntil;
        var anchor = BillingAnchor.DayOfMonth(campaign.BillDay, paidUntil, campaign.Zone);
        return anchor.DueAt(0) >= paidUntil ? anchor.DueAt(0) : anchor.DueAt(1);
    }

    /// <summary>Confirms, with the tier and amount they had or others. The payment method is stored by then.</summary>
    internal async Task<Membership> Handle(Request request, long personId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var campaign = await rules.Campaign(request.CampaignId, personId, ct);
        var m = await db.LiveMembership(campaign.BookId, personId, campaign.Id, ct);
        if (m is not { Status: MembershipStatus.Invited }) throw Refusal.Conflict("not_invited",
            "There is no invitation to confirm here any more.");
        var tier = request.TierId == m.TierId ? await campaigns.FindTier(request.TierId, ct) ?? throw Refusal.NotFound("tier")
            : await rules.Tier(campaign, request.TierId, ct);
        var amount = tier.Id == m.TierId && request.AmountMinor == m.AmountMinor && m.AmountMinor > 0
            ? new Money(m.AmountMinor, campaign.Currency) // what they paid before stays possible, whatever the tier costs newcomers
            : JoinRules.Amount(campaign, tier, request.AmountMinor);
        var now = await books.Now(m.BookId, ct);
        await seats.Take(tier, m, null, ct);
        await seats.Free(m.Id, tier.Id, ct);
        (m.TierId, m.AmountMinor, m.Status) = (tier.Id, amount.Minor, MembershipStatus.Active);
        m.SetCap(JoinRules.Cap(campaign.Model, amount, request.Cap));
        m.Version++;
        var starts = StartsAt(m, campaign, now);
        await keeping.Close(m, now, "confirmed here", ct);
        if (starts > now) await keeping.Open(m, m.TierId, GrantSource.Import, now, starts + Keeping.CollectionGrace, ct);
        else m.Status = MembershipStatus.Pending; // nothing is open meanwhile: access begins when it has started here
        outbox.Enqueue(new StartConfirmed(m.Id), starts, m.BookId);
        keeping.Note(m, personId, "confirmed",
            $"Confirmed {tier.Name} for {Keeping.Price(amount, campaign.Model)}"
            + (starts > now ? $", starting {Keeping.Day(starts, campaign)}." : "."), now);
        keeping.Tell(m, now, MembershipChangeKind.Pledged, MembershipChangeKind.Changed);
        await transaction.SaveOrRefuse(ct);
        return m;
    }
}

/// <summary>A job: a confirmed membership begins to be billed here.</summary>
internal sealed record StartConfirmed(long MembershipId);

/// <summary>Starts the pledge in a transaction of its own, then collects what is due; safe to repeat.</summary>
internal sealed class ConfirmedStarts(
    Db db, Books books, ICampaigns campaigns, IAgreements agreements, ICollecting collecting, Keeping keeping) : IPerform<StartConfirmed>
{
    public Task Perform(StartConfirmed message, MessageContext context, CancellationToken ct) => Start(message.MembershipId, ct);

    /// <summary>Starts a confirmed membership's billing; answers how collecting went, null when nothing is due (any more).</summary>
    public async Task<CollectResult?> Start(long membershipId, CancellationToken ct)
    {
        var charge = await StartPledge(membershipId, ct);
        return charge is { } due ? await collecting.Collect(due, ct) : null;
    }

    private async Task<long?> StartPledge(long membershipId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var m = await db.Memberships.FirstOrDefaultAsync(x => x.Id == membershipId, ct);
        if (m is not { Status: MembershipStatus.Active or MembershipStatus.Pending, EndsAt: null }) return null;
        if (m.PledgeId is not null) return m.ChargeId;
        if (await campaigns.Find(m.CampaignId, ct) is not { } campaign) return null;
        var now = await books.Now(m.BookId, ct);
        var tier = m.TierId is { } id ? await campaigns.FindTier(id, ct) : null;
        var amount = new Money(m.AmountMinor, campaign.Currency);
        var started = await agreements.Start(JoinTier.Terms(campaign, tier?.Name ?? "membership", m.PersonId, amount, m.Cap), ct);
        (m.PledgeId, m.ChargeId, m.Model) = (started.PledgeId, started.ChargeId, campaign.Model);
        if (started.ChargeId is null)
        {
            m.Status = MembershipStatus.Active;
            await keeping.Close(m, now, "begins here", ct);
            await keeping.Open(m, m.TierId, GrantSource.Paid, now, m.IsOpenEnded ? null
                : started.Quote.CoversUntil + Keeping.CollectionGrace, ct);
        }
        m.Version++;
        keeping.Note(m, null, "started", $"Billing here began: {Keeping.Price(amount, campaign.Model)}.", now);
        keeping.Tell(m, now, MembershipChangeKind.Changed);
        await transaction.Commit(ct);
        return started.ChargeId;
    }
}
