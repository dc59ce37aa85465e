using Microsoft.EntityFrameworkCore;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;

namespace Stipend.Posts.Model;

/// <summary>A later step of a post's release has come; a job in the clock of the campaign's book.</summary>
internal sealed record ReleaseStepDue(long PostId, long RuleId, Instant At);

/// <summary>
/// Tells when a post opens to more people. The opening itself needs nobody: the gate knows the steps and counts by the present. A step is told
/// only while the post still has the release it belongs to.
/// </summary>
internal sealed class Releasing(Db db, IGate gate, Outbox outbox) : IHandle<ReleaseStepDue>
{
    /// <summary>Enqueues a published post's coming steps; those known already are not enqueued twice.</summary>
    public async Task Plan(Post post, Instant now, CancellationToken ct)
    {
        foreach (var step in (await gate.Releases([post.RuleId], ct))[post.RuleId].Later.Where(s => s.From > now))
            outbox.Enqueue(new ReleaseStepDue(post.Id, post.RuleId, step.From), step.From, post.BookId,
                $"release:{post.Id}:{post.RuleId}:{step.From.ToUnixTimeMilliseconds()}");
    }

    public async Task Handle(ReleaseStepDue message, MessageContext context, CancellationToken ct)
    {
        var post = await db.Posts.AsNoTracking().SingleOrDefaultAsync(p => p.Id == message.PostId && p.DeletedAt == null, ct);
        if (post is not { State: PostState.Published } || post.RuleId != message.RuleId || post.BookId != context.BookId) return;
        outbox.Publish(new PostReleased(post.BookId, post.CampaignId, post.Id, post.Title, post.RuleId, post.PublishedAt!.Value, message.At)
            { ByMail = post.ByMail }, post.BookId, $"campaign:{post.CampaignId}");
    }
}
