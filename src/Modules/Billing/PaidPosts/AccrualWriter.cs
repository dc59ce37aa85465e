using System.Globalization;
using Stipend.Billing.Agreements;
using Stipend.Billing.Contracts;
using Stipend.Billing.Model;
using Stipend.Billing.Planning;
using Stipend.Platform.Data;

namespace Stipend.Billing.PaidPosts;

/// <summary>What one pledge owes for one post, as decided by cap and standing.</summary>
internal readonly record struct PlannedAccrual(long PledgeId, AccrualKind Kind, long AmountMinor, string Currency);

/// <summary>
/// Turns a paid post into accruals, one per pledge active when it was published: the preview adds them up, the fan-out writes them,
/// leaving settles them. One reading, one decision, three uses.
/// </summary>
internal sealed class AccrualWriter(Db db, BillingOptions options)
{
    private const int ChunkSize = 5_000;

    /// <summary>Decides a cap: the first posts of the month up to the number, and while the money fits.</summary>
    public static AccrualKind Decide(long amountMinor, PledgeCap cap, int postsBefore, long minorBefore, bool openDecline)
    {
        if (openDecline) return AccrualKind.Declined;
        var overPosts = cap.Posts is { } posts && postsBefore >= posts;
        var overMoney = cap.AmountMinor is { } minor && minorBefore + amountMinor > minor;
        return overPosts || overMoney ? AccrualKind.Capped : AccrualKind.Due;
    }

