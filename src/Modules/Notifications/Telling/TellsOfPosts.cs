using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Notifications.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;

namespace Stipend.Notifications.Telling;

/// <summary>
/// Tells those to whom a new post is open, and at each later step of its release those to whom it then opens: the gate says who that is, and
/// whoever was told before is not told again.
/// </summary>
internal sealed class TellsOfPosts(Db db, IGate gate, ICampaigns campaigns, IPostDoors posts, INotifications notifications)
    : IHandle<PostPublished>, IHandle<PostReleased>
{
    public Task Handle(PostPublished message, MessageContext context, CancellationToken ct) => !message.IsNews(context.Now) ? Task.CompletedTask
        : Tell(message.BookId, message.CampaignId, message.PostId, message.RuleId, message.At, ct);

    public Task Handle(PostReleased message, MessageContext context, CancellationToken ct) =>
        Tell(message.BookId, message.CampaignId, message.PostId, message.RuleId, message.PublishedAt, ct);

    private async Task Tell(long bookId, long campaignId, long postId, long ruleId, Instant publishedAt, CancellationToken ct)
    {
        // Withdrawn, moved to another book or made a draft since: there is nothing to tell of.
        if (await campaigns.Find(campaignId, ct) is not { IsPublished: true } campaign || campaign.BookId != bookId
            || await posts.Find(postId, null, ct) is not { } post || post.RuleId != ruleId) return;
        var readers = (await gate.OpenTo(ruleId, publishedAt, ct)).Where(p => p != campaign.OwnerId).ToList();
        await notifications.Tell(readers, new NewNotification(bookId, NotificationKind.NewPost, postId, null, post.Title, post.Path)
            { PostId = postId, KeepUntil = FollowsPosts.Until((await gate.Releases([ruleId], ct))[ruleId]) }, ct);
        if (await posts.Find(postId, null, ct) is null) await FollowsPosts.Hide(db, postId, ct); // it went while they were told
    }
}
