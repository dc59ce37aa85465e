using Stipend.Entitlements.Contracts;
using Stipend.Entitlements.Gating;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Entitlements.Granting;

/// <summary>Writes grants and their ends, and tells the stream what changed. Set-based: ten thousand grants are one bulk write and a few
/// statements.</summary>
internal sealed class Grants(Db db, Ids ids, Clock clock, Books books, EntitlementStream stream) : IGrants
{
    private static readonly string[] s_columns =
        ["id", "book_id", "person_id", "campaign_id", "tier_id", "source", "valid_from", "valid_until", "cause_kind", "cause_ref",
            "created_at"];

    public async Task Open(IReadOnlyList<NewGrant> grants, CancellationToken ct)
    {
        if (grants.Count == 0) return;
        if (grants.FirstOrDefault(g => g.ValidUntil <= g.ValidFrom) is { } empty)
            throw new ArgumentException($"A grant that ends before it begins ({empty.CauseKind} {empty.CauseRef}) is a bug of its writer.",
                nameof(grants));
        await using var transaction = await db.BeginWrite(ct);
        foreach (var book in grants.GroupBy(g => g.BookId).OrderBy(b => b.Key))
        {
            var now = await books.Now(book.Key, ct);
            var (first, last) = await Write(book, ct);
            await stream.Opened(book.Key, now, "g.id BETWEEN @first AND @last", [("first", first), ("last", last)], ct);
            var coming = book.SelectMany(g => new[] { g.ValidFrom, g.ValidUntil ?? Instant.MaxValue }).Where(at => at > now)
                .DefaultIfEmpty(Instant.MaxValue).Min();
            stream.SweepAt(book.Key, coming);
        }
        await transaction.Commit(ct);
    }

    public async Task End(long bookId, string causeKind, long causeRef, Instant at, string reason, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var ended = await db.Execute($"""
            INSERT INTO grant_end (grant_id, ended_at, book_id, reason, created_at)
            SELECT g.id, @at, g.book_id, @reason, @now FROM grant_entry g
            WHERE g.cause_kind = @kind AND g.cause_ref = @ref AND g.book_id = @book AND {GrantReader.Until} > @at
            """, ct, ("at", at), ("reason", reason), ("now", clock.Now()), ("kind", causeKind), ("ref", causeRef), ("book", bookId));
        var now = await books.Now(bookId, ct);
        if (ended > 0 && at > now) stream.SweepAt(bookId, at);
        else if (ended > 0)
            await stream.Closed(bookId, now, "g.cause_kind = @kind AND g.cause_ref = @ref", [("kind", causeKind), ("ref", causeRef)], ct);
        await transaction.Commit(ct);
    }

    private async Task<(long First, long Last)> Write(IEnumerable<NewGrant> grants, CancellationToken ct)
    {
        var (created, first, last) = (clock.Now(), 0L, 0L);
        await using var writer = await db.BulkInsert("grant_entry", s_columns, ct);
        foreach (var grant in grants)
        {
            last = ids.Next();
            if (first == 0) first = last;
            writer.Int(last);
            writer.Int(grant.BookId);
            writer.Int(grant.PersonId);
            writer.Int(grant.CampaignId);
            writer.Int(grant.TierId);
            writer.Text(Columns.Of(grant.Source));
            writer.At(grant.ValidFrom);
            writer.At(grant.ValidUntil);
            writer.Text(grant.CauseKind);
            writer.Int(grant.CauseRef);
            writer.At(created);
            writer.EndRow();
        }
        await writer.Complete(ct);
        return (first, last);
    }
}
