using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;

namespace Stipend.Notifications.Telling;

/// <summary>
/// What was told of a post, and of the comments under it, is hidden while the post is gone and there again when it is published again: deleted or only
/// withdrawn looks alike from here. How long it must be kept follows the post's release.
/// </summary>
internal sealed class FollowsPosts(Db db, IGate gate, IPostDoors posts) : IHandle<PostChanged>
{
    public async Task Handle(PostChanged message, MessageContext context, CancellationToken ct)
    {
        if (message.Kind == PostChangeKind.Removed)
        {
            await Hide(db, message.PostId, ct);
            return;
        }
        if (message.Kind == PostChangeKind.Published)
            await db.Execute("UPDATE notification SET is_hidden = @no WHERE post_id = @post AND is_hidden", ct, ("no", false), ("post", message.PostId));
        if (await posts.Find(message.PostId, null, ct) is not { } post) return;
        var until = Until((await gate.Releases([post.RuleId], ct))[post.RuleId]);
        await db.Execute("UPDATE notification SET keep_until = @until WHERE post_id = @post AND keep_until <> @until", ct,
            ("until", until?.ToUnixTimeMilliseconds() ?? 0), ("post", message.PostId));
    }

    internal static Task<int> Hide(Db db, long postId, CancellationToken ct) =>
        db.Execute("UPDATE notification SET is_hidden = @yes WHERE post_id = @post AND NOT is_hidden", ct, ("yes", true), ("post", postId));

    /// <summary>When a post is told of for the last time, with a month for the message to come through a site that was off; null when it is
    /// never told of again.</summary>
    internal static Instant? Until(Release release) => release.Later is [.., var last] ? last.From + Duration.FromDays(30) : null;
}
