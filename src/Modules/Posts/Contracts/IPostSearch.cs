using Stipend.Campaigns.Contracts;

namespace Stipend.Posts.Contracts;

/// <summary>A found post as a reader may see it. <see cref="Text"/>: around the words found; of a closed post its teaser.</summary>
public sealed record FoundPost(long Id, string Title, string Path, Instant PublishedAt, bool IsOpen, string Text);

/// <summary>A page of found posts; <see cref="Next"/> leads to the next.</summary>
public sealed record FoundPosts(IReadOnlyList<FoundPost> Posts, string? Next);

/// <summary>Words in the posts of a campaign, found as its search page finds them for the same reader.</summary>
public interface IPostSearch
{
    Task<FoundPosts> Find(CampaignInfo campaign, string words, string? after, long? viewerId, CancellationToken ct = default);
}
