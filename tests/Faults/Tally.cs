using System.Diagnostics;
using Shouldly;
using Stipend.Faults.World;
using Xunit;

namespace Stipend.Faults;

/// <summary>What one fault test injected and what came of it, in one line; a test that injected nothing has passed nothing.</summary>
internal sealed class Tally(string name)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly SortedDictionary<string, int> _injected = new(StringComparer.Ordinal);
    private int _charges, _captures, _avoided;

    public void Add(string fault, int times = 1) => _injected[fault] = _injected.GetValueOrDefault(fault) + times;

    public void Add(Road road)
    {
        foreach (var (mishap, times) in road.Injected) Add(mishap.ToString(), times);
        if (road.Refused > 0) Add("Down", road.Refused);
        _avoided += road.DuplicatesAvoided;
    }

    /// <summary>The site is over its faults: nothing may be wrong, by the checker and by the program's own verifying.</summary>
    public async Task Settled(Site site)
    {
        var found = await Truth.Check(site);
        _charges += found.Charges;
        _captures += found.Captures;
        Add(site.Road);
        found.Wrong.Take(12).ShouldBeEmpty(ToString());
        found.Charges.ShouldBe(site.Patrons);
        site.Road.Sent.Where(k => k.Value.Count > 1).Select(k => k.Key).ShouldBeEmpty("a key was used with other bytes");
        await using var verify = site.Command("ledger", "verify");
        (await verify.End()).ShouldBe(0, verify.Said);
    }

    /// <summary>Prints the line, and fails when a fault came less often than it had to.</summary>
    public void Tell(params (string Fault, int AtLeast)[] needed)
    {
        if (TestContext.Current.TestOutputHelper is { } output) output.WriteLine(ToString());
        else Console.WriteLine(ToString());
        foreach (var (fault, atLeast) in needed) _injected.GetValueOrDefault(fault).ShouldBeGreaterThanOrEqualTo(atLeast, $"{fault}: {this}");
    }

    public override string ToString() =>
        $"{name}: {string.Join(", ", _injected.Select(i => $"{i.Value} {i.Key}"))}; {_charges} charges, {_captures} captures, {_avoided} duplicates avoided, {_watch.Elapsed.TotalSeconds:F1} s";
}
