using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Comments.Contracts;
using Stipend.Comments.Model;
using Stipend.Notifications.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;
using Stipend.Posts.Contracts;

namespace Stipend.Comments.Talk;

/// <summary>Somebody who may read a post writes under it, or answers a comment there. Whoever is answered is told.</summary>
internal static class WriteComment
{
    /// <summary>A comment of full length in any script, its form around it.</summary>
    internal const long MaxFormBytes = 64 * 1024;

    internal static void Map(IEndpointRouteBuilder app) =>
        app.MapPost("/comments/on/{post:long}", Post).RequireSignIn();

    internal sealed class Services(Db db, Ids ids, Books books, CommentDesk desk, INotifications notifications, CommentsOptions options)
    {
        public Db Db => db;
        public Ids Ids => ids;
        public Books Books => books;
        public CommentDesk Desk => desk;
        public INotifications Notifications => notifications;
        public CommentsOptions Options => options;
    }

    internal static async Task<Comment> Handle(long postId, long? parentId, string typed, long me, Services s, CancellationToken ct)
    {
        await using var transaction = await s.Db.BeginWrite(ct);
        var (post, standing) = await s.Desk.Enter(postId, me, ct);
        if (standing.IsBlocked) throw Refusal.Forbidden("You may not comment here. The creator of this page decided so.");
        var parent = parentId is { } answered ? await s.Db.Comments.SingleOrDefaultAsync(c => c.Id == answered && c.PostId == postId
            && (c.State == CommentState.Shown || (c.State == CommentState.Held && c.AuthorId == me)), ct)
            ?? throw Refusal.InvalidField("body", "The comment you answer is gone.") : null;
        var body = CommentText.Clean(typed);
        Check(body);
        var now = await s.Books.Now(post.Campaign.BookId, ct);
        if (await Again(postId, parent?.ThreadId, me, body, now, s, ct) is { } known) return known; // the button was pressed twice
        if (!standing.Moderates) await CheckPace(me, now, s, ct); // whoever keeps order may thank ten people at once
        var held = !standing.Moderates && CommentText.Has(body, await FilterOf(post.Campaign.Id, s.Db, ct));
        var comment = Comment.Written(s.Ids.Next(), post.Campaign.BookId, post.Campaign.Id, postId, parent?.ThreadId, me, body, held, now);
        s.Db.Comments.Add(comment);
        await s.Db.SaveChangesAsync(ct);
        if (!held) await Tell(comment, parent, post, s, ct);
        await transaction.Commit(ct);
        return comment;
    }

    /// <exception cref="Refusal">Nothing is left of it, or too much.</exception>
    internal static void Check(string body)
    {
        if (body.Length == 0) throw Refusal.InvalidField("body", "Write something first.");
        if (body.Length > Comment.MaxBody) throw Refusal.InvalidField("body", $"A comment has at most {Comment.MaxBody:N0} characters; this has {body.Length:N0}.");
    }

    internal static async Task<string> FilterOf(long campaignId, Db db, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT words FROM comment_filter WHERE campaign_id = @campaign", ct, ("campaign", campaignId));
        return await command.ExecuteScalarAsync(ct) as string ?? "";
    }

    /// <summary>Tells who was answered, or the creator of a new comment; nobody is told by people they muted.</summary>
    internal static async Task Tell(Comment comment, Comment? answered, PostDoor post, Services s, CancellationToken ct)
    {
        var to = answered?.AuthorId ?? post.Campaign.OwnerId;
        if (to == comment.AuthorId || (answered is not null && answered.State == CommentState.Deleted)) return;
        await using var command = await s.Db.Command("SELECT COUNT(*) FROM comment_mute WHERE person_id = @to AND muted_id = @me", ct, ("to", to),
            ("me", comment.AuthorId));
        if ((long)(await command.ExecuteScalarAsync(ct))! > 0) return;
        await s.Notifications.Tell([to], new NewNotification(comment.BookId, answered is null ? NotificationKind.Comment : NotificationKind.Reply,
            comment.Id, comment.AuthorId, post.Title, $"/comments/{comment.ThreadId}#comment-{comment.Id}") { PostId = post.Id }, ct);
    }

    private static Task<Comment?> Again(long postId, long? threadId, long me, string body, Instant now, Services s, CancellationToken ct)
    {
        var since = now - Duration.FromMinutes(1);
        return s.Db.Comments.FirstOrDefaultAsync(c => c.AuthorId == me && c.CreatedAt > since && c.PostId == postId && c.ParentId == threadId
            && c.Body == body && c.State != CommentState.Deleted, ct);
    }

    /// <summary>Whether a new comment is among those the post's page shows: the newest that stand by themselves, and the first answers to each.</summary>
    private static async Task<bool> IsInSight(Comment comment, Services s, CancellationToken ct) => comment.ParentId is null
        || await s.Db.Comments.CountAsync(c => c.ParentId == comment.ParentId && c.Id != comment.Id
            && (c.State == CommentState.Shown || (c.State == CommentState.Held && c.AuthorId == comment.AuthorId)), ct) < CommentReading.RepliesShown;

    private static async Task CheckPace(long me, Instant now, Services s, CancellationToken ct)
    {
        var (minute, day) = (now - Duration.FromMinutes(1), now - Duration.FromDays(1));
        if (await s.Db.Comments.CountAsync(c => c.AuthorId == me && c.CreatedAt > minute, ct) >= s.Options.PerMinute
            || await s.Db.Comments.CountAsync(c => c.AuthorId == me && c.CreatedAt > day, ct) >= s.Options.PerDay)
            throw Refusal.TooMany("You have written a lot in a short time. Wait a little and go on.");
    }

    /// <summary>Said before the body is read, and not as the endpoint's limit: past that the server hangs up, and a browser shows no sentence.</summary>
    /// <exception cref="Refusal">What is sent is larger than any comment.</exception>
    internal static void CheckSize(HttpContext http)
    {
        if (http.Request.ContentLength > MaxFormBytes) throw new Refusal(413, "too_large",
            $"A comment has at most {Comment.MaxBody:N0} characters. Make it shorter and send it again.");
    }

    private static async Task<IResult> Post(long post, HttpContext http, Services s, CancellationToken ct)
    {
        CheckSize(http);
        var me = http.RequireViewer().Id;
        return await FormInput.Submit(http, async input =>
        {
            var comment = await Handle(post, input.Id("parent"), input.Verbatim("body"), me, s, ct);
            if (comment.State == CommentState.Held) http.Flashes("A moderator looks at it before others see it.");
            var back = Pages.Local(input.Raw("back"), "");
            return Pages.SeeOther($"{(back.Length > 0 && await IsInSight(comment, s, ct) ? back : $"/comments/{comment.ThreadId}")}#comment-{comment.Id}");
        }, async typed =>
        {
            var (door, _) = await s.Desk.Enter(post, me, ct);
            return Pages.Show<RetryPage>(new RetryPage.View(door.Campaign, $"/comments/on/{post}", door.Title, door.Path, "body", typed)); // what was typed is not lost
        });
    }
}
