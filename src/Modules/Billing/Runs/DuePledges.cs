using System.Globalization;
using Stipend.Billing.Agreements;
using Stipend.Billing.Model;
using Stipend.Billing.Planning;
using Stipend.Platform.Data;

namespace Stipend.Billing.Runs;

/// <summary>One patron with everything due on a billing day.</summary>
internal sealed record DuePatron(long PatronId, List<DuePledge> Pledges, List<PlannedLine> Deferred)
{
    /// <summary>Why something of this patron's cannot be read: then nothing of it is billed. Null: all could be.</summary>
    public string? Trouble { get; set; }

    /// <summary>Due pledges that cannot be read themselves.</summary>
    public List<long> Unreadable { get; } = [];
}

/// <summary>Streams what is due at a run's cut-off, patron by patron. The only reading the run and its preview have.</summary>
internal sealed class DuePledges(Db db)
{
    /// <summary>Splits the patrons due into ranges of about equal pledge counts; deterministic.</summary>
    public async Task<List<(long Lo, long Hi)>> Parts(RunScope scope, int pledgesPerPart, CancellationToken ct)
    {
        await using var command = await db.Command($"SELECT patron_id, COUNT(*) FROM pledge p WHERE {DueWhere(scope)} GROUP BY patron_id ORDER BY patron_id", ct, Parameters(scope, long.MinValue, long.MaxValue));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var parts = new List<(long, long)>();
        var (lo, count) = (long.MinValue, 0L);
        while (await reader.ReadAsync(ct))
        {
            if (count >= pledgesPerPart)
            {
                parts.Add((lo, reader.GetInt64(0)));
                (lo, count) = (reader.GetInt64(0), 0);
            }
            count += reader.GetInt64(1);
        }
        if (count > 0) parts.Add((lo, long.MaxValue));
        return parts;
    }

    /// <summary>Patrons of a range with their due pledges, in order; <paramref name="hi"/> is exclusive (but includes the greatest
    /// id).</summary>
    public async IAsyncEnumerable<DuePatron> Read(RunScope scope, long lo, long hi,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var troubles = new Dictionary<long, string>(); // by patron
        var posts = await PendingPosts(scope, lo, hi, troubles, ct);
        var deferred = await Deferred(scope, lo, hi, troubles, ct);
        var paid = await PaidBefore(scope, lo, hi, troubles, ct);
        var declined = await Declined(scope, lo, hi, ct);
        await using var command = await db.Command($"""
            SELECT p.id, p.patron_id, p.payee_id, p.model, p.anchor_month, p.anchor_day, p.started_at, v.amount_minor, v.currency, v.description
            FROM pledge p
            {VersionInForce(db.Engine)}
            WHERE {DueWhere(scope)} ORDER BY p.patron_id, p.id
            """, ct, Parameters(scope, lo, hi));
        await using var reader = await command.ExecuteReaderAsync(ct);
        DuePatron? patron = null;
        while (await reader.ReadAsync(ct))
        {
            var (pledgeId, patronId) = (reader.GetInt64(0), reader.GetInt64(1));
            if (patron is not null && patron.PatronId != patronId) yield return patron;
            if (patron is null || patron.PatronId != patronId)
                patron = new DuePatron(patronId, [], deferred.GetValueOrDefault(patronId) ?? [])
                {
                    Trouble = troubles.GetValueOrDefault(patronId),
                };
            try
            {
                patron.Pledges.Add(new DuePledge(pledgeId, patronId, reader.GetInt64(2), Columns.Enum<BillingModel>(reader.GetString(3)),
                    (int)reader.GetInt64(4),
                    (int)reader.GetInt64(5), Instant.FromUnixTimeMilliseconds(reader.GetInt64(6)), reader.GetInt64(7),
                        Currency.Of(reader.GetString(8)),
                    reader.GetString(9), declined.Contains(pledgeId), (IReadOnlyList<DuePost>?)posts.GetValueOrDefault(pledgeId) ?? [])
                {
                    Paid = (IReadOnlyList<PaidBefore>?)paid.GetValueOrDefault(pledgeId) ?? [],
                });
            }
            catch (Exception error) when (IsOnePatrons(error))
            {
                patron.Unreadable.Add(pledgeId);
                patron.Trouble ??= error.Message;
            }
        }
        if (patron is not null) yield return patron;
    }

