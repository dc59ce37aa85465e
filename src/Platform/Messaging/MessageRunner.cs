using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stipend.Platform.Telemetry;

namespace Stipend.Platform.Messaging;

/// <summary>
/// Delivers due messages: claim by lease, run the consumer, complete in the consumer's transaction. A failure is tried again with
/// growing pauses and parked after <see cref="MaxAttempts"/>; a parked message waits for the operator and holds up nobody else.
/// </summary>
public sealed class MessageRunner(IServiceScopeFactory scopes, Subscriptions subscriptions, Clock clock, IRandom random,
    ILogger<MessageRunner> log)
{
    public const int MaxAttempts = 12;

    /// <summary>Runs what is due until nothing is left, or at least <paramref name="limit"/> messages have run; answers how many
    /// ran.</summary>
    /// <exception cref="Refusal">The clock is wrong by decades. Nothing is touched: what failed by such a clock would be
    /// due again when that clock says, long after it has been set right.</exception>
    public Task<int> RunDue(CancellationToken ct, int limit = 1_000_000) => RunDue(Lane.Any, ct, limit);

    internal async Task<int> RunDue(Lane lane, CancellationToken ct, int limit = 1_000_000)
    {
        if (!Ids.CanName(clock.Now()))
            throw Refusal.Conflict("clock_wrong", $"The clock says {clock.Now()}, so nothing is run. Set it right: this program works from 2025 until 2094.");
        var ran = 0;
        while (ran < limit)
        {
            var before = ran;
            foreach (var book in await InStore(store => store.DueBooks(lane, ct)))
                ran += await RunBatch(await InStore(store => store.Claim(book, lane, ct)), book, ct);
            if (ran == before) return ran;
        }
        return ran;
    }

    /// <summary>
    /// The earliest time (in the book's clock) at which a pending message of a book is due; null when none waits. What somebody is at work
    /// on,
    /// and what waits for an earlier message of its partition, does not count.
    /// </summary>
    public Task<Instant?> NextDue(long bookId, CancellationToken ct) => InStore(store => store.NextDue(bookId, ct));

    /// <summary>Whether somebody is at work on a message of the book.</summary>
    public Task<bool> InFlight(long bookId, CancellationToken ct) => InStore(store => store.InFlight(bookId, ct));

    /// <summary>How long a message waits after its nth failure: 2, 4, 8 … seconds up to an hour, and a little at random so that not all
    /// come back at once.</summary>
    internal Duration Pause(int attempt) =>
        Duration.FromSeconds(Math.Min(3600, (1 << Math.Min(attempt, 12)) + random.Below(1 + attempt * 2)));

    private async Task<int> RunBatch(List<Claimed> batch, DueBook book, CancellationToken ct)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            try
            {
                ct.ThrowIfCancellationRequested();
                await Run(batch[i], book, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                var rest = batch.Skip(i);
                await InStore(async store => { await store.GiveBack(rest); return true; });
                throw;
            }
        }
        return batch.Count;
    }

    private async Task Run(Claimed message, DueBook book, CancellationToken ct)
    {
        using var activity = Signals.Activities.StartActivity("message", ActivityKind.Consumer);
        activity?.SetTag("messaging.consumer", message.Consumer).SetTag("messaging.message.id", message.Id);
        try
        {
            if (message.Attempt > MaxAttempts)
                throw new InvalidOperationException("It was taken up again and again and never came to an end; the process may have died of it.");
            var subscription = subscriptions.Find(message.Consumer)
                ?? throw new InvalidOperationException($"No consumer is called {message.Consumer}; a newer or older program wrote this message.");
            var context = new MessageContext(message.Id, message.BookId, clock.Now() + Duration.FromMilliseconds(book.OffsetMs),
                message.Attempt);
            await using var scope = scopes.CreateAsyncScope();
            var ran = await scope.ServiceProvider.GetRequiredService<Delivery>().Deliver(subscription, message, context, ct);
            Signals.Messages.Add(1, new("consumer", message.Consumer), new("outcome", ran ? "done" : "lost"));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw; // stopping: given back by the caller
        }
        catch (Exception error) // whatever a consumer throws is this message's trouble and nobody else's
        {
            var park = message.Attempt >= MaxAttempts;
            activity?.SetStatus(ActivityStatusCode.Error, error.GetType().Name);
            Signals.Messages.Add(1, new("consumer", message.Consumer), new("outcome", park ? "parked" : "failed"));
            log.LogError(error, "Message {Id} failed at {Consumer}, attempt {Attempt}", message.Id, message.Consumer, message.Attempt);
            var text = $"{error.GetType().Name}: {error.Message}";
            await InStore(store =>
                store.Fail(message, text[..Math.Min(500, text.Length)].Replace('\0', ' '), park, Pause(message.Attempt), ct));
        }
    }

    private async Task<T> InStore<T>(Func<MessageStore, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<MessageStore>());
    }
}
