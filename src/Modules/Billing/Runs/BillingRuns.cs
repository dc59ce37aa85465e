using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Agreements;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Billing.Planning;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Billing.Runs;

/// <summary>Looking at runs, previewing one, opening what is due.</summary>
internal sealed class BillingRuns(Db db, Books books, RunCloser closer, DuePledges due, RunSchedule schedule, PledgeStore store,
    Outbox outbox, BillingOptions options, PaymentGateways gateways, OverdueRuns overdue) : IBillingRuns
{
    private const int PreviewLines = 200;

    public async Task<IReadOnlyList<RunInfo>> List(long bookId, bool emptyToo, int take, CancellationToken ct = default)
    {
        var lines = db.BillLines;
        return await List(db.BillingRuns.Where(r => r.BookId == bookId
            && (emptyToo || r.State != RunState.Closed || lines.Any(l => l.RunId == r.Id))), take, ct);
    }

    public async Task<IReadOnlyList<RunInfo>> ListAfter(long bookId, long runId, int take, CancellationToken ct = default)
    {
        var after = await db.BillingRuns.AsNoTracking().FirstOrDefaultAsync(r => r.Id == runId && r.BookId == bookId, ct) ?? throw Refusal.NotFound("billing run");
        var (lines, on) = (db.BillLines, after.BillOn);
        return await List(db.BillingRuns.Where(r => r.BookId == bookId && (r.BillOn < on || (r.BillOn == on && r.Id < runId))
            && (r.State != RunState.Closed || lines.Any(l => l.RunId == r.Id))), take, ct);
    }

    private async Task<IReadOnlyList<RunInfo>> List(IQueryable<BillingRun> wanted, int take, CancellationToken ct)
    {
        var runs = await wanted.AsNoTracking().OrderByDescending(r => r.BillOn).ThenByDescending(r => r.Id).Take(take).ToListAsync(ct);
        var infos = new List<RunInfo>(runs.Count);
        foreach (var run in runs) infos.Add(await Describe(run, ct));
        return infos;
    }

    public async Task<RunInfo?> Find(long runId, CancellationToken ct = default) =>
        await db.BillingRuns.AsNoTracking().FirstOrDefaultAsync(r => r.Id == runId, ct) is { } run ? await Describe(run, ct) : null;

    public async Task<IReadOnlyList<RunCharge>> Charges(long runId, long afterChargeId, int take, CancellationToken ct = default)
    {
        await using var command = await db.Command("""
            SELECT c.id, c.patron_id, c.gross_minor, c.currency, w.kind, w.reason,
                   (SELECT COUNT(*) FROM attempt a WHERE a.charge_id = c.id), x.kind,
                   (SELECT r.code FROM attempt_result r WHERE r.charge_id = c.id ORDER BY r.n DESC LIMIT 1)
            FROM charge c LEFT JOIN due_work w ON w.charge_id = c.id LEFT JOIN charge_closed x ON x.charge_id = c.id
            WHERE c.run_id = @run AND c.id > @after ORDER BY c.id LIMIT @take
            """, ct, ("run", runId), ("after", afterChargeId), ("take", (long)take));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<RunCharge>();
        while (await reader.ReadAsync(ct))
        {
            var state = reader.IsDBNull(4) ? reader.IsDBNull(7) ? "paid" : reader.GetString(7) : reader.GetString(4);
            var reason = reader.IsDBNull(5) ? reader.IsDBNull(8) ? null : reader.GetString(8) : reader.GetString(5);
            found.Add(new RunCharge(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetString(3), state, reason,
                (int)reader.GetInt64(6)));
        }
        return found;
    }

    public async Task<IReadOnlyList<RunPreview>> Preview(long bookId, LocalDate billOn, CancellationToken ct = default)
    {
        var previews = new List<RunPreview>();
        foreach (var zoneId in await Zones(bookId, ct))
        {
            var zone = DateTimeZoneProviders.Tzdb[zoneId];
            var scope = new RunScope(bookId, zone, billOn, BillingAnchor.StartOfDay(billOn, zone), long.MaxValue);
            var rules = new RunRules(zone, billOn, options.PlatformFeeBasisPoints, options) { Limits = gateways.For(bookId).Limits };
            var totals = new SortedDictionary<string, PlanTotal>(StringComparer.Ordinal);
            var lines = new List<PreviewLine>();
            var patrons = 0;
            await foreach (var patron in due.Read(scope, long.MinValue, long.MaxValue, ct))
            {
                var plan = PartPlanner.PlanOrPark(patron, rules);
                PlanTotals.Add(totals, plan);
                if (plan.Lines.Count + plan.Skips.Count > 0) patrons++;
                if (lines.Count < PreviewLines) lines.AddRange(LinesOf(plan));
            }
            previews.Add(new RunPreview(bookId, zoneId, billOn,
                totals.Values.Select(t => new RunTotal(t.Currency.Code, t.DueLines, t.DueMinor, t.ChargedMinor,
                t.WaivedMinor, t.DeferredMinor, t.ParkedMinor, t.DueLines)).ToList(), patrons, totals.Values.Sum(t => t.Charges), lines));
        }
        return previews;
    }

    public async Task<int> OpenDue(long bookId, CancellationToken ct = default)
    {
        var now = await books.Now(bookId, ct);
        var opened = 0;
        await using var transaction = await db.BeginWrite(ct);
        if (await db.BillingRuns.AnyAsync(r => r.BookId == bookId && r.State == RunState.Review && r.PlannedAt == null, ct))
            throw Refusal.Conflict("run_held", "A run is held because the clock may be wrong. Look at it under Billing runs first.");
        var next = await NextRuns(bookId, ct);
        if (next.Count == 0) throw Refusal.Invalid("nothing_to_bill",
            "Nobody has pledged anything in these books yet, so there is nothing to bill.");
        foreach (var (zoneId, first) in next)
        {
            var today = now.InZone(DateTimeZoneProviders.Tzdb[zoneId]).Date;
            for (var day = first; day <= today; day = day.PlusDays(1), opened++) schedule.Enqueue(bookId, zoneId, day);
        }
        await transaction.Commit(ct);
        return opened;
    }

    public async Task Release(long runId, CancellationToken ct = default)
    {
        await using var transaction = await db.BeginWrite(ct);
        var run = await db.BillingRuns.FirstOrDefaultAsync(r => r.Id == runId, ct) ?? throw Refusal.NotFound("billing run");
        if (run.State != RunState.Review) throw Refusal.Conflict("not_in_review",
            $"This run does not wait for review; it is {Columns.Of(run.State)}.");
        if (run.PlannedAt is null) await OpenHeld(run, ct);
        else
        {
            (run.State, run.Note) = (RunState.Collecting, null);
            outbox.Publish(new CollectRun(run.Id), run.BookId, partition: $"run:{run.BookId}");
        }
        await transaction.Commit(ct);
    }

    /// <summary>A held run opens as of now; or waits for its day, when the clock has been set back before it.</summary>
    private async Task OpenHeld(BillingRun run, CancellationToken ct)
    {
        var now = await books.Now(run.BookId, ct);
        if (now < run.CutoffAt)
        {
            db.BillingRuns.Remove(run);
            schedule.Again(run);
            return;
        }
        await store.EnterGate(run.BookId, alone: true, ct);
        (run.State, run.CutoffNo, run.OpenedAt, run.Note) = (RunState.Planning, await store.LastChange(ct), now, BillingRun.OpenedLate);
        schedule.EnqueueAfter(run.BookId, run.ZoneId, run.BillOn, now);
        outbox.Publish(new PlanRun(run.Id), run.BookId, partition: $"run:{run.BookId}");
    }

    public async Task<IReadOnlyList<(string ZoneId, LocalDate On)>> NextRuns(long bookId, CancellationToken ct = default)
    {
        await using var command = await db.Command("""
            SELECT p.zone_id, MIN(p.started_on), (SELECT MAX(r.bill_on) FROM billing_run r WHERE r.book_id = @book AND r.zone_id = p.zone_id)
            FROM pledge p WHERE p.book_id = @book GROUP BY p.zone_id ORDER BY p.zone_id
            """, ct, ("book", bookId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(string, LocalDate)>();
        while (await reader.ReadAsync(ct))
            found.Add((reader.GetString(0), Columns.Date(await reader.IsDBNullAsync(2, ct) ? reader.GetString(1) : reader.GetString(2))
                .PlusDays(1)));
        return found;
    }

    public Task<IReadOnlyList<OverdueRun>> Overdue(CancellationToken ct = default) => overdue.Find(ct);

    private async Task<List<string>> Zones(long bookId, CancellationToken ct) =>
        await db.Pledges.AsNoTracking().Where(p => p.BookId == bookId).Select(p => p.ZoneId).Distinct().OrderBy(z => z).ToListAsync(ct);

    private static IEnumerable<PreviewLine> LinesOf(PatronPlan plan) =>
        plan.Lines.Select(l =>
            new PreviewLine(plan.PatronId, l.PayeeId, l.Description, l.AmountMinor, l.Currency.Code, l.Charge < 0 ? "deferred" : "charged"))
            .Concat(plan.Skips.Select(s => new PreviewLine(plan.PatronId, 0, s.Reason, s.AmountMinor, s.Currency.Code, s.Kind)));

    private async Task<RunInfo> Describe(BillingRun run, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT COUNT(*), SUM(CASE WHEN w.kind IS NULL AND x.charge_id IS NULL THEN 1 ELSE 0 END),
                   SUM(CASE WHEN w.kind IN ('retry', 'needs_method') THEN 1 ELSE 0 END), SUM(CASE WHEN w.kind IN ('collect', 'action') THEN 1 ELSE 0 END),
                   SUM(CASE WHEN w.kind = 'check' THEN 1 ELSE 0 END), SUM(CASE WHEN w.kind = 'quarantine' THEN 1 ELSE 0 END),
                   (SELECT COUNT(DISTINCT s.patron_id) FROM run_skip s WHERE s.run_id = @run AND s.kind = 'parked')
            FROM charge c LEFT JOIN due_work w ON w.charge_id = c.id LEFT JOIN charge_closed x ON x.charge_id = c.id WHERE c.run_id = @run
            """, ct, ("run", run.Id));
        int[] counts = new int[7];
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            await reader.ReadAsync(ct);
            for (var i = 0; i < 7; i++) counts[i] = await reader.IsDBNullAsync(i, ct) ? 0
                : Convert.ToInt32(reader.GetValue(i), CultureInfo.InvariantCulture);
        }
        return new RunInfo(run.Id, run.BookId, run.ZoneId, run.BillOn, Columns.Of(run.State), run.OpenedAt, run.ClosedAt, run.Note,
            await closer.Totals(run.Id, ct),
            counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], counts[6]);
    }
}
