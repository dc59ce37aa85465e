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

    /// <summary>Marks the claimed charges that have to take such a payment into account. One query, of a table that is nearly always
    /// empty.</summary>
    public async Task Mark(List<WorkItem> items, string gatewayName, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT customer_ref, reference, intent_id FROM recon_item
            WHERE resolved_at IS NULL AND gateway = @gateway AND kind = 'unknown_payment' AND customer_ref IS NOT NULL
            """, ct, ("gateway", gatewayName));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (customer, reference) = (reader.GetString(0), await reader.IsDBNullAsync(1, ct) ? null : reader.GetString(1));
            var intent = reader.GetString(2);
            for (var i = 0; i < items.Count; i++)
            {
                if (items[i].CustomerRef != customer || items[i].IntentId == intent) continue;
                items[i] = items[i].Reference == reference && items[i].IntentId is null
                    ? items[i] with { IntentId = intent, IsAdopted = true }
                    : items[i] with { IsHeld = true };
            }
        }
    }
}
