namespace Stipend.Memberships.Contracts;

/// <summary>What happened to somebody's standing with a campaign.</summary>
public enum MembershipChangeKind
{
    /// <summary>Came in, free or paying, who had no standing there and has never paid there.</summary>
    Joined,

    /// <summary>A pledge began, whether or not its first payment has come.</summary>
    Pledged,

    /// <summary>The pledge has another tier or amount, now or from a day to come.</summary>
    PledgeChanged,

    /// <summary>The pledge was cancelled, or ended by itself.</summary>
    PledgeEnded,

    /// <summary>Anything else that can be seen, such as the result of each charge.</summary>
    Changed,

    /// <summary>The standing ended of somebody who has never paid there.</summary>
    Left,
}

/// <summary>One change, of one person's standing with one campaign.</summary>
public sealed record MembershipChange(long CampaignId, long PersonId, MembershipChangeKind Kind);

/// <summary>
/// Memberships changed: told in the transaction that changed them, all of a transaction in one message, in their order. What a charge did
/// is told when the books and the membership both say so. Messages of a book are delivered in order.
/// </summary>
public sealed record MembershipsChanged(long BookId, Instant At, IReadOnlyList<MembershipChange> Changes);
