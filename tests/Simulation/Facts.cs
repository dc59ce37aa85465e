namespace Stipend.Simulation;

// Rows of the books as a world reads them, and nothing more.
internal sealed record PledgeRow(long Id, long PatronId, long PayeeId, long StartedNo, long? EndedNo);
internal sealed record VersionRow(long No, long PledgeId, int Seq, long AmountMinor, int? CapPosts);
internal sealed record RunRow(long Id, LocalDate BillOn, string State, long CutoffNo);
internal sealed record LineRow(long PledgeId, string Key, long? RunId, long? ChargeId, long? RolledInto, long PatronId, long PayeeId,
    long AmountMinor, long FeeMinor, string Currency, Instant? From, Instant? Until, bool IsVoid, bool IsDeferred);
internal sealed record SkipRow(long RunId, long PledgeId, string Key, string Kind);
internal sealed record ChargeRow(long Id, long PatronId, string Currency, long GrossMinor, string Kind);
internal sealed record WorkRow(long ChargeId, string Kind, Instant DueAt, Instant LeaseUntil);
internal sealed record AttemptRow(long ChargeId, int N, long MethodId, string? Outcome, long CapturedMinor, long FeeMinor, string Card, Instant At);
internal sealed record MessageRow(string Topic, string Status, string? LastError);

/// <summary>Everything the checks need, read in one go.</summary>
internal sealed record BookFacts(
    IReadOnlyList<PledgeRow> Pledges, IReadOnlyList<VersionRow> Versions, IReadOnlyList<RunRow> Runs, IReadOnlyList<LineRow> Lines,
    IReadOnlyList<SkipRow> Skips, IReadOnlyList<ChargeRow> Charges, IReadOnlyList<WorkRow> Work, IReadOnlyList<AttemptRow> Attempts,
    IReadOnlySet<long> Posts, IReadOnlySet<long> FannedOut, IReadOnlySet<long> Undone, IReadOnlySet<(long Pledge, long Post)> DeclinedPosts,
    IReadOnlyDictionary<long, string> Closed, IReadOnlySet<long> Journals,
    IReadOnlyList<MessageRow> Troubles)
{
    /// <summary>Pledges with a declined bill open: a line of theirs, or one rolled over, is on it.</summary>
    public HashSet<long> Declined()
    {
        var declined = Work.Where(w => w.Kind is "retry" or "needs_method").Select(w => w.ChargeId).ToHashSet();
        return Lines.Where(l => declined.Contains(l.ChargeId ?? l.RolledInto ?? 0)).Select(l => l.PledgeId).ToHashSet();
    }

    public HashSet<long> Paid() => Attempts.Where(a => a.Outcome == "succeeded").Select(a => a.ChargeId).ToHashSet();
}