    /// <summary>Trouble with what a row says, not with reading it: a currency nobody knows, a number beyond any date. Its patron is
    /// parked.</summary>
    internal static bool IsOnePatrons(Exception error) => error is OverflowException or ArgumentException or InvalidOperationException
        or InvalidCastException or FormatException or KeyNotFoundException or Refusal;

    /// <summary>
    /// Due on the day: the anchor day, begun before it, and active at the cut-off; or ended with per-creation lines that were not frozen at
    /// its end.
    /// </summary>
    private static string DueWhere(RunScope scope) => $"""
        p.book_id = @book AND p.zone_id = @zone AND p.anchor_day {AnchorDays(scope.BillOn)} AND p.started_on < @bill_on
        AND p.started_no <= @cutoff AND p.patron_id >= @lo AND p.patron_id < @hi
        AND (p.ended_no IS NULL OR p.ended_no > @cutoff
             OR (p.model = 'per_creation' AND EXISTS (SELECT 1 FROM pending_accrual q WHERE q.pledge_id = p.id)))
        """;

    /// <summary>SQL: the version <c>v</c> of pledge <c>p</c> in force at the cut-off. For the plain join PostgreSQL would read every version.</summary>
    private static string VersionInForce(Engine engine)
    {
        const string At = "s.pledge_id = p.id AND s.no <= @cutoff AND s.applies_from <= @cutoff_at - CASE WHEN p.model = 'monthly_arrears' THEN 1 ELSE 0 END";
        return engine == Engine.Postgres
            ? $"CROSS JOIN LATERAL (SELECT s.* FROM pledge_version s WHERE {At} ORDER BY s.seq DESC LIMIT 1) v"
            : $"JOIN pledge_version v ON v.pledge_id = p.id AND v.seq = (SELECT MAX(s.seq) FROM pledge_version s WHERE {At})";
    }

    /// <summary>Named one by one: after a range of days the index could not go on to the patrons, and each part would read everybody due.</summary>
    private static string AnchorDays(LocalDate billOn) => billOn.Day != Periods.LastDay(billOn) ? $"= {billOn.Day}"
        : $"IN ({string.Join(", ", Enumerable.Range(billOn.Day, 32 - billOn.Day))})";

    private static (string, object?)[] Parameters(RunScope scope, long lo, long hi) =>
    [
        ("book", scope.BookId), ("zone", scope.Zone.Id), ("bill_on", scope.BillOn), ("cutoff", scope.CutoffNo), ("cutoff_at", scope.CutoffAt), ("lo", lo), ("hi", hi),
    ];

    /// <summary>Frozen accruals of the range, published before the cut-off.</summary>
    private async Task<Dictionary<long, List<DuePost>>> PendingPosts(RunScope scope, long lo, long hi,
        Dictionary<long, string> troubles, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            SELECT a.pledge_id, a.post_id, a.amount_minor, a.currency, t.title, p.patron_id FROM pledge p
            JOIN pending_accrual q ON q.pledge_id = p.id
            JOIN accrual a ON a.pledge_id = q.pledge_id AND a.post_id = q.post_id
            JOIN paid_post t ON t.post_id = q.post_id
            WHERE {DueWhere(scope)} AND t.undo_until <= @cutoff_at AND t.published_at < @cutoff_at
            ORDER BY a.pledge_id, a.published_at, a.post_id
            """, ct, Parameters(scope, lo, hi));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new Dictionary<long, List<DuePost>>();
        while (await reader.ReadAsync(ct))
        {
            if (!found.TryGetValue(reader.GetInt64(0), out var list)) found[reader.GetInt64(0)] = list = [];
            try
            {
                list.Add(new DuePost(reader.GetInt64(1), reader.GetInt64(2), Currency.Of(reader.GetString(3)), reader.GetString(4)));
            }
            catch (Exception error) when (IsOnePatrons(error))
            {
                troubles.TryAdd(reader.GetInt64(5), error.Message);
            }
        }
        return found;
    }

    /// <summary>For arrears pledges of the range begun within the last month: what their patrons paid in earlier pledges that have
    /// ended. Few rows, however many pledges are due: it takes an ended pledge with a line that covers from less than a month ago.</summary>
    private async Task<Dictionary<long, List<PaidBefore>>> PaidBefore(RunScope scope, long lo, long hi,
        Dictionary<long, string> troubles, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            WITH p AS MATERIALIZED (SELECT p.* FROM pledge p WHERE {DueWhere(scope)} AND p.model = 'monthly_arrears' AND p.started_at > @month_ago)
            SELECT p.id, l.covers_from, l.amount_minor, l.currency, p.patron_id FROM p
            JOIN pledge e ON e.patron_id = p.patron_id AND e.book_id = p.book_id AND e.payee_id = p.payee_id AND e.id <> p.id
            JOIN bill_line l ON l.pledge_id = e.id AND l.covers_from > @month_ago AND l.amount_minor > 0
            WHERE e.ended_at > @month_ago AND {PledgeStore.IsPaid}
            """, ct, [.. Parameters(scope, lo, hi), ("month_ago", scope.CutoffAt - Duration.FromDays(32))]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new Dictionary<long, List<PaidBefore>>();
        while (await reader.ReadAsync(ct))
        {
            if (!found.TryGetValue(reader.GetInt64(0), out var list)) found[reader.GetInt64(0)] = list = [];
            try
            {
                list.Add(new PaidBefore(Instant.FromUnixTimeMilliseconds(reader.GetInt64(1)),
                    Convert.ToInt64(reader.GetValue(2), CultureInfo.InvariantCulture), Currency.Of(reader.GetString(3))));
            }
            catch (Exception error) when (IsOnePatrons(error))
            {
                troubles.TryAdd(reader.GetInt64(4), error.Message);
            }
        }
        return found;
    }

