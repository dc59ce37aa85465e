using Stipend.Billing.Model;

namespace Stipend.Billing.Planning;

/// <summary>What a pledge owes for which interval, by its calendar alone. Pure.</summary>
internal static class Periods
{
    /// <summary>The key of a monthly line: the year and month of the period's first due date. One due date per month makes it
    /// unique.</summary>
    public static string MonthKey(LocalDate due) => $"M:{due.Year:D4}-{due.Month:D2}";

    public static string PostKey(long postId) => $"P:{postId}";

    public static string ChangeKey(int seq) => $"U:{seq}";

    /// <summary>The monthly period a billing day pays for: the one it begins (upfront) or the one it ends (arrears).</summary>
    public static (string Key, Instant From, Instant Until) BilledOn(BillingModel model, BillingAnchor anchor, LocalDate billOn,
        Instant startedAt)
    {
        var n = IndexOf(anchor, billOn) - (model == BillingModel.MonthlyArrears ? 1 : 0);
        var from = anchor.DueAt(n);
        return (MonthKey(anchor.Due(n)), from < startedAt ? startedAt : from, anchor.DueAt(n + 1));
    }

    /// <summary>The monthly period an instant falls into.</summary>
    public static (string Key, Instant From, Instant Until) At(BillingAnchor anchor, Instant at)
    {
        var n = anchor.PeriodAt(at);
        return (MonthKey(anchor.Due(n)), anchor.DueAt(n), anchor.DueAt(n + 1));
    }

    /// <summary>Next due date strictly after an instant's date.</summary>
    public static LocalDate NextDue(BillingAnchor anchor, Instant at) => anchor.Due(anchor.PeriodAt(at) + 1);

    /// <summary>Whether a date is a due date of an anchor day: the day itself, or the last day of a shorter month.</summary>
    public static bool IsDue(int anchorDay, LocalDate date) => anchorDay == date.Day || (anchorDay > date.Day && date.Day == LastDay(date));

    public static int LastDay(LocalDate date) => CalendarSystem.Iso.GetDaysInMonth(date.Year, date.Month);

    /// <summary>The index of a due date.</summary>
    /// <exception cref="ArgumentException">The date is not a due date of this anchor.</exception>
    public static int IndexOf(BillingAnchor anchor, LocalDate due)
    {
        var n = due.Year * 12 + due.Month - 1 - anchor.FirstMonth;
        return anchor.Due(n) == due ? n : throw new ArgumentException($"{due} is not a due date of day {anchor.Day}.", nameof(due));
    }

    public static BillingAnchor AnchorFor(BillingModel model, int billDay, Instant at, DateTimeZone zone) =>
        model == BillingModel.MonthlyAnniversary ? BillingAnchor.Anniversary(at, zone) : BillingAnchor.DayOfMonth(billDay, at, zone);

    public static Pledge NewPledge(long id, long bookId, long patronId, long payeeId, BillingModel model, BillingAnchor anchor,
        Instant at) => new()
    {
        Id = id, BookId = bookId, PatronId = patronId, PayeeId = payeeId, Model = model, ZoneId = anchor.Zone.Id,
        AnchorMonth = anchor.FirstMonth, AnchorDay = anchor.Day, StartedAt = at, StartedOn = at.InZone(anchor.Zone).Date,
    };
}
