using Stipend.Billing.Collecting;
using Stipend.Platform.Data;

namespace Stipend.Billing.Reconciling;

/// <summary>
/// What stands between a charge and the gateway: payments of the same customer that the books do not know, as after a restore. The one that was made
/// for the same bill is adopted; with any other open, nothing is charged until it is explained.
/// </summary>
internal sealed class Unexplained(Db db)
{
    /// <summary>The setting that stands while a restored site has not caught up.</summary>
    internal const string Restored = "billing.restored";

    /// <summary>Whether charging waits altogether, because a restored site has not yet read what it has forgotten.</summary>
    public async Task<bool> Waits(CancellationToken ct)
    {
        await using var command = await db.Command("SELECT 1 FROM setting WHERE name = @name", ct, ("name", Restored));
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    /// <summary>What has been booked since explains itself.</summary>
    public Task<int> Resolve(Instant now, CancellationToken ct) => db.Execute("""
        UPDATE recon_item SET resolved_at = @now, note = 'booked' WHERE resolved_at IS NULL AND kind IN ('unknown_payment', 'unsettled')
        AND EXISTS (SELECT 1 FROM gateway_intent i JOIN attempt_result r ON r.charge_id = i.charge_id AND r.outcome = 'succeeded'
                    JOIN charge c ON c.id = i.charge_id
                    WHERE i.gateway = recon_item.gateway AND i.intent_id = recon_item.intent_id
                      AND (c.currency <> recon_item.currency OR r.captured_minor = recon_item.amount_minor))
        """, ct, ("now", now));

    /// <summary>Marks the claimed charges that have to take such a payment into account. One query, of a table that is nearly always
    /// empty.</summary>
    public async Task Mark(List<WorkItem> items, string instance, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT gateway, customer_ref, reference, intent_id FROM recon_item
            WHERE resolved_at IS NULL AND kind = 'unknown_payment' AND customer_ref IS NOT NULL
            """, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (gateway, customer, intent) = (reader.GetString(0), reader.GetString(1), reader.GetString(3));
            var reference = await reader.IsDBNullAsync(2, ct) ? null : reader.GetString(2);
            for (var i = 0; i < items.Count; i++)
            {
                if (items[i].Gateway != gateway || items[i].CustomerRef != customer || items[i].IntentId == intent) continue;
                items[i] = $"{instance}:{items[i].Reference}" == reference && items[i].IntentId is null
                    ? items[i] with { IntentId = intent, IsAdopted = true }
                    : items[i] with { IsHeld = true };
            }
        }
    }
}