    /// <summary>Decisions for every pledge of a payee at an instant, in chunks by pledge id; pledges that have one for the post are left
    /// out.</summary>
    public async IAsyncEnumerable<IReadOnlyList<PlannedAccrual>> Plan(
        long bookId, long payeeId, long postId, Instant publishedAt, long? onlyPledge,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var (anchorDay, zoneId) in await Calendars(bookId, payeeId, ct))
        {
            var monthStart = Periods.At(BillingAnchor.DayOfMonth(anchorDay, publishedAt, DateTimeZoneProviders.Tzdb[zoneId]),
                publishedAt).From;
            for (long after = 0; ;)
            {
                var chunk = await Chunk(bookId, payeeId, postId, publishedAt, onlyPledge, anchorDay, zoneId, monthStart, after, ct);
                if (chunk.Count > 0) yield return chunk;
                if (chunk.Count < ChunkSize) break;
                after = chunk[^1].PledgeId;
            }
        }
    }

    /// <summary>Writes decisions in the current transaction.</summary>
    public async Task Write(long postId, Instant publishedAt, IReadOnlyList<PlannedAccrual> planned, CancellationToken ct)
    {
        await using (var writer = await db.BulkInsert("accrual",
            ["pledge_id", "post_id", "kind", "amount_minor", "currency", "published_at"], ct))
        {
            foreach (var accrual in planned)
            {
                writer.Int(accrual.PledgeId);
                writer.Int(postId);
                writer.Text(Columns.Of(accrual.Kind));
                writer.Int(accrual.Kind == AccrualKind.Due ? accrual.AmountMinor : 0);
                writer.Text(accrual.Currency);
                writer.At(publishedAt);
                writer.EndRow();
            }
            await writer.Complete(ct);
        }
        await using var pending = await db.BulkInsert("pending_accrual", ["pledge_id", "post_id"], ct);
        foreach (var accrual in planned.Where(a => a.Kind == AccrualKind.Due))
        {
            pending.Int(accrual.PledgeId);
            pending.Int(postId);
            pending.EndRow();
        }
        await pending.Complete(ct);
    }

    /// <summary>
    /// When a pledge ends: catches up on posts whose fan-out has not reached it, then takes every frozen pending accrual as a line due now.
    /// Posts still inside their undo window stay pending and are billed by the run if they are not undone.
    /// </summary>
    public async Task<List<PlannedLine>> SettleAtEnd(Pledge pledge, PledgeVersion inForce, Instant now, CancellationToken ct)
    {
        await using (var posts = await db.Command("""
            SELECT t.post_id, t.published_at FROM paid_post t
            WHERE t.book_id = @book AND t.payee_id = @payee AND t.published_at >= @started
              AND NOT EXISTS (SELECT 1 FROM paid_post_done d WHERE d.post_id = t.post_id)
              AND NOT EXISTS (SELECT 1 FROM paid_post_undone u WHERE u.post_id = t.post_id) ORDER BY t.published_at, t.post_id
            """, ct, ("book", pledge.BookId), ("payee", pledge.PayeeId), ("started", pledge.StartedAt)))
        {
            var waiting = new List<(long, Instant)>();
            await using (var reader = await posts.ExecuteReaderAsync(ct))
                while (await reader.ReadAsync(ct)) waiting.Add((reader.GetInt64(0), Instant.FromUnixTimeMilliseconds(reader.GetInt64(1))));
            foreach (var (postId, publishedAt) in waiting)
                await foreach (var chunk in Plan(pledge.BookId, pledge.PayeeId, postId, publishedAt, pledge.Id, ct)) await Write(postId,
                    publishedAt, chunk, ct);
        }
        return await TakeFrozen(pledge, inForce, now, ct);
    }

    private async Task<List<PlannedLine>> TakeFrozen(Pledge pledge, PledgeVersion inForce, Instant now, CancellationToken ct)
    {
        var lines = new List<PlannedLine>();
        await using (var command = await db.Command("""
            SELECT a.post_id, a.amount_minor, a.currency, t.title FROM pending_accrual q
            JOIN accrual a ON a.pledge_id = q.pledge_id AND a.post_id = q.post_id
            JOIN paid_post t ON t.post_id = q.post_id
            WHERE q.pledge_id = @pledge AND t.undo_until <= @now ORDER BY a.published_at, a.post_id
            """, ct, ("pledge", pledge.Id), ("now", now)))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                lines.Add(new PlannedLine(pledge.Id, Periods.PostKey(reader.GetInt64(0)), pledge.PayeeId, reader.GetInt64(1),
                    PatronPlanner.PlatformFee(reader.GetInt64(1), Currency.Of(reader.GetString(2)), options.PlatformFeeBasisPoints),
                    Currency.Of(reader.GetString(2)), null, null, $"{inForce.Description}: {reader.GetString(3)}", reader.GetInt64(0)));
        }
        foreach (var line in lines)
            await db.Execute("DELETE FROM pending_accrual WHERE pledge_id = @pledge AND post_id = @post", ct, ("pledge", pledge.Id),
                ("post", line.PostId));
        return lines;
    }

    private async Task<List<(int, string)>> Calendars(long bookId, long payeeId, CancellationToken ct)
    {
        await using var command = await db.Command(
            "SELECT DISTINCT anchor_day, zone_id FROM pledge WHERE book_id = @book AND payee_id = @payee AND model = 'per_creation' ORDER BY 1, 2",
            ct, ("book", bookId), ("payee", payeeId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(int, string)>();
        while (await reader.ReadAsync(ct)) found.Add(((int)reader.GetInt64(0), reader.GetString(1)));
        return found;
    }

    private async Task<List<PlannedAccrual>> Chunk(long bookId, long payeeId, long postId, Instant publishedAt, long? onlyPledge,
        int anchorDay, string zoneId,
        Instant monthStart, long after, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            SELECT p.id, v.amount_minor, v.currency, v.cap_posts, v.cap_minor, m.posts, m.minor,
                   {PledgeStore.HasDeclined}
            FROM pledge p
            JOIN pledge_version v ON v.pledge_id = p.id AND v.seq = (SELECT MAX(s.seq) FROM pledge_version s WHERE s.pledge_id = p.id AND s.applies_from <= @published)
            LEFT JOIN (
                SELECT a.pledge_id, COUNT(*) AS posts, SUM(a.amount_minor) AS minor FROM accrual a
                WHERE a.kind = 'due' AND a.published_at >= @month AND a.published_at <= @published
                  AND a.post_id IN (SELECT t.post_id FROM paid_post t WHERE t.book_id = @book AND t.payee_id = @payee AND t.published_at >= @month)
                  AND NOT EXISTS (SELECT 1 FROM paid_post_undone u WHERE u.post_id = a.post_id)
                GROUP BY a.pledge_id) m ON m.pledge_id = p.id
            WHERE p.book_id = @book AND p.payee_id = @payee AND p.model = 'per_creation' AND p.anchor_day = @day AND p.zone_id = @zone
              AND p.started_at <= @published AND (p.ended_at IS NULL OR p.ended_at > @published) AND p.id > @after
              {(onlyPledge is null ? "" : "AND p.id = @only")}
              AND NOT EXISTS (SELECT 1 FROM accrual x WHERE x.pledge_id = p.id AND x.post_id = @post)
            ORDER BY p.id LIMIT {ChunkSize}
            """, ct, ("book", bookId), ("payee", payeeId), ("post", postId), ("published", publishedAt), ("month", monthStart), ("day", (long)anchorDay),
            ("zone", zoneId), ("after", after), ("only", onlyPledge ?? 0));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<PlannedAccrual>();
        while (await reader.ReadAsync(ct))
        {
            var cap = new PledgeCap(reader.IsDBNull(3) ? null : (int)reader.GetInt64(3), reader.IsDBNull(4) ? null : reader.GetInt64(4));
            var posts = reader.IsDBNull(5) ? 0 : (int)reader.GetInt64(5);
            var minor = reader.IsDBNull(6) ? 0 : Convert.ToInt64(reader.GetValue(6), CultureInfo.InvariantCulture);
            var kind = Decide(reader.GetInt64(1), cap, posts, minor, reader.GetValue(7) is true or 1L);
            found.Add(new PlannedAccrual(reader.GetInt64(0), kind, reader.GetInt64(1), reader.GetString(2)));
        }
        return found;
    }
}
