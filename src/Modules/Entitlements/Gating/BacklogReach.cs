using Stipend.Entitlements.Contracts;

namespace Stipend.Entitlements.Gating;

/// <summary>What a backlog policy reaches, from the times a person had what opens it. Pure.</summary>
internal static class BacklogReach
{
    /// <summary>The spans a tier's policy reaches at an instant; null: everything.</summary>
    /// <param name="policy">The tier's.</param>
    /// <param name="had">The times in which the person had something that opens the rule.</param>
    /// <param name="paid">The times in which the person was a paid member of the campaign.</param>
    /// <param name="at">The campaign's present.</param>
    /// <param name="zone">The campaign's, whose calendar counts the months.</param>
    public static IReadOnlyList<DatedSpan>? Of(Backlog policy, IEnumerable<DatedSpan> had, IEnumerable<DatedSpan> paid, Instant at,
        DateTimeZone zone) => policy.Kind switch
        {
            BacklogKind.Everything => null,
            BacklogKind.LastMonths => [new DatedSpan(MonthsBefore(at, policy.Months, zone), Instant.MaxValue)],
            BacklogKind.AfterPaidMonths when PaidMonths(paid, at, zone) >= policy.Months => null,
            _ => Reach.Merge(had),
        };

    public static Instant MonthsBefore(Instant at, int months, DateTimeZone zone) =>
        at.InZone(zone).LocalDateTime.PlusMonths(-months).InZoneLeniently(zone).ToInstant();

    /// <summary>Whole months of the calendar in all, each unbroken time counted by itself.</summary>
    public static int PaidMonths(IEnumerable<DatedSpan> paid, Instant at, DateTimeZone zone) => Reach.Merge(paid)
        .Where(s => s.From < at)
        .Sum(s => Period.Between(s.From.InZone(zone).LocalDateTime, Instant.Min(s.Until, at).InZone(zone).LocalDateTime, PeriodUnits.Months).Months);
}
