using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Agreements;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Runs;

/// <summary>
/// Opens a run: takes the gate alone for a moment, fixes the cut-off as a number in the order of changes, freezes the rules, and
/// schedules the next day's. A run that already exists is left alone.
/// </summary>
internal sealed class OpenRunHandler(Db db, Ids ids, PledgeStore store, RunSchedule schedule, BillingOptions options,
    Outbox outbox) : IHandle<OpenRun>
{
    private static readonly Duration s_late = Duration.FromDays(3);

    public async Task Handle(OpenRun message, MessageContext context, CancellationToken ct)
    {
        schedule.Enqueue(message.BookId, message.ZoneId, message.BillOn.PlusDays(1));
        if (await db.BillingRuns.AnyAsync(r =>
            r.BookId == message.BookId && r.ZoneId == message.ZoneId && r.BillOn == message.BillOn, ct)) return;
        var zone = DateTimeZoneProviders.Tzdb[message.ZoneId];
        var due = BillingAnchor.StartOfDay(message.BillOn, zone);
        if (context.Now < due) throw new InvalidOperationException($"The run of {message.BillOn} is not due before {due}.");
        await store.EnterGate(message.BookId, alone: true, ct);
        var late = context.Now - due > s_late;
        var run = new BillingRun
        {
            Id = ids.Next(), BookId = message.BookId, ZoneId = message.ZoneId, BillOn = message.BillOn, State = RunState.Planning,
                CutoffAt = due,
            CutoffNo = await LastChange(ct), PlatformFeeBp = options.PlatformFeeBasisPoints, OpenedAt = context.Now,
            Note = late ? "Opened late; waits for the operator after planning." : null,
        };
        db.BillingRuns.Add(run);
        await db.SaveChangesAsync(ct);
        outbox.Publish(new PlanRun(run.Id), message.BookId, partition: $"run:{message.BookId}");
        await db.SaveChangesAsync(ct);
    }

    private async Task<long> LastChange(CancellationToken ct)
    {
        await using var command = await db.Command("SELECT COALESCE(MAX(no), 0) FROM pledge_version", ct);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }
}
