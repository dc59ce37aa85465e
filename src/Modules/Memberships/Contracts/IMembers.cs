using Stipend.Campaigns.Contracts;

namespace Stipend.Memberships.Contracts;

/// <summary>
/// One person's whole standing with a campaign in its present book, however often they came and went. <see cref="Id"/> is that of their
/// first membership there, so it never changes; <see cref="Now"/> is the membership that has not ended, or else the last one.
/// </summary>
public sealed record MemberInfo(long Id, MembershipInfo Now, BillingModel? Model)
{
    /// <summary>A change planned for a day to come: what will be paid from then on.</summary>
    public long? NextAmountMinor { get; init; }

    /// <summary>When the last membership ended; null while there is one.</summary>
    public Instant? EndedAt { get; init; }

    /// <summary>They have what is for free members: by choice, or while a first payment is on its way.</summary>
    public bool HasFreeLevel { get; init; }

    /// <summary>The creator put them out.</summary>
    public bool IsBlocked { get; init; }

    /// <summary>What they paid elsewhere before they were imported, over all their memberships.</summary>
    public long LifetimeElsewhereMinor { get; init; }
}

/// <summary>A page of members by the order they first came in. <see cref="After"/>: the last id of the page before.</summary>
public sealed record MemberPage(long? After, bool Newest, int Take);

/// <summary>Members who have a tier now, paying and not; <see cref="TierId"/> null is the free level.</summary>
public sealed record TierCount(long CampaignId, long? TierId, int Members);

/// <summary>Every member there ever was, former ones included, for lists outside the creator's pages. Each call a fixed number of
/// commands.</summary>
public interface IMembers
{
    Task<IReadOnlyList<MemberInfo>> Page(CampaignInfo campaign, MemberPage page, CancellationToken ct = default);

    Task<int> Count(CampaignInfo campaign, CancellationToken ct = default);

    /// <summary>The member of an id; null when there is none, or its campaign lives in another book now.</summary>
    Task<MemberInfo?> Find(long id, CancellationToken ct = default);

    /// <summary>A person's standing with every campaign, in the campaigns' present books.</summary>
    Task<IReadOnlyList<MemberInfo>> OfPerson(long personId, CancellationToken ct = default);

    /// <summary>The people's standing with one campaign.</summary>
    Task<IReadOnlyList<MemberInfo>> Among(CampaignInfo campaign, IReadOnlyCollection<long> personIds, CancellationToken ct = default);

    /// <summary>Seats taken or promised per tier of the campaigns, also of tiers without a limit.</summary>
    Task<IReadOnlyDictionary<long, int>> SeatsTaken(IReadOnlyCollection<CampaignInfo> campaigns, CancellationToken ct = default);

    Task<IReadOnlyList<TierCount>> Counts(IReadOnlyCollection<CampaignInfo> campaigns, CancellationToken ct = default);
}
