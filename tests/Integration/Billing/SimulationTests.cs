using Shouldly;
using Stipend.Simulation;
using Xunit;

namespace Stipend.Integration.Billing;

/// <summary>
/// A few worlds of the simulation with every push; long runs are <c>dotnet run --project tests/Simulation -- --seeds N</c>.
/// </summary>
public sealed class SimulationTests
{
    [Fact]
    public async Task Worlds_with_deaths_and_a_lossy_gateway_charge_everybody_what_is_owed_and_nobody_twice()
    {
        await using var host = await SimHost.Start();
        var tally = new Tally();
        for (var seed = 0; seed < 20; seed++)
        {
            var result = await Player.Play(host, WorldPlan.Of(seed));
            result.Violations.ShouldBeEmpty($"dotnet run --project tests/Simulation -- --seeds 1 --from {seed}");
            tally.Add(result.Tally);
        }
        // A test that injected nothing has passed nothing.
        foreach (var needed in new[] { "died:BeforeCommit", "died:AfterCommit", "gateway:LostAfter", "gateway:LostBefore", "gateway:Late",
            "captures", "charge:voided", "lapses", "leaves", "changes", "posts", "runs" })
            tally.Counts.GetValueOrDefault(needed).ShouldBeGreaterThan(0, $"{needed}: {tally}");
    }

    [Fact]
    public async Task A_death_at_any_point_of_a_billing_day_loses_nothing_and_takes_nothing_twice()
    {
        await using var host = await SimHost.Start();
        var (worlds, violations) = await CrashPoints.Play(host, "card_pays", pairs: false);
        violations.ShouldBeEmpty();
        worlds.ShouldBeGreaterThan(15, "so many points there are at least, before and after commits and calls");
    }

    [Fact]
    public async Task The_same_world_goes_the_same_way_twice()
    {
        await using var host = await SimHost.Start();
        foreach (var seed in new[] { 1, 8 })
            Player.Hash(await Player.Play(host, WorldPlan.Of(seed))).ShouldBe(Player.Hash(await Player.Play(host, WorldPlan.Of(seed))));
    }

    [Fact]
    public async Task A_planted_bug_is_found()
    {
        await using var host = await SimHost.Start();
        foreach (var bug in new[] { Bug.FeeForgotten, Bug.PriceByFirstVersion })
        {
            var found = false;
            for (var seed = 0; seed < 60 && !found; seed++) found = (await Player.Play(host, WorldPlan.Of(seed), bug)).Violations.Count > 0;
            found.ShouldBeTrue(bug.ToString());
        }
    }
}
