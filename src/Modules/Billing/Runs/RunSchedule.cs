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
    private static readonly Duration s_beyondBelief = Duration.FromDays(45);

    /// <summary>Whether a run would be so late by a clock that the clock is more likely wrong than the site was off.</summary>
    public static bool IsBeyondBelief(string zoneId, LocalDate billOn, Instant now) =>
        now - BillingAnchor.StartOfDay(billOn, DateTimeZoneProviders.Tzdb[zoneId]) > s_beyondBelief;

    /// <summary>Makes sure tomorrow's run of a zone is enqueued; joins the caller's transaction.</summary>
    public Task Ensure(long bookId, string zoneId, Instant now, CancellationToken ct)
    {
        _ = ct;
        Enqueue(bookId, zoneId, now.InZone(DateTimeZoneProviders.Tzdb[zoneId]).Date.PlusDays(1));
        return Task.CompletedTask;
    }

    public void Enqueue(long bookId, string zoneId, LocalDate billOn) => Enqueue(new OpenRun(bookId, zoneId, billOn), "");

    /// <summary>The day after one the operator let go on: as confirmed as that one while it is as late, an ordinary one after that.</summary>
    public void EnqueueAfter(long bookId, string zoneId, LocalDate billOn, Instant now)
    {
        var confirmed = IsBeyondBelief(zoneId, billOn.PlusDays(1), now);
        Enqueue(new OpenRun(bookId, zoneId, billOn.PlusDays(1), confirmed), confirmed ? ":confirmed" : "");
    }

    /// <summary>Once more, for a run that was held by a clock which has been set back since.</summary>
    public void Again(BillingRun held) => Enqueue(new OpenRun(held.BookId, held.ZoneId, held.BillOn), $":after:{held.Id}");

    private void Enqueue(OpenRun run, string suffix) =>
        outbox.Enqueue(run, BillingAnchor.StartOfDay(run.BillOn, DateTimeZoneProviders.Tzdb[run.ZoneId]), run.BookId,
            dedupeKey: $"run:{run.BookId}:{run.ZoneId}:{Platform.Data.Columns.Iso(run.BillOn)}{suffix}");
}
