using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Agreements;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Runs;

/// <summary>
/// Opens a run: takes the gate alone for a moment, fixes the cut-off as a number in the order of changes, freezes the rules, and
/// schedules the next day's. A run that already exists is left alone. One that is later than any holiday is held instead, and the days
/// after it with it: more likely the clock is wrong than the site was off for so long, and only the operator knows.
/// </summary>
internal sealed class OpenRunHandler(Db db, Ids ids, PledgeStore store, RunSchedule schedule, BillingOptions options,
    Outbox outbox) : IHandle<OpenRun>
{
    private static readonly Duration s_late = Duration.FromDays(3);

    public async Task Handle(OpenRun message, MessageContext context, CancellationToken ct)
    {
        var zone = DateTimeZoneProviders.Tzdb[message.ZoneId];
        var due = BillingAnchor.StartOfDay(message.BillOn, zone);
        var isHeld = !message.Confirmed && RunSchedule.IsBeyondBelief(message.ZoneId, message.BillOn, context.Now);
        if (!isHeld) schedule.EnqueueAfter(message.BookId, message.ZoneId, message.BillOn, context.Now);
        if (await db.BillingRuns.AnyAsync(r =>
            r.BookId == message.BookId && r.ZoneId == message.ZoneId && r.BillOn == message.BillOn, ct)) return;
        if (context.Now < due) throw new InvalidOperationException($"The run of {message.BillOn} is not due before {due}.");
        await store.EnterGate(message.BookId, alone: true, ct);
        var late = context.Now - due > s_late;
        var run = new BillingRun
        {
            Id = ids.Next(), BookId = message.BookId, ZoneId = message.ZoneId, BillOn = message.BillOn, CutoffAt = due,
            State = isHeld ? RunState.Review : RunState.Planning,
            CutoffNo = await store.LastChange(ct), PlatformFeeBp = options.PlatformFeeBasisPoints, OpenedAt = context.Now,
            Note = isHeld ? $"By its clock this site is {(context.Now - due).Days} days late with this run, so nothing was planned. Check the clock; when it is right, or has been set right, let the run collect."
                : late ? BillingRun.OpenedLate : null,
        };
        db.BillingRuns.Add(run);
        await db.SaveChangesAsync(ct);
        if (isHeld) return;
        outbox.Publish(new PlanRun(run.Id), message.BookId, partition: $"run:{message.BookId}");
        await db.SaveChangesAsync(ct);
    }
}
