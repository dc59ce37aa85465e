using Stipend.Entitlements.Contracts;

namespace Stipend.Entitlements.Gating;

/// <summary>A grant as the gate sees it: of one person, in one campaign, of the books the campaign lives in.</summary>
internal sealed record GrantFact(long Id, long? TierId, GrantSource Source, Instant ValidFrom, Instant? ValidUntil)
{
    /// <summary>The free level is membership without payment; everything else was paid, given or imported as a tier.</summary>
    public bool IsPaid => TierId is not null && Source != GrantSource.Free;
}

/// <summary>An end of a grant before its time.</summary>
internal sealed record EndFact(long GrantId, Instant EndedAt);

/// <summary>When a thing came out, and the policies of the campaign's tiers that do not open everything.</summary>
internal sealed record Dated(Instant At, IReadOnlyDictionary<long, Backlog> Backlogs, DateTimeZone Zone)
{
    public static Dated Undated { get; } = new(Instant.MaxValue, new Dictionary<long, Backlog>(), DateTimeZone.Utc);
}

/// <summary>Who asks: a visitor, somebody signed in, or the campaign's owner.</summary>
internal enum Asker { Visitor, SignedIn, Owner }

/// <summary>
/// The one rule of access, without any input or output. A grant opens from <see cref="GrantFact.ValidFrom"/> until, not including, the
/// earliest of its <see cref="GrantFact.ValidUntil"/> and its ends. Of several that open, the first given (lowest id) is named.
/// </summary>
internal static class Gate
{
    /// <summary>The decision on something that is not held back by any backlog policy.</summary>
    public static Decision Decide(IReadOnlyCollection<GrantFact> grants, IReadOnlyCollection<EndFact> ends, Audience audience,
        Asker standing, Instant at) => Decide(grants, ends, audience, standing, at, Dated.Undated);

    /// <param name="grants">Of the person, in the campaign's books.</param>
    /// <param name="ends">Of these grants.</param>
    /// <param name="audience">Whom the thing is for now.</param>
    /// <param name="standing">Who asks.</param>
    /// <param name="at">The campaign's present.</param>
    /// <param name="dated">When the thing came out, and how far back each tier reaches.</param>
    public static Decision Decide(IReadOnlyCollection<GrantFact> grants, IReadOnlyCollection<EndFact> ends, Audience audience,
        Asker standing, Instant at, Dated dated)
    {
        if (audience.Kind == AudienceKind.Public) return new(true, AccessReason.Public, null);
        if (standing == Asker.Owner) return new(true, AccessReason.Owner, null);
        if (standing == Asker.Visitor) return new(false, AccessReason.SignInNeeded, null);

        GrantFact? opener = null;
        bool hadIt = false, isMember = false, isHeldBack = false;
        foreach (var grant in grants)
        {
            var until = Until(grant, ends);
            if (grant.ValidFrom > at || grant.ValidFrom >= until) continue; // not yet, or ended before it began
            var isValid = at < until;
            isMember |= isValid;
            if (!Opens(grant, audience)) continue;
            if (!isValid) hadIt = true;
            else if (!Reaches(grant, grants, ends, audience, at, dated)) isHeldBack = true;
            else if (opener is null || grant.Id < opener.Id) opener = grant;
        }
        if (opener is not null)
            return new(true, audience.Kind == AudienceKind.Members ? AccessReason.Member : AccessReason.Tier, opener.Id);
        var reason = isHeldBack ? AccessReason.Backlog
            : hadIt ? AccessReason.Ended
            : !isMember ? AccessReason.NotAMember
            : audience.Kind == AudienceKind.PaidMembers ? AccessReason.PaidTierNeeded
            : AccessReason.OtherTierNeeded;
        return new(false, reason, null);
    }

    /// <summary>The end of a grant as it stands: the earliest of its time and its ends; the far future when none.</summary>
    public static Instant Until(GrantFact grant, IReadOnlyCollection<EndFact> ends)
    {
        var until = grant.ValidUntil ?? Instant.MaxValue;
        foreach (var end in ends)
            if (end.GrantId == grant.Id && end.EndedAt < until) until = end.EndedAt;
        return until;
    }

    private static bool Reaches(GrantFact grant, IReadOnlyCollection<GrantFact> grants, IReadOnlyCollection<EndFact> ends, Audience audience,
        Instant at, Dated dated)
    {
        if (audience.Kind == AudienceKind.Members || grant.TierId is not { } tier
            || !dated.Backlogs.TryGetValue(tier, out var policy)) return true;
        IEnumerable<DatedSpan> Times(Func<GrantFact, bool> which) => grants.Where(g => which(g) && g.ValidFrom <= at && g.ValidFrom < Until(g, ends))
            .Select(g => new DatedSpan(g.ValidFrom, Until(g, ends)));
        var spans = BacklogReach.Of(policy, Times(g => Opens(g, audience)), Times(g => g.IsPaid), at, dated.Zone);
        return spans is null || spans.Any(s => s.From <= dated.At && dated.At < s.Until);
    }

    private static bool Opens(GrantFact grant, Audience audience) => audience.Kind switch
    {
        AudienceKind.Members => true,
        AudienceKind.PaidMembers => grant.IsPaid,
        AudienceKind.Tiers => grant.TierId is { } tier && audience.TierIds.Contains(tier),
        _ => false,
    };
}
