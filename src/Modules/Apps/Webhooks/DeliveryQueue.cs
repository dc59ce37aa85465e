using Microsoft.EntityFrameworkCore;
using Stipend.Apps.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Apps.Webhooks;

/// <summary>A webhook this process has for a while. The token tells this lease from every other.</summary>
internal sealed record Turn(long WebhookId, string Uri, string Secret, int Failures, long Token);

/// <summary>A delivery with its bytes, ready to be sent.</summary>
internal sealed record Parcel(long Id, string Event, byte[] Body);

/// <summary>How a try ended. Only an answer of 200 to 299 is success.</summary>
internal sealed record Outcome(long DeliveryId, int? Status, string? Answer, string? Trouble, long TookMs, Instant At)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}

/// <summary>What waits to be delivered: a line per webhook, never more than one courier at it.</summary>
internal sealed class DeliveryQueue(Db db, Clock clock, WakeUp<Courier> wakeUp) : ITakeOver, IErasesBook, IPrunes
{
    /// <summary>Longer than a turn can take.</summary>
    public static readonly Duration Lease = Duration.FromMinutes(2);

    /// <summary>What was delivered is kept so long, for the log and to be sent again.</summary>
    public static readonly Duration Kept = Duration.FromDays(30);

    /// <summary>What could not be delivered is given up after so long.</summary>
    public static readonly Duration KeptWaiting = Duration.FromDays(90);

    /// <summary>How long is waited after the first failure, the second and so on. After the last the webhook is paused.</summary>
    public static readonly IReadOnlyList<Duration> Waits =
    [
        Duration.FromHours(1), Duration.FromHours(3), Duration.FromDays(1), Duration.FromDays(3), Duration.FromDays(7), Duration.FromDays(7),
        Duration.FromDays(7),
    ];

    /// <summary>An app's webhook hears as long as its owner lets the app be told of things: signing in to it alone is no such thing. The
    /// creator's own always does.</summary>
    private const string IsHeard = $"""
        (client_id IS NULL OR EXISTS (SELECT 1 FROM oauth_grant g
          WHERE g.client_id = webhook.client_id AND g.person_id = webhook.owner_id AND {OauthGrant.Hears}))
        """;

    private const string IsDue = $"due_at <= @now AND NOT is_paused AND lease_until <= @now AND {IsHeard}";

