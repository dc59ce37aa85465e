using Shouldly;
using Stipend.Kernel;
using Stipend.Posts.Compose;
using Xunit;

namespace Stipend.Unit.Posts;

public sealed class PublishTimeTests
{
    private static readonly DateTimeZone s_berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];

    [Fact]
    public void A_time_is_read_in_the_campaigns_zone() =>
        PublishTime.Read("2026-06-01T00:00", s_berlin).ShouldBe(Instant.FromUtc(2026, 5, 31, 22, 0));

    [Fact]
    public void A_time_the_clocks_skip_is_refused_with_both_ways_out()
    {
        var refusal = Should.Throw<Refusal>(() => PublishTime.Read("2026-03-29T02:30", s_berlin));
        refusal.Message.ShouldBe("On 29 March 2026 the clocks in Europe/Berlin go from 02:00 straight to 03:00, so 02:30 does not exist. "
            + "Choose a time before 02:00, or 03:00 or later.");
        refusal.Fields.Keys.ShouldBe(["publish_at"]);
    }

    [Fact]
    public void A_time_that_comes_twice_means_its_first() =>
        PublishTime.Read("2026-10-25T02:30", s_berlin).ShouldBe(Instant.FromUtc(2026, 10, 25, 0, 30));

    [Theory]
    [InlineData("tomorrow")]
    [InlineData("2026-02-30T10:00")]
    [InlineData("2026-13-01T10:00")]
    public void What_is_no_time_is_refused(string typed) =>
        Should.Throw<Refusal>(() => PublishTime.Read(typed, s_berlin)).Message.ShouldContain("is not a date and time");
}
