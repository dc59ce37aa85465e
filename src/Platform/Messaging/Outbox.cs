using System.Text.Json;
using Stipend.Platform.Data;

namespace Stipend.Platform.Messaging;

/// <summary>Writes messages and jobs into the current transaction: they exist if and only if it commits.</summary>
public sealed class Outbox(Db db, Ids ids, Clock clock, Subscriptions subscriptions, WakeUp wakeUp)
{
    /// <summary>Tells every consumer of <typeparamref name="T"/>; due at once.</summary>
    /// <param name="message">The event; its type name and JSON are stored.</param>
    /// <param name="bookId">The book whose clock the message lives by.</param>
    /// <param name="partition">
    /// Messages of one consumer, book and partition are delivered in the order of their ids, one at a time; one that fails holds up the
    /// later
    /// ones until it succeeds or is parked. Two transactions that publish at once are in order only if something else makes one wait for
    /// the other.
    /// </param>
    public void Publish<T>(T message, long bookId = Book.Live, string? partition = null) where T : class =>
        Add(message, bookId, Instant.MinValue, partition, null);

    /// <summary>Enqueues a job for its one consumer at a time of the book's clock. A second one with the same dedupe key is dropped, also
    /// after the first has run.</summary>
    public void Enqueue<T>(T job, Instant runAt, long bookId = Book.Live, string? dedupeKey = null,
        string? partition = null) where T : class =>
        Add(job, bookId, runAt, partition, dedupeKey);

    private void Add<T>(T message, long bookId, Instant runAt, string? partition, string? dedupeKey) where T : class
    {
        var payload = JsonSerializer.Serialize(message, Json.Options);
        var now = clock.Now().ToUnixTimeMilliseconds();
        foreach (var subscription in subscriptions.Of(typeof(T)))
            db.Send(new OutgoingMessage(ids.Next(), bookId, typeof(T).Name, subscription.Consumer, payload, partition, dedupeKey,
                runAt == Instant.MinValue ? 0 : Math.Max(0, runAt.ToUnixTimeMilliseconds()), now));
        db.AfterCommit(wakeUp.Signal);
    }
}

internal sealed record OutgoingMessage(
    long Id, long BookId, string Topic, string Consumer, string Payload, string? Partition, string? DedupeKey, long RunAt, long CreatedAt);

/// <summary>Wakes whoever waits for work in this process; looking now and then is only the net. As it is: whoever waits for messages.</summary>
public class WakeUp
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Signal() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Ends at the next signal.</summary>
    public Task Next => Volatile.Read(ref _next).Task;
}

/// <summary>Wakes one alone, who looks after a queue of a module's own.</summary>
public sealed class WakeUp<TSleeper> : WakeUp where TSleeper : class;
