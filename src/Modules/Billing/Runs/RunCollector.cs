using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Collecting;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Runs;

/// <summary>Pumps a run's charges until each has been asked once and none is unknown, then closes it. Declined ones go on in dunning,
/// outside the run.</summary>
internal sealed class RunCollector(Db db, RunWorkers workers, ChargeCollector collector, RunCloser closer, Outbox outbox) : IPerform<CollectRun>
{
    public async Task Perform(CollectRun message, MessageContext context, CancellationToken ct)
    {
        var run = await db.BillingRuns.AsNoTracking().FirstOrDefaultAsync(r => r.Id == message.RunId, ct);
        if (run is not { State: RunState.Collecting }) return;
        await workers.Share(collector, c => c.CollectAll(run.BookId, run.Id, context, ct));
        if (await WaitingUntil(run.Id, ct) is { } due)
        {
            // Already due means that somebody else holds it. The key names when we look, not what we look at: a job with the key of one
            // that has run would be dropped, and the run never closed.
            var at = due <= context.Now ? context.Now + Duration.FromMinutes(1) : due;
            outbox.Enqueue(new CollectRun(run.Id), at, run.BookId, dedupeKey: $"collect-run:{run.Id}:{at.ToUnixTimeMilliseconds()}");
            await db.SaveChangesAsync(ct);
            return;
        }
        await closer.Close(run.Id, context.Now, ct);
    }

    /// <summary>When the earliest charge still untried or unknown is due again; null when there is none.</summary>
    private async Task<Instant?> WaitingUntil(long runId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT MIN(due_at) FROM due_work WHERE run_id = @run AND kind IN ('collect', 'check')",
            ct, ("run", runId));
        return await command.ExecuteScalarAsync(ct) is long due ? Instant.FromUnixTimeMilliseconds(due) : null;
    }
}
