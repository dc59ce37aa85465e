using Stipend.Platform.Data;

namespace Stipend.Platform.Messaging;

/// <summary>A message that failed too often and waits for the operator. <see cref="Error"/> is the last failure's kind and
/// message.</summary>
public sealed record ParkedMessage(long Id, long BookId, string Topic, string Consumer, int Attempts, string Error, Instant CreatedAt);

/// <summary>The operator's way with parked messages: look, let go again, or give up.</summary>
public sealed class ParkedMessages(Db db, WakeUp wakeUp)
{
    /// <summary>Parked messages, oldest first, after an id.</summary>
    public async Task<IReadOnlyList<ParkedMessage>> List(long after = 0, int limit = 100, CancellationToken ct = default)
    {
        await using var command = await db.Command("""
            SELECT id, book_id, topic, consumer, attempts, COALESCE(last_error, ''), created_at FROM message
            WHERE status = 'parked' AND id > @after ORDER BY id LIMIT @limit
            """, ct, ("after", after), ("limit", (long)limit));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var parked = new List<ParkedMessage>();
        while (await reader.ReadAsync(ct))
            parked.Add(new ParkedMessage(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3),
                (int)reader.GetInt64(4),
                reader.GetString(5), Instant.FromUnixTimeMilliseconds(reader.GetInt64(6))));
        return parked;
    }

    /// <summary>Sets a parked message going again, with all its attempts before it.</summary>
    /// <exception cref="Refusal">No such message is parked.</exception>
    public async Task Release(long id, CancellationToken ct = default)
    {
        if (await db.Execute("UPDATE message SET status = 'pending', attempts = 0, lease_until = 0, run_at = 0 WHERE id = @id AND status = 'parked'", ct, ("id", id)) == 0)
            throw Refusal.NotFound("parked message");
        wakeUp.Signal();
    }

    /// <summary>Gives a parked message up for good.</summary>
    /// <exception cref="Refusal">No such message is parked.</exception>
    public async Task Discard(long id, CancellationToken ct = default)
    {
        if (await db.Execute("DELETE FROM message WHERE id = @id AND status = 'parked'", ct,
            ("id", id)) == 0) throw Refusal.NotFound("parked message");
    }
}
