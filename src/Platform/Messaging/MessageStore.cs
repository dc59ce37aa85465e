using Stipend.Platform.Data;

namespace Stipend.Platform.Messaging;

/// <summary>Which messages a runner takes: handlers are short transactions, performers may wait for the network.</summary>
internal enum Lane { Any, Handlers, Performers }

/// <summary>A message this process holds a lease on. The token tells this lease from every earlier and later one.</summary>
internal sealed record Claimed(long Id, long BookId, string Consumer, string Payload, int Attempt, long Token, long RunAt);

/// <summary>A book with something due, and how far its clock runs ahead.</summary>
internal sealed record DueBook(long Id, long OffsetMs);

/// <summary>The message table. Times of messages are in their book's clock, times of leases in the wall clock.</summary>
internal sealed class MessageStore(Db db, Clock clock, Subscriptions subscriptions) : ITakeOver
{
    public static readonly Duration Lease = Duration.FromMinutes(5);

    /// <summary>Rows of finished messages with a dedupe key are kept so long; a key older than that may be used again.</summary>
    public static readonly Duration KeptWhenDone = Duration.FromDays(400);

    public const string NotifyChannel = "stipend_messages";
    private const int BatchSize = 32;

    /// <summary>Up to so many, one statement each is as fast as opening a bulk write.</summary>
    private const int FewMessages = 8;

    /// <summary>Pending, not leased, and first of its partition.</summary>
    private const string CanRun = """
        m.status = 'pending' AND m.lease_until <= @now
        AND (m.partition IS NULL OR NOT EXISTS (
          SELECT 1 FROM message e WHERE e.status = 'pending' AND e.partition IS NOT NULL
            AND e.consumer = m.consumer AND e.partition = m.partition AND e.book_id = m.book_id AND e.id < m.id))
        """;

