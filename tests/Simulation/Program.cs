using System.Diagnostics;
using System.Globalization;

namespace Stipend.Simulation;

/// <summary>
/// Plays worlds from the console: <c>--seeds N</c> of them <c>--from S</c>; <c>--bugs</c> plants each bug in turn and says which world
/// finds it; <c>--crashes</c> lets a small world die at each point of its billing day, with <c>--pairs</c> at each two;
/// <c>--failures N</c> goes on after a failure; <c>--keep FILE</c> keeps the database of the last small world.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        int? Whole(string name) => Text(name) is { } text && int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;
        string? Text(string name) => Array.IndexOf(args, name) is var at && at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
        if (Text("--engine") is { } engine && engine != "sqlite")
        {
            await Console.Error.WriteLineAsync("Worlds are played on SQLite; --engine sqlite is the only one there is.");
            return 2;
        }
        await using var host = await SimHost.Start();
        if (args.Contains("--crashes")) return await Crashes(host, args.Contains("--pairs"));
        return args.Contains("--bugs")
            ? await Planted(host, Whole("--seeds") ?? 2_000, Whole("--from") ?? 0, Text("--bugs"))
            : await Search(host, Whole("--seeds") ?? 200, Whole("--from") ?? 0, Whole("--failures") ?? 1, Text("--keep"));
    }

    private static async Task<int> Search(SimHost host, int seeds, int from, int mostFailures, string? keep)
    {
        var (tally, failures, watch) = (new Tally(), 0, Stopwatch.StartNew());
        var played = 0;
        for (var seed = from; seed < from + seeds && failures < mostFailures; seed++, played++)
        {
            var result = await Player.Play(host, WorldPlan.Of(seed));
            tally.Add(result.Tally);
            if (result.Violations.Count == 0 && seed % 100 == 0 && await Player.Play(host, WorldPlan.Of(seed)) is var again
                && Player.Hash(result) != Player.Hash(again))
                result = result with { Violations = [$"S12 the same seed played twice went differently: {Difference(result, again)}"] };
            if (result.Violations.Count == 0) continue;
            failures++;
            var small = await Shrinker.Shrink(host, result, Bug.None);
            Tell(small, result);
            if (keep is null) continue;
            await Player.Play(host, small.Plan);
            host.Keep(keep);
            foreach (var line in host.Gateway.Keys) Console.WriteLine($"    {line}");
        }
        Console.WriteLine($"{played} worlds from seed {from} in {watch.Elapsed.TotalSeconds:F1} s, {played / watch.Elapsed.TotalSeconds:F1} a second, {failures} failed");
        Console.WriteLine(tally);
        return failures == 0 ? 0 : 1;
    }

    private static string Difference(WorldResult one, WorldResult other)
    {
        var at = one.Trace.Zip(other.Trace).TakeWhile(both => both.First == both.Second).Count();
        string Line(WorldResult result) => at < result.Trace.Count ? result.Trace[at] : $"nothing; {result.Tally}";
        return $"line {at}: {Line(one)} | {Line(other)}";
    }

    private static async Task<int> Crashes(SimHost host, bool pairs)
    {
        var failed = 0;
        foreach (var card in CrashPoints.Cards)
        {
            var watch = Stopwatch.StartNew();
            var (worlds, violations) = await CrashPoints.Play(host, card, pairs);
            failed += violations.Count;
            Console.WriteLine($"{card}: {worlds} worlds in {watch.Elapsed.TotalSeconds:F1} s, {violations.Count} failed");
            foreach (var violation in violations.Take(5)) Console.WriteLine($"  ! {violation}");
        }
        return failed == 0 ? 0 : 1;
    }

    private static async Task<int> Planted(SimHost host, int seeds, int from, string? only)
    {
        var missed = 0;
        foreach (var bug in Enum.GetValues<Bug>().Where(b => b != Bug.None && (only is null || only.StartsWith('-') || b.ToString() == only)))
        {
            WorldResult? found = null;
            var seed = from;
            for (; seed < from + seeds && found is null; seed++)
                if (await Player.Play(host, WorldPlan.Of(seed), bug) is { Violations.Count: > 0 } result) found = result;
            if (found is null) missed++;
            Console.WriteLine(found is null ? $"{bug}: NOT FOUND in {seeds} worlds" : $"{bug}: found by world {seed - from}: {found.Violations[0]}");
        }
        return missed;
    }

    private static void Tell(WorldResult small, WorldResult whole)
    {
        Console.WriteLine($"--- seed {whole.Plan.Seed} fails; {whole.Plan.Steps.Count} steps shrunk to {small.Plan.Steps.Count}");
        Console.WriteLine($"{small.Plan.ZoneId} from {small.Plan.Start}, {small.Plan.Patrons} patrons, amounts {string.Join(' ', small.Plan.Amounts)}, cards {string.Join(' ', small.Plan.Cards)}");
        foreach (var payee in small.Plan.Payees) Console.WriteLine($"  {payee}");
        foreach (var step in small.Plan.Steps) Console.WriteLine($"  {step}");
        foreach (var violation in small.Violations.Take(8)) Console.WriteLine($"  ! {violation}");
    }
}
