using Stipend.Campaigns.Contracts;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Contracts;

/// <summary>Who a feed is made for. <see cref="PersonId"/> and <see cref="Token"/> are null for the public feed; a token may stand in
/// addresses the reader fetches without a cookie, and nowhere else.</summary>
public sealed record FeedReader(CampaignInfo Campaign, long? PersonId, string? Token);

/// <summary>A file a feed hands out with a post: its path on this site, which asks the gate again when it is fetched.</summary>
/// <param name="Path">Begins with a slash.</param>
/// <param name="Length">Playing time of sound and film.</param>
public sealed record FeedEnclosure(string Path, string ContentType, long SizeBytes, Duration? Length = null, string? Title = null)
{
    /// <summary>Where its parts begin, in order; empty where it has none.</summary>
    public IReadOnlyList<Chapter> Chapters { get; init; } = [];
}

/// <summary>A module that has files for posts; register with <c>AddScoped&lt;IFeedEnclosures, …&gt;</c>. A constant number of commands,
/// whatever the posts.</summary>
public interface IFeedEnclosures
{
    /// <summary>The files of posts that are open to the reader, by post; the first of each is what players take.</summary>
    Task<IReadOnlyDictionary<long, IReadOnlyList<FeedEnclosure>>> Of(FeedReader reader, IReadOnlyCollection<long> openPostIds,
        CancellationToken ct);
}

/// <summary>The secret addresses people gave their feed readers.</summary>
public interface IFeedTokens
{
    /// <summary>Whose token this is; null when it was taken back or never was. Notes that it was used.</summary>
    Task<long?> PersonOf(string token, CancellationToken ct = default);
}
