using Shouldly;
using Stipend.Faults.World;
using Stipend.Platform.Data;

namespace Stipend.Faults;

/// <summary>F10, F20, F21: the site comes back later, changed, or older than it was.</summary>
internal static class Absences
{
    /// <summary>Killed in the middle of its calls; back when the gateway has forgotten the keys (a day), or its events as well (a month).</summary>
    public static async Task ComesBackAfter(Duration time, int patrons)
    {
        var tally = new Tally($"F10 back after {time.TotalHours:F0} h");
        await using var site = await Site.Open(Engine.Sqlite, patrons);
        await DieInCalls(site, tally);
        site.Clock.Advance(time);
        site.GatewayForgets(eventsToo: time > Duration.FromDays(30));
        await using var worker = await site.Serve();
        await site.Finish();
        await tally.Settled(site);
        site.Road.DuplicatesAvoided.ShouldBeGreaterThan(0, "nothing had been taken when the site died");
        tally.Tell(("deaths during calls", 1));
    }

    /// <summary>Fees and limits are set anew while the site is dead: the run goes on by the rules it began with, and resends its stored bytes.</summary>
    public static async Task ComesBackChanged(int patrons)
    {
        var tally = new Tally("F21 settings changed between crash and resume");
        await using var site = await Site.Open(Engine.Sqlite, patrons);
        await DieInCalls(site, tally);
        var keys = site.Road.Sent.Keys.ToList();
        site.Clock.Advance(Duration.FromMinutes(6));
        await using var worker = await site.Serve(("Stipend__Billing__PlatformFeeBasisPoints", "900"),
            ("Stipend__Billing__MinimumChargeHundredths", "100000"), ("Stipend__Billing__ConcurrentCalls", "3"));
        await site.Finish();
        await tally.Settled(site); // which has found no key with two bodies
        tally.Add("requests sent again", keys.Count(key => site.Road.Sent[key].Values.Sum() > 1));
        var fees = await site.Rows("SELECT amount_minor, platform_fee_minor FROM bill_line", r => (Amount: r.GetInt64(0), Fee: r.GetInt64(1)));
        fees.Where(l => l.Fee != (l.Amount * 5 + 50) / 100).ShouldBeEmpty("a line bears the new fee");
        tally.Tell(("deaths during calls", 1), ("requests sent again", 1));
    }

    /// <summary>A backup made while the run collects is restored, the same day, after it has collected more: all of that is adopted.</summary>
    public static async Task ComesBackOlder(int patrons)
    {
        var tally = new Tally("F20 a backup of the middle of the run, restored after more was taken");
        await using var site = await Site.Open(Engine.Sqlite, patrons);
        await CollectMoreThanIsKept(site, tally);
        site.Clock.Advance(Duration.FromMinutes(30));
        await using var restored = await site.Serve();
        await site.Finish();
        await tally.Settled(site);
        tally.Tell(("calls after the backup", patrons / 10));
    }

    /// <summary>
    /// The backup is older: of the middle of the run, restored a day later or when the gateway has forgotten the keys; and of the evening before
    /// the run. Nobody pays again for what was taken already.
    /// </summary>
    public static async Task ComesBackMuchOlder(int patrons)
    {
        foreach (var forgotten in new[] { false, true })
        {
            var tally = new Tally($"F20 of the middle of the run, restored a day later{(forgotten ? ", keys forgotten" : "")}");
            await using var site = await Site.Open(Engine.Sqlite, patrons);
            await CollectMoreThanIsKept(site, tally);
            site.Clock.Advance(Duration.FromHours(20));
            if (forgotten) site.GatewayForgets(eventsToo: false);
            await using var restored = await site.Serve();
            await Told(site, tally);
        }
        var eve = new Tally("F20 of the evening before, restored after the run");
        await using var again = await Site.Open(Engine.Sqlite, patrons);
        var backup = Path.Combine(again.Folder, "eve.tar.gz");
        await Do(again, "backup", backup);
        await using (var worker = await again.Serve())
        {
            await again.Finish();
            await worker.Kill();
        }
        await Do(again, "restore", backup, "--force");
        await using var last = await again.Serve();
        await Told(again, eve);
    }

    private static async Task CollectMoreThanIsKept(Site site, Tally tally)
    {
        var backup = Path.Combine(site.Folder, "middle.tar.gz");
        site.Road.LatencyMs = 250; // slow enough that a backup is made before all is collected
        await using (var worker = await site.Serve())
        {
            await site.CallsMore(10);
            await Do(site, "backup", backup);
            var before = site.Road.Calls;
            await site.CallsMore(site.Patrons / 4);
            tally.Add("calls after the backup", site.Road.Calls - before);
            await worker.Kill();
        }
        site.Road.LatencyMs = 0;
        await Do(site, "restore", backup, "--force");
    }

    private static async Task Told(Site site, Tally tally)
    {
        try
        {
            await site.Finish();
        }
        catch (TimeoutException)
        {
            tally.Add("charges that wait for the operator", (int)await site.Count("due_work WHERE kind = 'quarantine'"));
        }
        using var gateway = new TestGateway.TestGatewayStore(site.GatewayFile);
        tally.Add("captures", gateway.Captures().Count);
        gateway.Captures().GroupBy(c => (c.CustomerId, c.AmountMinor)).Where(g => g.Count() > 1).ShouldBeEmpty("somebody paid twice");
        tally.Add(site.Road);
        tally.Tell();
    }

    private static async Task DieInCalls(Site site, Tally tally)
    {
        site.Road.LatencyMs = 30;
        await using var worker = await site.Serve();
        await site.CallsMore(40); // taken, and recorded nowhere
        if (site.Road.InFlight > 0) tally.Add("deaths during calls");
        await worker.Kill();
        site.Road.LatencyMs = 0;
    }

    private static async Task Do(Site site, params string[] command)
    {
        await using var program = site.Command(command);
        (await program.End()).ShouldBe(0, program.Said);
    }
}
