using NodaTime;
using Shouldly;
using Stipend.Kernel;
using Xunit;

namespace Stipend.Unit.Kernel;

/// <summary>Fault plan F16: all zones, 1970–2100, anchors 1–31.</summary>
public sealed class BillingAnchorTests
{
    private static readonly DateTimeZone[] s_zones =
        [.. DateTimeZoneProviders.Tzdb.Ids.Select(id => DateTimeZoneProviders.Tzdb[id])];

    [Fact]
    public void Every_month_has_one_due_date_periods_tile_and_nothing_drifts()
    {
        Seeds.Run(50_000, random =>
        {
            var zone = s_zones[random.Next(s_zones.Length)];
            var day = random.Next(1, 32);
            var anchor = new BillingAnchor(random.Next(1970, 2100), random.Next(1, 13), day, zone);
            var n = random.Next(-24, 60);
            var month = new YearMonth(1970, 1).PlusMonths(anchor.FirstMonth - 1970 * 12);

            for (var i = n; i < n + 3; i++)
            {
                var due = anchor.Due(i);
                due.ToYearMonth().ShouldBe(month.PlusMonths(i)); // one per month, no month left out
                due.Day.ShouldBe(Math.Min(day, CalendarSystem.Iso.GetDaysInMonth(due.Year, due.Month))); // clamped, never drifting
                var start = anchor.DueAt(i);
                (start < anchor.DueAt(i + 1)).ShouldBeTrue("a period has no length");
                BelongsTo(anchor, start, i);
                BelongsTo(anchor, anchor.DueAt(i + 1) - Duration.FromMilliseconds(1), i);
                BelongsTo(anchor, start
                    + Duration.FromMilliseconds(random.NextInt64((long)(anchor.DueAt(i + 1) - start).TotalMilliseconds)), i);
                var local = start.InZone(zone).Date;
                if (local != due) SkippedOrRepeated(zone, due, start, local);
            }
        });
    }

    [Fact]
    public void A_period_begins_at_the_first_moment_of_its_day()
    {
        Seeds.Run(20_000, random =>
        {
            var zone = s_zones[random.Next(s_zones.Length)];
            var date = new LocalDate(random.Next(1970, 2101), 1, 1).PlusDays(random.Next(365));
            var start = BillingAnchor.StartOfDay(date, zone);
            (start.InZone(zone).Date >= date).ShouldBeTrue();
            (start.Minus(Duration.FromMilliseconds(1)).InZone(zone).Date < date).ShouldBeTrue("a moment before is not the day before");
        });
    }

    [Theory]
    [InlineData(2024, "2024-01-31 2024-02-29 2024-03-31 2024-04-30 2024-05-31")]
    [InlineData(2025, "2025-01-31 2025-02-28 2025-03-31 2025-04-30 2025-05-31")]
    public void The_thirty_first_stays_the_thirty_first(int year, string expected)
    {
        var anchor = new BillingAnchor(year, 1, 31, DateTimeZone.Utc);
        string.Join(' ', Enumerable.Range(0, 5).Select(anchor.Due).Select(NodaTime.Text.LocalDatePattern.Iso.Format)).ShouldBe(expected);
    }

    [Fact]
    public void A_leap_day_anniversary_comes_back_on_the_next_leap_day()
    {
        var anchor = BillingAnchor.Anniversary(Instant.FromUtc(2024, 2, 29, 12, 0), DateTimeZone.Utc);
        anchor.Due(12).ShouldBe(new LocalDate(2025, 2, 28));
        anchor.Due(48).ShouldBe(new LocalDate(2028, 2, 29));
        anchor.Due(12 * 76).ShouldBe(new LocalDate(2100, 2, 28)); // 2100 is not a leap year
    }

    [Fact]
    public void A_missing_midnight_starts_the_period_after_the_gap()
    {
        var zone = DateTimeZoneProviders.Tzdb["America/Sao_Paulo"]; // 2018-11-04 began at 01:00
        var anchor = new BillingAnchor(2018, 11, 4, zone);
        anchor.DueAt(0).ShouldBe(Instant.FromUtc(2018, 11, 4, 3, 0));
        anchor.DueAt(0).InZone(zone).TimeOfDay.ShouldBe(new LocalTime(1, 0));
        anchor.PeriodAt(Instant.FromUtc(2018, 11, 4, 2, 59)).ShouldBe(-1);
        anchor.PeriodAt(Instant.FromUtc(2018, 11, 4, 3, 0)).ShouldBe(0);
    }

