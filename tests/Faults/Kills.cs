using Stipend.Faults.World;
using Stipend.Platform.Data;

namespace Stipend.Faults;

/// <summary>F5, F6, F25: workers that are killed, or stopped and gone on, at random moments of one run.</summary>
internal static class Kills
{
    private const int InABatch = 90;

    /// <summary>One process at a time on the SQLite file, the server or the command by turns: killed, started minutes later, killed again.</summary>
    public static async Task OneWorker(int kills, int patrons, int seed)
    {
        var (tally, dice) = (new Tally("F5 kill -9, SQLite, one worker"), new Random(seed));
        await using var site = await Site.Open(Engine.Sqlite, patrons);
        site.Road.LatencyMs = 60; // a batch takes longer than most lives
        for (var n = 0; n < kills; n++)
        {
            var results = await site.Count("attempt_result");
            var calls = site.Road.Calls + (n % 5 == 4 ? InABatch : 1);
            await using var worker = n % 2 == 0 ? await site.Serve() : site.Command("bill", "run");
            // Of ten lives one sees its batch recorded, one comes near, the others die on the way.
            if (n % 10 == 9) await Pause.Until(async () => await site.Count("attempt_result") > results || worker.HasExited, 8_000);
            else await Pause.Until(() => Task.FromResult(site.Road.Calls >= calls || worker.HasExited), 8_000, everyMs: 3);
            await Pause.For(dice.Next(5, 400));
            tally.Add(worker.HasExited ? "lives ended before" : site.Road.InFlight > 0 ? "kills during calls" : "kills between calls");
            await worker.Kill();
            site.Clock.Advance(Duration.FromMinutes(6)); // leases have run out when the next one comes
        }
        site.Road.LatencyMs = 0;
        await using var last = await site.Serve();
        await site.Finish();
        await tally.Settled(site);
        tally.Tell(("kills during calls", kills / 4)); // how many of them are caught in calls is the machine's doing
    }

    /// <summary>Two workers on PostgreSQL, of which one is killed, or both; the clock runs past the leases of who lives, too.</summary>
    public static async Task TwoWorkers(int kills, int patrons, int seed)
    {
        var (tally, dice) = (new Tally("F6 kill -9, PostgreSQL, two workers"), new Random(seed));
        await using var site = await Site.Open(Engine.Postgres, patrons);
        site.Road.LatencyMs = 100; // a batch takes more than a second
        var workers = new List<Child>(await Task.WhenAll(site.Serve(), site.Serve()));
        var coming = new List<Task<Child>>();
        for (var n = 0; n < kills;)
        {
            foreach (var up in coming.Where(c => c.IsCompleted).ToList())
            {
                coming.Remove(up);
                workers.Add(await up);
            }
            if (workers.Count == 0) workers.Add(await Next(coming));
            if (n % 4 == 3) await site.ResultsMore(); // now and then something is recorded: dying without getting on is another test
            else await site.CallsMore();
            await Pause.For(dice.Next(5, 400));
            var victims = n % 5 == 4 && n + workers.Count <= kills ? workers.ToList() : [workers[dice.Next(workers.Count)]];
            n += victims.Count;
            tally.Add(site.Road.InFlight > 0 ? "kills during calls" : "kills between calls", victims.Count);
            await Task.WhenAll(victims.Select(v => v.Kill()));
            workers.RemoveAll(victims.Contains);
            site.Clock.Advance(Duration.FromMinutes(6));
            coming.AddRange(victims.Select(_ => site.Serve()));
        }
        await Task.WhenAll(coming);
        site.Road.LatencyMs = 0;
        await site.Finish();
        await tally.Settled(site);
        tally.Tell(("kills during calls", kills / 4));
    }

    private static async Task<Child> Next(List<Task<Child>> coming)
    {
        var first = await Task.WhenAny(coming);
        coming.Remove(first);
        return await first;
    }

    /// <summary>A worker is stopped in the middle of its calls until its leases have run out and the other has taken over; then it goes on.</summary>
    public static async Task Zombies(int stops, int patrons, int seed)
    {
        var (tally, dice) = (new Tally("F25 a worker stopped beyond its lease, PostgreSQL"), new Random(seed));
        await using var site = await Site.Open(Engine.Postgres, patrons);
        site.Road.LatencyMs = 60;
        var workers = await Task.WhenAll(site.Serve(), site.Serve());
        for (var n = 0; n < stops; n++)
        {
            await site.CallsMore(dice.Next(1, 30));
            var zombie = workers[n % 2];
            zombie.Stop();
            tally.Add(site.Road.InFlight > 0 ? "stops during calls" : "stops between calls");
            site.Clock.Advance(Duration.FromMinutes(6));
            if (await Pause.Until(async () => await site.Count("due_work WHERE lease_token > 1") > 0 || await site.IsDone(), 5_000, everyMs: 50))
                tally.Add("taken over");
            await Pause.For(dice.Next(5, 400)); // wakes at any moment of the other's calls
            zombie.Continue();
        }
        site.Road.LatencyMs = 0;
        await site.Finish();
        await tally.Settled(site);
        tally.Tell(("stops during calls", stops / 2), ("taken over", stops / 2));
    }
}
