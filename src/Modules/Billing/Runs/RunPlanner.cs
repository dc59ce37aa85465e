using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Runs;

/// <summary>Plans a run part by part: each is written whole or not at all, and again is nothing.</summary>
internal sealed class RunPlanner(Db db, DuePledges due, RunWorkers workers, PartPlanner parts, RunBounds bounds, Outbox outbox) : IPerform<PlanRun>
{
    /// <summary>Small enough that one alone never keeps other writers waiting; several go into a transaction while there is time.</summary>
    private const int PledgesPerPart = 1_000;

    public async Task Perform(PlanRun message, MessageContext context, CancellationToken ct)
    {
        var run = await db.BillingRuns.AsNoTracking().FirstOrDefaultAsync(r => r.Id == message.RunId, ct);
        if (run is not { State: RunState.Planning }) return;
        await Partition(run, ct);
        await workers.Share(parts, p => p.PlanAll(run, context, ct));
        await Finish(run.Id, context.Now, ct);
    }

    private async Task Partition(BillingRun run, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (await HasParts(run.Id, ct)) return;
        var ranges = await due.Parts(RunScope.Of(run), PledgesPerPart, ct);
        await using (var writer = await db.BulkInsert("run_part", ["run_id", "part", "lo", "hi", "phase"], ct))
        {
            foreach (var (number, (lo, hi)) in ranges.Index())
            {
                writer.Int(run.Id);
                writer.Int(number);
                writer.Int(lo);
                writer.Int(hi);
                writer.Int(0);
                writer.EndRow();
            }
            await writer.Complete(ct);
        }
        await transaction.Commit(ct);
    }

    private async Task<bool> HasParts(long runId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT 1 FROM run_part WHERE run_id = @run LIMIT 1", ct, ("run", runId));
        return await command.ExecuteScalarAsync(ct) is not null;
    }

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
