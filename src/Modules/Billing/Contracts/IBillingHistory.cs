namespace Stipend.Billing.Contracts;

/// <summary>One charge on a patron's billing history. State: paid, declined, action, processing, closed.</summary>
public sealed record HistoryCharge(
    long Id, long BookId, Instant At, long GrossMinor, string Currency, string State, string? Reason, Instant? NextTryAt,
        string? ActionUrl, IReadOnlyList<HistoryLine> Lines)
{
    public Money Gross => new(GrossMinor, Kernel.Currency.Of(Currency));
}

/// <summary>A line of a charge. Tax is part of the gross, on top of the amount.</summary>
public sealed record HistoryLine(long PledgeId, long PayeeId, string Description, long AmountMinor, long TaxMinor, Instant? CoversFrom,
    Instant? CoversUntil);

/// <summary>A dated fact about a pledge in plain words, for “why can't I see this?”.</summary>
public sealed record BillingFact(Instant At, string Text);

/// <summary>What a creator's patrons owe that is not settled yet, in one currency: pending per-creation lines and open charges.</summary>
public sealed record PendingIncome(string Currency, int Lines, long Minor, long DeclinedMinor);

/// <summary>Charges, as patrons, creators and explanations see them.</summary>
public interface IBillingHistory
{
    /// <summary>A patron's charges over all books, newest first, keyset-paged by charge id.</summary>
    Task<IReadOnlyList<HistoryCharge>> OfPatron(long patronId, long beforeChargeId, int take, CancellationToken ct = default);

    /// <summary>One charge when it is this patron's; otherwise null.</summary>
    Task<HistoryCharge?> Find(long chargeId, long patronId, CancellationToken ct = default);

    Task<IReadOnlyList<BillingFact>> FactsOf(long bookId, long patronId, long payeeId, CancellationToken ct = default);
    Task<IReadOnlyList<PendingIncome>> Pending(long bookId, long payeeId, CancellationToken ct = default);
}
