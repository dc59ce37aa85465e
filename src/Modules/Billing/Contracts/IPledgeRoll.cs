namespace Stipend.Billing.Contracts;

/// <summary>A pledge that stands and has been paid for, or is billed afterwards. <see cref="VersionNo"/> changes with each edit.</summary>
public sealed record StandingPledge(PatronKey Key, long Id, long VersionNo, long AmountMinor, string Currency, Instant CreatedAt,
    Instant UpdatedAt, long? CapMinor);

/// <summary>A page of pledges. The place is the last pledge's time (of creation or of change, as sorted) and id; without the id, everything
/// after that time.</summary>
public sealed record PledgePage(bool ByUpdate, bool Newest, Instant? PlaceAt, long? PlaceId, int Take);

/// <summary>The pledges of payees that stand now, each call one command.</summary>
public interface IPledgeRoll
{
    Task<IReadOnlyList<StandingPledge>> Page(long bookId, long payeeId, PledgePage page, CancellationToken ct = default);

    /// <summary>Every standing pledge of a patron, over all payees and books.</summary>
    Task<IReadOnlyList<StandingPledge>> OfPatron(long patronId, CancellationToken ct = default);

    /// <summary>Each patron's last pledge to a payee, whether it stands, waits for its first payment or has ended.</summary>
    Task<IReadOnlyList<StandingPledge>> Last(long bookId, long payeeId, IReadOnlyCollection<long> patronIds, CancellationToken ct = default);

    /// <summary>How many there are of each payee in each book, and their sum in minor units; who has none is not among them.</summary>
    Task<IReadOnlyDictionary<(long BookId, long PayeeId), PledgeTotal>> Totals(IReadOnlyCollection<long> payeeIds, CancellationToken ct = default);
}

/// <summary>Standing pledges of a payee: how many, and their sum.</summary>
public readonly record struct PledgeTotal(int Count, long SumMinor);
