using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Billing.PaidPosts;

/// <summary>A paid post waits for its accruals.</summary>
internal sealed record FanOutPost(long PostId);

/// <summary>Paid posts: preview, publish, undo.</summary>
internal sealed class PaidPostBilling(Db db, Books books, Outbox outbox, AccrualWriter accruals) : IPaidPosts
{
    public async Task<PostChargePreview> Preview(long bookId, long payeeId, CancellationToken ct = default)
    {
        var (patrons, capped, total, currency) = (0, 0, 0L, (string?)null);
        await foreach (var chunk in accruals.Plan(bookId, payeeId, 0, await books.Now(bookId, ct), null, ct))
        {
            foreach (var accrual in chunk)
            {
                currency ??= accrual.Currency;
                if (accrual.Kind == AccrualKind.Due) (patrons, total) = (patrons + 1, checked(total + accrual.AmountMinor));
                if (accrual.Kind == AccrualKind.Capped) capped++;
            }
        }
        return new PostChargePreview(patrons, new Money(total, Currency.Of(currency ?? "EUR")), capped);
    }

    public async Task Publish(long bookId, long payeeId, long postId, string title, Instant publishedAt, Instant undoUntil,
        CancellationToken ct = default)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (!await db.PaidPosts.AnyAsync(p => p.PostId == postId, ct))
        {
            db.PaidPosts.Add(new PaidPost { PostId = postId, BookId = bookId, PayeeId = payeeId, Title = title, PublishedAt = publishedAt,
                UndoUntil = undoUntil });
            outbox.Publish(new FanOutPost(postId), bookId,
                partition: $"payee:{payeeId}"); // in order, since caps count by the order of posts
        }
        await transaction.Commit(ct);
    }

    public async Task Undo(long postId, CancellationToken ct = default)
    {
        await using var transaction = await db.BeginWrite(ct);
        var post = await db.PaidPosts.AsNoTracking().FirstOrDefaultAsync(p => p.PostId == postId, ct)
            ?? throw Refusal.NotFound("paid post");
        var now = await books.Now(post.BookId, ct);
        if (now > post.UndoUntil)
            throw Refusal.Conflict("undo_over",
                "The undo window of this post is over: its lines are frozen. Patrons can be refunded one by one under Members.");
        await db.Execute("INSERT INTO paid_post_undone (post_id, at) VALUES (@post, @now) ON CONFLICT DO NOTHING", ct, ("post", postId),
            ("now", now));
        await db.Execute("DELETE FROM pending_accrual WHERE post_id = @post", ct, ("post", postId));
        await transaction.Commit(ct);
    }

    public async Task<PostCharge?> Find(long postId, CancellationToken ct = default)
    {
        var post = await db.PaidPosts.AsNoTracking().FirstOrDefaultAsync(p => p.PostId == postId, ct);
        if (post is null) return null;
        await using var command = await db.Command("""
            SELECT kind, COUNT(*), SUM(amount_minor), MIN(currency), (SELECT COUNT(*) FROM paid_post_undone WHERE post_id = @post)
            FROM accrual WHERE post_id = @post GROUP BY kind
            UNION ALL SELECT 'none', 0, 0, NULL, (SELECT COUNT(*) FROM paid_post_undone WHERE post_id = @post)
            """, ct, ("post", postId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var (patrons, capped, total, currency, undone) = (0, 0, 0L, "EUR", false);
        while (await reader.ReadAsync(ct))
        {
            undone |= reader.GetInt64(4) > 0;
            if (!await reader.IsDBNullAsync(3, ct)) currency = reader.GetString(3);
            if (reader.GetString(0) == "due") (patrons, total) = ((int)reader.GetInt64(1),
                Convert.ToInt64(reader.GetValue(2), CultureInfo.InvariantCulture));
            if (reader.GetString(0) == "capped") capped = (int)reader.GetInt64(1);
        }
        return new PostCharge(postId, patrons, new Money(total, Currency.Of(currency)), capped, post.UndoUntil, undone);
    }
}

/// <summary>Fans a paid post out, a chunk per transaction; goes on where it stopped.</summary>
internal sealed class FanOutPostWorker(Db db, AccrualWriter accruals, Progress progress) : IPerform<FanOutPost>
{
    public async Task Perform(FanOutPost message, MessageContext context, CancellationToken ct)
    {
        var post = await db.PaidPosts.AsNoTracking().FirstOrDefaultAsync(p => p.PostId == message.PostId, ct);
        if (post is null || await IsUndone(post.PostId, ct)) return;
        await foreach (var chunk in accruals.Plan(post.BookId, post.PayeeId, post.PostId, post.PublishedAt, null, ct))
        {
            await using var transaction = await db.BeginWrite(ct);
            if (await IsUndone(post.PostId, ct)) return;
            await accruals.Write(post.PostId, post.PublishedAt, chunk, ct);
            await progress.Made(context, ct);
            await transaction.Commit(ct);
        }
        await db.Execute("INSERT INTO paid_post_done (post_id, at) VALUES (@post, @now) ON CONFLICT DO NOTHING", ct, ("post", post.PostId),
            ("now", context.Now));
    }

    private async Task<bool> IsUndone(long postId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT 1 FROM paid_post_undone WHERE post_id = @post", ct, ("post", postId));
        return await command.ExecuteScalarAsync(ct) is not null;
    }
}
