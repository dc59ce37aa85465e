using System.Data.Common;
using Stipend.Platform.Data;

namespace Stipend.Simulation;

/// <summary>Reads the books by plain SQL, so that nothing under test tells what is in them.</summary>
internal static class BookReader
{
    public static async Task<BookFacts> Read(Db db) => new(
        await Rows(db, "SELECT id, patron_id, payee_id, started_no, ended_no FROM pledge ORDER BY started_no",
            r => new PledgeRow(Long(r, 0), Long(r, 1), Long(r, 2), Long(r, 3), Maybe(r, 4))),
        await Rows(db, "SELECT no, pledge_id, seq, amount_minor, cap_posts FROM pledge_version ORDER BY no",
            r => new VersionRow(Long(r, 0), Long(r, 1), (int)Long(r, 2), Long(r, 3), (int?)Maybe(r, 4))),
        await Rows(db, "SELECT id, bill_on, state, cutoff_no FROM billing_run ORDER BY bill_on",
            r => new RunRow(Long(r, 0), Columns.Date(r.GetString(1)), r.GetString(2), Long(r, 3))),
        await Rows(db, """
            SELECT l.pledge_id, l.period_key, l.run_id, l.charge_id, x.charge_id, l.patron_id, l.payee_id, l.amount_minor,
                   l.platform_fee_minor, l.currency, l.covers_from, l.covers_until, v.pledge_id IS NOT NULL, d.pledge_id IS NOT NULL
            FROM bill_line l
            LEFT JOIN bill_line_rolled x ON x.pledge_id = l.pledge_id AND x.period_key = l.period_key
            LEFT JOIN bill_line_void v ON v.pledge_id = l.pledge_id AND v.period_key = l.period_key
            LEFT JOIN deferred_line d ON d.pledge_id = l.pledge_id AND d.period_key = l.period_key
            ORDER BY l.pledge_id, l.period_key
            """,
            r => new LineRow(Long(r, 0), r.GetString(1), Maybe(r, 2), Maybe(r, 3), Maybe(r, 4), Long(r, 5), Long(r, 6), Long(r, 7), Long(r, 8),
                r.GetString(9), At(r, 10), At(r, 11), Long(r, 12) > 0, Long(r, 13) > 0)),
        await Rows(db, "SELECT run_id, pledge_id, period_key, kind FROM run_skip ORDER BY 1, 2, 3",
            r => new SkipRow(Long(r, 0), Long(r, 1), r.GetString(2), r.GetString(3))),
        await Rows(db, "SELECT id, patron_id, currency, gross_minor, kind FROM charge ORDER BY id",
            r => new ChargeRow(Long(r, 0), Long(r, 1), r.GetString(2), Long(r, 3), r.GetString(4))),
        await Rows(db, "SELECT charge_id, kind, due_at, lease_until FROM due_work ORDER BY charge_id",
            r => new WorkRow(Long(r, 0), r.GetString(1), At(r, 2)!.Value, At(r, 3)!.Value)),
        await Rows(db, """
            SELECT a.charge_id, a.n, a.method_id, r.outcome, r.captured_minor, r.fee_minor, m.fingerprint, a.at FROM attempt a
            JOIN payment_method m ON m.id = a.method_id
            LEFT JOIN attempt_result r ON r.charge_id = a.charge_id AND r.n = a.n ORDER BY a.charge_id, a.n
            """,
            r => new AttemptRow(Long(r, 0), (int)Long(r, 1), Long(r, 2), r.IsDBNull(3) ? null : r.GetString(3), Maybe(r, 4) ?? 0,
                Maybe(r, 5) ?? 0, r.GetString(6), At(r, 7)!.Value)),
        (await Rows(db, "SELECT post_id FROM paid_post", r => Long(r, 0))).ToHashSet(),
        (await Rows(db, "SELECT post_id FROM paid_post_done", r => Long(r, 0))).ToHashSet(),
        (await Rows(db, "SELECT post_id FROM paid_post_undone", r => Long(r, 0))).ToHashSet(),
        (await Rows(db, "SELECT pledge_id, post_id FROM accrual WHERE kind = 'declined'", r => (Long(r, 0), Long(r, 1)))).ToHashSet(),
        (await Rows(db, "SELECT charge_id, kind FROM charge_closed", r => (Long(r, 0), r.GetString(1)))).ToDictionary(),
        (await Rows(db, "SELECT ref_id FROM journal WHERE kind = 'charge'", r => Long(r, 0))).ToHashSet(),
        await Rows(db, "SELECT topic, status, last_error FROM message WHERE status = 'parked' OR (status = 'pending' AND last_error IS NOT NULL) ORDER BY id",
            r => new MessageRow(r.GetString(0), r.GetString(1), r.IsDBNull(2) ? null : r.GetString(2))));

    public static async Task<List<T>> Rows<T>(Db db, string sql, Func<DbDataReader, T> read)
    {
        await using var command = await db.Command(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(read(reader));
        return rows;
    }

    private static long Long(DbDataReader r, int column) => r.GetInt64(column);
    private static long? Maybe(DbDataReader r, int column) => r.IsDBNull(column) ? null : r.GetInt64(column);
    private static Instant? At(DbDataReader r, int column) =>
        r.IsDBNull(column) ? null : Instant.FromUnixTimeMilliseconds(r.GetInt64(column));
}
