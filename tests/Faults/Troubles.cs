using Shouldly;
using Stipend.Faults.World;
using Stipend.Platform.Data;

namespace Stipend.Faults;

/// <summary>F18, F19, F26: the clock jumps, the disk takes no writes, one patron's rows cannot be billed.</summary>
internal static class Troubles
{
    private const int Poisoned = 3, PledgesEach = 2;

    /// <summary>The clock of the machine is set wrong and right again while the run collects.</summary>
    public static async Task Clocks(int jumps, int patrons, int seed)
    {
        var (tally, dice) = (new Tally("F18 clock jumps"), new Random(seed));
        Duration[] by = [Duration.FromHours(1), Duration.FromHours(-1), Duration.FromDays(1), Duration.FromDays(-1)];
        await using var site = await Site.Open(Engine.Sqlite, patrons);
        site.Road.LatencyMs = 25;
        await using var worker = await site.Serve();
        await site.CallsMore();
        var latest = site.Clock.Now;
        for (var n = 0; n < jumps; n++)
        {
            await Pause.For(dice.Next(10, 150));
            var right = site.Clock.Now;
            site.Clock.Set(n % 10 == 9 ? NodaConstants.UnixEpoch : right + by[dice.Next(by.Length)]);
            tally.Add(n % 10 == 9 ? "jumps to 1970" : "jumps of an hour or a day");
            latest = Instant.Max(latest, site.Clock.Now);
            await Pause.For(dice.Next(10, 150));
            site.Clock.Set(right);
        }
        site.Road.LatencyMs = 0;
        await site.Finish();
        await tally.Settled(site);
        latest = Instant.Max(latest, site.Clock.Now);
        (await site.Rows("SELECT bill_on FROM billing_run", r => r.GetString(0)))
            .ShouldAllBe(day => string.CompareOrdinal(day, Columns.Iso(latest.InZone(DateTimeZoneProviders.Tzdb[Template.Zone]).Date)) <= 0);
        (await site.Rows("SELECT bill_on FROM billing_run GROUP BY bill_on HAVING COUNT(*) > 1", r => r.GetString(0))).ShouldBeEmpty();
        tally.Tell(("jumps of an hour or a day", jumps / 2));
    }

    /// <summary>The disk of the data file is full, or read-only, at random moments; the worker lives on and ends its work when it is well.</summary>
    public static async Task Disk(int times, int patrons, int seed)
    {
        var (tally, dice) = (new Tally("F19 disk full or read-only, SQLite"), new Random(seed));
        await using var site = await Site.Open(Engine.Sqlite, patrons);
        site.Road.LatencyMs = 20;
        await using var worker = await site.Serve((BadDisk.Variable, "1"));
        for (var n = 0; n < times; n++)
        {
            if (!await site.CallsMore(dice.Next(1, 60))) tally.Add("not at work");
            site.Clock.Disk = n % 2 == 0 ? DiskState.Full : DiskState.ReadOnly;
            tally.Add(n % 2 == 0 ? "times full" : "times read-only");
            var before = site.Road.Calls;
            await Pause.For(dice.Next(100, 500));
            if (site.Road.Calls > before) tally.Add("answers that met a bad disk", site.Road.Calls - before);
            site.Clock.Disk = DiskState.Well;
            worker.HasExited.ShouldBeFalse(worker.Said);
            site.Clock.Advance(Duration.FromMinutes(6));
        }
        site.Road.LatencyMs = 0;
        await site.Finish();
        worker.HasExited.ShouldBeFalse(worker.Said);
        await tally.Settled(site);
        tally.Tell(("times full", times / 2), ("times read-only", times / 2), ("answers that met a bad disk", times));
    }

    /// <summary>Patrons whose amounts cannot be added are parked and reported; everybody else is billed.</summary>
    public static async Task Poison(Engine engine, int patrons)
    {
        var tally = new Tally($"F26 poison rows, {engine}");
        await using var site = await Site.Open(engine, patrons);
        for (var n = 0; n < Poisoned * PledgesEach; n++)
        {
            var (pledge, patron) = (Truth.FirstOddPatron * 1_000 + n, Truth.FirstOddPatron + n / PledgesEach);
            await site.Execute($"""
                INSERT INTO pledge_version (pledge_id, seq, at, applies_from, amount_minor, currency, description)
                SELECT {pledge}, 1, at, applies_from, {long.MaxValue}, currency, 'Studio' FROM pledge_version ORDER BY no LIMIT 1;
                INSERT INTO pledge (id, book_id, patron_id, payee_id, model, zone_id, anchor_month, anchor_day, started_at, started_on, started_no)
                SELECT {pledge}, book_id, {patron}, {10 + n % PledgesEach}, model, zone_id, anchor_month, anchor_day, started_at, started_on,
                  (SELECT MAX(no) FROM pledge_version) FROM pledge ORDER BY id LIMIT 1
                """);
        }
        tally.Add("poisoned patrons", Poisoned);
        await using var worker = await site.Serve();
        await site.Finish();
        await tally.Settled(site);
        (await site.Rows("SELECT DISTINCT patron_id FROM run_skip WHERE kind = 'parked' ORDER BY 1", r => r.GetInt64(0)))
            .ShouldBe(Enumerable.Range(0, Poisoned).Select(n => Truth.FirstOddPatron + n));
        await worker.Kill(); // on SQLite a command needs the data folder for itself
        await using var status = site.Command("bill", "status");
        (await status.End()).ShouldBe(1, "an operator's script must see that somebody was parked");
        status.Said.ShouldContain($"{Poisoned} parked");
        tally.Tell(("poisoned patrons", Poisoned));
    }
}
