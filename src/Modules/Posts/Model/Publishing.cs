using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Posts.Collecting;
using Stipend.Posts.Contracts;
using Stipend.Posts.Drafts;
using Stipend.Posts.Files;
using Stipend.Posts.Polls;
using Stipend.Posts.Search;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Model;

/// <summary>A scheduled post's time has come; a job in the clock of the campaign's book.</summary>
internal sealed record PublishScheduled(long PostId, Instant At);

/// <summary>What a creator does with a post beside writing it: publish, schedule, take back, withdraw, delete.</summary>
internal sealed class Publishing(
    Db db, PostWriting writing, Books books, IGate gate, IPaidPosts paidPosts, ISearchIndex search, IVault vault, Outbox outbox,
    PostsOptions options, Releasing releasing, Revisions revisions, PollStore polls, Collections collections)
{
    /// <summary>What publishing a post with its charge ticked would bill now; null when it would bill nothing.</summary>
    public async Task<PostChargePreview?> PreviewCharge(CampaignInfo campaign, Post post, CancellationToken ct)
    {
        if (post.Charge != ChargeState.OnPublish || campaign.Model != BillingModel.PerCreation) return null;
        var preview = await paidPosts.Preview(campaign.BookId, campaign.Id, ct);
        return preview.Patrons == 0 ? preview with { Total = Money.Zero(campaign.Currency) } : preview;
    }

    /// <summary>Publishes a draft or scheduled post: at once, at a later time (by a job, once), or dated back.</summary>
    /// <exception cref="Refusal">It is published already, or may not charge as it is.</exception>
    public async Task<Post> Publish(CampaignInfo campaign, long postId, Instant? at, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var post = await writing.Load(campaign.Id, postId, ct);
        if (post.State == PostState.Published) throw Refusal.Conflict("already_published", "This post is published already.");
        var now = await books.Now(campaign.BookId, ct);
        PostDraft.CheckSteps((await gate.Releases([post.RuleId], ct))[post.RuleId], at ?? now);
        if (post.Charge == ChargeState.OnPublish) PostDraft.CheckCharge(campaign, (await gate.Releases([post.RuleId], ct))[post.RuleId].First);
        if (at > now)
        {
            post.Schedule(at.Value);
            post.BookId = campaign.BookId;
            outbox.Enqueue(new PublishScheduled(post.Id, at.Value), at.Value, campaign.BookId);
        }
        else
        {
            if (at < now && post.Charge == ChargeState.OnPublish)
                throw Refusal.InvalidField("publish_at",
                    "A post that charges cannot be dated back: it bills those who are patrons now. Leave the time empty.");
            await MakePublic(post, campaign, at ?? now, now, isOnTime: at is null || at == now, ct);
        }
        await transaction.Commit(ct);
        return post;
    }

    /// <summary>Publishes a scheduled post at its time, unless it was published, withdrawn, moved or deleted meanwhile.</summary>
    public async Task PublishDue(PublishScheduled job, CampaignInfo campaign, Instant now, CancellationToken ct)
    {
        var post = await db.Posts.SingleOrDefaultAsync(p => p.Id == job.PostId && p.DeletedAt == null, ct);
        if (post is not { State: PostState.Scheduled } || post.PublishAt != job.At) return;
        await MakePublic(post, campaign, job.At, now, isOnTime: true, ct);
    }

    /// <summary>Takes the charge of a post back; the post stays published and bills nobody.</summary>
    /// <exception cref="Refusal"><c>undo_over</c>: the window is over, the lines are frozen.</exception>
    public async Task UndoCharge(CampaignInfo campaign, long postId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var post = await writing.Load(campaign.Id, postId, ct);
        if (post.Charge == ChargeState.Undone) return;
        if (post.Charge != ChargeState.Charged) throw Refusal.Conflict("not_charged",
            "This post has billed nobody, so there is nothing to take back.");
        if (!post.CanUndo(await books.Now(post.BookId, ct)))
            throw Refusal.Conflict("undo_over",
                "The time to take this charge back is over; its lines are frozen. Refund the patrons instead.");
        await paidPosts.Undo(post.Id, ct);
        post.UndoCharge();
        await writing.TellEdited(post, campaign, ct);
        await transaction.Commit(ct);
    }

    /// <summary>Makes a published or scheduled post a draft again. Inside the undo window its charge is taken back; after it the lines
    /// stay.</summary>
    public async Task Withdraw(CampaignInfo campaign, long postId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var post = await writing.Load(campaign.Id, postId, ct);
        await TellRemoved(post, campaign, ct);
        await TakeBackIfOpen(post, ct);
        post.Withdraw();
        await search.Remove(post.Id, ct);
        await transaction.Commit(ct);
    }

    /// <summary>Deletes a post with its text. Inside the undo window its charge is taken back; after it the lines stay.</summary>
    public async Task Delete(CampaignInfo campaign, long postId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var post = await writing.Load(campaign.Id, postId, ct);
        await TellRemoved(post, campaign, ct);
        await TakeBackIfOpen(post, ct);
        post.Delete(await books.Now(campaign.BookId, ct));
        await search.Remove(post.Id, ct);
        await db.Execute("DELETE FROM post_image_use WHERE post_id = @post", ct, ("post", post.Id));
        await revisions.Drop(post.Id, ct);
        await polls.Drop(post.Id, ct);
        await vault.Release(campaign.Id, PostFiles.KindName, post.Id, ct);
        await transaction.Commit(ct);
    }

    /// <summary>Told before the text goes, and with it: who passes the news on needs what the post last said.</summary>
    private async Task TellRemoved(Post post, CampaignInfo campaign, CancellationToken ct)
    {
        if (post.State == PostState.Published)
            writing.Tell(post, campaign, PostChangeKind.Removed, await books.Now(campaign.BookId, ct), Archive.PostArchive.Of(post, campaign));
    }

    private async Task TakeBackIfOpen(Post post, CancellationToken ct)
    {
        if (!post.CanUndo(await books.Now(post.BookId, ct))) return;
        await paidPosts.Undo(post.Id, ct);
        post.UndoCharge();
    }

    private async Task MakePublic(Post post, CampaignInfo campaign, Instant at, Instant now, bool isOnTime, CancellationToken ct)
    {
        post.Publish(at, await NextNumber(campaign.Id, ct), campaign.BookId);
        var charges = post.Charge == ChargeState.OnPublish;
        if (charges && campaign.Model != BillingModel.PerCreation)
        {
            post.DropCharge(); // the campaign went over to monthly billing while the post waited
            charges = false;
        }
        if (charges)
        {
            await CheckPace(campaign, now, ct);
            var undoUntil = Instant.Max(at, now) + options.UndoWindow;
            await paidPosts.Publish(campaign.BookId, campaign.Id, post.Id, post.Title, at, undoUntil, ct);
            post.Billed(undoUntil);
        }
        await search.Put(PostWriting.Document(post), ct);
        await releasing.Plan(post, now, ct);
        await collections.Grew(post.Id, now, ct);
        outbox.Publish(new PostPublished(campaign.BookId, campaign.Id, post.Id, post.Title, post.RuleId, at, charges)
            { ByMail = post.ByMail, IsOnTime = isOnTime }, campaign.BookId, $"campaign:{campaign.Id}");
        writing.Tell(post, campaign, PostChangeKind.Published, at);
    }

    private async Task CheckPace(CampaignInfo campaign, Instant now, CancellationToken ct)
    {
        var since = now - Duration.FromDays(1);
        var today = await db.Posts.CountAsync(p =>
            p.CampaignId == campaign.Id && p.BookId == campaign.BookId && p.Charge == ChargeState.Charged && p.PublishedAt > since, ct);
        if (today >= options.MaxPaidPostsPerDay)
            throw Refusal.Conflict("too_many_paid_posts",
                $"This campaign has published {today} paid posts within a day, which is most likely a mistake. Publish this one without a charge, or wait until tomorrow.");
    }

    /// <summary>The counter's row makes publishers of one campaign wait for each other, so numbers have no gaps and no doubles.</summary>
    private async Task<long> NextNumber(long campaignId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            INSERT INTO post_number (campaign_id, last_seq) VALUES (@campaign, 1)
            ON CONFLICT (campaign_id) DO UPDATE SET last_seq = post_number.last_seq + 1 RETURNING last_seq
            """, ct, ("campaign", campaignId));
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }
}

/// <summary>Publishes a scheduled post, in the transaction that completes its job: exactly once.</summary>
internal sealed class ScheduledPublisher(ICampaigns campaigns, Publishing publishing, Db db, Outbox outbox) : IHandle<PublishScheduled>
{
    public async Task Handle(PublishScheduled message, MessageContext context, CancellationToken ct)
    {
        var campaignId = await db.Posts.Where(p => p.Id == message.PostId).Select(p => p.CampaignId).SingleOrDefaultAsync(ct);
        if (await campaigns.Find(campaignId, ct) is not { } campaign) return;
        if (campaign.BookId == context.BookId) await publishing.PublishDue(message, campaign, context.Now, ct);
        else outbox.Enqueue(message, message.At, campaign.BookId); // the campaign moved to another book: wait by that clock
    }
}

/// <summary>Posts seen by other modules.</summary>
internal sealed class PostsContract(Db db, ICampaigns campaigns, PostWriting writing, Publishing publishing) : IPosts
{
    public async Task<long> Publish(NewPost post, CancellationToken ct = default)
    {
        var campaign = await campaigns.Find(post.CampaignId, ct) ?? throw Refusal.NotFound("campaign");
        await using var transaction = await db.BeginWrite(ct);
        var draft = new PostDraft(post.Title, post.Teaser, post.Markdown, post.Audience, post.Charge, post.PublishAt)
            { Later = post.Later, ByMail = post.ByMail };
        var written = await writing.Create(campaign, post.AuthorId, draft, ct);
        await publishing.Publish(campaign, written.Id, post.PublishAt, ct);
        await transaction.Commit(ct);
        return written.Id;
    }

    public async Task<PostCounts> Counts(long campaignId, CancellationToken ct = default)
    {
        var counts = await db.Posts.Where(p => p.CampaignId == campaignId && p.DeletedAt == null)
            .GroupBy(p => p.State).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        return new PostCounts(counts.GetValueOrDefault(PostState.Published), counts.GetValueOrDefault(PostState.Scheduled),
            counts.GetValueOrDefault(PostState.Draft));
    }
}

/// <summary>Erasing a sandbox: the posts stay, what they billed there is gone, and what waited for the sandbox's clock waits no
/// more.</summary>
internal sealed class ErasePostCharges(Db db, Clock clock) : IErasesBook
{
    public async Task Erase(long bookId, CancellationToken ct)
    {
        await db.Execute("UPDATE post SET charge = 'none', undo_until = NULL WHERE book_id = @book AND charge IN ('charged', 'undone')",
            ct, ("book", bookId));
        await db.Execute("UPDATE post SET state = 'draft', publish_at = NULL WHERE book_id = @book AND state = 'scheduled'", ct,
            ("book", bookId));
        await db.Execute("UPDATE post SET published_at = @now WHERE book_id = @book AND published_at > @now", ct, ("book", bookId),
            ("now", clock.Now()));
    }
}
