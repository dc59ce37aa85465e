using Stipend.Campaigns.Contracts;

namespace Stipend.Posts.Contracts;

/// <summary>A published post with its whole text, for whoever may read everything of a campaign: its creator, and programs in the
/// creator's name. <see cref="Path"/> is its page.</summary>
public sealed record PublishedPost(long Id, long CampaignId, long AuthorId, string Title, string Html, bool IsCharged, long RuleId,
    Instant PublishedAt, string Path)
{
    /// <summary>Grows with every change of its text.</summary>
    public int Version { get; init; }

    public PostStamp Stamp() => new(Version, RuleId, PublishedAt);
}

/// <summary>By which it is seen that a post is what it was: another text has another version, another audience another rule.</summary>
public readonly record struct PostStamp(int Version, long RuleId, Instant PublishedAt);

/// <summary>A page of posts. The place is that of the last post of the page before; null begins.</summary>
public sealed record PostPageRequest(Instant? PlaceAt, long PlaceId, bool Oldest, int Take);

/// <summary>Published posts of a campaign, open to the caller whatever their audience: ask only for who owns the campaign.</summary>
public interface IPostArchive
{
    /// <summary>By the time of publishing, newest first unless asked otherwise.</summary>
    Task<IReadOnlyList<PublishedPost>> Page(CampaignInfo campaign, PostPageRequest page, CancellationToken ct = default);

    Task<int> Count(long campaignId, CancellationToken ct = default);

    /// <summary>How many each campaign has; one that has none is not among them.</summary>
    Task<IReadOnlyDictionary<long, int>> Counts(IReadOnlyCollection<long> campaignIds, CancellationToken ct = default);

    /// <summary>The campaign of a published post; null when there is no such post.</summary>
    Task<long?> CampaignOf(long postId, CancellationToken ct = default);

    Task<PublishedPost?> Find(CampaignInfo campaign, long postId, CancellationToken ct = default);

    /// <summary>Without its text; null when there is no such published post.</summary>
    Task<PostStamp?> Stamp(long campaignId, long postId, CancellationToken ct = default);
}
