using Shouldly;
using Stipend.Billing.Collecting;
using Stipend.Kernel;
using Xunit;

namespace Stipend.Unit.Billing;

public sealed class CardLimitTests
{
    private static readonly Instant s_now = Instant.FromUtc(2026, 3, 1, 12, 0);

    [Theory]
    [InlineData("visa", 14, 0, null)]
    [InlineData("Visa", 15, 0, 30 * 24)]
    [InlineData("visa", 15, 29 * 24, 24)] // all of them 29 days ago: free a day from now
    [InlineData("visa", 15, 30 * 24, null)]
    [InlineData("mastercard", 9, 0, null)]
    [InlineData("mastercard", 10, 0, 24)]
    [InlineData("mastercard", 10, 25, null)]
    [InlineData("mastercard", 34, 25, null)]
    [InlineData("mastercard", 35, 25, 30 * 24 - 25)]
    [InlineData("", 10, 0, 24)] // a network nobody named: the strictest of all
    [InlineData("", 15, 25, 30 * 24 - 25)]
    public void A_card_is_free_again_when_enough_tries_are_old_enough(string network, int tries, int hoursAgo, int? freeInHours) =>
        CardLimits.FreeAt(network, Enumerable.Repeat(s_now - Duration.FromHours(hoursAgo), tries).ToList(), s_now)
            .ShouldBe(freeInHours is { } hours ? s_now + Duration.FromHours(hours) : null);

    [Fact]
    public void Never_more_than_the_limit_within_any_window_however_eagerly_it_is_tried()
    {
        var tries = new List<Instant>();
        for (var now = s_now; now < s_now + Duration.FromDays(100); now += Duration.FromHours(7))
            if (CardLimits.FreeAt("visa", tries, now) is null) tries.Add(now);
        tries.Count.ShouldBeInRange(46, 60);
        for (var i = 0; i + 15 < tries.Count; i++) (tries[i + 15] - tries[i]).ShouldBeGreaterThanOrEqualTo(Duration.FromDays(30));
    }
}
