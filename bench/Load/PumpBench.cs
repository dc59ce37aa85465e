using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Billing.Contracts;

namespace Stipend.Load;

/// <summary>Beside the run: how near the pump comes to the gateway's limit (B10), and how long others wait for a change meanwhile (B8).</summary>
internal static class PumpBench
{
    private const int Limit = 100;

    /// <summary>A gateway that takes 100 calls a second and answers after 100 ms.</summary>
    public static async Task<int> Pump(bool postgres, long pledges)
    {
        using var places = await Places.On(postgres);
        var gateway = new InstantGateway(Limit, TimeSpan.FromMilliseconds(100));
        await using var world = await RunWorld.Create(pledges, await places.New(), gateway);
        var busy = Process.GetCurrentProcess().TotalProcessorTime;
        var (planned, collected) = await world.Bill();
        busy = Process.GetCurrentProcess().TotalProcessorTime - busy;
        var seconds = (collected - planned).TotalSeconds;
        Console.WriteLine($"{places.Engine}: {gateway.Calls} calls in {seconds:0.0} s = {gateway.Calls / seconds:0.0}/s, {gateway.Calls / seconds / Limit:0.000} of the limit (bar 0.97); "
            + $"{busy.TotalSeconds / collected.TotalSeconds:0.00} of one core, planning too (bar 0.15)");
        return 0;
    }

    /// <summary>Patrons change their amounts, one every 20 ms, in quiet and while a run is planned and collected.</summary>
    public static async Task<int> Changes(bool postgres, long pledges)
    {
        using var places = await Places.On(postgres);
        await using var world = await RunWorld.Create(pledges, await places.New());
        var quiet = await Change(world, pledges, Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System));
        var run = Task.Run(world.Bill);
        var during = await Change(world, pledges, run);
        await run;
        Console.WriteLine($"{places.Engine}, {pledges} pledges: a change alone p50 {At(quiet, 0.5):0.0} ms, p99 {At(quiet, 0.99):0.0} ms ({quiet.Count}); "
            + $"during the run p50 {At(during, 0.5):0.0} ms, p99 {At(during, 0.99):0.0} ms ({during.Count}), longest {during[^1]:0} ms; bar p99 250 ms and 5 times");
        return 0;
    }

    private static async Task<List<double>> Change(RunWorld world, long pledges, Task until)
    {
        var random = new Random(11);
        var took = new List<double>();
        while (!until.IsCompleted)
        {
            var watch = Stopwatch.StartNew();
            try
            {
                await world.In(s => s.GetRequiredService<IAgreements>().SetCap(PerCreation(random, pledges), new PledgeCap(random.Next(1, 9), null)));
                took.Add(watch.Elapsed.TotalMilliseconds);
            }
            catch (Refusal)
            {
                // not a pledge per creation
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
        took.Sort();
        return took;
    }

    private static long PerCreation(Random random, long pledges) => random.NextInt64(1, pledges + 1);

    private static double At(List<double> sorted, double part) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * part))];
}
