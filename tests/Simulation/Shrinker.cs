namespace Stipend.Simulation;

/// <summary>Makes a failing world small: leaves out steps, then deaths and faults, as long as it still fails in the same way.</summary>
internal static class Shrinker
{
    private const int MostTries = 90;

    public static async Task<WorldResult> Shrink(SimHost host, WorldResult failed, Bug bug)
    {
        var (best, tries) = (failed, 0);
        var name = Name(failed);
        for (var size = Math.Max(1, best.Plan.Steps.Count / 2); size > 0; size /= 2)
            for (var at = 0; at < best.Plan.Steps.Count && tries < MostTries;)
            {
                var steps = best.Plan.Steps.Where((_, i) => i < at || i >= at + size).ToList();
                if (await Fails(steps)) continue;
                at += size;
            }
        foreach (var step in best.Plan.Steps.ToList())
        {
            if (step.CrashAt > 0) await Fails(Replaced(step, s => s with { CrashAt = 0 }));
            if (step.Percent > 0) await Fails(Replaced(step, s => s with { Percent = 0 }));
        }
        return best;

        IReadOnlyList<Step> Replaced(Step step, Func<Step, Step> by) => best.Plan.Steps.Select(s => s.Id == step.Id ? by(s) : s).ToList();

        async Task<bool> Fails(IReadOnlyList<Step> steps)
        {
            tries++;
            var result = await Player.Play(host, best.Plan with { Steps = steps }, bug);
            if (result.Violations.Count == 0 || Name(result) != name) return false;
            best = result;
            return true;
        }
    }

    /// <summary>What kind of failure it is: its first violation without numbers.</summary>
    public static string Name(WorldResult result) => new(result.Violations[0].Where(c => !char.IsDigit(c)).Take(30).ToArray());
}
