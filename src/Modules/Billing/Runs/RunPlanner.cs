using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Billing.Planning;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Runs;

/// <summary>Plans a run part by part, each part one transaction: all of it or nothing, and again is nothing.</summary>
internal sealed class RunPlanner(Db db, Ids ids, DuePledges due, BillingOptions options, PaymentGateways gateways, RunBounds bounds, Outbox outbox,
    Progress progress) : IPerform<PlanRun>
{
    private const int PledgesPerPart = 20_000;

    public async Task Perform(PlanRun message, MessageContext context, CancellationToken ct)
    {
        var run = await db.BillingRuns.AsNoTracking().FirstOrDefaultAsync(r => r.Id == message.RunId, ct);
        if (run is not { State: RunState.Planning }) return;
        await Partition(run, ct);
        while (await NextPart(run.Id, ct) is { } part) await PlanPart(run, part, context, ct);
        await Finish(run.Id, context.Now, ct);
    }

    private sealed record Part(long Number, long Lo, long Hi);

    private async Task Partition(BillingRun run, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (await HasParts(run.Id, ct)) return;
        var number = 0L;
        foreach (var (lo, hi) in await due.Parts(RunScope.Of(run), PledgesPerPart, ct))
            await db.Execute("INSERT INTO run_part (run_id, part, lo, hi, phase) VALUES (@run, @part, @lo, @hi, 0)", ct,
                ("run", run.Id), ("part", number++), ("lo", lo), ("hi", hi));
        await transaction.Commit(ct);
    }

    private async Task<bool> HasParts(long runId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT 1 FROM run_part WHERE run_id = @run LIMIT 1", ct, ("run", runId));
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    private async Task<Part?> NextPart(long runId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT part, lo, hi FROM run_part WHERE run_id = @run AND phase = 0 ORDER BY part LIMIT 1", ct, ("run", runId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new Part(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)) : null;
    }

    private async Task PlanPart(BillingRun run, Part part, MessageContext context, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (await db.Execute("UPDATE run_part SET phase = 1 WHERE run_id = @run AND part = @part AND phase = 0", ct, ("run", run.Id),
            ("part", part.Number)) == 0) return;
        var rules = new RunRules(DateTimeZoneProviders.Tzdb[run.ZoneId], run.BillOn, run.PlatformFeeBp, options)
        {
            Limits = gateways.For(run.BookId).Limits,
        };
        var plans = new List<PatronPlan>();
        var sums = new RunSums(options);
        await foreach (var patron in due.Read(RunScope.Of(run), part.Lo, part.Hi, ct))
        {
            plans.Add(PlanOrPark(patron, rules));
            sums.Add(patron, plans[^1]);
        }
        await bounds.Write(run, sums, ct);
        await new RunWriter(db, ids, run, context.Now).Write(part.Number, plans, ct);
        foreach (var covered in DeferredCover(run, plans)) outbox.Publish(new LinesPaid(run.BookId, context.Now, covered), run.BookId);
        await progress.Made(context, ct);
        await transaction.Commit(ct);
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
    private static IEnumerable<IReadOnlyList<PaidLine>> DeferredCover(BillingRun run, List<PatronPlan> plans) =>
        plans.SelectMany(p => p.Lines.Where(l => l is { Charge: < 0, WasDeferred: false, CoversFrom: not null })
            .Select(l => new PaidLine(l.PledgeId, p.PatronId, l.PayeeId, l.PeriodKey, 0, l.Currency.Code, l.CoversFrom, l.CoversUntil)))
                .Chunk(500);

    private async Task Finish(long runId, Instant now, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var run = await db.BillingRuns.FirstAsync(r => r.Id == runId, ct);
        if (run.State != RunState.Planning) return;
        run.PlannedAt = now;
        var isEmpty = !await HasParts(runId, ct);
        run.State = run.Note is null || isEmpty ? RunState.Collecting : RunState.Review; // a late day without anything due needs no look
        if (isEmpty) run.Note = null;
        if (await bounds.Doubts(run, ct) is { } doubts)
            (run.State, run.Note) = (RunState.Review, run.Note is null ? doubts : $"{run.Note} {doubts}");
        if (run.State == RunState.Collecting) outbox.Publish(new CollectRun(run.Id), run.BookId, partition: $"run:{run.BookId}");
        await transaction.Commit(ct);
    }
}
