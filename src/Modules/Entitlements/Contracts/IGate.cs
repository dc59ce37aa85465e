using Stipend.Campaigns.Contracts;

namespace Stipend.Entitlements.Contracts;

/// <summary>Who a locked thing is for.</summary>
public enum AudienceKind { Public, Members, PaidMembers, Tiers }

/// <summary>Who a locked thing is for; the tiers only when <see cref="Kind"/> says tiers.</summary>
public sealed record Audience(AudienceKind Kind, IReadOnlyList<long> TierIds)
{
    public static Audience Public { get; } = new(AudienceKind.Public, []);
    public static Audience Members { get; } = new(AudienceKind.Members, []);
    public static Audience PaidMembers { get; } = new(AudienceKind.PaidMembers, []);
    public static Audience Tiers(params IReadOnlyList<long> tierIds) => new(AudienceKind.Tiers, tierIds);

    /// <summary>Whether it lets in everybody the other does, and more.</summary>
    public bool IsWiderThan(Audience other) => (Kind, other.Kind) switch
    {
        (AudienceKind.Tiers, AudienceKind.Tiers) => other.TierIds.All(TierIds.Contains) && TierIds.Distinct().Count() > other.TierIds.Distinct().Count(),
        _ => Kind < other.Kind, // named from the widest to the narrowest
    };
}

/// <summary>Why a thing is open or closed to somebody.</summary>
public enum AccessReason { Public, Owner, Member, Tier, SignInNeeded, NotAMember, PaidTierNeeded, OtherTierNeeded, Ended, Backlog }

/// <summary>Somebody who might come: nobody signed in, a member of the free level, a member of a tier.</summary>
public enum NewcomerKind { Visitor, Member, OfTier }

/// <summary>The gate's answer. <see cref="GrantId"/> is the grant that opened it, when one did.</summary>
public sealed record Decision(bool IsOpen, AccessReason Reason, long? GrantId);

/// <summary>
/// May this person, now, have this? A rule is an audience within a campaign, kept by this module, so that a door (post, file, feed) stores
/// only a rule id and a page of doors is one set-based query. “Now” is the campaign's book's present. A door whose things have come out at
/// some time (posts and what hangs on them) asks with that time, since a tier may open only what came out lately or since somebody came;
/// asked without, a tier that holds anything back counts as closed.
/// </summary>
public interface IGate
{
    /// <summary>The id of an audience of a campaign, made when new; equal audiences share one. Joins the caller's transaction.</summary>
    /// <exception cref="Refusal">A tier belongs to another campaign, or no tier is given for a tier audience.</exception>
    Task<long> Rule(long campaignId, Audience audience, CancellationToken ct = default);

    /// <summary>The id of a release in steps; one without later steps is the rule of its audience.</summary>
    /// <exception cref="Refusal">The steps are no waterfall, or a tier belongs to another campaign.</exception>
    Task<long> Rule(long campaignId, Release release, CancellationToken ct = default);

    /// <summary>The rules as they were made, later steps included.</summary>
    Task<IReadOnlyDictionary<long, Release>> Releases(IReadOnlyCollection<long> ruleIds, CancellationToken ct = default);

    /// <summary>Whom the rules are for at present.</summary>
    Task<IReadOnlyDictionary<long, Audience>> Audiences(IReadOnlyCollection<long> ruleIds, CancellationToken ct = default);

    /// <summary>One check by the pure function.</summary>
    Task<Decision> Check(long? personId, long ruleId, CancellationToken ct = default);

    /// <summary>One check by the pure function, of something that came out at an instant.</summary>
    Task<Decision> Check(long? personId, long ruleId, Instant datedAt, CancellationToken ct = default);

    /// <summary>The same within a campaign the caller has just read, which is not read again.</summary>
    /// <exception cref="Refusal">The rule is not one of this campaign's.</exception>
    Task<Decision> Check(long? personId, long ruleId, Instant datedAt, CampaignInfo campaign, CancellationToken ct = default);

    /// <summary>How much of each rule's things is open, by one set-based query (and one more where a backlog is held back); a test proves it
    /// equal to <see cref="Check(long?, long, Instant, CancellationToken)"/> at every time.</summary>
    /// <inheritdoc cref="CheckPage"/>
    Task<IReadOnlyDictionary<long, Reach>> Reaches(long? personId, IReadOnlyCollection<long> ruleIds,
        IReadOnlyDictionary<long, CampaignInfo>? known = null, CancellationToken ct = default);

