using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Mailings.Model;
using Stipend.Mailings.Sending;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;

namespace Stipend.Mailings.Keeping;

/// <summary>
/// Forgets who got a post by mail when that is long ago, and keeps how many. Only of mailings that are done, as long after the last step of their
/// release: as long as somebody could still be taken in, the rows are what proves that nobody is mailed twice. What is unknown stays, because it can be sent
/// once more.
/// </summary>
internal sealed class OldMailings(Db db, Clock clock, Books books, MailingQueue queue, ICampaigns campaigns, IPostArchive archive, IGate gate) : IPrunes
{
    public static readonly Duration Kept = Duration.FromDays(90);

    internal const int Most = 2_000;

    private const string IsDone = """
        due_at IS NULL AND lease_until <= @now AND created_at < @before AND turn_at < @before
          AND NOT EXISTS (SELECT 1 FROM mailing_recipient r WHERE r.post_id = mailing.post_id AND r.state = 'waiting')
          AND NOT EXISTS (SELECT 1 FROM mailing_recipient r WHERE r.post_id = mailing.post_id AND r.state = 'sending')
        """;

    private const string IsSettled = "state IN ('sent', 'refused', 'left_out')";

    public async Task<bool> Prune(CancellationToken ct)
    {
        if (await Abandoned(ct)) return true;
        foreach (var (post, book, campaign) in await Old(ct))
            if (!await HasLateSteps(post, book, campaign, ct) && await Forget(post, book, campaign, ct)) return true;
        return false;
    }

    /// <summary>A mailing that is stopped nobody takes: what a dead process left sending there is unknown all the same.</summary>
    private async Task<bool> Abandoned(CancellationToken ct)
    {
        long post;
        await using (var look = await db.Command("""
            SELECT post_id FROM mailing WHERE is_stopped AND lease_until <= @now
              AND EXISTS (SELECT 1 FROM mailing_recipient r WHERE r.post_id = mailing.post_id AND r.state = 'sending') LIMIT 1
            """, ct, ("now", clock.Now())))
        {
            if (await look.ExecuteScalarAsync(ct) is not long found) return false;
            post = found;
        }
        await using var transaction = await db.BeginWrite(ct);
        await queue.Hold(post, ct);
        var rows = await db.Execute("""
            UPDATE mailing_recipient SET state = 'unknown', changed_at = @now WHERE post_id = @post AND state = 'sending'
              AND EXISTS (SELECT 1 FROM mailing m WHERE m.post_id = @post AND m.lease_until <= @now)
            """, ct, ("now", clock.Now()), ("post", post));
        await transaction.Commit(ct);
        return rows > 0;
    }

    private async Task<List<(long PostId, long BookId, long CampaignId)>> Old(CancellationToken ct)
    {
        var old = new List<(long, long, long)>();
        await using var command = await db.Command($"""
            SELECT post_id, book_id, campaign_id FROM mailing WHERE {IsDone}
              AND EXISTS (SELECT 1 FROM mailing_recipient r WHERE r.post_id = mailing.post_id AND r.{IsSettled}) ORDER BY created_at, post_id
            """, ct, ("now", clock.Now()), ("before", clock.Now() - Kept));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) old.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)));
        return old;
    }

    private async Task<bool> HasLateSteps(long postId, long bookId, long campaignId, CancellationToken ct)
    {
        if (await campaigns.Find(campaignId, ct) is not { } campaign || await archive.Stamp(campaign.Id, postId, ct) is not { } post) return false;
        // A step that has just come may not have been heard of yet.
        var before = await books.Now(bookId, ct) - Kept;
        return (await gate.Releases([post.RuleId], ct)).TryGetValue(post.RuleId, out var release) && release.Later.Any(s => s.From > before);
    }

    /// <summary>Forgets some rows of a mailing and counts those and no others, in one transaction; answers whether there were any.</summary>
    private async Task<bool> Forget(long postId, long bookId, long campaignId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await queue.Hold(postId, ct);
        // Asked before too, so that what waits for a step locks nothing; but only what is so now, while nobody gathers, counts.
        if (await HasLateSteps(postId, bookId, campaignId, ct)) return false;
        var counts = new Dictionary<RecipientState, long>();
        var isDone = await db.Execute($"UPDATE mailing SET pruned_at = COALESCE(pruned_at, @now) WHERE post_id = @post AND {IsDone}", ct,
            ("now", clock.Now()), ("before", clock.Now() - Kept), ("post", postId)) > 0;
        if (isDone)
        {
            await using var command = await db.Command($"""
                DELETE FROM mailing_recipient WHERE post_id = @post AND {IsSettled} AND person_id IN (
                  SELECT person_id FROM mailing_recipient WHERE post_id = @post AND {IsSettled} ORDER BY person_id LIMIT {Most})
                RETURNING state
                """, ct, ("post", postId));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
            {
                var state = Columns.Enum<RecipientState>(reader.GetString(0));
                counts[state] = counts.GetValueOrDefault(state) + 1;
            }
        }
        await db.Execute("""
            UPDATE mailing SET pruned_sent = pruned_sent + @sent, pruned_refused = pruned_refused + @refused,
              pruned_left_out = pruned_left_out + @left_out WHERE post_id = @post
            """, ct, ("sent", counts.GetValueOrDefault(RecipientState.Sent)), ("refused", counts.GetValueOrDefault(RecipientState.Refused)),
            ("left_out", counts.GetValueOrDefault(RecipientState.LeftOut)), ("post", postId));
        await transaction.Commit(ct);
        return counts.Count > 0;
    }
}
