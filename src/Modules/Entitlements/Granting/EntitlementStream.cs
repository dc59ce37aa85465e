using System.Data.Common;
using System.Globalization;
using Stipend.Entitlements.Contracts;
using Stipend.Entitlements.Gating;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Entitlements.Granting;

/// <summary>Looks at what began or ended in a book since <see cref="From"/>; one waits at every moment something will change.</summary>
internal sealed record SweepEntitlements(long BookId, Instant From);

/// <summary>
/// Keeps the table <c>entitlement</c> equal to “has a grant that is valid now” and tells the difference. Only what differs is told, so a
/// month renewed without a gap tells nothing.
/// </summary>
internal sealed class EntitlementStream(Db db, Outbox outbox)
{
    private const string ValidNow = $"g.valid_from <= @present AND @present < {GrantReader.Until}";

    /// <summary>Tells what grants that meet a condition on <c>g</c> newly open.</summary>
    public async Task Opened(long bookId, Instant now, string which, (string, object?)[] parameters, CancellationToken ct)
    {
        await Lock(bookId, which, parameters, ct);
        var opened = await Rows($"""
            INSERT INTO entitlement (book_id, person_id, campaign_id, tier_id)
            SELECT DISTINCT g.book_id, g.person_id, g.campaign_id, COALESCE(g.tier_id, 0) FROM grant_entry g
            WHERE g.book_id = @book AND {which} AND {ValidNow}
            ON CONFLICT DO NOTHING RETURNING person_id, campaign_id, tier_id
            """, bookId, now, parameters, ct);
        foreach (var (person, campaign, tier) in opened)
            outbox.Publish(new EntitlementOpened(bookId, person, campaign, tier, now), bookId, Partition(person, campaign));
    }

    /// <summary>Tells what the people of grants that meet a condition on <c>g</c> no longer have.</summary>
    public async Task Closed(long bookId, Instant now, string which, (string, object?)[] parameters, CancellationToken ct)
    {
        await Lock(bookId, which, parameters, ct);
        var closed = await Rows($"""
            DELETE FROM entitlement
            WHERE book_id = @book AND (person_id, campaign_id, tier_id) IN (
                SELECT g.person_id, g.campaign_id, COALESCE(g.tier_id, 0) FROM grant_entry g WHERE g.book_id = @book AND {which})
              AND NOT EXISTS (
                SELECT 1 FROM grant_entry g
                WHERE g.person_id = entitlement.person_id AND g.campaign_id = entitlement.campaign_id AND g.book_id = entitlement.book_id
                  AND COALESCE(g.tier_id, 0) = entitlement.tier_id AND {ValidNow})
            RETURNING person_id, campaign_id, tier_id
            """, bookId, now, parameters, ct);
        foreach (var (person, campaign, tier) in closed)
            outbox.Publish(new EntitlementClosed(bookId, person, campaign, tier, now), bookId, Partition(person, campaign));
    }

    /// <summary>Makes sure that the book is looked at when something next changes by itself.</summary>
    public void SweepAt(long bookId, Instant at)
    {
        if (at < Instant.MaxValue)
            outbox.Enqueue(new SweepEntitlements(bookId, at), at, bookId,
                string.Create(CultureInfo.InvariantCulture, $"sweep:{bookId}:{at.ToUnixTimeMilliseconds()}"));
    }

    /// <summary>The next moment after an instant at which a grant of the book begins or ends by itself.</summary>
    public async Task<Instant?> NextChange(long bookId, Instant after, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT MIN(at) FROM (
                SELECT MIN(valid_until) AS at FROM grant_entry WHERE book_id = @book AND valid_until > @after
                UNION ALL SELECT MIN(valid_from) FROM grant_entry WHERE book_id = @book AND valid_from > @after
                UNION ALL SELECT MIN(ended_at) FROM grant_end WHERE book_id = @book AND ended_at > @after) AS changes
            """, ct, ("book", bookId), ("after", after));
        return await command.ExecuteScalarAsync(ct) is long at ? Instant.FromUnixTimeMilliseconds(at) : null;
    }

    /// <summary>
    /// On PostgreSQL two transactions may give and take the same entitlement at once; whoever is second waits here and then, in a statement
    /// of its own, sees what the first has done. SQLite has one writer.
    /// </summary>
    private async Task Lock(long bookId, string which, (string, object?)[] parameters, CancellationToken ct)
    {
        if (db.Engine != Engine.Postgres) return;
        await using var command = await db.Command($"""
            SELECT 1 FROM entitlement n WHERE n.book_id = @book AND (n.person_id, n.campaign_id) IN (
                SELECT g.person_id, g.campaign_id FROM grant_entry g WHERE g.book_id = @book AND {which})
            ORDER BY n.person_id, n.campaign_id, n.tier_id FOR UPDATE
            """, ct, [("book", bookId), .. parameters]);
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<List<(long Person, long Campaign, long? Tier)>> Rows(string sql, long bookId, Instant now,
        (string, object?)[] parameters, CancellationToken ct)
    {
        var rows = new List<(long Person, long Campaign, long? Tier)>();
        await using (DbCommand command = await db.Command(sql, ct, [("book", bookId), ("present", now), .. parameters]))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                rows.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2) is var tier and not 0 ? tier : null));
        }
        rows.Sort(); // the engines answer in no promised order; the stream's is by person and campaign
        return rows;
    }

    private static string Partition(long person, long campaign) => string.Create(CultureInfo.InvariantCulture,
        $"entitlement:{campaign}:{person}");
}

/// <summary>Closes what ran out and opens what begins, at the moment it does, and plans the next look.</summary>
internal sealed class SweepingEntitlements(Db db, EntitlementStream stream) : IHandle<SweepEntitlements>
{
    // A grant may be committed a moment after the sweep of its very moment ran on another node; looking back this far finds it.
    private static readonly Duration s_lookBack = Duration.FromMinutes(5);

    public async Task Handle(SweepEntitlements message, MessageContext context, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        (string, object?)[] window = [("from", message.From - s_lookBack), ("now", context.Now)];
        await stream.Closed(message.BookId, context.Now, """
            (g.valid_until BETWEEN @from AND @now
             OR g.id IN (SELECT e.grant_id FROM grant_end e WHERE e.book_id = @book AND e.ended_at BETWEEN @from AND @now))
            """, window, ct);
        await stream.Opened(message.BookId, context.Now, "g.valid_from BETWEEN @from AND @now", window, ct);
        if (await stream.NextChange(message.BookId, context.Now, ct) is { } next) stream.SweepAt(message.BookId, next);
        await transaction.Commit(ct);
    }
}
