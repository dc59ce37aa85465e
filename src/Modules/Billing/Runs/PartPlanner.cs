using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Billing.Planning;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Runs;

/// <summary>
/// Takes parts of a run that nobody has planned yet until none is left. As many go into one transaction as fit the time for which others may be kept
/// waiting to write.
/// </summary>
internal sealed class PartPlanner(Db db, Ids ids, Clock clock, DuePledges due, BillingOptions options, PaymentGateways gateways, RunBounds bounds,
    Outbox outbox, FreshStatistics statistics, Progress progress)
{
    private static readonly TimeSpan s_budget = TimeSpan.FromMilliseconds(150);
    private const int MostAtOnce = 20;

    private sealed record Part(long Number, long Lo, long Hi);

    public async Task PlanAll(BillingRun run, MessageContext context, CancellationToken ct)
    {
        var atOnce = 1;
        while (true)
        {
            var began = clock.Provider.GetTimestamp();
            var planned = await PlanSome(run, atOnce, context, ct);
            if (planned == 0) return;
            await progress.Made(context, ct);
            await statistics.After("charge, bill_line, due_work", ct);
            var took = clock.Provider.GetElapsedTime(began);
            atOnce = took > s_budget ? Math.Max(1, (int)(planned * (s_budget / took))) : Math.Min(MostAtOnce, took < s_budget / 2 ? atOnce * 2 : atOnce);
        }
    }

    /// <summary>Plans up to <paramref name="atOnce"/> parts in one transaction; answers how many there were.</summary>
    private async Task<int> PlanSome(BillingRun run, int atOnce, MessageContext context, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.GoByKeys(ct);
        var parts = await Claim(run.Id, atOnce, ct);
        if (parts.Count == 0) return 0;
        var rules = new RunRules(DateTimeZoneProviders.Tzdb[run.ZoneId], run.BillOn, run.PlatformFeeBp, options)
        {
            Limits = gateways.For(run.BookId).Limits,
        };
        var writer = new RunWriter(db, ids, run, context.Now);
        var sums = new RunSums(options);
        foreach (var part in parts)
        {
            var plans = new List<PatronPlan>();
            await foreach (var patron in due.Read(RunScope.Of(run), part.Lo, part.Hi, ct))
            {
                plans.Add(PlanOrPark(patron, rules));
                sums.Add(patron, plans[^1]);
            }
            await writer.Write(part.Number, plans, ct);
            foreach (var covered in DeferredCover(plans)) outbox.Publish(new LinesPaid(run.BookId, context.Now, covered), run.BookId);
        }
        await bounds.Write(run, sums, ct); // last, and once: others add to the same rows, and wait from here on
        await transaction.Commit(ct);
        return parts.Count;
    }

    /// <summary>The next parts, this transaction's until it ends: on PostgreSQL others skip them, on SQLite nobody else writes.</summary>
    private async Task<List<Part>> Claim(long runId, int atOnce, CancellationToken ct)
    {
        var parts = new List<Part>(atOnce);
        await using (var command = await db.Command($"""
            SELECT part, lo, hi FROM run_part WHERE run_id = @run AND phase = 0 ORDER BY part LIMIT @most
            {(db.Engine == Engine.Postgres ? "FOR UPDATE SKIP LOCKED" : "")}
            """, ct, ("run", runId), ("most", (long)atOnce)))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct)) parts.Add(new Part(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)));
        if (parts.Count > 0)
            await db.Execute($"UPDATE run_part SET phase = 1 WHERE run_id = @run AND part IN ({string.Join(',', parts.Select(p => p.Number))})", ct, ("run", runId));
        return parts;
    }

    /// <summary>One patron's trouble parks that patron, and nobody else.</summary>
    internal static PatronPlan PlanOrPark(DuePatron patron, RunRules rules)
    {
        try
        {
            if (patron.Trouble is { } trouble) throw new InvalidOperationException(trouble);
            return PatronPlanner.Plan(patron.PatronId, patron.Pledges, patron.Deferred, rules);
        }
        catch (Exception error) when (DuePledges.IsOnePatrons(error))
        {
            // At most what a pledge can be: the sum of all parked amounts must not be what then cannot be computed.
            var skips = patron.Pledges.ConvertAll(p => new PlannedSkip(p.Id, "parked",
                Math.Min(p.AmountMinor, BillingOptions.MaximumMinor(p.Currency)), p.Currency, "parked", error.Message));
            // What cannot be read is counted as a line of nothing: an amount nobody can tell is not to be guessed at.
            var currency = patron.Pledges.Count > 0 ? patron.Pledges[0].Currency : Currency.Of("EUR");
            skips.AddRange(patron.Unreadable.ConvertAll(id => new PlannedSkip(id, "parked", 0, currency, "parked", error.Message)));
            return new PatronPlan(patron.PatronId, [], [], skips);
        }
    }

    /// <summary>A monthly line too small to charge yet still opens what it stands for.</summary>
    private static IEnumerable<IReadOnlyList<PaidLine>> DeferredCover(List<PatronPlan> plans) =>
        plans.SelectMany(p => p.Lines.Where(l => l is { Charge: < 0, WasDeferred: false, CoversFrom: not null })
            .Select(l => new PaidLine(l.PledgeId, p.PatronId, l.PayeeId, l.PeriodKey, 0, l.Currency.Code, l.CoversFrom, l.CoversUntil)))
                .Chunk(500);
}
