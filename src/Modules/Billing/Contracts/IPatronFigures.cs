namespace Stipend.Billing.Contracts;

/// <summary>How the last try to charge a patron for a payee stands.</summary>
public enum LastCharge { None, Pending, Paid, Declined, GivenUp }

/// <summary>One patron and one payee in one book.</summary>
public readonly record struct PatronKey(long BookId, long PayeeId, long PatronId);

/// <summary>What billing knows of one patron and one payee. Amounts in minor units, without tax.</summary>
/// <param name="PledgedAt">Start of the present pledge, or of the last one; null when there never was one.</param>
/// <param name="NextOn">Next due date of an active pledge, in the payee's billing zone.</param>
/// <param name="RetryAt">When a declined charge is tried again by itself.</param>
public sealed record PatronFigures(long PaidMinor, Instant? PledgedAt, Instant? NextOn, LastCharge Last, Instant? LastAt,
    Instant? RetryAt);

/// <summary>What happened to a pledge.</summary>
public enum PledgeEventKind { PledgeStart, PledgeUpgrade, PledgeDowngrade, PledgeDelete, Subscription }

/// <summary>A dated event of a pledge. <see cref="No"/> is unique per kind. <see cref="Charge"/>: how a charge stands; None for the
/// others.</summary>
public sealed record PledgeEvent(string No, PledgeEventKind Kind, PatronKey Key, Instant At, long AmountMinor, string Currency,
    LastCharge Charge);

/// <summary>Figures of many patrons and payees at once, over all books, each call a fixed number of commands. Answers for every pair
/// there is among the ids.</summary>
public interface IPatronFigures
{
    Task<IReadOnlyDictionary<PatronKey, PatronFigures>> Of(IReadOnlyCollection<long> payeeIds, IReadOnlyCollection<long> patronIds,
        CancellationToken ct = default);

    /// <summary>Every event of the patrons' pledges, oldest first.</summary>
    Task<IReadOnlyList<PledgeEvent>> History(IReadOnlyCollection<long> payeeIds, IReadOnlyCollection<long> patronIds,
        CancellationToken ct = default);
}
