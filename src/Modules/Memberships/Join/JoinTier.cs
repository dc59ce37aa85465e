using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Join;

/// <summary>
/// A person becomes a paying member. Models that bill afterwards open access at once; models that bill ahead open it when the first
/// charge, due now, is paid. Rejoining while what was paid still runs charges nothing again.
/// </summary>
internal sealed class JoinTier(Db db, Ids ids, Books books, JoinRules rules, Seats seats, Keeping keeping, IAgreements agreements)
{
    /// <summary>How long a seat is expected to be held for somebody who has not finished paying; Billing calls the payment off when it
    /// expires.</summary>
    public static readonly Duration SeatHold = Duration.FromHours(72);

    internal sealed record Request(long CampaignId, long TierId, long? AmountMinor, PledgeCap Cap);

    /// <summary><see cref="ChargeId"/>: due now; collect it after the commit.</summary>
    internal sealed record Answer(Membership Membership, long? ChargeId, Quote Quote);

    internal async Task<Answer> Handle(Request request, long personId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var campaign = await rules.Campaign(request.CampaignId, personId, ct);
        var tier = await rules.Tier(campaign, request.TierId, ct);
        var amount = JoinRules.Amount(campaign, tier, request.AmountMinor);
        var cap = JoinRules.Cap(campaign.Model, amount, request.Cap);
        var now = await books.Now(campaign.BookId, ct);
        var m = await db.LiveMembership(campaign.BookId, personId, campaign.Id, ct);
        JoinRules.RefuseStanding(m);

        var isNew = m is null && !await keeping.HasPaid(campaign.BookId, personId, campaign.Id, ct);
        m ??= New(campaign, personId, now);
        m.WasFree = m.Status == MembershipStatus.Free;
        await seats.Take(tier, m, campaign.Model is BillingModel.PerCreation or BillingModel.MonthlyArrears ? null : now + SeatHold, ct);
        var started = await agreements.Start(Terms(campaign, tier.Name, personId, amount, cap), ct);
        Apply(m, campaign, tier, amount, cap, started);
        await Tell(m, campaign, tier, amount, started, now, personId, ct);
        keeping.Tell(m, now, isNew ? [MembershipChangeKind.Pledged, MembershipChangeKind.Joined]
            : started.ChargeId is null ? [MembershipChangeKind.Pledged, MembershipChangeKind.Changed]
            : [MembershipChangeKind.Pledged]); // the charge tells its result itself
        await transaction.SaveOrRefuse(ct);
        return new Answer(m, started.ChargeId, started.Quote);
    }

    /// <summary>The agreement a membership stands on.</summary>
    internal static AgreementTerms Terms(CampaignInfo campaign, string tierName, long personId, Money amount, PledgeCap cap) =>
        new(campaign.BookId, personId, campaign.Id, campaign.Model, campaign.BillDay, campaign.ZoneId, amount, cap,
            $"{campaign.Name} · {tierName}");

    private Membership New(CampaignInfo campaign, long personId, Instant now)
    {
        var m = new Membership { Id = ids.Next(), BookId = campaign.BookId, PersonId = personId, CampaignId = campaign.Id,
            StartedAt = now };
        db.Memberships.Add(m);
        return m;
    }

    private static void Apply(Membership m, CampaignInfo campaign, TierInfo tier, Money amount, PledgeCap cap, StartedPledge started)
    {
        m.TierId = tier.Id;
        m.PledgeId = started.PledgeId;
        m.ChargeId = started.ChargeId;
        m.Model = campaign.Model;
        m.AmountMinor = amount.Minor;
        m.SetCap(cap);
        m.ForgetPlans();
        m.EndsAt = null;
        m.Status = started.ChargeId is null ? MembershipStatus.Active : MembershipStatus.Pending;
        m.Version++;
    }

    private async Task Tell(
        Membership m, CampaignInfo campaign, TierInfo tier, Money amount, StartedPledge started, Instant now, long actorId,
        CancellationToken ct)
    {
        await seats.Free(m.Id, tier.Id, ct);
        var price = Keeping.Price(amount, campaign.Model);
        if (started.ChargeId is not null)
        {
            keeping.Note(m, actorId, "joining", $"Chose {tier.Name} for {price}; the first payment of {started.Quote.Today} is due now.",
            now);
            return;
        }
        if (!m.IsOpenEnded) await seats.Keep(m.Id, ct);
        var until = m.IsOpenEnded ? null : started.Quote.CoversUntil + Keeping.CollectionGrace;
        await keeping.Open(m, tier.Id, GrantSource.Paid, now, until, ct);
        keeping.Note(m, actorId, "joined", $"Joined {tier.Name} for {price}.", now);
        keeping.Mail(m, $"You are a member of {campaign.Name}", JoinMail.Text(campaign, tier.Name, price, started.Quote), "joined");
    }
}

/// <summary>What a new member is told.</summary>
internal static class JoinMail
{
    public static string Text(CampaignInfo campaign, string tier, string price, Quote? quote)
    {
        var next = quote?.NextOn is not { } on ? ""
            : campaign.Model == BillingModel.PerCreation ? $"The posts of a month are charged together, next on {Keeping.Day(on)}.\n"
            : $"The next payment is on {Keeping.Day(on)}: {quote.Next}.\n";
        return $"You joined {campaign.Name} as {tier}, {price}.\n{next}You can change or stop it at any time on your membership's page.\n";
    }
}
