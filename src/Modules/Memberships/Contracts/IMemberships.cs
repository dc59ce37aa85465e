namespace Stipend.Memberships.Contracts;

/// <summary>Where a membership stands. Invited: imported, access honoured until the date paid for elsewhere, not confirmed here, never
/// charged.</summary>
public enum MembershipStatus { Pending, Active, Free, Declined, Invited, Ended }

/// <summary>A membership of a person in a campaign. <see cref="TierId"/> null: the free level. <see cref="EndsAt"/>: cancelled, still open
/// until then.</summary>
public sealed record MembershipInfo(
    long Id, long BookId, long PersonId, long CampaignId, long? TierId, long? PledgeId, long AmountMinor, MembershipStatus Status,
    Instant StartedAt, Instant? EndsAt)
{
    /// <summary>Imported: the date paid for elsewhere, the lifetime amount paid there and where the row came from.</summary>
    public Instant? PaidElsewhereUntil { get; init; }
    public long LifetimeElsewhereMinor { get; init; }
    public string? SourceRef { get; init; }
    public PledgeCap Cap { get; init; } = PledgeCap.None;
}

/// <summary>Members of a campaign by status.</summary>
public sealed record MemberCounts(int Paid, int Free, int Declined, int Invited, int Former);

/// <summary>An imported member to add: what they pledged elsewhere and until when they have paid there.</summary>
/// <param name="AccessUntil">End of what was paid there; null: no access until confirmed here.</param>
/// <param name="SourceRef">Where it came from, for people: “patreon 10426897”.</param>
public sealed record ImportedMembership(
    long PersonId, long? TierId, long AmountMinor, MembershipStatus Status, Instant? StartedAt, Instant? AccessUntil, long LifetimeMinor,
    PledgeCap Cap, string SourceRef);

/// <summary>A membership to start from a program: the demo, tests. <see cref="TierId"/> null joins for free; <see cref="AmountMinor"/>
/// null is the tier's price.</summary>
public sealed record NewMembership(long PersonId, long CampaignId, long? TierId, long? AmountMinor, PledgeCap Cap);

/// <summary>What joining or leaving did; <see cref="ChargeId"/> is due now: collect it after the commit with Billing's
/// ICollecting.</summary>
public sealed record MembershipOutcome(MembershipInfo Membership, long? ChargeId);

/// <summary>Memberships, seen by other modules. Access is never decided from them: ask the gate.</summary>
public interface IMemberships
{
    /// <summary>The present membership of a person, or else the one that ended last; null when there never was one. In the campaign's
    /// present book.</summary>
    Task<MembershipInfo?> Find(long personId, long campaignId, CancellationToken ct = default);

    /// <summary>Memberships of a person that have not ended, over all campaigns and books.</summary>
    Task<IReadOnlyList<MembershipInfo>> OfPerson(long personId, CancellationToken ct = default);

    /// <summary>Joins by the same rules as the checkout page; the payment method must be stored already.</summary>
    /// <exception cref="Refusal">Every refusal of the page.</exception>
    Task<MembershipOutcome> Join(NewMembership membership, CancellationToken ct = default);

    /// <summary>Changes tier or amount by the same rules as the page: more at once, less from the next period. The cap stays.</summary>
    /// <exception cref="Refusal">Every refusal of the page.</exception>
    Task<MembershipOutcome> Change(NewMembership membership, CancellationToken ct = default);

    /// <summary>Leaves by the same rules as the page: what is paid stays open, what is pending is settled.</summary>
    /// <exception cref="Refusal">There is nothing to leave.</exception>
    Task<MembershipOutcome> Leave(long personId, long campaignId, string reason, CancellationToken ct = default);

    Task<MemberCounts> Counts(long campaignId, CancellationToken ct = default);

    /// <summary>Seats taken per limited tier of a campaign.</summary>
    Task<IReadOnlyDictionary<long, int>> SeatsTaken(long campaignId, CancellationToken ct = default);

    /// <summary>Members of the campaign among the people, as <see cref="Find"/> answers for each, in one command: for importers.</summary>
    Task<IReadOnlyDictionary<long,
        MembershipInfo>> OfPeople(long campaignId, IReadOnlyCollection<long> personIds, CancellationToken ct = default);

    /// <summary>
    /// Adds imported memberships with their grants in bulk; joins the caller's transaction. A free or invited member is brought up to
    /// date; people who are active, pending or declined members must not be among them.
    /// </summary>
    Task Import(long campaignId, IReadOnlyList<ImportedMembership> memberships, CancellationToken ct = default);

    /// <summary>Confirms invited members of a sandbox campaign with the test cards they were given; answers how many. Progress by
    /// count.</summary>
    Task<int> AcceptInvitations(long campaignId, IProgress<int>? progress = null, CancellationToken ct = default);
}
