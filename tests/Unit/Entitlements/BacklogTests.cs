using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Entitlements.Gating;
using Xunit;

namespace Stipend.Unit.Entitlements;

public sealed class BacklogTests
{
    private static readonly DateTimeZone s_zone = DateTimeZoneProviders.Tzdb["Europe/Berlin"];

    [Fact]
    public void Months_are_counted_whole_by_the_calendar_and_each_unbroken_time_by_itself()
    {
        DatedSpan Days(LocalDate from, LocalDate until) => new(At(from), At(until));
        int Paid(LocalDate at, params DatedSpan[] spans) => BacklogReach.PaidMonths(spans, At(at), s_zone);
        var (jan31, feb28, mar31) = (new LocalDate(2026, 1, 31), new LocalDate(2026, 2, 28), new LocalDate(2026, 3, 31));
        Paid(new LocalDate(2026, 2, 27), Days(jan31, mar31)).ShouldBe(0);
        Paid(feb28, Days(jan31, mar31)).ShouldBe(1, "a month from the 31st ends on the last of February");
        Paid(mar31, Days(jan31, mar31)).ShouldBe(2);
        Paid(mar31, Days(jan31, feb28), Days(feb28, mar31)).ShouldBe(2, "a month renewed without a gap is one time");
        Paid(mar31, Days(jan31, feb28), Days(new LocalDate(2026, 3, 2), mar31)).ShouldBe(1, "29 days are no month");
        Paid(jan31, Days(feb28, mar31)).ShouldBe(0, "it has not begun");
        Paid(mar31, Days(jan31, mar31), Days(jan31, mar31)).ShouldBe(2, "two tiers at once are not twice the time");
    }

    [Fact]
    public void What_was_missed_in_between_stays_closed_and_the_last_months_move_on()
    {
        var at = At(new LocalDate(2026, 5, 31));
        DatedSpan first = new(At(new LocalDate(2026, 1, 1)), At(new LocalDate(2026, 2, 1))), second = new(At(new LocalDate(2026, 4, 1)), Instant.MaxValue);
        BacklogReach.Of(Backlog.Everything, [], [], at, s_zone).ShouldBeNull();
        BacklogReach.Of(new Backlog(BacklogKind.SinceJoining), [second, first], [], at, s_zone).ShouldBe([first, second]);
        BacklogReach.Of(new Backlog(BacklogKind.LastMonths, 3), [], [], at, s_zone)
            .ShouldBe([new DatedSpan(At(new LocalDate(2026, 2, 28)), Instant.MaxValue)], "three months before 31 May");
        BacklogReach.Of(new Backlog(BacklogKind.AfterPaidMonths, 3), [second], [first, second], at, s_zone).ShouldBe([second], "one and one whole month are two");
        BacklogReach.Of(new Backlog(BacklogKind.AfterPaidMonths, 2), [second], [first, second], at, s_zone).ShouldBeNull();
    }

    [Fact]
    public void A_release_only_widens_and_moves_on_in_time()
    {
        var (small, both) = (Audience.Tiers(1), Audience.Tiers(1, 2));
        ReleaseStep Step(int day, Audience audience) => new(At(new LocalDate(2026, 3, day)), audience);
        new Release(small, []).Fault().ShouldBeNull();
        new Release(small, [Step(1, both), Step(2, Audience.PaidMembers), Step(3, Audience.Public)]).Fault().ShouldBeNull();
        foreach (var backwards in new[] { small, Audience.Tiers(2), Audience.Tiers(1, 1), Audience.Tiers(2, 3) })
            new Release(small, [Step(1, backwards)]).Fault()!.ShouldContain("more people");
        new Release(Audience.Public, [Step(1, Audience.Members)]).Fault()!.ShouldContain("more people");
        new Release(small, [Step(2, both), Step(2, Audience.Public)]).Fault()!.ShouldContain("in time");
        new Release(small, [Step(1, both), Step(2, Audience.PaidMembers), Step(3, Audience.Members), Step(4, Audience.Public)]).Fault()!.ShouldContain("at most 3");
        var release = new Release(small, [Step(1, both), Step(3, Audience.Public)]);
        (release.At(At(new LocalDate(2026, 2, 1))), release.At(At(new LocalDate(2026, 3, 1))), release.At(At(new LocalDate(2026, 3, 4))))
            .ShouldBe((small, both, Audience.Public));
    }

    private static Instant At(LocalDate day) => day.AtStartOfDayInZone(s_zone).ToInstant();
}