    /// <summary>Pledges of the range with a line in a declined bill that waits to be paid: its own, or a later one that it was rolled into.</summary>
    private async Task<HashSet<long>> Declined(RunScope scope, long lo, long hi, CancellationToken ct)
    {
        const string These = "w.book_id = @book AND w.patron_id >= @lo AND w.patron_id < @hi AND w.kind IN ('retry', 'needs_method')";
        await using var command = await db.Command($"""
            SELECT l.pledge_id FROM due_work w JOIN bill_line l ON l.charge_id = w.charge_id WHERE {These}
            UNION ALL
            SELECT x.pledge_id FROM due_work w JOIN bill_line_rolled x ON x.charge_id = w.charge_id WHERE {These}
            """, ct, ("book", scope.BookId), ("lo", lo), ("hi", hi));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new HashSet<long>();
        while (await reader.ReadAsync(ct)) found.Add(reader.GetInt64(0));
        return found;
    }

    /// <summary>Lines that were too small for a charge before. They are few; read the other way round, it would be every line ever billed.</summary>
    private async Task<Dictionary<long, List<PlannedLine>>> Deferred(RunScope scope, long lo, long hi,
        Dictionary<long, string> troubles, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT l.patron_id, l.pledge_id, l.period_key, l.payee_id, l.amount_minor, l.platform_fee_minor, l.currency, l.description
            FROM deferred_line d CROSS JOIN bill_line l
            WHERE l.pledge_id = d.pledge_id AND l.period_key = d.period_key AND l.book_id = @book AND d.patron_id >= @lo AND d.patron_id < @hi
            """, ct, ("book", scope.BookId), ("lo", lo), ("hi", hi));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new Dictionary<long, List<PlannedLine>>();
        while (await reader.ReadAsync(ct))
        {
            if (!found.TryGetValue(reader.GetInt64(0), out var list)) found[reader.GetInt64(0)] = list = [];
            try
            {
                list.Add(new PlannedLine(reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3),
                    Convert.ToInt64(reader.GetValue(4), CultureInfo.InvariantCulture), reader.GetInt64(5), Currency.Of(reader.GetString(6)),
                        null, null, reader.GetString(7), WasDeferred: true));
            }
            catch (Exception error) when (IsOnePatrons(error))
            {
                troubles.TryAdd(reader.GetInt64(0), error.Message);
            }
        }
        return found;
    }
}

/// <summary>What decides who is due: book, zone, day and cut-off.</summary>
internal sealed record RunScope(long BookId, DateTimeZone Zone, LocalDate BillOn, Instant CutoffAt, long CutoffNo)
{
    public static RunScope Of(BillingRun run) =>
        new(run.BookId, DateTimeZoneProviders.Tzdb[run.ZoneId], run.BillOn, run.CutoffAt, run.CutoffNo);
}
