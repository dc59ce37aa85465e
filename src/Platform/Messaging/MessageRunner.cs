using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stipend.Platform.Data;

namespace Stipend.Platform.Messaging;

/// <summary>
/// Delivers due messages: claim by lease, run the consumer, complete in the consumer's transaction. A failure is tried again with
/// growing pauses and parked after <see cref="MaxAttempts"/>; a parked message waits for the operator and holds up nobody else.
/// </summary>
public sealed class MessageRunner(IServiceScopeFactory scopes, Subscriptions subscriptions, Clock clock, IRandom random, ILogger<MessageRunner> log)
{
    public const int MaxAttempts = 12;
    private const int BatchSize = 32;
    private static readonly Duration s_lease = Duration.FromMinutes(5);

    private sealed record Claimed(long Id, long BookId, string Consumer, string Payload, int Attempts, long Token, long OffsetMs);

    /// <summary>Runs what is due until nothing is left, or <paramref name="limit"/> messages have run; answers how many ran.</summary>
    public async Task<int> RunDue(CancellationToken ct, int limit = 1_000_000)
    {
        var ran = 0;
        while (ran < limit)
        {
            var batch = await Claim(ct);
            if (batch.Count == 0) return ran;
            foreach (var message in batch)
            {
                await Run(message, ct);
                ran++;
            }
        }
        return ran;
    }

    /// <summary>The earliest time (in the book's clock) at which a pending message of a book is due; null when none waits.</summary>
    public async Task<Instant?> NextDue(long bookId, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        await using var command = await scope.ServiceProvider.GetRequiredService<Db>().Command(
            "SELECT MIN(run_at) FROM message WHERE status = 'pending' AND book_id = @book", ct, ("book", bookId));
        return await command.ExecuteScalarAsync(ct) is long at ? Instant.FromUnixTimeMilliseconds(at) : null;
    }

    private async Task<List<Claimed>> Claim(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<Db>();
        var now = clock.Now().ToUnixTimeMilliseconds();
        if (db.Engine == Engine.Sqlite && !await AnyDue(db, now, ct)) return []; // look before taking the write gate
        await using var transaction = await db.BeginWrite(ct);
        await using var select = await db.Command($"""
            SELECT m.id, m.book_id, m.consumer, m.payload, m.attempts, m.lease_token, b.offset_ms
            FROM message m JOIN book b ON b.id = m.book_id
            WHERE m.status = 'pending' AND m.run_at <= @now + b.offset_ms AND m.lease_until <= @now
              AND (m.partition IS NULL OR NOT EXISTS (
                SELECT 1 FROM message e WHERE e.status = 'pending' AND e.consumer = m.consumer AND e.partition = m.partition AND e.id < m.id))
            ORDER BY m.run_at, m.id LIMIT {BatchSize}{(db.Engine == Engine.Postgres ? " FOR UPDATE OF m SKIP LOCKED" : "")}
            """, ct, ("now", now));
        var batch = new List<Claimed>();
        await using (var reader = await select.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                batch.Add(new Claimed(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), (int)reader.GetInt64(4) + 1, reader.GetInt64(5) + 1, reader.GetInt64(6)));
        }
        foreach (var m in batch)
        {
            await using var update = await db.Command("UPDATE message SET lease_until = @until, lease_token = @token, attempts = @attempts WHERE id = @id",
                ct, ("until", now + (long)s_lease.TotalMilliseconds), ("token", m.Token), ("attempts", (long)m.Attempts), ("id", m.Id));
            await update.ExecuteNonQueryAsync(ct);
        }
        await transaction.Commit(ct);
        return batch;
    }

    private static async Task<bool> AnyDue(Db db, long now, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT 1 FROM message m JOIN book b ON b.id = m.book_id
            WHERE m.status = 'pending' AND m.run_at <= @now + b.offset_ms AND m.lease_until <= @now LIMIT 1
            """, ct, ("now", now));
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    private async Task Run(Claimed message, CancellationToken ct)
    {
        try
        {
            var subscription = subscriptions.Find(message.Consumer)
                ?? throw new InvalidOperationException($"No consumer is called {message.Consumer}; a newer or older program wrote this message.");
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<IDelivery>().Deliver(subscription, message.Id, message.BookId, message.Payload, message.Token,
                message.Attempts, clock.Now() + Duration.FromMilliseconds(message.OffsetMs), ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw; // stopping: the lease runs out and another start takes it up
        }
        catch (Exception error) // whatever a consumer throws is this message's trouble and nobody else's
        {
            log.LogError(error, "Message {Id} failed at {Consumer}, attempt {Attempt}", message.Id, message.Consumer, message.Attempts);
            await Failed(message, error, ct);
        }
    }

    private async Task Failed(Claimed message, Exception error, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var seconds = Math.Min(3600, (1 << Math.Min(message.Attempts, 12)) + random.Below(1 + message.Attempts * 2));
        await scope.ServiceProvider.GetRequiredService<Db>().Execute("""
            UPDATE message SET status = @status, last_error = @error, lease_until = 0, run_at = @run_at WHERE id = @id AND lease_token = @token
            """, ct, ("status", message.Attempts >= MaxAttempts ? "parked" : "pending"), ("error", $"{error.GetType().Name}: {error.Message}"[..Math.Min(500, error.GetType().Name.Length + 2 + error.Message.Length)]),
            ("run_at", clock.Now().ToUnixTimeMilliseconds() + message.OffsetMs + seconds * 1000L), ("id", message.Id), ("token", message.Token));
    }
}

/// <summary>One delivery inside a scope; split out so that the scope's services are resolved once.</summary>
internal interface IDelivery
{
    Task Deliver(Subscription subscription, long id, long bookId, string payload, long token, int attempt, Instant now, CancellationToken ct);
}

internal sealed class Delivery(Db db, IServiceProvider services) : IDelivery
{
    public async Task Deliver(Subscription subscription, long id, long bookId, string payload, long token, int attempt, Instant now, CancellationToken ct)
    {
        var message = JsonSerializer.Deserialize(payload, subscription.Message, Json.Options)!;
        var handler = services.GetRequiredService(subscription.Handler);
        var context = new MessageContext(id, bookId, now, attempt);
        if (!subscription.InTransaction)
        {
            await Call(handler, nameof(IPerform<object>.Perform), subscription.Message, message, context, ct);
            await Complete(id, token, ct);
            return;
        }
        await using var transaction = await db.BeginWrite(ct);
        if (!await Complete(id, token, ct)) return; // somebody else has it: our lease had run out
        await Call(handler, nameof(IHandle<object>.Handle), subscription.Message, message, context, ct);
        await transaction.Commit(ct);
    }

    private static Task Call(object handler, string method, Type messageType, object message, MessageContext context, CancellationToken ct)
    {
        var contract = method == "Handle" ? typeof(IHandle<>) : typeof(IPerform<>);
        try
        {
            return (Task)contract.MakeGenericType(messageType).GetMethod(method)!.Invoke(handler, [message, context, ct])!;
        }
        catch (System.Reflection.TargetInvocationException error) when (error.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error.InnerException);
            throw;
        }
    }

    /// <summary>Deletes the message, or keeps it as done when its dedupe key must outlive it. False when the lease was lost.</summary>
    private async Task<bool> Complete(long id, long token, CancellationToken ct) =>
        await db.Execute("DELETE FROM message WHERE id = @id AND lease_token = @token AND dedupe_key IS NULL", ct, ("id", id), ("token", token)) > 0
        || await db.Execute("UPDATE message SET status = 'done' WHERE id = @id AND lease_token = @token AND status = 'pending'", ct, ("id", id), ("token", token)) > 0;
}
