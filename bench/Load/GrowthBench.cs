using System.Diagnostics;
using System.Globalization;

namespace Stipend.Load;

/// <summary>How time and memory grow with the number of pledges (B4, B5), and what being killed costs (B7). Each run is a process of its own.</summary>
internal static class GrowthBench
{
    public static async Task<int> Run(bool postgres, long small, long large)
    {
        using var places = await Places.On(postgres);
        var first = await Once(places, small);
        var second = await Once(places, large);
        Console.WriteLine($"{places.Engine}: {small} pledges {first.Seconds:0.0} s, peak {first.Peak / 1e6:0} MB; {large} pledges {second.Seconds:0.0} s, peak {second.Peak / 1e6:0} MB; "
            + $"time × {second.Seconds / first.Seconds:0.0}, memory × {(double)second.Peak / first.Peak:0.00}");
        return 0;
    }

    /// <summary>Kills the billing process again and again; it is started anew each time and goes on (SQLite).</summary>
    public static async Task<int> Kills(long pledges, int kills)
    {
        using var places = await Places.On(postgres: false);
        var quiet = await Once(places, pledges);
        var place = await Seed(places, pledges);
        var random = new Random(7);
        var watch = Stopwatch.StartNew();
        var made = 0;
        while (true)
        {
            using var child = Child("bill", place);
            // Spread over the run: on average one kill each so many seconds.
            var pause = made < kills ? quiet.Seconds / kills * (0.5 + random.NextDouble()) : double.MaxValue;
            var ended = child.WaitForExitAsync();
            if (pause < 1e6 && await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(pause), TimeProvider.System)) != ended)
            {
                child.Kill();
                made++;
            }
            await ended;
            if (child.ExitCode == 0) break;
        }
        Console.WriteLine($"SQLite, {pledges} pledges: undisturbed {quiet.Seconds:0.0} s, with {made} kills {watch.Elapsed.TotalSeconds:0.0} s; ratio {watch.Elapsed.TotalSeconds / quiet.Seconds:0.00}, bar 1.15 for ten");
        return 0;
    }

    /// <summary>The child: bills what is there, or goes on, and says its highest resident memory.</summary>
    public static async Task<int> Bill(string folder, string? database)
    {
        await using var world = await RunWorld.Open(Places.Of(folder, database));
        await world.Bill();
        Console.WriteLine(Site.PeakOf(Environment.ProcessId).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    /// <summary>From starting the process to its end.</summary>
    private static async Task<(double Seconds, long Peak)> Once(Places places, long pledges)
    {
        var place = await Seed(places, pledges);
        var watch = Stopwatch.StartNew();
        using var child = Child("bill", place);
        var said = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        var seconds = watch.Elapsed.TotalSeconds;
        await places.Drop(place);
        return child.ExitCode == 0 ? (seconds, long.Parse(said, CultureInfo.InvariantCulture)) : throw new InvalidOperationException($"billing ended with {child.ExitCode}: {said}");
    }

    private static async Task<SiteSettings> Seed(Places places, long pledges)
    {
        var place = await places.New();
        await using var world = await RunWorld.Create(pledges, place);
        return place;
    }

    private static Process Child(string command, SiteSettings place) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!,
        place.Database is null ? [command, place.DataFolder] : [command, place.DataFolder, place.Database]) { RedirectStandardOutput = true })!;
}