    /// <summary>Takes webhooks with something to send, who has waited longest first.</summary>
    public async Task<List<Turn>> Claim(int most, CancellationToken ct)
    {
        await using (var look = await db.Command($"SELECT 1 FROM webhook WHERE {IsDue} LIMIT 1", ct, ("now", clock.Now())))
            if (await look.ExecuteScalarAsync(ct) is null) return []; // nobody waits for the right to write while there is nothing to do
        await using var transaction = await db.BeginWrite(ct);
        await using var claim = await db.Command($"""
            UPDATE webhook SET lease_until = @until, lease_token = lease_token + 1, is_asked = @no WHERE id IN (
              SELECT id FROM webhook WHERE {IsDue} ORDER BY due_at, id LIMIT @most{
              (db.Engine == Engine.Postgres ? " FOR UPDATE SKIP LOCKED" : "")})
            RETURNING id, uri, secret, failures, lease_token
            """, ct, ("until", clock.Now() + Lease), ("now", clock.Now()), ("most", (long)most), ("no", false));
        var turns = new List<Turn>();
        await using (var reader = await claim.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                turns.Add(new Turn(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), (int)reader.GetInt64(3), reader.GetInt64(4)));
        }
        await transaction.Commit(ct);
        return turns;
    }

    /// <summary>What a webhook is to be sent next, in order.</summary>
    public Task<List<Parcel>> Next(long webhookId, int most, CancellationToken ct) =>
        (from delivery in db.WebhookDeliveries.AsNoTracking()
         where delivery.WebhookId == webhookId && delivery.IsWaiting
         join payload in db.WebhookPayloads on delivery.PayloadId equals payload.Id
         orderby delivery.Id
         select new Parcel(delivery.Id, delivery.Event, payload.Body)).Take(most).ToListAsync(ct);

    /// <summary>Whether a turn may send more: the webhook has not been paused, removed or disconnected since it began.</summary>
    public async Task<bool> GoesOn(Turn turn, CancellationToken ct)
    {
        await using var look = await db.Command($"SELECT 1 FROM webhook WHERE id = @id AND lease_token = @token AND NOT is_paused AND {IsHeard}", ct,
            ("id", turn.WebhookId), ("token", turn.Token));
        return await look.ExecuteScalarAsync(ct) is not null;
    }

    /// <summary>Writes down how a turn went and gives the webhook back. When the lease was lost somebody else has told it already.</summary>
    public async Task Record(Turn turn, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        // The row first: who adds a delivery meanwhile waits here, or is seen by the question below.
        if (await db.Execute("UPDATE webhook SET lease_until = 0 WHERE id = @id AND lease_token = @token", ct, ("id", turn.WebhookId),
            ("token", turn.Token)) == 0) return;
        foreach (var o in outcomes)
            await db.Execute("""
                UPDATE webhook_delivery SET is_waiting = @waiting, attempts = attempts + 1, answer_status = @status, answer = @answer,
                  trouble = @trouble, took_ms = @took, attempted_at = @at WHERE id = @id
                """, ct, ("waiting", !o.IsSuccess), ("status", (long?)o.Status), ("answer", o.Answer), ("trouble", o.Trouble), ("took", o.TookMs),
                ("at", o.At), ("id", o.DeliveryId));
        var failed = outcomes is [.., { IsSuccess: false }];
        var failures = (outcomes.Any(o => o.IsSuccess) ? 0 : turn.Failures) + (failed ? 1 : 0);
        var givesUp = failed && failures > Waits.Count;
        await db.Execute($"""
            UPDATE webhook SET failures = @failures, last_attempted_at = COALESCE(@at, last_attempted_at), due_at = {(
                givesUp ? "CASE WHEN is_asked THEN @now ELSE NULL END" : failed ? "CASE WHEN is_asked THEN @now ELSE @next END"
                : "CASE WHEN EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.webhook_id = webhook.id AND d.is_waiting) THEN @now ELSE NULL END")}{
                (givesUp ? ", is_paused = (is_paused OR NOT is_asked)" : "")} WHERE id = @id
            """, ct, ("failures", (long)failures), ("at", outcomes.Count == 0 ? null : outcomes[^1].At.ToUnixTimeMilliseconds()),
            ("next", clock.Now() + Waits[Math.Clamp(failures, 1, Waits.Count) - 1]), ("now", clock.Now()), ("id", turn.WebhookId));
        await transaction.Commit(ct);
    }

    /// <summary>Sends everything that waits now, whatever happened before; also when a try is failing at this very moment.</summary>
    public async Task Resume(long webhookId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("UPDATE webhook SET is_paused = @no, is_asked = @yes, due_at = @now WHERE id = @id", ct, ("no", false), ("yes", true),
            ("now", clock.Now()), ("id", webhookId));
        db.AfterCommit(wakeUp.Signal);
        await transaction.Commit(ct);
    }

    /// <summary>Sends nothing more; who asked before that it be sent is not heard any more.</summary>
    public Task Pause(long webhookId, CancellationToken ct) =>
        db.Execute("UPDATE webhook SET is_paused = @yes, is_asked = @no WHERE id = @id", ct, ("yes", true), ("no", false), ("id", webhookId));

    /// <summary>Sends a delivery again, or it and everything after it; the receiver knows each by its id. A paused webhook is sent them when it
    /// goes on.</summary>
    public async Task SendAgain(long webhookId, long deliveryId, bool andAllAfter, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        // The webhook first, as everybody does who writes to both: two that lock them the other way round would wait for each other.
        await db.Execute("UPDATE webhook SET due_at = @now, is_asked = @yes WHERE id = @id", ct, ("now", clock.Now()), ("yes", true), ("id", webhookId));
        if (await db.Execute($"UPDATE webhook_delivery SET is_waiting = @yes WHERE webhook_id = @webhook AND id {(andAllAfter ? ">=" : "=")} @id", ct,
            ("yes", true), ("webhook", webhookId), ("id", deliveryId)) == 0) throw Refusal.NotFound("delivery");
        db.AfterCommit(wakeUp.Signal);
        await transaction.Commit(ct);
    }

    /// <summary>Deletes webhooks with what they were told.</summary>
    public async Task Remove(IReadOnlyCollection<long> webhookIds, CancellationToken ct)
    {
        if (webhookIds.Count == 0) return;
        var these = SqlList.Of(webhookIds);
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute($"UPDATE webhook SET due_at = NULL WHERE id IN ({these})", ct); // first, as everybody locks them
        await db.Execute($"""
            DELETE FROM webhook_payload WHERE id IN (SELECT payload_id FROM webhook_delivery WHERE webhook_id IN ({these}))
              AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.payload_id = webhook_payload.id AND d.webhook_id NOT IN ({these}))
            """, ct);
        await db.Execute($"DELETE FROM webhook_delivery WHERE webhook_id IN ({these})", ct);
        await db.Execute($"DELETE FROM webhook WHERE id IN ({these})", ct);
        await transaction.Commit(ct);
    }

    /// <summary>Removes the webhooks an app made for a person who does not let it be told of things any more, with what waits for it.</summary>
    public async Task RemoveUnheard(long clientId, long personId, CancellationToken ct)
    {
        var grants = db.Hearing;
        await Remove(await db.Webhooks.Where(w => w.ClientId == clientId && w.OwnerId == personId
            && !grants.Any(g => g.ClientId == clientId && g.PersonId == personId)).Select(w => w.Id).ToListAsync(ct), ct);
    }

    /// <summary>Forgets what was told of a person.</summary>
    public async Task Forget(long personId, CancellationToken ct)
    {
        await db.Execute("DELETE FROM webhook_delivery WHERE payload_id IN (SELECT id FROM webhook_payload WHERE person_id = @person)", ct,
            ("person", personId));
        await db.Execute("DELETE FROM webhook_payload WHERE person_id = @person", ct, ("person", personId));
    }

    /// <summary>Forgets what is old; a few thousand at a time, so that nobody waits for the database long. Answers whether there may be
    /// more.</summary>
    public async Task<bool> Prune(CancellationToken ct)
    {
        const int Most = 2_000;
        var now = clock.Now();
        var old = await db.Execute($"""
            DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery
              WHERE created_at < @waiting OR (created_at < @done AND NOT is_waiting) LIMIT {Most})
            """, ct, ("waiting", now - KeptWaiting), ("done", now - Kept));
        var idle = await db.Execute($"""
            DELETE FROM webhook_payload WHERE id IN (SELECT p.id FROM webhook_payload p WHERE p.created_at < @done
              AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.payload_id = p.id) LIMIT {Most})
            """, ct, ("done", now - Kept));
        return old == Most || idle == Most;
    }

    public Task TakeOver(CancellationToken ct) => db.Execute("UPDATE webhook SET lease_until = 0 WHERE lease_until > 0", ct);

    public async Task Erase(long bookId, CancellationToken ct)
    {
        foreach (var table in (string[])["webhook_delivery", "webhook_payload"])
            await db.Execute($"DELETE FROM {table} WHERE book_id = @book", ct, ("book", bookId));
    }
}
