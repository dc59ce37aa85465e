using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Comments.Model;
using Stipend.Notifications.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Comments.Talk;

/// <summary>What a reader does with a comment: like, report, mute its author; and with their own: edit, delete.</summary>
internal static class ActOnComment
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/comments/{id:long}/like", Like).RequireSignIn();
        app.MapPost("/comments/{id:long}/report", Report).RequireSignIn();
        app.MapPost("/comments/{id:long}/mute", Mute).RequireSignIn();
        app.MapPost("/comments/{id:long}/edit", Edit).RequireSignIn();
        app.MapPost("/comments/{id:long}/delete", Delete).RequireSignIn();
        app.MapPost("/comments/mutes/{person:long}/end", Unmute).RequireSignIn();
    }

    private static async Task<IResult> Like(long id, HttpContext http, WriteComment.Services s, CancellationToken ct)
    {
        var input = await FormInput.Read(http, ct);
        var (me, back) = (http.RequireViewer().Id, Pages.Local(input.Raw("back"), $"/comments/{id}"));
        var seen = await s.Desk.Find(id, me, ct);
        if (seen.Comment.State != CommentState.Shown) throw Refusal.NotFound("comment");
        if (input.Raw("like") == "no")
            await s.Db.Execute("DELETE FROM comment_like WHERE comment_id = @id AND person_id = @me", ct, ("id", id), ("me", me));
        else await s.Db.Execute("INSERT INTO comment_like (comment_id, person_id) VALUES (@id, @me) ON CONFLICT DO NOTHING", ct, ("id", id), ("me", me));
        return Pages.SeeOther($"{back}#comment-{id}");
    }

    private static async Task<IResult> Report(long id, HttpContext http, WriteComment.Services s, CancellationToken ct)
    {
        var input = await FormInput.Read(http, ct);
        var (me, reason) = (http.RequireViewer().Id, input.Text(Named(input, "reason", id), 500));
        input.Check();
        await using var transaction = await s.Db.BeginWrite(ct);
        var seen = await s.Desk.Find(id, me, ct);
        if (seen.Comment.AuthorId == me) throw Refusal.Conflict("own_comment", "This is your own comment. You can delete it.");
        await s.Db.Execute("""
            INSERT INTO comment_report (comment_id, reporter_id, campaign_id, reason, created_at) VALUES (@id, @me, @campaign, @reason, @now)
            ON CONFLICT DO NOTHING
            """, ct, ("id", id), ("me", me), ("campaign", seen.Comment.CampaignId), ("reason", reason), ("now", await s.Books.Now(seen.Comment.BookId, ct)));
        await using var open = await s.Db.Command("SELECT COUNT(*) FROM comment_report WHERE comment_id = @id AND settled_at IS NULL", ct, ("id", id));
        if (s.Options.HoldAfterReports is > 0 and var most && (long)(await open.ExecuteScalarAsync(ct))! >= most
            && seen.Comment.State == CommentState.Shown) seen.Comment.Hold();
        await transaction.Commit(ct);
        http.Flashes("Reported. A moderator looks at it.");
        return Pages.SeeOther(seen.Post.Path + "#comments");
    }

    private static async Task<IResult> Mute(long id, HttpContext http, WriteComment.Services s, Clock clock, CancellationToken ct)
    {
        var me = http.RequireViewer().Id;
        var seen = await s.Desk.Find(id, me, ct);
        if (seen.Comment.AuthorId == me) throw Refusal.Conflict("own_comment", "This is your own comment. You can delete it.");
        await s.Db.Execute("INSERT INTO comment_mute (person_id, muted_id, created_at) VALUES (@me, @muted, @now) ON CONFLICT DO NOTHING", ct,
            ("me", me), ("muted", seen.Comment.AuthorId), ("now", clock.Now()));
        http.Flashes("Muted. You see nothing more of this person; they are not told. Your account has the list, to take it back.");
        return Pages.SeeOther(seen.Post.Path + "#comments");
    }

    private static async Task<IResult> Unmute(long person, HttpContext http, Db db, CancellationToken ct)
    {
        await db.Execute("DELETE FROM comment_mute WHERE person_id = @me AND muted_id = @muted", ct, ("me", http.RequireViewer().Id), ("muted", person));
        return Pages.SeeOther("/account/mutes");
    }

    private static async Task<IResult> Edit(long id, HttpContext http, WriteComment.Services s, CancellationToken ct)
    {
        WriteComment.CheckSize(http);
        return await FormInput.Submit(http, input => Change(id, input, http, s, ct), async typed =>
        {
            var (seen, field) = (await Mine(id, http, s, ct), typed.Values.ContainsKey("body") ? "body" : $"body-{id}");
            return Pages.Show<RetryPage>(new RetryPage.View(seen.Post.Campaign, $"/comments/{id}/edit", seen.Post.Title, seen.Post.Path, field, typed));
        });
    }

    private static async Task<IResult> Change(long id, FormInput input, HttpContext http, WriteComment.Services s, CancellationToken ct)
    {
        var body = CommentText.Clean(input.Verbatim(Named(input, "body", id)));
        WriteComment.Check(body);
        await using var transaction = await s.Db.BeginWrite(ct);
        var seen = await Mine(id, http, s, ct);
        if (seen.Standing.IsBlocked) throw Refusal.Forbidden("You may not comment here. The creator of this page decided so.");
        var held = !seen.Standing.Moderates && CommentText.Has(body, await WriteComment.FilterOf(seen.Comment.CampaignId, s.Db, ct));
        if (body != seen.Comment.Body) seen.Comment.Edit(body, held, await s.Books.Now(seen.Comment.BookId, ct));
        await transaction.Commit(ct);
        return Pages.SeeOther($"{Pages.Local(input.Raw("back"), $"/comments/{seen.Comment.ThreadId}")}#comment-{id}");
    }

    private static async Task<IResult> Delete(long id, HttpContext http, WriteComment.Services s, CancellationToken ct)
    {
        await using var transaction = await s.Db.BeginWrite(ct);
        var seen = await Mine(id, http, s, ct);
        seen.Comment.Delete();
        await s.Db.Execute("DELETE FROM comment_like WHERE comment_id = @id", ct, ("id", id));
        await s.Notifications.Forget(NotificationKind.Reply, id, ct);
        await s.Notifications.Forget(NotificationKind.Comment, id, ct);
        await transaction.Commit(ct);
        http.Flashes("Deleted.");
        return Pages.SeeOther(seen.Post.Path + "#comments");
    }

    /// <summary>A page of a thread has many forms, and every field of it a name of its own.</summary>
    private static string Named(FormInput input, string name, long id) => input.IsSent(name) ? name : $"{name}-{id}";

    /// <exception cref="Refusal">It is somebody else's, or gone.</exception>
    private static async Task<Seen> Mine(long id, HttpContext http, WriteComment.Services s, CancellationToken ct)
    {
        var me = http.RequireViewer().Id;
        var seen = await s.Desk.Find(id, me, ct);
        return seen.Comment.AuthorId == me && seen.Comment.State is (CommentState.Shown or CommentState.Held)
            ? seen : throw Refusal.NotFound("comment");
    }
}