    /// <summary>What somebody would be told who came to the campaign this moment, with a tier, the free level (null) or as a visitor: for
    /// looking at a page as others see it. By the pure function, from one made-up grant.</summary>
    Task<Decision> CheckAs(NewcomerKind newcomer, long? tierId, long ruleId, Instant datedAt, CancellationToken ct = default);

    /// <summary>Everybody with a grant in the rule's campaign to whom something that came out at an instant is open now; for telling
    /// them.</summary>
    Task<IReadOnlyList<long>> OpenTo(long ruleId, Instant datedAt, CancellationToken ct = default);

    /// <summary>Those of some people to whom it is open now, by the same decision: for asking again before each part of a long telling.</summary>
    Task<IReadOnlyList<long>> OpenTo(long ruleId, Instant datedAt, IReadOnlyCollection<long> among, CancellationToken ct = default);

    /// <summary>Many checks by one set-based query, of things without a time.</summary>
    /// <param name="personId">Who asks, or null for a visitor.</param>
    /// <param name="ruleIds">The rules of the doors on the page.</param>
    /// <param name="known">Campaigns the caller has just read, which then are not read again.</param>
    /// <param name="ct">Cancels the reading.</param>
    Task<IReadOnlyDictionary<long, Decision>> CheckPage(long? personId, IReadOnlyCollection<long> ruleIds,
        IReadOnlyDictionary<long, CampaignInfo>? known = null, CancellationToken ct = default);

    /// <summary>Campaigns with any open grant of a person, for the home feed.</summary>
    Task<IReadOnlyList<long>> CampaignsOpenTo(long personId, CancellationToken ct = default);
}

/// <summary>Where a grant comes from.</summary>
public enum GrantSource { Free, Paid, Import, Gift, Comp, Trial }

/// <summary>A grant to write: person, campaign, tier (null: the free level), from when until when (null: until ended), and the fact that
/// caused it.</summary>
public sealed record NewGrant(
    long BookId, long PersonId, long CampaignId, long? TierId, GrantSource Source, Instant ValidFrom, Instant? ValidUntil, string CauseKind,
    long CauseRef);

/// <summary>The append-only record of who was given what. All calls join the caller's transaction.</summary>
public interface IGrants
{
    Task Open(IReadOnlyList<NewGrant> grants, CancellationToken ct = default);

    /// <summary>Ends what is still open of one cause from an instant on, with the reason shown to the person.</summary>
    Task End(long bookId, string causeKind, long causeRef, Instant at, string reason, CancellationToken ct = default);
}

/// <summary>A person can now have what a tier opens (tier null: the free level). Doors consume it in order per person and
/// campaign.</summary>
public sealed record EntitlementOpened(long BookId, long PersonId, long CampaignId, long? TierId, Instant At);

/// <summary>A person can no longer have what a tier opened.</summary>
public sealed record EntitlementClosed(long BookId, long PersonId, long CampaignId, long? TierId, Instant At);

/// <summary>One line of a person's history with a campaign, told from the facts.</summary>
public sealed record ExplainedFact(Instant At, string Text);

/// <summary>A module that knows facts about a person and a campaign; “why can't I see this?” merges them by time.</summary>
public interface IExplains
{
    Task<IReadOnlyList<ExplainedFact>> FactsOf(long personId, CampaignInfo campaign, CancellationToken ct);
}

/// <summary>The present decision for one audience of a campaign. <see cref="Tier"/> null: what is for every member.</summary>
public sealed record Standing(TierInfo? Tier, Decision Decision, Instant? Until);

/// <summary>The whole explanation: present decision per tier and the facts that led here.</summary>
public interface IWhy
{
    /// <summary>The facts, oldest first, of every module that knows some.</summary>
    Task<IReadOnlyList<ExplainedFact>> Explain(long personId, long campaignId, CancellationToken ct = default);

    /// <summary>What is open now: to members, then tier by tier, with the grant's end where there is one.</summary>
    Task<IReadOnlyList<Standing>> Standings(long personId, long campaignId, CancellationToken ct = default);
}
