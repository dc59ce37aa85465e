using Stipend.Platform.Messaging;

namespace Stipend.Billing.Runs;

/// <summary>Opens the run of a book, zone and day. Each run enqueues the next day's, so that no day is left out.</summary>
internal sealed record OpenRun(long BookId, string ZoneId, LocalDate BillOn);

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

    public void Enqueue(long bookId, string zoneId, LocalDate billOn) =>
        outbox.Enqueue(new OpenRun(bookId, zoneId, billOn), BillingAnchor.StartOfDay(billOn, DateTimeZoneProviders.Tzdb[zoneId]), bookId,
            dedupeKey: $"run:{bookId}:{zoneId}:{Platform.Data.Columns.Iso(billOn)}");
}
