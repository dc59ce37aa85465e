using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Posts.Model;

namespace Stipend.Posts.Read;

/// <summary>A post without its text, which is read only once the gate has opened it.</summary>
internal sealed record PostHead(long Id, string Slug, string Title, string Teaser, PostState State, Instant? PublishedAt, Instant? PublishAt,
    Instant? EditedAt, long RuleId, int Version, string PreviewHtml);

/// <summary>What every look at a post asks, compiled once.</summary>
internal sealed class PostQueries
{
    /// <summary>A campaign's post that is published, or its owner's in any state.</summary>
    public Func<Db, long, long, bool, CancellationToken, Task<PostHead?>> Head { get; } = EF.CompileAsyncQuery(
        (Db db, long postId, long campaignId, bool isOwner, CancellationToken _) => db.Set<Post>().AsNoTracking()
            .Where(p => p.Id == postId && p.CampaignId == campaignId && p.DeletedAt == null && (p.State == PostState.Published || isOwner))
            .Select(p => new PostHead(p.Id, p.Slug, p.Title, p.Teaser, p.State, p.PublishedAt, p.PublishAt, p.EditedAt, p.RuleId, p.Version, p.PreviewHtml))
            .SingleOrDefault());

    /// <summary>The text of one version; null when the post has been changed since.</summary>
    public Func<Db, long, int, CancellationToken, Task<string?>> Text { get; } = EF.CompileAsyncQuery(
        (Db db, long postId, int version, CancellationToken _) =>
            db.Set<Post>().Where(p => p.Id == postId && p.Version == version).Select(p => p.Html).SingleOrDefault());
}
