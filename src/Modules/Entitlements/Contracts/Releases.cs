using Stipend.Campaigns.Contracts;

namespace Stipend.Entitlements.Contracts;

/// <summary>From an instant on, a door is for this audience.</summary>
public sealed record ReleaseStep(Instant From, Audience Audience);

/// <summary>Who a door is for, step by step (a waterfall): the first audience at once, each later one from its time on.</summary>
public sealed record Release(Audience First, IReadOnlyList<ReleaseStep> Later)
{
    /// <summary>More steps than this nobody can follow.</summary>
    public const int MostSteps = 3;

    public Audience At(Instant at) => Later.LastOrDefault(s => s.From <= at)?.Audience ?? First;

    /// <summary>Why these steps are no waterfall, in one sentence; null when they are one.</summary>
    public string? Fault()
    {
        if (Later.Count > MostSteps) return $"A release has at most {MostSteps} later steps. Leave some out.";
        var (before, since) = (First, Instant.MinValue);
        foreach (var step in Later)
        {
            if (step.From <= since) return "The steps of a release follow each other in time. Give each a later time than the one before.";
            if (!step.Audience.IsWiderThan(before))
                return "A release only ever opens a post to more people. Make each step wider than the one before: tiers, then all paid members, then all members, then everyone.";
            (before, since) = (step.Audience, step.From);
        }
        return null;
    }
}

/// <summary>How much of what came out before somebody came a tier opens.</summary>
public enum BacklogKind { Everything, SinceJoining, LastMonths, AfterPaidMonths }

/// <summary>
/// A tier's backlog policy. <see cref="BacklogKind.SinceJoining"/> opens what came out while the person had it; what they missed in between
/// stays closed. <see cref="BacklogKind.LastMonths"/> opens what is at most so many months old.
/// <see cref="BacklogKind.AfterPaidMonths"/> opens everything to who was a paid member for so many whole months in all, and until then what
/// came out while they were. What is for all members is never held back.
/// </summary>
public sealed record Backlog(BacklogKind Kind, int Months = 0)
{
    public const int MostMonths = 120;

    public static Backlog Everything { get; } = new(BacklogKind.Everything);

    /// <exception cref="Refusal">The number of months is missing or out of reason.</exception>
    public Backlog Check() => Kind is BacklogKind.Everything or BacklogKind.SinceJoining ? this with { Months = 0 }
        : Months is >= 1 and <= MostMonths ? this : throw Refusal.InvalidField("months", $"Say how many months: from 1 to {MostMonths}.");
}

/// <summary>The backlog policies of tiers.</summary>
public interface IBacklogs
{
    /// <summary>Of every tier of a campaign that does not open everything.</summary>
    Task<IReadOnlyDictionary<long, Backlog>> Of(long campaignId, CancellationToken ct = default);

    /// <summary>Sets a tier's policy, for everybody who has it, from now on. Joins the caller's transaction.</summary>
    Task Set(TierInfo tier, Backlog backlog, CancellationToken ct = default);
}

/// <summary>A span of time in which things came out: from, and up to but not including, until.</summary>
public readonly record struct DatedSpan(Instant From, Instant Until);

/// <summary>One grant that opens a rule's things, and the times of coming out it reaches; null: all.</summary>
internal sealed record Opening(long GrantId, AccessReason Reason, IReadOnlyList<DatedSpan>? Spans)
{
    public bool Reaches(Instant datedAt) => Spans is null || Spans.Any(s => s.From <= datedAt && datedAt < s.Until);
}

/// <summary>How much of what a rule guards is open to somebody: a decision for each time a thing may have come out.</summary>
public sealed class Reach
{
    private readonly Decision _otherwise;
    private readonly IReadOnlyList<Opening> _openings;

    internal Reach(Decision decision) : this([], decision) { }

    /// <param name="openings">By grant, the first given first.</param>
    /// <param name="closed">The decision where none of them reaches.</param>
    internal Reach(IReadOnlyList<Opening> openings, Decision closed) => (_openings, _otherwise) = (openings,
        openings.Count > 0 ? new Decision(false, AccessReason.Backlog, null) : closed);

    /// <summary>The decision on a thing that came out at an instant.</summary>
    public Decision At(Instant datedAt) =>
        _openings.FirstOrDefault(o => o.Reaches(datedAt)) is { } opening ? new Decision(true, opening.Reason, opening.GrantId) : _otherwise;

    /// <summary>The open spans, merged and in order: everything is one span, nothing is none.</summary>
    public IReadOnlyList<DatedSpan> Spans => _otherwise.IsOpen || _openings.Any(o => o.Spans is null)
        ? [new DatedSpan(Instant.MinValue, Instant.MaxValue)] : Merge(_openings.SelectMany(o => o.Spans!));

    internal static List<DatedSpan> Merge(IEnumerable<DatedSpan> spans)
    {
        var merged = new List<DatedSpan>();
        foreach (var span in spans.OrderBy(s => s.From))
        {
            if (merged.Count > 0 && span.From <= merged[^1].Until)
                merged[^1] = merged[^1] with { Until = Instant.Max(merged[^1].Until, span.Until) };
            else merged.Add(span);
        }
        return merged;
    }
}
