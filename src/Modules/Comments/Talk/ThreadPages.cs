using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Contracts;
using Stipend.Comments.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;
using Stipend.Posts.Contracts;

namespace Stipend.Comments.Talk;

/// <summary>A thread on a page of its own, with everything one can do to a comment, and the list of people somebody muted.</summary>
internal static class ThreadPages
{
    internal const int PageSize = 30;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/comments/{id:long}", Show).RequireSignIn();
        app.MapGet("/account/mutes", Mutes).RequireSignIn();
    }

    private static async Task<IResult> Show(long id, string? after, string? about, HttpContext http, CommentDesk desk, CommentReading reading,
        CancellationToken ct)
    {
        var me = http.RequireViewer().Id;
        var seen = await desk.Find(id, me, ct);
        if (seen.Comment.ParentId is { } thread) return Pages.SeeOther($"/comments/{thread}{(about is null ? "" : $"?about={id}")}#comment-{id}");
        var (found, next) = await reading.Thread(id, seen.Post.Campaign.OwnerId, me, seen.Standing.Moderates, after, PageSize, ct);
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<ThreadPage>(new ThreadPage.View(seen.Post.Campaign, seen.Post.Id, seen.Post.Title, seen.Post.Path, found, next,
            Known(after, PageKey.Oldest),
            seen.Standing.Moderates, seen.Standing.IsOwner, !seen.Standing.IsBlocked, long.TryParse(about, out var asked) ? asked : null));
    }

    /// <summary>A key as this site writes it, or null: pieces are kept drawn under it, and nonsense must not crowd them out.</summary>
    internal static string? Known(string? typed, PageKey start) => PageKey.Parse(typed, start) is var key && key != start ? key.ToString() : null;

    private static async Task<IResult> Mutes(string? before, HttpContext http, Db db, IPeople people, CancellationToken ct)
    {
        var from = PageKey.Parse(before, PageKey.Newest);
        var (muted, next) = PageKey.Page(await Muted(http.RequireViewer().Id, from, PageSize + 1, db, ct), PageSize, m => m.Key);
        var names = await people.NamesOf(muted.ConvertAll(m => m.PersonId), ct);
        return Pages.Show<MutesPage>(new MutesPage.View(
            muted.Where(m => names.ContainsKey(m.PersonId)).Select(m => new MutesPage.Row(m.PersonId, names[m.PersonId])).ToList(), next,
            from == PageKey.Newest));
    }

    /// <summary>Last muted first.</summary>
    private static async Task<List<(long PersonId, PageKey Key)>> Muted(long me, PageKey from, int take, Db db, CancellationToken ct)
    {
        var muted = new List<(long, PageKey)>();
        await using var command = await db.Command("""
            SELECT muted_id, created_at FROM comment_mute WHERE person_id = @me AND (created_at, muted_id) < (@at, @id)
            ORDER BY created_at DESC, muted_id DESC LIMIT @take
            """, ct, ("me", me), ("at", from.At), ("id", from.Id), ("take", (long)take));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) muted.Add((reader.GetInt64(0), new PageKey(reader.GetInt64(1), reader.GetInt64(0))));
        return muted;
    }
}

/// <summary>The comments under a post, for those it is open to.</summary>
internal sealed class CommentsUnderPost(CommentReading reading, CommentDesk desk) : IPostPageSection
{
    internal const string Cursor = "comments-before";

    public int Order => 100;

    public async Task<RenderFragment?> Load(PostSectionRequest request, CancellationToken ct)
    {
        if (!request.Post.Decision.IsOpen) return null;
        var (post, me) = (request.Post, request.Viewer?.Id ?? 0);
        var standing = me == 0 ? default : await desk.StandingOf(post.Campaign.Id, post.Campaign.OwnerId, me, ct);
        var before = ThreadPages.Known(request.Query[Cursor], PageKey.Newest);
        var page = await reading.Page(post.Id, post.Campaign.OwnerId, me, standing.Moderates, before, ThreadPages.PageSize, ct);
        var here = before is null ? post.Path : $"{post.Path}?{Cursor}={before}";
        var view = new CommentsView.View(post.Id, post.Path, here, page, before is null, me != 0, !standing.IsBlocked, standing.Moderates);
        return Section.Of<CommentsView>(view);
    }
}
