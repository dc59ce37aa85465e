namespace Stipend.Billing.Contracts;

/// <summary>A run closed: everything due was charged, waived, deferred or parked, and nothing is unknown.</summary>
public sealed record RunClosed(long BookId, long RunId, LocalDate BillOn);

/// <summary>The completeness identity of a run in one currency, minor units: due as counted while planning; the others as the rows
/// say.</summary>
public sealed record RunTotal(
    string Currency, long DueLines, long DueMinor, long ChargedMinor, long WaivedMinor, long DeferredMinor, long ParkedMinor,
        long FoundLines)
{
    public bool AddsUp => DueMinor == ChargedMinor + WaivedMinor + DeferredMinor + ParkedMinor && DueLines == FoundLines;
}

/// <summary>A run as the operator sees it. State: planning, review, collecting, closed.</summary>
public sealed record RunInfo(
    long Id, long BookId, string ZoneId, LocalDate BillOn, string State, Instant OpenedAt, Instant? ClosedAt, string? Note,
    IReadOnlyList<RunTotal> Totals, int Charges, int Paid, int Declined, int Waiting, int Unknown, int Quarantined, int ParkedPatrons);

/// <summary>One charge of a run, for the operator's list.</summary>
public sealed record RunCharge(long ChargeId, long PatronId, long GrossMinor, string Currency, string State, string? Reason, int Attempts);

/// <summary>What a run on a day would do, computed by the code that does it.</summary>
public sealed record RunPreview(long BookId, string ZoneId, LocalDate BillOn, IReadOnlyList<RunTotal> Totals, int Patrons, int Charges,
    IReadOnlyList<PreviewLine> FirstLines);

/// <summary>A line of a preview.</summary>
public sealed record PreviewLine(long PatronId, long PayeeId, string Description, long AmountMinor, string Currency, string Outcome);

/// <summary>A billing day whose run should have closed by now. State: missing (it was never opened), planning, review, collecting.</summary>
public sealed record OverdueRun(string ZoneId, LocalDate BillOn, string State);

/// <summary>The operator's and the commands' view of billing runs.</summary>
public interface IBillingRuns
{
    /// <summary>Runs of a book, newest day first; empty days (nothing due) only when asked.</summary>
    Task<IReadOnlyList<RunInfo>> List(long bookId, bool emptyToo, int take, CancellationToken ct = default);

    /// <summary>The runs of a book that come after one in that order, without empty days.</summary>
    /// <exception cref="Refusal">The book has no such run.</exception>
    Task<IReadOnlyList<RunInfo>> ListAfter(long bookId, long runId, int take, CancellationToken ct = default);
    Task<RunInfo?> Find(long runId, CancellationToken ct = default);

    /// <summary>Charges of a run by id, keyset-paged.</summary>
    Task<IReadOnlyList<RunCharge>> Charges(long runId, long afterChargeId, int take, CancellationToken ct = default);

    /// <summary>A run into the air: same reading, same rules, nothing written. One answer per billing zone of the book.</summary>
    Task<IReadOnlyList<RunPreview>> Preview(long bookId, LocalDate billOn, CancellationToken ct = default);

    /// <summary>Opens every run of a book that is due by its clock and has not been opened, oldest first; running it again opens none.
    /// Answers how many.</summary>
    /// <exception cref="Refusal"><c>nothing_to_bill</c>: no pledge exists, so no zone has runs.</exception>
    Task<int> OpenDue(long bookId, CancellationToken ct = default);

    /// <summary>Lets a run that waits for review go on to collect.</summary>
    Task Release(long runId, CancellationToken ct = default);

    /// <summary>Runs of the real books that have not closed in time, oldest first; of days without a run the first of each zone. Cheap enough
    /// to be asked all the time.</summary>
    Task<IReadOnlyList<OverdueRun>> Overdue(CancellationToken ct = default);

    /// <summary>Next day each zone's run is due in a book.</summary>
    Task<IReadOnlyList<(string ZoneId, LocalDate On)>> NextRuns(long bookId, CancellationToken ct = default);
}
