using Stipend.Billing.Model;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Runs;

/// <summary>Opens the run of a book, zone and day. Each run enqueues the next day's, so that no day is left out.</summary>
/// <param name="Confirmed">The operator has said that the clock is right, however late the run is.</param>
internal sealed record OpenRun(long BookId, string ZoneId, LocalDate BillOn, bool Confirmed = false);

/// <summary>Plans an opened run.</summary>
internal sealed record PlanRun(long RunId);

/// <summary>Collects a planned run until nothing of it is due, then closes it.</summary>
internal sealed record CollectRun(long RunId);

/// <summary>Keeps the chain of daily runs going.</summary>
internal sealed class RunSchedule(Outbox outbox)
{
    /// <summary>Makes sure tomorrow's run of a zone is enqueued; joins the caller's transaction.</summary>
    public Task Ensure(long bookId, string zoneId, Instant now, CancellationToken ct)
    {
        _ = ct;
        Enqueue(bookId, zoneId, now.InZone(DateTimeZoneProviders.Tzdb[zoneId]).Date.PlusDays(1));
        return Task.CompletedTask;
    }

    public void Enqueue(long bookId, string zoneId, LocalDate billOn, bool confirmed = false) =>
        Enqueue(new OpenRun(bookId, zoneId, billOn, confirmed), confirmed ? ":confirmed" : "");

    /// <summary>Once more, for a run that was held by a clock which has been set back since.</summary>
    public void Again(BillingRun held) => Enqueue(new OpenRun(held.BookId, held.ZoneId, held.BillOn), $":after:{held.Id}");

    private void Enqueue(OpenRun run, string suffix) =>
        outbox.Enqueue(run, BillingAnchor.StartOfDay(run.BillOn, DateTimeZoneProviders.Tzdb[run.ZoneId]), run.BookId,
            dedupeKey: $"run:{run.BookId}:{run.ZoneId}:{Platform.Data.Columns.Iso(run.BillOn)}{suffix}");
}
