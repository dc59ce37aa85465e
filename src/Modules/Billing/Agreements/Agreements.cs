using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Billing.PaidPosts;
using Stipend.Billing.Planning;
using Stipend.Billing.Runs;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Billing.Agreements;

/// <summary>Starting, changing and ending pledges. Records what is owed; money moves later, outside the transaction.</summary>
internal sealed partial class PledgeAgreements(
    Db db, Ids ids, Books books, PledgeStore store, ImmediateCharges immediate, RunSchedule schedule,
    AccrualWriter accruals, BillingOptions options, PaymentGateways gateways, Clock clock) : IAgreements
{
    public async Task<Quote> QuoteStart(AgreementTerms terms, CancellationToken ct = default)
    {
        Check(terms);
        var now = await books.Now(terms.BookId, ct);
        return (await Opening(terms, now, ct)).Quote;
    }

    public async Task<StartedPledge> Start(AgreementTerms terms, CancellationToken ct = default)
    {
        Check(terms);
        var now = await books.Now(terms.BookId, ct);
        await using var transaction = await db.BeginWrite(ct);
        await store.EnterGate(terms.BookId, alone: false, ct);
        var accepted = gateways.Accepted(terms.BookId);
        if (!await db.PaymentMethods.AnyAsync(m => m.BookId == terms.BookId && m.PersonId == terms.PatronId && m.IsDefault
            && accepted.Contains(m.Gateway), ct))
            throw Refusal.Invalid("no_payment_method", "Choose how to pay first.");
        // Asked first: what another tab commits in between is then seen as the pledge it made, not as its payment.
        var isOpen = await store.HasOpenChargeTo(terms.BookId, terms.PatronId, terms.PayeeId, ct);
        if (await db.Pledges.AnyAsync(p =>
            p.BookId == terms.BookId && p.PatronId == terms.PatronId && p.PayeeId == terms.PayeeId && p.EndedAt == null, ct))
            throw Refusal.Conflict("already_pledged", "You already support this creator.");
        if (isOpen)
            throw Refusal.Conflict("payment_open",
                "A payment to this creator from before is not finished. Settle it under Billing history, then join again.");

        var opening = await Opening(terms, now, ct);
        var pledge = Periods.NewPledge(ids.Next(), terms.BookId, terms.PatronId, terms.PayeeId, terms.Model, opening.Anchor, now);
        pledge.StartedNo = await store.Append(pledge.Id, 1, now, now, terms.Amount, terms.Cap, terms.Description, ct);
        db.Pledges.Add(pledge);
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException error) when (error.IsDuplicate)
        {
            throw Refusal.Conflict("already_pledged", "You already support this creator.");
        }
        long? chargeId = null;
        if (opening.CoversUntil is { } until)
        {
            var line = new PlannedLine(pledge.Id, opening.Key, terms.PayeeId, opening.Quote.Today.Minor,
                PatronPlanner.PlatformFee(opening.Quote.Today.Minor, terms.Amount.Currency, options.PlatformFeeBasisPoints),
                    terms.Amount.Currency, now, until, terms.Description);
            chargeId = await immediate.Add(pledge, ChargeKind.Join, [line], now, ct);
        }
        await schedule.Ensure(terms.BookId, terms.ZoneId, now, ct);
        await transaction.Commit(ct);
        return new StartedPledge(pledge.Id, chargeId, opening.Quote);
    }

    public async Task<Quote> QuoteChange(long pledgeId, Money amount, ChangeFrom from, CancellationToken ct = default)
    {
        var pledge = await store.Active(pledgeId, ct);
        return (await Change(pledge, amount, from, await books.Now(pledge.BookId, ct), ct)).Quote;
    }

    public async Task<StartedPledge> Change(long pledgeId, Money amount, ChangeFrom from, string description,
        CancellationToken ct = default)
    {
        await using var transaction = await db.BeginWrite(ct);
        var pledge = await store.Active(pledgeId, ct);
        await store.EnterGate(pledge.BookId, alone: false, ct);
        if (await store.HasOpenCharge(pledgeId, ct))
            throw Refusal.Conflict("payment_open",
                "A payment for this membership is not finished. Settle it under Billing history, then change the amount.");
        var now = await books.Now(pledge.BookId, ct);
        var current = await store.Current(pledgeId, ct);
        var (quote, until, appliesFrom) = await Change(pledge, amount, from, now, ct);
        await store.Append(pledgeId, current.Seq + 1, now, appliesFrom, amount, current.Cap, description, ct);
        long? chargeId = null;
        if (!quote.Today.IsZero)
        {
            var line = new PlannedLine(pledge.Id, Periods.ChangeKey(current.Seq + 1), pledge.PayeeId, quote.Today.Minor,
                PatronPlanner.PlatformFee(quote.Today.Minor, amount.Currency, options.PlatformFeeBasisPoints), amount.Currency, now, until,
                    description);
            chargeId = await immediate.Add(pledge, ChargeKind.Upgrade, [line], now, ct);
        }
        await transaction.Commit(ct);
        return new StartedPledge(pledgeId, chargeId, quote);
    }

    public async Task SetCap(long pledgeId, PledgeCap cap, CancellationToken ct = default)
    {
        if (cap.Posts < 0 || cap.AmountMinor < 0) throw Refusal.InvalidField("cap", "A cap is not negative; leave it empty for no cap.");
        await using var transaction = await db.BeginWrite(ct);
        var pledge = await store.Active(pledgeId, ct);
        if (pledge.Model != BillingModel.PerCreation) throw Refusal.Invalid("cap_not_per_creation",
            "A cap is for memberships billed per creation.");
        await store.EnterGate(pledge.BookId, alone: false, ct);
        var current = await store.Current(pledgeId, ct);
        var now = await books.Now(pledge.BookId, ct);
        var inForce = await store.InForce(pledgeId, now, ct);
        await store.Append(pledgeId, current.Seq + 1, now, now, inForce.Amount, cap, inForce.Description, ct);
        if (current.AppliesFrom > now) // a change planned for the next period stays planned
            await store.Append(pledgeId, current.Seq + 2, now, current.AppliesFrom, current.Amount, cap, current.Description, ct);
        await transaction.Commit(ct);
    }

    public async Task<EndedPledge> End(long pledgeId, string reason, CancellationToken ct = default)
    {
        await using var transaction = await db.BeginWrite(ct);
        var pledge = await store.Active(pledgeId, ct);
        await store.EnterGate(pledge.BookId, alone: false, ct);
        var now = await books.Now(pledge.BookId, ct);
        var current = await store.Current(pledgeId, ct);
        var inForce = await store.InForce(pledgeId, now, ct); // what was planned for the next period never comes to be
        pledge.EndedNo = await store.Append(pledgeId, current.Seq + 1, now, now, inForce.Amount, inForce.Cap, inForce.Description, ct);
        pledge.EndedAt = now;
        var lines = pledge.Model switch
        {
            BillingModel.PerCreation => await accruals.SettleAtEnd(pledge, inForce, now, ct),
            BillingModel.MonthlyArrears => await ArrearsSoFar(pledge, now, ct),
            _ => [],
        };
        long? chargeId = null;
        try
        {
            if (lines.Count > 0 && await store.IsDeclined(pledgeId, ct)) await immediate.Waive(pledge, lines, now, ct);
            else if (lines.Count > 0) chargeId = await immediate.Add(pledge, ChargeKind.Leave, lines, now, ct);
            await transaction.Commit(ct);
        }
        catch (DbUpdateException error) when (error.IsDuplicate) // on PostgreSQL a run may write the same line at the same moment; one of the two can
        {
            throw Refusal.Conflict("changed_meanwhile", "This is being billed at this very moment. Try again in a minute.");
        }
        var paidUntil = pledge.Model is BillingModel.MonthlyAnniversary or BillingModel.MonthlyUpfront
            ? await store.PaidUntil(pledgeId, ct) : now;
        return new EndedPledge(chargeId, paidUntil);
    }

    private sealed record OpeningTerms(Quote Quote, BillingAnchor Anchor, string Key, Instant? CoversUntil);

    private void Check(AgreementTerms terms)
    {
        if (terms.Amount.Minor <= 0) throw Refusal.InvalidField("amount", "A pledge is more than nothing. Joining free needs no pledge.");
        if (terms.Amount.Minor > BillingOptions.MaximumMinor(terms.Amount.Currency)) throw Refusal.InvalidField("amount",
            "That is more than one charge can carry.");
        CheckGateway(terms.BookId, terms.Model, terms.Amount);
    }

    /// <summary>What the gateway would refuse is refused before anybody promises it.</summary>
    private void CheckGateway(long bookId, BillingModel model, Money amount)
    {
        var limits = gateways.For(bookId).Limits(amount.Currency);
        if (amount.Minor % limits.Multiple != 0) throw Refusal.InvalidField("amount",
            $"Cards take {amount.Currency} in steps of {new Money(limits.Multiple, amount.Currency)} only. Choose a round amount.");
        if (model is BillingModel.MonthlyAnniversary or BillingModel.MonthlyUpfront && amount.Minor < limits.MinimumMinor)
            throw Refusal.InvalidField("amount", $"The smallest payment a card takes is {new Money(limits.MinimumMinor, amount.Currency)}.");
    }

    /// <summary>What starting costs today: nothing when billed later; the full price, or what is missing to it when this period was paid
    /// before leaving.</summary>
    private async Task<OpeningTerms> Opening(AgreementTerms terms, Instant now, CancellationToken ct)
    {
        var zone = DateTimeZoneProviders.Tzdb[terms.ZoneId];
        var anchor = Periods.AnchorFor(terms.Model, terms.BillDay, now, zone);
        var zero = Money.Zero(terms.Amount.Currency);
        if (terms.Model == BillingModel.PerCreation)
            return new OpeningTerms(new Quote(zero, Periods.NextDue(anchor, now), terms.Amount, null), anchor, "", null);
        if (terms.Model == BillingModel.MonthlyArrears)
        {
            var (on, next) = await NextArrears(anchor, terms.BookId, terms.PatronId, terms.PayeeId, terms.Amount, now, ct);
            return new OpeningTerms(new Quote(zero, on, next, null), anchor, "", null);
        }

        var (paid, until) = await store.PaidAround(terms.BookId, terms.PatronId, terms.PayeeId, terms.Amount.Currency.Code, now, ct);
        if (until is not null && terms.Model == BillingModel.MonthlyAnniversary)
        {
            var before = await db.Pledges.AsNoTracking()
                .Where(p => p.BookId == terms.BookId && p.PatronId == terms.PatronId && p.PayeeId == terms.PayeeId)
                .OrderByDescending(p => p.Id).FirstAsync(ct);
            anchor = before.Anchor; // rejoining before the paid time ends keeps the billing day
        }
        var (key, _, periodEnd) = Periods.At(anchor, now);
        var today = new Money(Math.Max(0, terms.Amount.Minor - paid), terms.Amount.Currency);
        return new OpeningTerms(new Quote(today, Periods.NextDue(anchor, now), terms.Amount, until ?? periodEnd), anchor, key, until
            ?? periodEnd);
    }

    /// <summary>The next bill in arrears: less what was paid on leaving earlier in this month; when nothing is missing, the one after.</summary>
    private async Task<(LocalDate On, Money Amount)> NextArrears(BillingAnchor anchor, long bookId, long patronId, long payeeId,
        Money amount, Instant now, CancellationToken ct)
    {
        var (_, from, until) = Periods.At(anchor, now);
        var paid = await store.PaidWithin(bookId, patronId, payeeId, amount.Currency.Code, from, until, ct);
        return paid < amount.Minor
            ? (Periods.NextDue(anchor, now), new Money(amount.Minor - paid, amount.Currency))
            : (Periods.NextDue(anchor, until), amount);
    }

    private async Task<(Quote Quote, Instant? Until, Instant AppliesFrom)> Change(Pledge pledge, Money amount, ChangeFrom from,
        Instant now, CancellationToken ct)
    {
        if (amount.Minor <= 0) throw Refusal.InvalidField("amount", "A pledge is more than nothing. To stop paying, leave the membership.");
        if (amount.Minor > BillingOptions.MaximumMinor(amount.Currency)) throw Refusal.InvalidField("amount",
            "That is more than one charge can carry.");
        CheckGateway(pledge.BookId, pledge.Model, amount);
        var current = await store.Current(pledge.Id, ct);
        if (current.Currency != amount.Currency.Code) throw Refusal.Invalid("currency_change",
            "The currency of a pledge cannot change; leave and join again.");
        var next = Periods.NextDue(pledge.Anchor, now);
        var nextAt = BillingAnchor.StartOfDay(next, pledge.Anchor.Zone);
        var zero = Money.Zero(amount.Currency);
        if (from == ChangeFrom.NextPeriod) return (new Quote(zero, next, amount, nextAt), null, nextAt);
        if (pledge.Model == BillingModel.PerCreation) return (new Quote(zero, next, amount, null), null, now);
        if (pledge.Model == BillingModel.MonthlyArrears)
        {
            var (on, due) = await NextArrears(pledge.Anchor, pledge.BookId, pledge.PatronId, pledge.PayeeId, amount, now, ct);
            return (new Quote(zero, on, due, null), null, now);
        }

        var begun = Periods.At(pledge.Anchor, now).From;
        var begunOn = begun.InZone(pledge.Anchor.Zone).Date;
        var run = begunOn > pledge.StartedOn ? await store.RunOf(pledge, begunOn, ct) : RunState.Closed;
        if (run is null) return (new Quote(zero, begunOn, amount, nextAt), null, begun); // this period's bill, still to come, is for the new amount
        if (run == RunState.Planning) throw Refusal.Conflict("bill_in_making",
            "This month's bill is being made right now. Change the amount in a few minutes, when it is there.");
        var (paid, until) = await store.PaidAround(pledge.BookId, pledge.PatronId, pledge.PayeeId, amount.Currency.Code, now, ct);
        var today = new Money(Math.Max(0, amount.Minor - paid), amount.Currency);
        return (new Quote(today, next, amount, until ?? nextAt), until ?? nextAt, now);
    }

    /// <summary>The month begun, and months that have ended without a run: the run would no longer find whoever has left.</summary>
    private async Task<List<PlannedLine>> ArrearsSoFar(Pledge pledge, Instant now, CancellationToken ct)
    {
        var lines = new List<PlannedLine>();
        for (var until = now; ;)
        {
            var at = until == now ? now : until - Duration.FromMilliseconds(1);
            var (key, from, end) = Periods.At(pledge.Anchor, at);
            var version = await store.InForce(pledge.Id, at, ct);
            var paid = await store.PaidWithin(pledge.BookId, pledge.PatronId, pledge.PayeeId, version.Currency, from, end, ct);
            var amount = version.AmountMinor - paid;
            if (amount > 0) lines.Add(new PlannedLine(pledge.Id, key, pledge.PayeeId, amount,
                PatronPlanner.PlatformFee(amount, version.Amount.Currency, options.PlatformFeeBasisPoints), version.Amount.Currency,
                from < pledge.StartedAt ? pledge.StartedAt : from, until, version.Description));
            var dueOn = from.InZone(pledge.Anchor.Zone).Date;
            if (dueOn <= pledge.StartedOn || await store.RunOf(pledge, dueOn, ct) is not null) return lines;
            until = from;
        }
    }
}