    [Fact]
    public void A_repeated_midnight_starts_the_period_once_at_the_first()
    {
        var zone = DateTimeZoneProviders.Tzdb["America/Havana"]; // 2025-11-02 01:00 went back to 00:00
        var anchor = new BillingAnchor(2025, 11, 2, zone);
        anchor.DueAt(0).ShouldBe(Instant.FromUtc(2025, 11, 2, 4, 0));
        anchor.PeriodAt(Instant.FromUtc(2025, 11, 2, 4, 30)).ShouldBe(0);
        anchor.PeriodAt(Instant.FromUtc(2025, 11, 2, 5, 30)).ShouldBe(0);
    }

    [Fact]
    public void An_evening_lived_twice_does_not_reopen_the_period_before()
    {
        var zone = DateTimeZoneProviders.Tzdb["America/Sao_Paulo"]; // at 2018-02-18 00:00 it was 2018-02-17 23:00 again
        var anchor = new BillingAnchor(2018, 2, 18, zone);
        anchor.DueAt(0).ShouldBe(Instant.FromUtc(2018, 2, 18, 3, 0));
        anchor.PeriodAt(Instant.FromUtc(2018, 2, 18, 2, 30)).ShouldBe(-1);

        var toronto = DateTimeZoneProviders.Tzdb["America/Toronto"]; // 2006… at 00:01 in older years: midnight itself came twice
        for (var year = 1970; year < 2007; year++)
        {
            var series = new BillingAnchor(year, 10, 31, toronto);
            series.PeriodAt(series.DueAt(0) + Duration.FromMinutes(1)).ShouldBe(0);
            series.PeriodAt(series.DueAt(0) + Duration.FromMinutes(61)).ShouldBe(0);
        }
    }

    [Fact]
    public void A_day_that_never_was_is_due_at_the_first_moment_after_it()
    {
        var apia = DateTimeZoneProviders.Tzdb["Pacific/Apia"]; // 2011-12-30 did not happen there
        var anchor = new BillingAnchor(2011, 12, 30, apia);
        anchor.Due(0).ShouldBe(new LocalDate(2011, 12, 30));
        anchor.DueAt(0).InZone(apia).LocalDateTime.ShouldBe(new LocalDateTime(2011, 12, 31, 0, 0));
        anchor.PeriodAt(anchor.DueAt(0) - Duration.FromMilliseconds(1)).ShouldBe(-1);
        new BillingAnchor(2011, 12, 31, apia).DueAt(0).ShouldBe(anchor.DueAt(0));
    }

    [Fact]
    public void A_day_of_month_series_starts_with_the_last_due_date_so_far()
    {
        Seeds.Run(20_000, random =>
        {
            var zone = s_zones[random.Next(s_zones.Length)];
            var day = random.Next(1, 32);
            var at = Instant.FromUtc(random.Next(1970, 2100), random.Next(1, 13), random.Next(1, 28), random.Next(24), random.Next(60));
            var date = at.InZone(zone).Date;
            var anchor = BillingAnchor.DayOfMonth(day, at, zone);
            (anchor.Due(0) <= date && date < anchor.Due(1)).ShouldBeTrue($"{day} at {at} in {zone.Id}");
            var anniversary = BillingAnchor.Anniversary(at, zone);
            anniversary.Due(0).ShouldBe(date);
            (anniversary.DueAt(0) <= at).ShouldBeTrue();
        });
    }

    [Fact]
    public void Days_and_months_outside_the_calendar_are_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new BillingAnchor(2026, 1, 0, DateTimeZone.Utc));
        Should.Throw<ArgumentOutOfRangeException>(() => new BillingAnchor(2026, 1, 32, DateTimeZone.Utc));
        Should.Throw<ArgumentOutOfRangeException>(() => new BillingAnchor(2026, 0, 1, DateTimeZone.Utc));
        Should.Throw<ArgumentOutOfRangeException>(() => new BillingAnchor(2026, 13, 1, DateTimeZone.Utc));
        Should.Throw<ArgumentNullException>(() => new BillingAnchor(2026, 1, 1, null!));
    }

    private static void BelongsTo(BillingAnchor anchor, Instant at, int period) =>
        anchor.PeriodAt(at).ShouldBe(period, $"{at} in {anchor.Zone.Id}, day {anchor.Day}");

    /// <summary>A period may only begin on another date than its own where that date does not exist in the zone.</summary>
    private static void SkippedOrRepeated(DateTimeZone zone, LocalDate due, Instant start, LocalDate local)
    {
        local.ShouldBeGreaterThan(due);
        (start - Duration.FromMilliseconds(1)).InZone(zone).Date.ShouldBeLessThan(due);
    }
}
