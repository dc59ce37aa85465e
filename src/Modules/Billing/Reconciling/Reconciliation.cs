using Stipend.Billing.Agreements;
using Stipend.Billing.Collecting;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Reconciling;

/// <summary>Compares with the gateways now; after a restore this comes before any charge.</summary>
internal sealed record Reconcile;

/// <summary>
/// Reads the gateway's list of moved money from where it last stopped (billing.md §3.5) and keeps what our facts do not explain. The cursor is in
/// the database, so a restored one reads again everything it has forgotten. Only payments of this installation's real books count: play money is never
/// missed, and others may use the same gateway account.
/// </summary>
internal sealed class Reconciliation(Db db, Clock clock, Ids ids, PaymentGateways gateways, Instance instance, Outbox outbox, Unexplained unexplained)
    : IReconciliation, IPerform<Reconcile>, IPerform<RunClosed>
{
    private static readonly Duration s_again = Duration.FromMinutes(10), s_patience = Duration.FromHours(1);

    public Task Perform(Reconcile message, MessageContext context, CancellationToken ct) => CompareAndFollowUp(ct);

    /// <summary>Runs close every day, empty ones too: so does this, without a schedule of its own.</summary>
    public async Task Perform(RunClosed message, MessageContext context, CancellationToken ct)
    {
        if (message.BookId == Book.Live) await CompareAndFollowUp(ct);
    }

    public async Task<ReconReport> Compare(CancellationToken ct)
    {
        var (read, complete) = (0, true);
        foreach (var gateway in gateways.All)
        {
            var (movements, isWhole) = await Read(gateway, ct);
            (read, complete) = (read + movements, complete && isWhole);
        }
        if (complete && await IsWaiting(ct)) await LetGoOn(ct);
        return new ReconReport(read, complete, await Open(ct: ct));
    }

    private async Task<(int Movements, bool IsWhole)> Read(IPaymentGateway gateway, CancellationToken ct)
    {
        var read = 0;
        while (true)
        {
            var after = await Cursor(gateway.Name, ct);
            if (await gateway.Movements(after, ct) is not { } page) return (read, false);
            await Record(gateway.Name, page, after, ct);
            read += page.Items.Count;
            if (!page.HasMore) return (read, true);
        }
    }

    public async Task<List<ReconItem>> Open(PageKey after = default, int take = 500, CancellationToken ct = default)
    {
        await using var command = await db.Command("""
            SELECT id, gateway, kind, intent_id, customer_ref, amount_minor, currency, found_at
            FROM recon_item WHERE resolved_at IS NULL AND (found_at, id) > (@at, @id) ORDER BY found_at, id LIMIT @take
            """, ct, ("at", after.At), ("id", after.Id), ("take", (long)take));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var items = new List<ReconItem>();
        while (await reader.ReadAsync(ct))
            items.Add(new(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3),
                await reader.IsDBNullAsync(4, ct) ? null : reader.GetString(4), reader.GetInt64(5), reader.GetString(6),
                Instant.FromUnixTimeMilliseconds(reader.GetInt64(7))));
        return items;
    }

    public async Task Settle(long itemId, string note, CancellationToken ct)
    {
        if (await db.Execute("""
            UPDATE recon_item SET resolved_at = @now, note = @note WHERE resolved_at IS NULL
            AND (gateway, intent_id) IN (SELECT gateway, intent_id FROM recon_item WHERE id = @id AND resolved_at IS NULL)
            """, ct,
            ("now", clock.Now()), ("note", note), ("id", itemId)) == 0) throw Refusal.NotFound("payment");
    }

    public Task MarkRestored(CancellationToken ct) =>
        db.Execute("INSERT INTO setting (name, value) VALUES (@name, '1') ON CONFLICT DO NOTHING", ct, ("name", Unexplained.Restored));

    public async Task<bool> HasPlayMoney(CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT 1 FROM gateway_intent i JOIN charge c ON c.id = i.charge_id AND c.book_id = @book
            JOIN attempt_result r ON r.charge_id = i.charge_id AND r.outcome = 'succeeded' WHERE i.gateway = @test LIMIT 1
            """, ct, ("book", Book.Live), ("test", GatewayNames.Test));
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    public Task<bool> IsWaiting(CancellationToken ct) => unexplained.Waits(ct);

    /// <summary>No answer, or something young that will likely explain itself (a capture whose booking is under way): look again soon.</summary>
    private async Task CompareAndFollowUp(CancellationToken ct)
    {
        var report = await Compare(ct);
        var now = clock.Now();
        if (report.Complete && !report.Open.Any(i => i.FoundAt > now - s_patience)) return;
        var at = Instant.FromUnixTimeSeconds(((now + s_again).ToUnixTimeSeconds() + 59) / 60 * 60);
        outbox.Enqueue(new Reconcile(), report.Complete ? at : now + Duration.FromMinutes(1), dedupeKey: $"reconcile:{at.ToUnixTimeSeconds()}");
        await db.SaveChangesAsync(ct);
    }

    private async Task Record(string gateway, GatewayMovements page, string? after, CancellationToken ct)
    {
        var (now, ours) = (clock.Now(), $"{await instance.Id(ct)}:{Book.Live}:");
        await using var transaction = await db.BeginWrite(ct);
        if (await Cursor(gateway, ct) != after) return; // somebody else has read this page
        var known = await Known(gateway, page.Items, ct);
        foreach (var item in page.Items)
        {
            if (item.Reference?.StartsWith(ours, StringComparison.Ordinal) == true && Trouble(item, known) is { } kind)
                await Keep(gateway, item, kind, now, ct);
        }
        if (page.Items.Count > 0)
            await db.Execute("""
                INSERT INTO recon_cursor (gateway, after_id, scanned_at) VALUES (@gateway, @after, @now)
                ON CONFLICT (gateway) DO UPDATE SET after_id = excluded.after_id, scanned_at = excluded.scanned_at
                """, ct, ("gateway", gateway), ("after", page.Items[^1].Id), ("now", now));
        await unexplained.Resolve(now, ct);
        await transaction.Commit(ct);
    }

    private sealed record Booked(long? CapturedMinor, long? FeeMinor, string Currency);

    private static string? Trouble(GatewayMovement item, Dictionary<string, Booked> known) =>
        item.Kind == "refund" ? "unknown_refund" // no refund is ours yet
        : !known.TryGetValue(item.IntentId, out var booked) ? "unknown_payment"
        : booked.CapturedMinor is null ? "unsettled"
        : booked.Currency != item.Currency ? null // paid out in another currency: only that it was booked can be told
        : booked.CapturedMinor != item.AmountMinor || booked.FeeMinor != item.FeeMinor ? "differs"
        : null;

    private async Task<Dictionary<string, Booked>> Known(string gateway, IReadOnlyList<GatewayMovement> items, CancellationToken ct)
    {
        var known = new Dictionary<string, Booked>(StringComparer.Ordinal);
        if (items.Count == 0) return known;
        await using var command = await db.Command($"""
            SELECT i.intent_id, r.captured_minor, r.fee_minor, c.currency
            FROM gateway_intent i JOIN charge c ON c.id = i.charge_id
            LEFT JOIN attempt_result r ON r.charge_id = i.charge_id AND r.outcome = 'succeeded'
            WHERE i.gateway = @gateway AND i.intent_id IN ({string.Join(',', items.Select((_, i) => $"@i{i}"))})
            """, ct, [("gateway", gateway), .. items.Select((item, i) => ($"i{i}", (object?)item.IntentId))]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            known[reader.GetString(0)] = await reader.IsDBNullAsync(1, ct) ? new(null, null, reader.GetString(3))
                : new(reader.GetInt64(1), reader.GetInt64(2), reader.GetString(3));
        return known;
    }

    /// <summary>Keeps an item; but not what was given back of a payment the operator has dealt with, which never was in the books.</summary>
    private Task<int> Keep(string gateway, GatewayMovement item, string kind, Instant now, CancellationToken ct) => db.Execute("""
        INSERT INTO recon_item (id, gateway, movement_id, kind, intent_id, customer_ref, reference, amount_minor, fee_minor, currency, found_at)
        SELECT @id, @gateway, @movement, @kind, @intent, @customer, @reference, @amount, @fee, @currency, @now
        WHERE NOT (@kind = 'unknown_refund' AND EXISTS (SELECT 1 FROM recon_item p WHERE p.gateway = @gateway AND p.intent_id = @intent
                                                        AND p.kind = 'unknown_payment' AND p.resolved_at IS NOT NULL))
        ON CONFLICT DO NOTHING
        """, ct, ("id", ids.Next()), ("gateway", gateway), ("movement", item.Id), ("kind", kind), ("intent", item.IntentId),
        ("customer", item.CustomerId), ("reference", item.Reference), ("amount", item.AmountMinor), ("fee", item.FeeMinor),
        ("currency", item.Currency), ("now", now));

    private async Task<string?> Cursor(string gateway, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT after_id FROM recon_cursor WHERE gateway = @gateway", ct, ("gateway", gateway));
        return await command.ExecuteScalarAsync(ct) as string;
    }

    /// <summary>Everything is read again: charging goes on, in every book that has something due.</summary>
    private async Task LetGoOn(CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("DELETE FROM setting WHERE name = @name", ct, ("name", Unexplained.Restored));
        var books = new List<long>();
        await using (var command = await db.Command("SELECT DISTINCT book_id FROM due_work WHERE kind <> 'quarantine'", ct))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct)) books.Add(reader.GetInt64(0));
        foreach (var book in books) outbox.Enqueue(new CollectDue(book), Instant.FromUnixTimeSeconds(0), book);
        await transaction.Commit(ct);
    }
}

/// <summary>A restored site catches up with the gateways as soon as it starts.</summary>
internal sealed class AfterRestore(Db db, Clock clock, IReconciliation reconciliation, Outbox outbox) : IAtStart
{
    public async Task Start(CancellationToken ct)
    {
        if (!await reconciliation.IsWaiting(ct)) return;
        outbox.Enqueue(new Reconcile(), clock.Now());
        await db.SaveChangesAsync(ct);
    }
}
