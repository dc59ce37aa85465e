using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Webhooks;

/// <summary>Something happened to an object at a gateway: look at it.</summary>
internal sealed record WebhookReceived(string Gateway, string EventId, string Kind, string ObjectId)
{
    /// <summary>Kinds of objects, by the gateways' own names.</summary>
    public const string Payment = "payment_intent", Session = "checkout.session";
}

/// <summary>Each event once: the row and the message to look at its object are one transaction.</summary>
internal sealed class WebhookInbox(Db db, Clock clock, Outbox outbox)
{
    /// <summary>Longer than any gateway goes on sending an event, or lists it.</summary>
    private static readonly Duration s_kept = Duration.FromDays(40);

    public async Task Put(string gateway, string eventId, string type, string kind, string objectId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var isNew = await db.Execute("""
            INSERT INTO webhook_inbox (gateway, event_id, type, object_id, received_at) VALUES (@gateway, @event, @type, @object, @now)
            ON CONFLICT DO NOTHING
            """, ct, ("gateway", gateway), ("event", eventId), ("type", type), ("object", objectId), ("now", clock.Now())) > 0;
        if (isNew) outbox.Publish(new WebhookReceived(gateway, eventId, kind, objectId));
        await transaction.Commit(ct);
    }

    public async Task Handled(WebhookReceived received, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("UPDATE webhook_inbox SET handled_at = @now WHERE gateway = @gateway AND event_id = @event AND handled_at IS NULL",
            ct, ("now", clock.Now()), ("gateway", received.Gateway), ("event", received.EventId));
        await db.Execute("DELETE FROM webhook_inbox WHERE received_at < @old AND handled_at IS NOT NULL", ct, ("old", clock.Now() - s_kept));
        await transaction.Commit(ct);
    }
}
