using Stipend.Posts.Contracts;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Files;

/// <summary>The recordings of posts in feeds, which makes a podcast of them; what has no player comes after them. Pictures stand in the
/// text.</summary>
internal sealed class PostEnclosures(IVault vault) : IFeedEnclosures
{
    public async Task<IReadOnlyDictionary<long, IReadOnlyList<FeedEnclosure>>> Of(FeedReader reader, IReadOnlyCollection<long> openPostIds,
        CancellationToken ct) =>
        (await vault.FilesOf(PostFiles.KindName, openPostIds, ct)).ToDictionary(held => held.Key, held => (IReadOnlyList<FeedEnclosure>)held
            .Where(file => file.Kind != FileKind.Image).OrderBy(file => file.Kind).ThenBy(file => file.Id)
            .Select(file => new FeedEnclosure(reader.Token is null ? file.Path : $"/feeds/{reader.Token}{file.Path}", file.ContentType, file.SizeBytes,
                file.DurationMs is { } ms ? Duration.FromMilliseconds(ms) : null, file.Name) { Chapters = file.Chapters }).ToList());
}
