using Shouldly;
using Stipend.Platform.Http;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Platform;

/// <summary>Counting takes no memory without end, whoever makes up names.</summary>
public sealed class PaceTests
{
    private static readonly Duration s_minute = Duration.FromMinutes(1);

    [Fact]
    public void Windows_that_run_are_kept_until_there_are_far_too_many()
    {
        var time = new ManualTime(Instant.FromUtc(2026, 1, 15, 12, 0));
        var pace = new Pace(new Clock(time));
        void Names(int from, int count)
        {
            for (var n = from; n < from + count; n++) pace.Count($"name {n}", 1, s_minute).ShouldBeNull();
        }
        pace.Count("app", 1, s_minute).ShouldBeNull();
        pace.Count("app", 1, s_minute).ShouldBe(60);
        Names(0, 50_000);
        pace.Count("app", 1, s_minute).ShouldBe(60, "many names alone free nobody");
        Names(50_000, 50_000);
        pace.Count("app", 1, s_minute).ShouldBeNull("more than it may hold: all begin anew");

        Names(200_000, 60_000);
        time.Advance(Duration.FromSeconds(61));
        pace.Count("late", 1, s_minute).ShouldBeNull();
        Names(300_000, 60_000);
        pace.Count("late", 1, s_minute).ShouldBe(60, "what was over made room");
    }
}