    /// <summary>Inserts what a transaction published; a known dedupe key is dropped. PostgreSQL tells the other processes at
    /// commit.</summary>
    public static async Task Write(Db db, IReadOnlyList<OutgoingMessage> messages, CancellationToken ct)
    {
        var plain = messages.Where(m => m.DedupeKey is null).ToList();
        if (plain.Count > FewMessages)
        {
            await WriteMany(db, plain, ct);
            messages = messages.Where(m => m.DedupeKey is not null).ToList();
        }
        // A key that is there is looked for first: to insert it would wait for whoever is handling that message just now, who may wait for us.
        await using var insert = await db.Command("""
            INSERT INTO message (id, book_id, topic, consumer, payload, partition, dedupe_key, run_at, attempts, lease_until, lease_token, status, created_at)
            SELECT @id, @book, @topic, @consumer, @payload, @partition, @dedupe, @run_at, 0, 0, 0, 'pending', @created_at
            WHERE CAST(@dedupe AS text) IS NULL OR NOT EXISTS (SELECT 1 FROM message k WHERE k.consumer = @consumer AND k.dedupe_key = @dedupe)
            ON CONFLICT DO NOTHING
            """, ct, ("id", 0L), ("book", 0L), ("topic", ""), ("consumer", ""), ("payload", ""), ("partition", null), ("dedupe", null), ("run_at", 0L), ("created_at", 0L));
        foreach (var m in messages)
        {
            object?[] values = [m.Id, m.BookId, m.Topic, m.Consumer, m.Payload, m.Partition, m.DedupeKey, m.RunAt, m.CreatedAt];
            for (var i = 0; i < values.Length; i++) insert.Parameters[i].Value = values[i] ?? DBNull.Value;
            await insert.ExecuteNonQueryAsync(ct);
        }
        if (db.Engine != Engine.Postgres) return;
        await using var notify = await db.Command($"NOTIFY {NotifyChannel}", ct);
        await notify.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Many at once, as a batch of payments publishes: nothing of them can be there already.</summary>
    private static async Task WriteMany(Db db, List<OutgoingMessage> messages, CancellationToken ct)
    {
        await using var writer = await db.BulkInsert("message",
            ["id", "book_id", "topic", "consumer", "payload", "partition", "run_at", "attempts", "lease_until", "lease_token", "status", "created_at"], ct);
        foreach (var m in messages)
        {
            writer.Int(m.Id);
            writer.Int(m.BookId);
            writer.Text(m.Topic);
            writer.Text(m.Consumer);
            writer.Text(m.Payload);
            writer.Text(m.Partition, nullable: true);
            writer.Int(m.RunAt);
            writer.Int(0);
            writer.Int(0);
            writer.Int(0);
            writer.Text("pending");
            writer.Int(m.CreatedAt);
            writer.EndRow();
        }
        await writer.Complete(ct);
    }

    /// <summary>The books in which something may be due.</summary>
    public async Task<List<DueBook>> DueBooks(Lane lane, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            SELECT b.id, b.offset_ms FROM book b WHERE EXISTS (
              SELECT 1 FROM message m WHERE m.status = 'pending' AND m.book_id = b.id AND m.run_at <= @now + b.offset_ms AND m.lease_until <= @now{Of(lane)})
            ORDER BY b.id
            """, ct, ("now", clock.Now()));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var books = new List<DueBook>();
        while (await reader.ReadAsync(ct)) books.Add(new DueBook(reader.GetInt64(0), reader.GetInt64(1)));
        return books;
    }

    /// <summary>Leases a batch of a book's due messages, earliest first.</summary>
    public async Task<List<Claimed>> Claim(DueBook book, Lane lane, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await using var claim = await db.Command(ClaimSql(lane), ct, ClaimParameters(book));
        var batch = new List<Claimed>();
        await using (var reader = await claim.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                batch.Add(new Claimed(reader.GetInt64(0), book.Id, reader.GetString(1), reader.GetString(2), (int)reader.GetInt64(3),
                    reader.GetInt64(4), reader.GetInt64(5)));
        }
        await transaction.Commit(ct);
        batch.Sort((a, b) => (a.RunAt, a.Id).CompareTo((b.RunAt, b.Id)));
        return batch;
    }

    /// <summary>What a process took up and never ended is taken up alone: if it is what that process died of, it shall not be counted
    /// against those that were only claimed with it.</summary>
    internal string ClaimSql(Lane lane) => $"""
        WITH due AS MATERIALIZED (
          SELECT m.id, m.run_at, m.lease_until FROM message m WHERE m.book_id = @book AND m.run_at <= @present AND {CanRun}{Of(lane)}
          ORDER BY m.run_at, m.id LIMIT {BatchSize}{(db.Engine == Engine.Postgres ? " FOR UPDATE OF m SKIP LOCKED" : "")})
        UPDATE message SET lease_until = @until, lease_token = lease_token + 1, attempts = attempts + 1
        WHERE id IN (SELECT id FROM due) AND (NOT EXISTS (SELECT 1 FROM due WHERE lease_until > 0)
          OR id = (SELECT id FROM due ORDER BY run_at, id LIMIT 1))
        RETURNING id, consumer, payload, attempts, lease_token, run_at
        """;

    internal (string, object?)[] ClaimParameters(DueBook book)
    {
        var now = clock.Now();
        return [("book", book.Id), ("now", now), ("present", now + Duration.FromMilliseconds(book.OffsetMs)), ("until", now + Lease)];
    }

    /// <summary>
    /// Ends a message in the current transaction or in one of its own: deletes it, or keeps it as done when its dedupe key must outlive it.
    /// False when the lease was lost: somebody else has it, or it is gone.
    /// </summary>
    public async Task<bool> Complete(long id, long token, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var done = await db.Execute("DELETE FROM message WHERE id = @id AND lease_token = @token AND status = 'pending' AND dedupe_key IS NULL", ct, ("id", id), ("token", token)) > 0
            || await db.Execute("UPDATE message SET status = 'done', last_error = NULL, payload = '' WHERE id = @id AND lease_token = @token AND status = 'pending'",
                ct, ("id", id), ("token", token)) > 0;
        await transaction.Commit(ct);
        return done;
    }

    /// <summary>Puts a failed message back for later, or parks it.</summary>
    public Task<int> Fail(Claimed message, string error, bool park, Duration pause, CancellationToken ct) => db.Execute("""
        UPDATE message SET status = @status, last_error = @error, lease_until = 0,
          run_at = @now + COALESCE((SELECT offset_ms FROM book WHERE id = @book), 0) + @pause
        WHERE id = @id AND lease_token = @token AND status = 'pending'
        """, ct, ("status", park ? "parked" : "pending"), ("error", error), ("now", clock.Now()), ("book", message.BookId),
        ("pause", (long)pause.TotalMilliseconds), ("id", message.Id), ("token", message.Token));

    /// <summary>Gives back what was claimed and never run, so that nobody waits for the leases to run out.</summary>
    public async Task GiveBack(IEnumerable<Claimed> messages)
    {
        await using var transaction = await db.BeginWrite();
        foreach (var m in messages)
            await db.Execute("UPDATE message SET lease_until = 0, attempts = attempts - 1 WHERE id = @id AND lease_token = @token AND status = 'pending'",
                default, ("id", m.Id), ("token", m.Token));
        await transaction.Commit();
    }

    /// <summary>What a dead process had taken up may be taken up at once; still one by one, for it may have died of it.</summary>
    public Task TakeOver(CancellationToken ct) =>
        db.Execute("UPDATE message SET lease_until = 1 WHERE status = 'pending' AND lease_until > 1", ct);

    /// <summary>Makes a lease last its full length from now; false when it was lost.</summary>
    public async Task<bool> Renew(long id, long token, CancellationToken ct) => await db.Execute(
        "UPDATE message SET lease_until = @until WHERE id = @id AND lease_token = @token AND status = 'pending'", ct,
        ("until", clock.Now() + Lease), ("id", id), ("token", token)) > 0;

    /// <summary>The earliest time in the book's clock at which a message that can run is due.</summary>
    public async Task<Instant?> NextDue(long bookId, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            SELECT m.run_at FROM message m WHERE m.book_id = @book AND {CanRun} ORDER BY m.run_at, m.id LIMIT 1
            """, ct, ("book", bookId), ("now", clock.Now()));
        return await command.ExecuteScalarAsync(ct) is long at ? Instant.FromUnixTimeMilliseconds(at) : null;
    }

    /// <summary>Whether somebody is at work on a message of a book.</summary>
    public async Task<bool> InFlight(long bookId, CancellationToken ct)
    {
        await using var command = await db.Command(
            "SELECT 1 FROM message WHERE status = 'pending' AND book_id = @book AND lease_until > @now LIMIT 1", ct, ("book", bookId),
                ("now", clock.Now()));
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    /// <summary>Forgets finished messages whose dedupe keys are out of date.</summary>
    public Task<int> Purge(CancellationToken ct) =>
        db.Execute("DELETE FROM message WHERE status = 'done' AND created_at < @before", ct, ("before", clock.Now() - KeptWhenDone));

    private string Of(Lane lane)
    {
        if (lane == Lane.Any) return "";
        var performers = subscriptions.Performers;
        if (performers.Count == 0) return lane == Lane.Performers ? " AND 1 = 0" : "";
        return $" AND m.consumer {(lane == Lane.Performers ? "IN" : "NOT IN")} ({string.Join(", ", performers.Select(name => $"'{name.Replace("'", "''")}'"))})";
    }
}
