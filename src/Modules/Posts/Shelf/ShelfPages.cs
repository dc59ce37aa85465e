using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Http;
using Stipend.Posts.Collecting;
using Stipend.Posts.Files;
using Stipend.Posts.Read;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Shelf;

/// <summary>
/// A reader's own library: what they put by, the collections of the campaigns they are in, what they have begun to hear or watch, and the files they may
/// download. Everything asks the gate now: what closed since shows its title and nothing more, and its files are gone from here.
/// </summary>
internal static class ShelfPages
{
    internal const int PageSize = 20;

    /// <summary>Posts looked through for files in one page.</summary>
    private const int PostsLookedThrough = 40;

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/library", Show).RequireSignIn();

    private static async Task<IResult> Show(string? show, string? before, HttpContext http, SavedPosts saved, IPlaying playing, PostReading reading,
        IVault vault, Followed followed, CancellationToken ct)
    {
        var (me, after) = (http.RequireViewer().Id, PostCursor.Parse(before));
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<ShelfPage>(show switch
        {
            "playing" => await Playing(me, PageKey.Parse(before, PageKey.Newest), playing, reading, ct),
            "collections" => await InCollections(me, PageKey.Parse(before, PageKey.Newest), followed, ct),
            "files" => await Files(me, after, reading, vault, ct),
            _ => await Saved(me, after, saved, reading, ct),
        });
    }

    private static async Task<ShelfPage.View> Saved(long me, PostCursor after, SavedPosts saved, PostReading reading, CancellationToken ct)
    {
        var rows = await saved.Page(me, after, PageSize + 1, ct);
        var cards = await reading.ByIds([.. rows.Take(PageSize).Select(r => r.PostId)], me, ct);
        var next = rows.Count > PageSize ? new PostCursor(rows[PageSize - 1].At, rows[PageSize - 1].PostId) : (PostCursor?)null;
        return new ShelfPage.View(ShelfTab.Saved, after.IsStart) { Saved = new PostPage(cards, next) };
    }

    private static async Task<ShelfPage.View> InCollections(long me, PageKey after, Followed followed, CancellationToken ct)
    {
        var (rows, next) = await followed.Page(me, after, PageSize, ct);
        return new ShelfPage.View(ShelfTab.Collections, after == PageKey.Newest) { Collections = rows, Next = next };
    }

    private static async Task<ShelfPage.View> Playing(long me, PageKey after, IPlaying playing, PostReading reading, CancellationToken ct)
    {
        var posts = new Dictionary<long, PostCard>();
        var (begun, next) = await PageKey.Fill(after, PageSize, (key, take) => playing.UnfinishedOf(me, key, take, ct), async rows =>
        {
            var held = rows.FindAll(u => u.HolderKind == PostFiles.KindName);
            foreach (var card in await reading.ByIds([.. held.Select(u => u.HolderId).Distinct()], me, ct))
                if (card.Lock is null) posts[card.Id] = card;
            return held.FindAll(u => posts.ContainsKey(u.HolderId));
        }, u => u.Key);
        return new ShelfPage.View(ShelfTab.Playing, after == PageKey.Newest)
        {
            Playing = begun.ConvertAll(u => new ShelfPage.Begun(u, posts[u.HolderId])), Next = next,
        };
    }

    private static async Task<ShelfPage.View> Files(long me, PostCursor after, PostReading reading, IVault vault, CancellationToken ct)
    {
        var page = await reading.OfMemberships(me, after, PostsLookedThrough, ct);
        var open = page.Cards.Where(c => c.Lock is null).ToList();
        var files = await vault.FilesOf(PostFiles.KindName, [.. open.Select(c => c.Id)], ct);
        var with = open.Where(c => files.Contains(c.Id)).Select(c => new ShelfPage.WithFiles(c, [.. files[c.Id]])).ToList();
        return new ShelfPage.View(ShelfTab.Files, after.IsStart) { Files = with, Next = page.Next?.ToString() };
    }
}

/// <summary>Collections of the published campaigns a person is a member of; one that has nothing to read yet is not among them.</summary>
internal sealed class Followed(Collections collections, IGate gate, ICampaigns campaigns)
{
    /// <summary>The one that last got something to read first.</summary>
    public async Task<(List<ShelfPage.InCampaign> Rows, string? Next)> Page(long personId, PageKey after, int take, CancellationToken ct)
    {
        var open = (await campaigns.FindMany(await gate.CampaignsOpenTo(personId, ct), ct)).Where(c => c.Value.IsPublished).ToDictionary();
        var (rows, next) = PageKey.Page(await collections.InCampaigns(open.Keys, after, take + 1, ct), take,
            r => PageKey.Of(r.ChangedAt, r.Collection.Id));
        return (rows.ConvertAll(r => new ShelfPage.InCampaign(open[r.CampaignId], r.Collection)), next);
    }
}

/// <summary>The parts of a reader's library.</summary>
public enum ShelfTab { Saved, Collections, Playing, Files }
