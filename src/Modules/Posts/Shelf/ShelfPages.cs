using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Platform.Http;
using Stipend.Posts.Files;
using Stipend.Posts.Read;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Shelf;

/// <summary>
/// A reader's own library: what they put by, what they have begun to hear or watch, and the files they may download. Everything asks the gate now: what
/// closed since shows its title and nothing more, and its files are gone from here.
/// </summary>
internal static class ShelfPages
{
    internal const int PageSize = 20;

    /// <summary>Posts looked through for files in one page.</summary>
    private const int PostsLookedThrough = 40;

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/library", Show).RequireSignIn();

    private static async Task<IResult> Show(string? show, string? before, HttpContext http, SavedPosts saved, IPlaying playing, PostReading reading,
        IVault vault, CancellationToken ct)
    {
        var (me, after) = (http.RequireViewer().Id, PostCursor.Parse(before));
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<ShelfPage>(show switch
        {
            "playing" => await Playing(me, playing, reading, ct),
            "files" => await Files(me, after, reading, vault, ct),
            _ => await Saved(me, after, saved, reading, ct),
        });
    }

    private static async Task<ShelfPage.View> Saved(long me, PostCursor after, SavedPosts saved, PostReading reading, CancellationToken ct)
    {
        var rows = await saved.Page(me, after, PageSize + 1, ct);
        var cards = await reading.ByIds([.. rows.Take(PageSize).Select(r => r.PostId)], me, ct);
        var next = rows.Count > PageSize ? new PostCursor(rows[PageSize - 1].At, rows[PageSize - 1].PostId) : (PostCursor?)null;
        return new ShelfPage.View(ShelfTab.Saved, new PostPage(cards, next), [], [], next, after.IsStart);
    }

    private static async Task<ShelfPage.View> Playing(long me, IPlaying playing, PostReading reading, CancellationToken ct)
    {
        var begun = (await playing.UnfinishedOf(me, PageSize, ct)).Where(u => u.HolderKind == PostFiles.KindName).ToList();
        var posts = (await reading.ByIds([.. begun.Select(u => u.HolderId).Distinct()], me, ct)).Where(c => c.Lock is null).ToDictionary(c => c.Id);
        var open = begun.Where(u => posts.ContainsKey(u.HolderId)).Select(u => new ShelfPage.Begun(u, posts[u.HolderId])).ToList();
        return new ShelfPage.View(ShelfTab.Playing, null, open, [], null, true);
    }

    private static async Task<ShelfPage.View> Files(long me, PostCursor after, PostReading reading, IVault vault, CancellationToken ct)
    {
        var page = await reading.OfMemberships(me, after, PostsLookedThrough, ct);
        var open = page.Cards.Where(c => c.Lock is null).ToList();
        var files = await vault.FilesOf(PostFiles.KindName, [.. open.Select(c => c.Id)], ct);
        var with = open.Where(c => files.Contains(c.Id)).Select(c => new ShelfPage.WithFiles(c, [.. files[c.Id]])).ToList();
        return new ShelfPage.View(ShelfTab.Files, null, [], with, page.Next, after.IsStart);
    }
}

/// <summary>The parts of a reader's library.</summary>
public enum ShelfTab { Saved, Playing, Files }
