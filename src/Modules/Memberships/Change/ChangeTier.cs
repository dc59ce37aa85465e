using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Join;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Change;

/// <summary>
/// A member takes another tier or amount. More: at once; models that bill ahead bill the flat difference now and the tier changes when it
/// is paid. Less: from the next period, access kept until then; per creation nothing is paid ahead, so it counts from the next post.
/// </summary>
internal sealed class ChangeTier(
    Db db, Books books, ICampaigns campaigns, JoinRules rules, Seats seats, Keeping keeping, IAgreements agreements, IGrants grants,
    Outbox outbox)
{
    /// <param name="CampaignId">Whose member.</param>
    /// <param name="TierId">The tier to have.</param>
    /// <param name="AmountMinor">Null: the tier's price.</param>
    /// <param name="Version">The membership as it was when the preview was drawn; null skips the check.</param>
    internal sealed record Request(long CampaignId, long TierId, long? AmountMinor, int? Version);

    /// <summary>What a change would do: <see cref="Quote"/> to the cent, and when the tier changes (null: now).</summary>
    internal sealed record Preview(Membership Membership, CampaignInfo Campaign, TierInfo Tier, Money Amount, ChangeFrom From, Quote Quote,
        Instant? On);

    internal sealed record Answer(Membership Membership, long? ChargeId);

    internal async Task<Preview> Look(Request request, long personId, CancellationToken ct)
    {
        var campaign = await campaigns.Find(request.CampaignId, ct) ?? throw Refusal.NotFound("campaign");
        var m = await db.LiveMembership(campaign.BookId, personId, campaign.Id, ct) ?? throw Refusal.NotFound("membership");
        RefuseStanding(m);
        if (request.Version is { } version && version != m.Version) throw MembershipsDb.Changed();
        var tier = await rules.Tier(campaign, request.TierId, ct);
        var amount = JoinRules.Amount(campaign, tier, request.AmountMinor);
        if (tier.Id == m.TierId && amount.Minor == m.AmountMinor)
            throw Refusal.Invalid("nothing_changes", "That is what you have already. Choose another tier or amount.");
        var from = amount.Minor >= m.AmountMinor || m.Model == BillingModel.PerCreation ? ChangeFrom.Now : ChangeFrom.NextPeriod;
        var quote = await agreements.QuoteChange(m.PledgeId!.Value, amount, from, ct);
        return new Preview(m, campaign, tier, amount, from, quote, from == ChangeFrom.Now ? null : await PeriodEnd(m, campaign, quote, ct));
    }

    internal async Task<Answer> Handle(Request request, long personId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var (m, campaign, tier, amount, from, _, on) = await Look(request, personId, ct);
        var now = await books.Now(m.BookId, ct);
        await seats.Take(tier, m, null, ct);
        var changed = await agreements.Change(m.PledgeId!.Value, amount, from, $"{campaign.Name} · {tier.Name}", ct);
        var price = Keeping.Price(amount, m.Model!.Value);
        m.Version++;
        if (on is { } later)
        {
            (m.NextTierId, m.NextAmountMinor, m.NextFrom) = (tier.Id, amount.Minor, later);
            await FreeOthers(m, ct);
            outbox.Enqueue(new ApplyPlannedChange(m.Id), later, m.BookId);
            keeping.Note(m, personId, "change_planned", $"From {Keeping.Day(later, campaign)}: {tier.Name} for {price}.", now);
            keeping.Tell(m, now, MembershipChangeKind.PledgeChanged, MembershipChangeKind.Changed);
        }
        else if (changed.ChargeId is { } charge)
        {
            (m.NextTierId, m.NextAmountMinor, m.NextFrom, m.ChargeId) = (tier.Id, amount.Minor, null, charge);
            keeping.Note(m, personId, "changing", $"Chose {tier.Name} for {price}; the difference of {changed.Quote.Today} is due now.",
                now);
        }
        else
        {
            await Apply(m, tier.Id, amount.Minor, now, ct);
            keeping.Note(m, personId, "changed", $"Changed to {tier.Name} for {price}.", now);
            keeping.Tell(m, now, MembershipChangeKind.PledgeChanged, MembershipChangeKind.Changed);
        }
        await transaction.SaveOrRefuse(ct);
        return new Answer(m, changed.ChargeId);
    }

    /// <summary>The planned tier becomes the present one. For models that bill ahead the paid grants stay; their new ones name the new
    /// tier.</summary>
    internal async Task Apply(Membership m, long? tierId, long amountMinor, Instant now, CancellationToken ct)
    {
        var isOtherTier = m.TierId != tierId;
        (m.TierId, m.AmountMinor) = (tierId, amountMinor);
        m.ForgetPlans();
        m.ChargeId = null;
        if (isOtherTier && m.Status == MembershipStatus.Active)
        {
            if (m.IsOpenEnded) await grants.End(m.BookId, Keeping.Cause, m.Id, now, "changed tier", ct);
            var until = m.IsOpenEnded ? null : (await agreements.Find(m.PledgeId!.Value, ct))?.PaidUntil + Keeping.CollectionGrace;
            if (m.IsOpenEnded || until is not null) await keeping.Open(m, tierId, GrantSource.Paid, now, until, ct);
        }
        await seats.Free(m.Id, tierId, ct);
    }

    /// <summary>A new plan replaces an older one: the older one's seat is free again.</summary>
    private async Task FreeOthers(Membership m, CancellationToken ct) => await db.Execute(
        "DELETE FROM tier_seat WHERE membership_id = @id AND tier_id <> @now AND tier_id <> @next", ct, ("id", m.Id),
        ("now", m.TierId ?? 0), ("next", m.NextTierId ?? 0));

    private async Task<Instant> PeriodEnd(Membership m, CampaignInfo campaign, Quote quote, CancellationToken ct)
    {
        var pledge = await agreements.Find(m.PledgeId!.Value, ct);
        if (!m.IsOpenEnded && pledge?.PaidUntil is { } paid) return paid;
        if ((pledge?.NextOn ?? quote.NextOn) is { } on) return BillingAnchor.StartOfDay(on, campaign.Zone);
        return await books.Now(m.BookId, ct);
    }

    private static void RefuseStanding(Membership m)
    {
        if (m.Status == MembershipStatus.Declined)
            throw Refusal.Conflict("payment_declined",
                "Your last payment was declined. Pay it first; then you can change your membership.");
        if (m.EndsAt is not null) throw Refusal.Conflict("membership_ending",
            "This membership is cancelled. Join again to choose another tier.");
        if (m.Status != MembershipStatus.Active) throw Refusal.Conflict("not_active",
            "Only an active paid membership can be changed. Join a tier instead.");
        if (m.PledgeId is null)
            throw Refusal.Conflict("starts_later",
                "Your membership here starts when what you paid for elsewhere ends. You can change it from then on.");
        if (m is { NextAmountMinor: not null, NextFrom: null, ChargeId: not null })
            throw Refusal.Conflict("payment_open", "The payment for your last change is not finished. Finish it first.");
    }
}

/// <summary>A job: a planned change's day has come.</summary>
internal sealed record ApplyPlannedChange(long MembershipId);

internal sealed class PlannedChanges(Db db, ChangeTier change, ICampaigns campaigns, Keeping keeping) : IHandle<ApplyPlannedChange>
{
    public async Task Handle(ApplyPlannedChange message, MessageContext context, CancellationToken ct)
    {
        if (await db.Memberships.FindAsync([message.MembershipId], ct) is not { NextAmountMinor: { } amount, NextFrom: { } from } m
            || from > context.Now) return;
        if (m.Status is MembershipStatus.Ended or MembershipStatus.Free) return;
        var tier = m.NextTierId is { } id ? await campaigns.FindTier(id, ct) : null;
        await change.Apply(m, m.NextTierId, amount, context.Now, ct);
        m.Version++;
        keeping.Note(m, null, "changed", $"The planned change to {tier?.Name ?? "another tier"} took effect.", context.Now);
        keeping.Tell(m, context.Now, MembershipChangeKind.Changed);
        await db.SaveChangesAsync(ct);
    }
}
