using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Leave;

/// <summary>
/// A member leaves. What is paid stays open to its end; nothing is charged again, except that per creation the posts already published are
/// settled now.
/// </summary>
internal sealed class Leave(Db db, Books books, ICampaigns campaigns, Seats seats, Keeping keeping, IAgreements agreements, Outbox outbox)
{
    /// <summary><see cref="ChargeId"/>: settles what was pending; collect it after the commit.</summary>
    internal sealed record Answer(Membership Membership, long? ChargeId);

    internal async Task<Answer> Handle(long campaignId, long personId, string reason, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        var m = await db.LiveMembership(campaign.BookId, personId, campaign.Id, ct) ?? throw Refusal.NotFound("membership");
        if (m.EndsAt is { } already) throw Refusal.Conflict("already_cancelled",
            $"This membership is cancelled already; it stays open until {Keeping.Day(already, campaign)}.");
        var chargeId = await End(m, campaign, personId, reason, atOnce: false, ct);
        await transaction.SaveOrRefuse(ct);
        return new Answer(m, chargeId);
    }

    /// <summary>Ends a membership in the caller's transaction; answers the charge that settles it, if any.</summary>
    /// <param name="actorId">Who ends it; null: the site.</param>
    /// <param name="atOnce">Closes what is paid too: for closed accounts and blocked members.</param>
    internal async Task<long?> End(Membership m, CampaignInfo campaign, long? actorId, string reason, bool atOnce, CancellationToken ct)
    {
        var now = await books.Now(m.BookId, ct);
        var ended = m.PledgeId is { } pledge && await agreements.Find(pledge, ct) is { IsActive: true }
            ? await agreements.End(pledge, "cancelled", ct) : new EndedPledge(null, null);
        var openUntil = (m.Status, m.PledgeId) switch
        {
            (MembershipStatus.Active, not null) when !m.IsOpenEnded => ended.PaidUntil,
            (MembershipStatus.Active or MembershipStatus.Invited, null) => m.PaidElsewhereUntil,
            _ => null,
        };
        m.Version++;
        m.ChargeId = null;
        m.ForgetPlans();
        var why = reason.Length == 0 ? "" : $" Reason: {reason}";
        if (!atOnce && openUntil is { } until && until > now)
        {
            await keeping.Close(m, until, "cancelled", ct);
            keeping.Note(m, actorId, "cancelled", $"Cancelled; open until {Keeping.Day(until, campaign)}.{why}", now);
            keeping.Mail(m, $"Your membership of {campaign.Name} is cancelled",
                $"Nothing will be charged again. What you paid for stays open until {Keeping.Day(until, campaign)}.", "cancelled");
            if (m.Status == MembershipStatus.Invited) m.Status = MembershipStatus.Active;
            m.EndsAt = until;
            await seats.Free(m.Id, m.TierId, ct); // of a planned change
            outbox.Enqueue(new EndMembership(m.Id), until, m.BookId);
            keeping.Tell(m, now, MembershipChangeKind.PledgeEnded);
            return ended.ChargeId;
        }
        var wasFree = m.Status == MembershipStatus.Free;
        var last = await keeping.HasPaid(m.BookId, m.PersonId, m.CampaignId, ct) ? MembershipChangeKind.Changed : MembershipChangeKind.Left;
        keeping.Tell(m, now, wasFree ? [last] : [MembershipChangeKind.PledgeEnded, last]);
        m.End(now);
        await keeping.Close(m, now, "cancelled", ct);
        await seats.Free(m.Id, null, ct);
        keeping.Note(m, actorId, "left", (wasFree ? "Left." : "Cancelled; the membership ended.") + why, now);
        if (!wasFree && !atOnce)
            keeping.Mail(m, $"Your membership of {campaign.Name} has ended", ended.ChargeId is null
                ? "Nothing will be charged again."
                : "The posts published up to now are settled; you get a receipt. Nothing will be charged after that.", "cancelled");
        return ended.ChargeId;
    }
}

/// <summary>A job: what a cancelled member paid for has run out.</summary>
internal sealed record EndMembership(long MembershipId);

internal sealed class Endings(Db db, Seats seats, Keeping keeping) : IHandle<EndMembership>
{
    public async Task Handle(EndMembership message, MessageContext context, CancellationToken ct)
    {
        if (await db.Memberships.FindAsync([message.MembershipId], ct) is not { EndsAt: { } endsAt } m
            || endsAt > context.Now) return; // joined again meanwhile
        m.End(endsAt);
        m.Version++;
        await seats.Free(m.Id, null, ct);
        keeping.Note(m, null, "ended", "The time that was paid for is over.", context.Now);
        keeping.Tell(m, context.Now, MembershipChangeKind.Changed);
        await db.SaveChangesAsync(ct);
    }
}
