using Shouldly;
using Stipend.Faults.World;
using Stipend.Platform.Data;

namespace Stipend.Faults;

/// <summary>F8, F9: the gateway, or the way to it, has a bad day; nobody may be charged twice or told a decline for it.</summary>
internal static class Roads
{
    /// <summary>The gateway takes the money and its answer is lost.</summary>
    public static async Task LostReplies(int percent, int patrons, int seed)
    {
        var (tally, dice) = (new Tally($"F8 {percent} % of replies lost after capture"), new Random(seed));
        await using var site = await Site.Open(Engine.Sqlite, patrons);
        site.Road.Weather = () => Roll(dice, percent) ? Mishap.LostAfter : Mishap.None;
        await using var worker = await site.Serve();
        await site.Finish();
        await tally.Settled(site);
        tally.Tell((nameof(Mishap.LostAfter), patrons * percent / 150));
    }

    /// <summary>Half an hour without any connection, then a storm of 429, then answers cut in the middle, lost, or later than anybody waits. A gateway that
    /// does not answer is left alone after ten calls, so that what is under way is all that meets the trouble: the run itself goes by in it.</summary>
    public static async Task BadDay(int patrons, int lateMs, int seed)
    {
        const int Tried = 10;
        var (tally, dice) = (new Tally("F9 down, throttled, cut, late"), new Random(seed));
        await using var site = await Site.Open(Engine.Sqlite, patrons);
        site.Road.IsDown = true;
        await using var worker = await site.Serve();
        await Pause.Until(() => Task.FromResult(site.Road.Refused >= Tried), 30_000);
        var before = site.Road.Refused;
        site.Clock.Advance(Duration.FromMinutes(6));
        await Pause.Until(() => Task.FromResult(site.Road.Refused > before), 15_000);
        site.Clock.Advance(Duration.FromMinutes(24));
        site.Road.Refused.ShouldBeInRange(Tried, patrons / 2, "nobody keeps knocking at a gateway that is down");

        (site.Road.Weather, site.Road.IsDown) = (() => Mishap.Throttled, false);
        await Pause.Until(() => Task.FromResult(site.Road.Injected.GetValueOrDefault(Mishap.Throttled) >= Tried), 30_000);

        var late = 8;
        (site.Road.LateMs, site.Road.LatencyMs) = (lateMs, 5);
        site.Road.Weather = () => Interlocked.Decrement(ref late) >= 0 ? Mishap.Late
            : Roll(dice, 10) ? Mishap.CutBody : Roll(dice, 5) ? Mishap.LostBefore : Mishap.None;
        site.Clock.Advance(Duration.FromMinutes(12));
        await site.Finish(lateMs + 90_000);
        await tally.Settled(site);
        tally.Tell(("Down", Tried), (nameof(Mishap.Throttled), Tried), (nameof(Mishap.CutBody), patrons / 20), (nameof(Mishap.Late), 8));
    }

    private static bool Roll(Random dice, int percent)
    {
        lock (dice) return dice.Next(100) < percent;
    }
}
