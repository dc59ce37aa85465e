using Stipend.Billing.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Billing.Runs;

/// <summary>
/// The dead man's switch (billing.md §1.6): which runs should have closed by now. Asks what ought to be there, not what something reported,
/// so that it also tells of a site on which nothing opens runs any more.
/// </summary>
internal sealed class OverdueRuns(Db db, Clock clock, BillingOptions options)
{
    public async Task<IReadOnlyList<OverdueRun>> Find(CancellationToken ct)
    {
        var found = await NotClosed(ct);
        for (var zone = await ZoneAfter("", ct); zone is not null; zone = await ZoneAfter(zone, ct))
            if (await FirstMissing(zone, ct) is { } day && IsOverdue(zone, day)) found.Add(new OverdueRun(zone, day, "missing"));
        return found.OrderBy(o => o.BillOn).ThenBy(o => o.ZoneId, StringComparer.Ordinal).ToList();
    }

    private bool IsOverdue(string zone, LocalDate day) =>
        BillingAnchor.StartOfDay(day, DateTimeZoneProviders.Tzdb[zone]) + Duration.FromHours(options.AlarmHours) < clock.Now();

    private async Task<List<OverdueRun>> NotClosed(CancellationToken ct)
    {
        await using var command = await db.Command(
            "SELECT zone_id, bill_on, state FROM billing_run WHERE book_id = @book AND state <> 'closed'", ct, ("book", Book.Live));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<OverdueRun>();
        while (await reader.ReadAsync(ct))
            if (new OverdueRun(reader.GetString(0), Columns.Date(reader.GetString(1)), reader.GetString(2)) is var run && IsOverdue(run.ZoneId, run.BillOn))
                found.Add(run);
        return found;
    }

    /// <summary>Walks the zones by the index, since there are few of them and may be millions of pledges.</summary>
    private async Task<string?> ZoneAfter(string zone, CancellationToken ct)
    {
        await using var command = await db.Command(
            "SELECT zone_id FROM pledge WHERE book_id = @book AND zone_id > @zone ORDER BY zone_id LIMIT 1", ct, ("book", Book.Live), ("zone", zone));
        return await command.ExecuteScalarAsync(ct) as string;
    }

    /// <summary>The day after the last that has a run; before the first run, the day after somebody first pledged.</summary>
    private async Task<LocalDate?> FirstMissing(string zone, CancellationToken ct)
    {
        foreach (var sql in new[]
        {
            "SELECT MAX(bill_on) FROM billing_run WHERE book_id = @book AND zone_id = @zone",
            "SELECT MIN(started_on) FROM pledge WHERE book_id = @book AND zone_id = @zone",
        })
        {
            await using var command = await db.Command(sql, ct, ("book", Book.Live), ("zone", zone));
            if (await command.ExecuteScalarAsync(ct) is string day) return Columns.Date(day).PlusDays(1);
        }
        return null;
    }
}
