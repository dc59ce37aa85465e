using Microsoft.Extensions.DependencyInjection;
using Stipend.Billing.Contracts;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Simulation;

/// <summary>What came of a world.</summary>
internal sealed record WorldResult(WorldPlan Plan, IReadOnlyList<string> Violations, Tally Tally, IReadOnlyList<string> Trace);

/// <summary>What a world went through, for the one line that proves something happened.</summary>
internal sealed class Tally
{
    public Dictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    public void Add(string what, int count = 1) => Counts[what] = Counts.GetValueOrDefault(what) + count;

    public void Add(Tally other)
    {
        foreach (var (what, count) in other.Counts) Add(what, count);
    }

    public override string ToString() => string.Join(" · ", Counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Value}"));
}

/// <summary>Plays one world: first with faults, then without until everything has settled.</summary>
internal sealed partial class WorldRun(SimHost host, WorldPlan plan)
{
    private const int MostStops = 2_000, MostDays = 12;
    private readonly Oracle _oracle = new(plan);
    private readonly List<string> _violations = [];
    private readonly List<string> _trace = [];
    private readonly Tally _tally = new();
    private readonly Dictionary<long, List<BookFacts>> _planning = [];
    private BookFacts _facts = null!;
    private Intent? _intent;

    private Instant Now => host.Clock.Now;

    public async Task<WorldResult> Play(Bug bug)
    {
        host.Fresh(plan.Seed, plan.Start);
        host.Gateway.Bug = bug;
        if (Bugs.Sql(bug) is { } sql) await host.In(s => s.GetRequiredService<Db>().Execute(sql));
        _facts = await Read();
        foreach (var step in plan.Steps)
        {
            await Safely(step);
            if (_violations.Count > 0) break;
        }
        if (_violations.Count == 0) await Settle();
        if (_violations.Count == 0) _violations.AddRange(await Checks.AtEnd(host, _oracle, _facts));
        foreach (var (fault, count) in host.Gateway.Injected) _tally.Add($"gateway:{fault}", count);
        _tally.Add("charges", _facts.Charges.Count);
        _tally.Add("captures", host.Gateway.Store.Captures().Count);
        _trace.AddRange(host.Gateway.Trace);
        return new WorldResult(plan, _violations, _tally, _trace);
    }

    /// <summary>One step; a death in it is followed by a start of the process.</summary>
    private async Task Safely(Step step)
    {
        host.Gateway.Weather(step.Percent, unchecked(plan.Seed * 31 + step.Id));
        if (!step.CrashInAct) host.Crash.Plan(step.CrashAt);
        try
        {
            await Pass(step);
            if (step.CrashInAct) host.Crash.Plan(step.CrashAt);
            await Act(step);
            host.Crash.Plan(0);
            if (step.DrainAfter) await Drain();
        }
        catch (ProcessDied)
        {
            Died();
            await Observe();
            if (step.C % 3 > 0) await Pass(Duration.FromMinutes(3 + step.C % 5), workerOn: true); // started again soon
        }
        host.Crash.Plan(0);
        await Observe();
        _violations.AddRange(Checks.Always(host, _facts));
    }

    private void Died()
    {
        _tally.Add($"died:{host.Crash.Died}");
        host.Restart();
    }

    private Task Pass(Step step)
    {
        var wait = step.Wait;
        if (!step.ToMidnight) return Pass(wait, step.WorkerOn);
        var midnight = plan.Zone.AtStartOfDay(Now.InZone(plan.Zone).Date.PlusDays(1)).ToInstant();
        return Pass(midnight - Now + Duration.FromSeconds(step.A % 240 - 120) is var to && to > Duration.Zero ? to : wait, step.WorkerOn);
    }

    private async Task Pass(Duration time, bool workerOn)
    {
        var to = Now + time;
        if (workerOn) await TravelTo(to);
        host.Clock.Now = to;
        await host.Gateway.Arrive();
    }

    /// <summary>Moves the clock, stopping at every message that falls due.</summary>
    private async Task TravelTo(Instant to)
    {
        await Drain();
        for (var stops = 0; await host.Runner.NextDue(Book.Live, CancellationToken.None) is { } next && next <= to; stops++)
        {
            if (stops > MostStops)
            {
                _violations.Add("the site keeps making work for itself");
                return;
            }
            host.Clock.Now = next > Now ? next : Now;
            await host.Gateway.Arrive();
            if (await Drain() == 0 && next <= Now) host.Clock.Now += Duration.FromSeconds(1);
        }
    }

    private async Task<int> Drain()
    {
        var ran = await host.Runner.RunDue(CancellationToken.None, limit: 5_000);
        if (ran >= 5_000) _violations.Add("messages without end");
        if (ran > 0) await Observe();
        return ran;
    }

    /// <summary>No more faults, nobody does anything; the operator lets late runs go on. Everything must come to rest.</summary>
    private async Task Settle()
    {
        host.Gateway.Weather(0, 0);
        host.Gateway.OutageUntil = Instant.MinValue;
        for (var day = 0; day < MostDays; day++)
        {
            await Pass(Duration.FromDays(1), workerOn: true);
            await ReleaseAll();
            await Drain();
            await Observe();
            if (day > 1 && Rests()) break;
        }
    }

    /// <summary>Nothing is under way; whether everything is right is for the checks to say.</summary>
    private bool Rests() => _facts.Runs.All(r => r.State == "closed") && _facts.Troubles.Count == 0
        && _facts.Work.All(w => w.Kind == "quarantine" || (w.Kind is "retry" or "needs_method" or "action" && w.DueAt > Now));

    private async Task ReleaseAll()
    {
        foreach (var run in _facts.Runs.Where(r => r.State == "review"))
            await host.In(async s =>
            {
                await s.GetRequiredService<IBillingRuns>().Release(run.Id);
                return true;
            });
    }

    private Task<BookFacts> Read() => host.In(s => BookReader.Read(s.GetRequiredService<Db>()));
}
