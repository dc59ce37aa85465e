using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Data;

namespace Stipend.Platform.Messaging;

/// <summary>One delivery inside a scope of its own.</summary>
internal sealed class Delivery(Db db, MessageStore store, Clock clock, IServiceScopeFactory scopes, IServiceProvider services)
{
    /// <summary>Runs the consumer and completes the message; false when the lease had been lost and nothing was done.</summary>
    public async Task<bool> Deliver(Subscription subscription, Claimed claimed, MessageContext context, CancellationToken ct)
    {
        var message = JsonSerializer.Deserialize(claimed.Payload, subscription.Message, Json.Options)!;
        var consumer = services.GetRequiredService(subscription.Handler);
        if (!subscription.InTransaction)
        {
            if (!await store.Renew(claimed.Id, claimed.Token, ct)) return false; // it waited in a batch behind slow ones
            await Perform(subscription, claimed, consumer, message, context, ct);
            return await store.Complete(claimed.Id, claimed.Token, ct);
        }
        await using var transaction = await db.BeginWrite(ct);
        if (!await store.Complete(claimed.Id, claimed.Token, ct)) return false;
        await subscription.Invoke(consumer, message, context, ct);
        await transaction.Commit(ct);
        return true;
    }

    /// <summary>Performs while the lease is kept alive, however long it takes; a lost lease cancels it.</summary>
    private async Task Perform(Subscription subscription, Claimed claimed, object consumer, object message, MessageContext context,
        CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var keeping = KeepLease(claimed, lost, ended.Token);
        try
        {
            await subscription.Invoke(consumer, message, context, lost.Token);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new TimeoutException("The lease was lost while the work was going on.");
        }
        finally
        {
            await ended.CancelAsync();
            await keeping;
        }
    }

    private async Task KeepLease(Claimed claimed, CancellationTokenSource lost, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await Task.Delay(MessageStore.Lease.ToTimeSpan() / 3, clock.Provider, ended);
                await using var scope = scopes.CreateAsyncScope();
                if (await scope.ServiceProvider.GetRequiredService<MessageStore>().Renew(claimed.Id, claimed.Token, ended)) continue;
                await lost.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // the work has ended
        }
        catch (Exception error) when (error is System.Data.Common.DbException or IOException)
        {
            // the lease may run out; completing is fenced, so at worst the work is repeated
        }
    }
}
