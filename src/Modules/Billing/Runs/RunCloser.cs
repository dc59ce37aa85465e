using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using NodaTime.Calendars;
using Stipend.Billing.Contracts;
using Stipend.Billing.Model;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Runs;

/// <summary>
/// Closes a run only when it is complete: what planning counted as due equals, line by line in every currency, what the rows say was
/// charged, waived,
/// deferred and parked. A run that does not add up stays open and says so.
/// </summary>
internal sealed class RunCloser(Db db, ILedger ledger, Outbox outbox, ILogger<RunCloser> log)
{
    private const int ParkedNamed = 3;

    public async Task Close(long runId, Instant now, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var run = await db.BillingRuns.FirstAsync(r => r.Id == runId, ct);
        if (run.State != RunState.Collecting) return;
        var totals = await Totals(runId, ct);
        if (totals.FirstOrDefault(t => !t.AddsUp) is { } wrong)
        {
            run.Note = $"Not complete in {wrong.Currency}: due {wrong.DueMinor}, charged {wrong.ChargedMinor}, waived {wrong.WaivedMinor}, deferred {wrong.DeferredMinor}, parked {wrong.ParkedMinor}.";
            log.LogCritical("Run {Run} does not add up: {Note}", runId, run.Note);
            await transaction.Commit(ct);
            return;
        }
        run.State = RunState.Closed;
        run.ClosedAt = now;
        run.Note = await Parked(runId, ct);
        await CloseMonths(run, now, ct);
        outbox.Publish(new RunClosed(run.BookId, run.Id, run.BillOn), run.BookId);
        await transaction.Commit(ct);
    }

    /// <summary>Who was parked and why, for the operator; null when nobody was.</summary>
    private async Task<string?> Parked(long runId, CancellationToken ct)
    {
        await using var command = await db.Command(
            "SELECT patron_id, MIN(reason) FROM run_skip WHERE run_id = @run AND kind = 'parked' GROUP BY patron_id ORDER BY patron_id", ct, ("run", runId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var (count, named) = (0, new List<string>());
        while (await reader.ReadAsync(ct))
            if (++count <= ParkedNamed) named.Add($"patron {reader.GetInt64(0).ToString(CultureInfo.InvariantCulture)}: {reader.GetString(1)}");
        if (count == 0) return null;
        return $"Completed with {count} parked; they were not billed. {string.Join(" ", named)}"
            + (count > ParkedNamed ? $" And {count - ParkedNamed} more." : "");
    }

    /// <summary>The identity's two sides: due as counted while planning; the rest as the rows say now.</summary>
    public async Task<IReadOnlyList<RunTotal>> Totals(long runId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT currency, SUM(due_lines), SUM(due_minor), SUM(charged), SUM(waived), SUM(deferred), SUM(parked), SUM(lines) FROM (
                SELECT currency, due_lines, due_minor, 0 AS charged, 0 AS waived, 0 AS deferred, 0 AS parked, 0 AS lines FROM run_total WHERE run_id = @run
                UNION ALL
                SELECT currency, 0, 0, CASE WHEN charge_id IS NOT NULL THEN amount_minor ELSE 0 END, 0, CASE WHEN charge_id IS NULL THEN amount_minor ELSE 0 END, 0, 1
                FROM bill_line WHERE run_id = @run
                UNION ALL
                SELECT currency, 0, 0, 0, CASE WHEN kind = 'waived' THEN amount_minor ELSE 0 END, 0, CASE WHEN kind = 'parked' THEN amount_minor ELSE 0 END, 1
                FROM run_skip WHERE run_id = @run
            ) t GROUP BY currency ORDER BY currency
            """, ct, ("run", runId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var totals = new List<RunTotal>();
        while (await reader.ReadAsync(ct))
            totals.Add(new RunTotal(reader.GetString(0), Whole(reader, 1), Whole(reader, 2), Whole(reader, 3), Whole(reader, 4),
                Whole(reader, 5), Whole(reader, 6), Whole(reader, 7)));
        return totals;
    }

    /// <summary>From the second day of a month on, the months before it are closed: snapshots and the hash chain (ledger).</summary>
    private async Task CloseMonths(BillingRun run, Instant now, CancellationToken ct)
    {
        if (run.BillOn.Day < 2) return;
        var month = run.BillOn.ToYearMonth().PlusMonths(-1);
        var open = await db.BillingRuns.AnyAsync(r => r.BookId == run.BookId && r.State != RunState.Closed && r.Id != run.Id, ct);
        var firstOpen = await ledger.FirstOpenDay(run.BookId, ct);
        if (open || firstOpen > month.OnDayOfMonth(1).PlusMonths(1).PlusDays(-1)) return;
        try
        {
            for (var next = firstOpen.Year < 1000 ? month
                : firstOpen.ToYearMonth(); next <= month; next = next.PlusMonths(1)) await ledger.Close(run.BookId, next, ct);
        }
        catch (Refusal refusal) when (refusal.Code is "period_not_over" or "close_in_order")
        {
            log.LogInformation("Book {Book} is not closed for {Month} at {Now} yet: {Why}", run.BookId, month, now, refusal.Message);
        }
    }

    private static long Whole(System.Data.Common.DbDataReader reader, int column) =>
        Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture);
}
