using System.Diagnostics;
using Shouldly;
using Stipend.Platform.Data;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Stipend.Faults;

/// <summary>
/// <c>--push [F5 F6 …]</c> and <c>--nightly [F5 F6 …]</c> run the fault plan's numbers for a push and for a night, all or those named, and print a
/// line for each; anything else is for the test runner, whose program this is.
/// </summary>
internal static class Program
{
    private static readonly (string Name, Func<Task> Run)[] s_push =
    [
        ("F5", () => Kills.OneWorker(40, 400, seed: 5)),
        ("F6", () => Kills.TwoWorkers(20, 1_000, seed: 6)),
        ("F7", () => PowerCuts.Postgres(5, 400, seed: 7)),
        ("F7", () => PowerCuts.Sqlite(20, 400, seed: 7)),
        ("F8", () => Roads.LostReplies(10, 400, seed: 8)),
        ("F9", () => Roads.BadDay(400, 33_000, seed: 9)),
        ("F10", () => Absences.ComesBackAfter(Duration.FromHours(26), 300)),
        ("F10", () => Absences.ComesBackAfter(Duration.FromDays(40), 300)),
        ("F13", () => Races.Changers(Engine.Sqlite, 200, TimeSpan.FromSeconds(30), rounds: 1)),
        ("F13", () => Races.Changers(Engine.Postgres, 200, TimeSpan.FromSeconds(30), rounds: 1)),
        ("F18", () => Troubles.Clocks(20, 400, seed: 18)),
        ("F19", () => Troubles.Disk(10, 400, seed: 19)),
        ("F20", () => Absences.ComesBackOlder(400)),
        ("F20", () => Absences.ComesBackMuchOlder(400)),
        ("F21", () => Absences.ComesBackChanged(300)),
        ("F25", () => Kills.Zombies(5, 400, seed: 25)),
        ("F26", () => Troubles.Poison(Engine.Sqlite, 300)),
        ("F26", () => Troubles.Poison(Engine.Postgres, 300)),
    ];

    private static readonly (string Name, Func<Task> Run)[] s_nightly =
    [
        ("F5", () => Kills.OneWorker(500, 5_000, seed: 55)),
        ("F6", () => Kills.TwoWorkers(300, 5_000, seed: 66)),
        ("F7", () => PowerCuts.Postgres(50, 2_000, seed: 77)),
        ("F7", () => PowerCuts.Sqlite(500, 5_000, seed: 77)),
        ("F8", () => Roads.LostReplies(50, 5_000, seed: 88)),
        ("F9", () => Many(20, n => Roads.BadDay(1_000, 40_000, n))),
        ("F10", () => Many(20, n => Absences.ComesBackAfter(n % 2 == 0 ? Duration.FromHours(26) : Duration.FromDays(40), 500))),
        ("F12", () => Races.Openers(Engine.Sqlite, days: 28)),
        ("F12", () => Races.Openers(Engine.Postgres, days: 28)),
        ("F13", () => Races.Changers(Engine.Sqlite, 1_000, TimeSpan.FromSeconds(30), rounds: 30)),
        ("F13", () => Races.Changers(Engine.Postgres, 1_000, TimeSpan.FromSeconds(30), rounds: 30)),
        ("F18", () => Troubles.Clocks(500, 5_000, seed: 188)),
        ("F19", () => Troubles.Disk(200, 5_000, seed: 199)),
        ("F20", () => Many(10, _ => Absences.ComesBackOlder(500))),
        ("F20", () => Absences.ComesBackMuchOlder(400)),
        ("F21", () => Many(50, _ => Absences.ComesBackChanged(400))),
        ("F25", () => Kills.Zombies(100, 5_000, seed: 255)),
        ("F26", () => Many(25, n => Troubles.Poison(n % 2 == 0 ? Engine.Sqlite : Engine.Postgres, 300))),
    ];

    private static async Task<int> Main(string[] args)
    {
        if (args is not ["--push" or "--nightly", .. var named]) return await ForTheRunner(args);
        var failed = 0;
        foreach (var (name, run) in (args[0] == "--push" ? s_push : s_nightly).Where(f => named.Length == 0 || named.Contains(f.Name)))
        {
            var watch = Stopwatch.StartNew();
            try
            {
                await run();
            }
            catch (Exception error) when (error is ShouldAssertException or InvalidOperationException or TimeoutException)
            {
                failed++;
                Console.WriteLine($"{name} FAILED after {watch.Elapsed.TotalSeconds:F1} s: {error.Message}");
            }
        }
        Console.WriteLine(failed == 0 ? "All passed." : $"{failed} failed.");
        return failed == 0 ? 0 : 1;
    }

    private static async Task Many(int times, Func<int, Task> run)
    {
        for (var n = 0; n < times; n++) await run(n);
    }

    private static Task<int> ForTheRunner(string[] args) => args.Any(arg => arg is "--server" or "--internal-msbuild-node")
        ? TestPlatformTestFramework.RunAsync(args, (_, _) => { })
        : ConsoleRunner.Run(args);
}
