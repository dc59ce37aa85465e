namespace Stipend.Kernel;

/// <summary>
/// A monthly series of due dates: day 1–31 of each month in one zone, clamped to the month's last day. Date <c>n</c> is always computed
/// from the anchor and <c>n</c>, never from the date before it, so the 31st stays the 31st.
/// Dates become instants as the first valid instant of the day, so a missing midnight or a repeated hour moves nothing (cases 6–8).
/// </summary>
public readonly record struct BillingAnchor
{
    /// <param name="year">Year of the month that holds due date 0.</param>
    /// <param name="month">Month that holds due date 0.</param>
    /// <param name="day">Anchor day, 1–31; later clamped month by month.</param>
    /// <param name="zone">The billing zone: the one zone that decides.</param>
    public BillingAnchor(int year, int month, int day, DateTimeZone zone)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(day, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(day, 31);
        ArgumentOutOfRangeException.ThrowIfLessThan(month, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(month, 12);
        ArgumentNullException.ThrowIfNull(zone);
        FirstMonth = year * 12 + month - 1;
        Day = day;
        Zone = zone;
    }

    /// <summary>Months since year 0 of due date 0.</summary>
    public int FirstMonth { get; }
    public int Day { get; }
    public DateTimeZone Zone { get; }

    /// <summary>The anniversary series that starts on the billing-zone date of an instant: due date 0 is that day.</summary>
    public static BillingAnchor Anniversary(Instant joinedAt, DateTimeZone zone)
    {
        var date = joinedAt.InZone(zone).Date;
        return new BillingAnchor(date.Year, date.Month, date.Day, zone);
    }

    /// <summary>The day-of-month series whose due date 0 is the last one on or before an instant's billing-zone date.</summary>
    public static BillingAnchor DayOfMonth(int day, Instant at, DateTimeZone zone)
    {
        var date = at.InZone(zone).Date;
        var anchor = new BillingAnchor(date.Year, date.Month, day, zone);
        if (anchor.Due(0) <= date) return anchor;
        var before = date.PlusMonths(-1);
        return new BillingAnchor(before.Year, before.Month, day, zone);
    }

    /// <summary>Due date n; n may be negative.</summary>
    public LocalDate Due(int n)
    {
        var months = checked(FirstMonth + n);
        var (year, month) = (Math.DivRem(months, 12).Quotient, months % 12 + 1);
        return new LocalDate(year, month, Math.Min(Day, CalendarSystem.Iso.GetDaysInMonth(year, month)));
    }

    /// <summary>
    /// The instant due date n begins in the billing zone. A zone that skipped the whole day (Apia 2011-12-30) gives the first instant after
    /// the gap.
    /// </summary>
    public Instant DueAt(int n) => StartOfDay(Due(n), Zone);

    /// <summary>The period an instant falls into: n with DueAt(n) ≤ at &lt; DueAt(n + 1).</summary>
    public int PeriodAt(Instant at)
    {
        var date = at.InZone(Zone).Date;
        var n = date.Year * 12 + date.Month - 1 - FirstMonth;
        while (DueAt(n) > at) n--;
        while (DueAt(n + 1) <= at) n++;
        return n;
    }

    /// <summary>First valid instant of a date in a zone.</summary>
    public static Instant StartOfDay(LocalDate date, DateTimeZone zone) =>
        zone.ResolveLocal(date.AtMidnight(), NodaTime.TimeZones.Resolvers.CreateMappingResolver(
            NodaTime.TimeZones.Resolvers.ReturnEarlier, NodaTime.TimeZones.Resolvers.ReturnStartOfIntervalAfter)).ToInstant();
}
