using Stipend.Mailings.Sending;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;

namespace Stipend.Mailings.Gathering;

/// <summary>A post that was changed or removed stops the batch in hand: its letters were drawn from what the post is no more.</summary>
internal sealed class BreaksBatches(Db db, MailingQueue queue, WakeUp<Mailer> wakeUp) : IHandle<PostChanged>
{
    public async Task Handle(PostChanged message, MessageContext context, CancellationToken ct)
    {
        if (message.Kind == PostChangeKind.Published) return;
        await queue.Break(message.PostId, ct);
        db.AfterCommit(wakeUp.Signal);
    }
}
