using System.Globalization;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Mailings.Choosing;
using Stipend.Mailings.Sending;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;

namespace Stipend.Mailings.Gathering;

/// <summary>
/// Writes down who is to get a post by mail when it opens to them, at once and at each later step of its release. Whoever has a row keeps it: the key
/// of post and person makes “once” true. Who was left out, because it was closed to them or withdrawn, waits again. At a later step only those are
/// written down to whom that step opens it: who could read it before has had their mail, or came later and found it there.
/// </summary>
internal sealed class GathersRecipients(Db db, Ids ids, Clock clock, IGate gate, ICampaigns campaigns, IPostDoors posts, WakeUp<Mailer> wakeUp)
    : IHandle<PostPublished>, IHandle<PostReleased>
{
    private const int Batch = 5_000;

    public Task Handle(PostPublished message, MessageContext context, CancellationToken ct) =>
        !message.ByMail || !message.IsNews(context.Now) ? Task.CompletedTask
        : Gather(message.BookId, message.CampaignId, message.PostId, message.RuleId, message.At, null, ct);

    public Task Handle(PostReleased message, MessageContext context, CancellationToken ct) => !message.ByMail ? Task.CompletedTask
        : Gather(message.BookId, message.CampaignId, message.PostId, message.RuleId, message.PublishedAt, message.At, ct);

    private async Task Gather(long bookId, long campaignId, long postId, long ruleId, Instant publishedAt, Instant? stepAt, CancellationToken ct)
    {
        // Withdrawn, moved to another book or made a draft since: there is nothing to send.
        if (await campaigns.Find(campaignId, ct) is not { IsPublished: true } campaign || campaign.BookId != bookId
            || await posts.Find(postId, null, ct) is not { } post || post.RuleId != ruleId) return;
        var readers = (await gate.OpenTo(ruleId, publishedAt, ct)).Where(p => p != campaign.OwnerId).Order().ToList();
        if (stepAt is { } step && await Before(campaignId, ruleId, step, ct) is { } before)
            readers.RemoveAll((await gate.OpenTo(before, publishedAt, readers, ct)).ToHashSet().Contains);
        if (readers.Count == 0) return;
        await using var transaction = await db.BeginWrite(ct);
        var now = clock.Now(); // the world's: mail servers know no other
        // A turn under way asked the gate before this: it ends, as by an edit, or it would leave out whom this step opens the post to.
        var isOpen = await db.Execute("""
            INSERT INTO mailing (post_id, book_id, campaign_id, title, is_stopped, due_at, turn_at, lease_until, lease_token, troubles, created_at)
            VALUES (@post, @book, @campaign, @title, @no, @now, @now, 0, 0, 0, @now)
            ON CONFLICT (post_id) DO UPDATE SET due_at = @now, title = @title, lease_token = mailing.lease_token + 1, lease_until = 0
              WHERE mailing.pruned_at IS NULL
            """, ct, ("post", postId), ("book", bookId), ("campaign", campaignId), ("title", post.Title), ("no", false), ("now", now)) > 0;
        var rows = new JsonRows(db.Engine);
        // Of a pruned mailing nobody knows any more who has had their mail: it takes nobody in.
        foreach (var some in isOpen ? readers.Chunk(Batch) : [])
            await db.Execute($"""
                INSERT INTO mailing_recipient (post_id, person_id, id, book_id, state, attempts, due_at, changed_at, kind)
                SELECT @post, {rows.Number(0)}, {rows.Number(1)}, @book, 'waiting', 0, @now, @now, @kind FROM {rows.From("rows")}
                WHERE NOT {MailChoices.Unwanted(rows.Number(0), "@kind")}
                ON CONFLICT (post_id, person_id) DO UPDATE SET state = 'waiting', reason = NULL, due_at = @now, changed_at = @now, kind = excluded.kind
                  WHERE mailing_recipient.state = 'left_out'
                """, ct, ("post", postId), ("book", bookId), ("campaign", campaignId), ("now", now),
                ("kind", Columns.Of(stepAt is null ? MailKind.New : MailKind.Opened)), ("rows", Rows(some)));
        db.AfterCommit(wakeUp.Signal);
        await transaction.Commit(ct);
    }

    /// <summary>The rule a release had before one of its steps; null when that step is none of its own.</summary>
    private async Task<long?> Before(long campaignId, long ruleId, Instant step, CancellationToken ct)
    {
        if (!(await gate.Releases([ruleId], ct)).TryGetValue(ruleId, out var release) || release.Later.All(s => s.From != step)) return null;
        return await gate.Rule(campaignId, release.Later.LastOrDefault(s => s.From < step)?.Audience ?? release.First, ct);
    }

    private string Rows(long[] people) =>
        $"[{string.Join(',', people.Select(p => string.Create(CultureInfo.InvariantCulture, $"[{p},{ids.Next()}]")))}]";
}
