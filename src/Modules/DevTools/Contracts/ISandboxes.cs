using Stipend.Memberships.Contracts;

namespace Stipend.DevTools.Contracts;

/// <summary>How far to move a sandbox's clock: months and days from its present, or until noon of a day in the campaign's zone.</summary>
public sealed record Leap(int Months = 0, int Days = 0, LocalDate? Until = null)
{
    /// <summary>The furthest one move goes; more is several moves.</summary>
    public const int MostMonths = 24;

    /// <summary>The instant a move from <paramref name="now"/> arrives at; a month ends on the same day of the next month, or on its last
    /// day.</summary>
    /// <exception cref="Refusal"><c>clock_backwards</c> or <c>leap_too_far</c>.</exception>
    public Instant From(Instant now, DateTimeZone zone)
    {
        if (Months is < 0 or > MostMonths || Days is < 0 or > MostMonths * 31) throw TooFar();
        var local = now.InZone(zone).LocalDateTime;
        var target = Until is { } day ? day.At(new LocalTime(12, 0)) : local.PlusMonths(Months).PlusDays(Days);
        if (target > local.PlusMonths(MostMonths)) throw TooFar();
        var to = target.InZoneLeniently(zone).ToInstant();
        return to > now ? to : throw Refusal.Invalid("clock_backwards",
            $"A sandbox clock only moves forward, and this one shows {Platform.Data.Columns.Iso(local.Date)}. "
            + "Choose a later day, or erase the test data to begin again.");
    }

    private static Refusal TooFar() => Refusal.Invalid("leap_too_far", $"Move at most {MostMonths} months at a time.");
}

/// <summary>Where a move of a sandbox's clock stands.</summary>
public enum MoveState { Running, Done, Failed }

/// <summary>What a campaign had earned in one currency, minor units.</summary>
public sealed record EarnedSum(string Currency, long EarnedMinor, long FeesMinor);

/// <summary>How a sandbox stood at a moment.</summary>
public sealed record Standing(MemberCounts Members, IReadOnlyList<EarnedSum> Money);

/// <summary>What happened while the clock moved: billing runs by their charges, members and money before and after.</summary>
public sealed record MoveSummary(
    int Runs, int OpenRuns, int Charges, int Paid, int Declined, int Waiting, int Unknown, int ParkedPatrons, Standing Before,
    Standing After)
{
    /// <summary>Earned while it moved, per currency.</summary>
    public IReadOnlyList<EarnedSum> Earned => After.Money.Select(after =>
    {
        var before = Before.Money.FirstOrDefault(m => m.Currency == after.Currency);
        return after with { EarnedMinor = after.EarnedMinor - (before?.EarnedMinor ?? 0),
            FeesMinor = after.FeesMinor - (before?.FeesMinor ?? 0) };
    }).ToList();
}

/// <summary>A move of a sandbox's clock. <see cref="At"/>: where it is now; <see cref="Stops"/>: how often it stopped for something
/// due.</summary>
public sealed record MoveInfo(long Id, Instant From, Instant To, Instant At, int Stops, MoveState State, string? Note,
    MoveSummary? Summary);

/// <summary>How a campaign's sandbox stands. Outside a sandbox only the campaign's part is meaningful.</summary>
public sealed record SandboxStatus(
    long CampaignId, string Vanity, bool IsSandbox, Instant Now, Standing Standing, IReadOnlyList<NextRun> NextRuns, MoveInfo? LastMove)
{
    /// <summary>True when there is nothing a move to the real books would have to erase.</summary>
    public bool IsEmpty => Standing.Money.Count == 0 && Standing.Members is { Paid: 0, Free: 0, Declined: 0, Invited: 0, Former: 0 };
}

/// <summary>The next billing day of a zone.</summary>
public sealed record NextRun(string ZoneId, LocalDate On);

/// <summary>Test mode of a campaign: its own books with its own clock, which can be moved forward and erased.</summary>
public interface ISandboxes
{
    /// <exception cref="Refusal">There is no such campaign.</exception>
    Task<SandboxStatus> Status(long campaignId, CancellationToken ct = default);

    /// <summary>Moves the clock now and waits for it, stopping at each due thing on the way.</summary>
    /// <exception cref="Refusal"><c>not_a_sandbox</c>, <c>sandbox_moving</c>, <c>clock_backwards</c>, <c>leap_too_far</c>.</exception>
    Task<MoveInfo> Advance(long campaignId, Leap leap, IProgress<Instant>? progress = null, CancellationToken ct = default);

    /// <summary>Starts a move in the background; it goes on after a restart. Answers the move's id.</summary>
    /// <exception cref="Refusal">As <see cref="Advance"/>.</exception>
    Task<long> Start(long campaignId, Leap leap, long personId, CancellationToken ct = default);

    /// <summary>A move of a campaign's present sandbox.</summary>
    Task<MoveInfo?> FindMove(long campaignId, long moveId, CancellationToken ct = default);

    /// <summary>Erases members, money, bills and jobs of the sandbox in one transaction and gives the campaign a fresh one at the present.
    /// Posts stay.</summary>
    /// <exception cref="Refusal"><c>not_a_sandbox</c>, <c>sandbox_moving</c>, <c>sandbox_busy</c>.</exception>
    Task Erase(long campaignId, CancellationToken ct = default);

    /// <summary>Moves a sandbox campaign to the real books; what is left of the test is erased in the same transaction when <paramref
    /// name="eraseFirst"/>.</summary>
    /// <exception cref="Refusal"><c>sandbox_not_empty</c> without it, and as <see cref="Erase"/>.</exception>
    Task GoLive(long campaignId, bool eraseFirst, CancellationToken ct = default);

    /// <summary>Moves a live campaign to a fresh sandbox.</summary>
    /// <exception cref="Refusal"><c>has_members</c>, <c>has_open_payments</c>: real people would lose what they pay for.</exception>
    Task GoSandbox(long campaignId, CancellationToken ct = default);
}
