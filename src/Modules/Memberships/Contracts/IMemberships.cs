namespace Stipend.Memberships.Contracts;

/// <summary>Where a membership stands. Invited: imported, access honoured until the date paid for elsewhere, not confirmed here, never charged.</summary>
public enum MembershipStatus { Pending, Active, Free, Declined, Invited, Ended }

/// <summary>A membership of a person in a campaign. <see cref="TierId"/> null: the free level. <see cref="EndsAt"/>: cancelled, still open until then.</summary>
public sealed record MembershipInfo(
    long Id, long BookId, long PersonId, long CampaignId, long? TierId, long? PledgeId, long AmountMinor, MembershipStatus Status, Instant StartedAt, Instant? EndsAt);

/// <summary>Members of a campaign by status.</summary>
public sealed record MemberCounts(int Paid, int Free, int Declined, int Invited, int Former);

/// <summary>An imported member to add: what they pledged elsewhere and until when they have paid there.</summary>
public sealed record ImportedMembership(
    long PersonId, long? TierId, long AmountMinor, MembershipStatus Status, Instant? StartedAt, Instant? AccessUntil, long LifetimeMinor, PledgeCap Cap, string SourceRef);

public interface IMemberships
{
    Task<MembershipInfo?> Find(long personId, long campaignId, CancellationToken ct = default);
    Task<IReadOnlyList<MembershipInfo>> OfPerson(long personId, CancellationToken ct = default);
    Task<MemberCounts> Counts(long campaignId, CancellationToken ct = default);

    /// <summary>Seats taken per limited tier of a campaign.</summary>
    Task<IReadOnlyDictionary<long, int>> SeatsTaken(long campaignId, CancellationToken ct = default);

    /// <summary>Members of the campaign among the people, for importers: set-based.</summary>
    Task<IReadOnlyDictionary<long, MembershipInfo>> OfPeople(long campaignId, IReadOnlyCollection<long> personIds, CancellationToken ct = default);

    /// <summary>Adds imported memberships with their grants in bulk; joins the caller's transaction. People who are members already must not be among them.</summary>
    Task Import(long campaignId, IReadOnlyList<ImportedMembership> memberships, CancellationToken ct = default);

    /// <summary>Confirms invited members of a sandbox campaign with the test cards they were given; answers how many. Progress by count.</summary>
    Task<int> AcceptInvitations(long campaignId, IProgress<int>? progress = null, CancellationToken ct = default);
}
