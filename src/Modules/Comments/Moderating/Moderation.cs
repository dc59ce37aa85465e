using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Comments.Model;
using Stipend.Comments.Talk;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;
using Stipend.Posts.Contracts;

namespace Stipend.Comments.Moderating;

/// <summary>Keeping order under a campaign's posts: what waits, word filter, who is blocked, who helps. The creator's, and as far as it is
/// about comments their moderators'.</summary>
internal static class Moderation
{
    private const int PageSize = 50;
    private const int MaxFilter = 10_000;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/comments/{id:long}/moderate", Moderate).RequireSignIn();
        app.MapGet("/{vanity}/comments", Show).RequireSignIn();
        app.MapPost("/{vanity}/comments/filter", SaveFilter).RequireSignIn();
        app.MapPost("/{vanity}/comments/unblock", (string vanity, HttpContext http, ICampaigns campaigns, Db db, CommentDesk desk, CancellationToken ct) =>
            Drop("comment_block", false, vanity, http, campaigns, db, desk, ct)).RequireSignIn();
        app.MapPost("/{vanity}/comments/dismiss", (string vanity, HttpContext http, ICampaigns campaigns, Db db, CommentDesk desk, CancellationToken ct) =>
            Drop("comment_moderator", true, vanity, http, campaigns, db, desk, ct)).RequireSignIn();
    }

    /// <summary>Keep, remove, pin or unpin a comment, block its author, or make them a moderator.</summary>
    internal static async Task<string> Handle(Seen seen, string action, long me, WriteComment.Services s, CancellationToken ct)
    {
        var comment = seen.Comment;
        if (!seen.Standing.Moderates) throw Refusal.NotFound("comment");
        var now = await s.Books.Now(comment.BookId, ct);
        switch (action)
        {
            case "keep" when comment.State == CommentState.Held:
                comment.Keep();
                var answered = await s.Db.Comments.SingleOrDefaultAsync(c => c.Id == comment.ParentId, ct);
                await WriteComment.Tell(comment, answered, seen.Post, s, ct); // whoever was told before it was held is not told again
                return "It is shown.";
            case "keep" when comment.State == CommentState.Shown:
                return "It stays."; // its reports are settled with this
            case "remove" when comment.State is CommentState.Shown or CommentState.Held:
                comment.Remove();
                return "Removed.";
            case "pin" when comment is { State: CommentState.Shown, ParentId: null }:
                await s.Db.Execute("UPDATE comment SET pinned_at = NULL WHERE post_id = @post AND pinned_at IS NOT NULL", ct, ("post", comment.PostId));
                comment.Pin(now);
                return "Pinned above the others.";
            case "unpin":
                comment.Pin(null);
                return "No longer pinned.";
            case "block" when comment.AuthorId != seen.Post.Campaign.OwnerId && comment.AuthorId != me
                && (seen.Standing.IsOwner || !(await s.Desk.StandingOf(comment.CampaignId, seen.Post.Campaign.OwnerId, comment.AuthorId, ct)).Moderates):
                await s.Db.Execute("INSERT INTO comment_block (campaign_id, person_id, blocked_by, created_at) VALUES (@campaign, @person, @me, @now) ON CONFLICT DO NOTHING",
                    ct, ("campaign", comment.CampaignId), ("person", comment.AuthorId), ("me", me), ("now", now));
                await s.Db.Execute("DELETE FROM comment_moderator WHERE campaign_id = @campaign AND person_id = @person", ct,
                    ("campaign", comment.CampaignId), ("person", comment.AuthorId));
                return "Blocked: this person writes no more comments here.";
            case "appoint" when seen.Standing.IsOwner && comment.AuthorId != me:
                await s.Db.Execute("INSERT INTO comment_moderator (campaign_id, person_id, created_at) VALUES (@campaign, @person, @now) ON CONFLICT DO NOTHING",
                    ct, ("campaign", comment.CampaignId), ("person", comment.AuthorId), ("now", now));
                return "This person now helps you keep order.";
            default: throw Refusal.Conflict("comment_changed", "This cannot be done to the comment as it is now. Reload the page and look again.");
        }
    }

    private static async Task<IResult> Moderate(long id, HttpContext http, WriteComment.Services s, CancellationToken ct)
    {
        var (input, me) = (await FormInput.Read(http, ct), http.RequireViewer().Id);
        await using var transaction = await s.Db.BeginWrite(ct);
        var seen = await s.Desk.Find(id, me, ct);
        var done = await Handle(seen, input.Raw("action"), me, s, ct);
        if (input.Raw("action") is "keep" or "remove")
            await s.Db.Execute("UPDATE comment_report SET settled_at = @now WHERE comment_id = @id AND settled_at IS NULL", ct,
                ("now", await s.Books.Now(seen.Comment.BookId, ct)), ("id", id));
        await transaction.Commit(ct);
        http.Flashes(done);
        return Pages.SeeOther(input.Has("back") ? Pages.Local(input.Raw("back")) : seen.Post.Path + "#comments");
    }

    private static async Task<(CampaignInfo Campaign, Standing Standing)> Enter(string vanity, HttpContext http, ICampaigns campaigns, CommentDesk desk,
        CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        var standing = await desk.StandingOf(campaign.Id, campaign.OwnerId, http.RequireViewer().Id, ct);
        return standing.Moderates ? (campaign, standing) : throw Refusal.NotFound("page");
    }

    private static async Task<IResult> Show(string vanity, string? after, string? blocked, string? helpers, HttpContext http, ICampaigns campaigns, Db db,
        CommentDesk desk, IPostDoors doors, IPeople people, Books books, CancellationToken ct)
    {
        var (campaign, standing) = await Enter(vanity, http, campaigns, desk, ct);
        var from = PageKey.Parse(after, PageKey.Oldest);
        var (waiting, next) = await Waiting(campaign.Id, http.RequireViewer().Id, from, db, doors, ct);
        var (barred, moderators) = (await People("comment_block", campaign.Id, blocked, db, ct), await People("comment_moderator", campaign.Id, helpers, db, ct));
        var names = await people.NamesOf([.. waiting.Select(w => w.AuthorId).Concat(barred.Ids).Concat(moderators.Ids).Distinct()], ct);
        ModerationPage.PeoplePage Named((List<long> Ids, string? Next) page, string? asked) =>
            new(page.Ids.ConvertAll(id => new ModerationPage.Person(id, names.GetValueOrDefault(id, ""))), page.Next, asked is null);
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<ModerationPage>(new ModerationPage.View(campaign, await books.Now(campaign.BookId, ct), standing.IsOwner,
            waiting.ConvertAll(w => w with { Author = names.GetValueOrDefault(w.AuthorId, "") }), next, from == PageKey.Oldest ? null : from.ToString(),
            await WriteComment.FilterOf(campaign.Id, db, ct), Named(barred, blocked), Named(moderators, helpers)));
    }

    /// <summary>A page of what waits, oldest first. Who helps reads no more than their tier opens: each post's door is asked, once.</summary>
    private static async Task<(List<ModerationPage.Waiting> Rows, string? Next)> Waiting(long campaignId, long me, PageKey from, Db db, IPostDoors doors,
        CancellationToken ct)
    {
        var open = new Dictionary<long, bool>();
        return await PageKey.Fill(from, PageSize, (key, take) => Waiting(campaignId, key, take, db, ct), async rows =>
        {
            foreach (var post in rows.Select(r => r.PostId).Where(id => !open.ContainsKey(id)).ToHashSet())
                open[post] = await doors.Find(post, me, ct) is { Decision.IsOpen: true };
            return rows.FindAll(r => open[r.PostId]);
        }, w => PageKey.Of(w.At, w.Id));
    }

    /// <summary>Held comments and reported ones, oldest first.</summary>
    private static async Task<List<ModerationPage.Waiting>> Waiting(long campaignId, PageKey from, int take, Db db, CancellationToken ct)
    {
        var waiting = new List<ModerationPage.Waiting>();
        await using var command = await db.Command("""
            SELECT c.id, c.author_id, c.body, c.state, c.created_at, COUNT(r.reporter_id), COALESCE(MAX(r.reason), ''), c.post_id
            FROM comment c LEFT JOIN comment_report r ON r.comment_id = c.id AND r.settled_at IS NULL
            WHERE c.campaign_id = @campaign AND (c.created_at, c.id) > (@at, @id) AND (c.state = 'held' OR (c.state = 'shown' AND c.id IN (
                SELECT o.comment_id FROM comment_report o WHERE o.campaign_id = @campaign AND o.settled_at IS NULL)))
            GROUP BY c.id, c.author_id, c.body, c.state, c.created_at, c.post_id ORDER BY c.created_at, c.id LIMIT @take
            """, ct, ("campaign", campaignId), ("at", from.At), ("id", from.Id), ("take", (long)take));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            waiting.Add(new ModerationPage.Waiting(reader.GetInt64(0), reader.GetInt64(1), "", CommentText.Parts(reader.GetString(2)),
                Columns.Enum<CommentState>(reader.GetString(3)), Instant.FromUnixTimeMilliseconds(reader.GetInt64(4)), (int)reader.GetInt64(5),
                reader.GetString(6), reader.GetInt64(7)));
        return waiting;
    }

    /// <summary>Last put there first.</summary>
    private static async Task<(List<long> Ids, string? Next)> People(string table, long campaignId, string? before, Db db, CancellationToken ct)
    {
        var (from, found) = (PageKey.Parse(before, PageKey.Newest), new List<PageKey>());
        await using var command = await db.Command($"""
            SELECT created_at, person_id FROM {table} WHERE campaign_id = @campaign AND (created_at, person_id) < (@at, @id)
            ORDER BY created_at DESC, person_id DESC LIMIT @take
            """, ct, ("campaign", campaignId), ("at", from.At), ("id", from.Id), ("take", PageSize + 1L));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add(new PageKey(reader.GetInt64(0), reader.GetInt64(1)));
        var (rows, next) = PageKey.Page(found, PageSize, key => key);
        return (rows.ConvertAll(key => key.Id), next);
    }

    private static async Task<IResult> SaveFilter(string vanity, HttpContext http, ICampaigns campaigns, Db db, CommentDesk desk, CancellationToken ct)
    {
        var (campaign, _) = await Enter(vanity, http, campaigns, desk, ct);
        var input = await FormInput.Read(http, ct);
        var words = input.Text("words", MaxFilter);
        input.Check();
        await db.Execute("INSERT INTO comment_filter (campaign_id, words) VALUES (@campaign, @words) ON CONFLICT (campaign_id) DO UPDATE SET words = excluded.words",
            ct, ("campaign", campaign.Id), ("words", words));
        http.Flashes("Saved.");
        return Pages.SeeOther($"/{campaign.Vanity}/comments");
    }

    private static async Task<IResult> Drop(string table, bool ownerOnly, string vanity, HttpContext http, ICampaigns campaigns, Db db, CommentDesk desk,
        CancellationToken ct)
    {
        var (campaign, standing) = await Enter(vanity, http, campaigns, desk, ct);
        if (ownerOnly && !standing.IsOwner) throw Refusal.NotFound("page");
        var input = await FormInput.Read(http, ct);
        await db.Execute($"DELETE FROM {table} WHERE campaign_id = @campaign AND person_id = @person", ct, ("campaign", campaign.Id),
            ("person", input.Id("person") ?? 0));
        return Pages.SeeOther($"/{campaign.Vanity}/comments");
    }
}
