using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Billing.Collecting;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Gateways.Transfers;

/// <summary>A transfer was recorded: its charge is looked at, also when whoever recorded it did not wait.</summary>
internal sealed record TransferRecorded(long ChargeId);

/// <summary>The desk where what came by transfer is recorded, and the payer's page that says how to pay.</summary>
internal sealed class TransferDesk(Db db, PaymentGateways gateways, ChargeCollector collector, BillingOptions options, Outbox outbox, Clock clock)
    : ITransfers, IPerform<TransferRecorded>
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/billing/transfers/{chargeId:long}", Show).RequireSignIn();

    public bool AreTaken(long bookId) => gateways.TakesTransfers(bookId);

    public async Task<List<OpenTransfer>> Open(PageKey after = default, int take = 100, CancellationToken ct = default)
    {
        await using var command = await db.Command("""
            SELECT o.charge_id, c.patron_id, o.amount_minor, o.currency, o.reference, o.created_at, w.due_at FROM transfer_order o
            JOIN charge c ON c.id = o.charge_id
            JOIN due_work w ON w.charge_id = o.charge_id AND w.kind <> 'quarantine'
            WHERE (o.created_at, o.charge_id) > (@at, @id) AND NOT EXISTS (SELECT 1 FROM transfer_outcome r WHERE r.order_id = o.id)
            ORDER BY o.created_at, o.charge_id LIMIT @take
            """, ct, ("at", after.At), ("id", after.Id), ("take", (long)take));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<OpenTransfer>();
        while (await reader.ReadAsync(ct))
            found.Add(new OpenTransfer(reader.GetInt64(0), reader.GetInt64(1), new Money(reader.GetInt64(2), Currency.Of(reader.GetString(3))),
                reader.GetString(4), At(reader, 5), At(reader, 6)));
        return found;
    }

    public async Task<TransferHint?> Find(long chargeId, long patronId, CancellationToken ct = default)
    {
        await using var command = await db.Command("""
            SELECT o.amount_minor, o.currency, o.reference, w.due_at, c.zone_id, r.kind, r.received_minor FROM transfer_order o
            JOIN charge c ON c.id = o.charge_id
            LEFT JOIN due_work w ON w.charge_id = o.charge_id
            LEFT JOIN transfer_outcome r ON r.order_id = o.id
            WHERE o.charge_id = @charge AND c.patron_id = @patron
            """, ct, ("charge", chargeId), ("patron", patronId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        var state = await reader.IsDBNullAsync(5, ct) ? "open" : reader.GetString(5);
        var due = await reader.IsDBNullAsync(3, ct) ? clock.Now() : At(reader, 3);
        return new TransferHint(new Money(reader.GetInt64(0), Currency.Of(reader.GetString(1))), TransferReference.Spaced(reader.GetString(2)),
            options.TransferTo ?? "", TransferWords.LastDay(due, reader.GetString(4)), state);
    }

    public async Task<CollectResult> Record(long chargeId, long receivedMinor, LocalDate receivedOn, long recordedBy, CancellationToken ct = default)
    {
        if (receivedMinor <= 0) throw Refusal.InvalidField("amount", "Record what came; nothing is not recorded.");
        await using (var transaction = await db.BeginWrite(ct))
        {
            if (await State(chargeId, ct) is not { } state) throw Refusal.NotFound("transfer");
            if (state.Length > 0 || await db.Execute("""
                INSERT INTO transfer_outcome (order_id, kind, received_minor, received_on, recorded_by, at)
                VALUES (@id, 'received', @minor, @on, @by, @now) ON CONFLICT DO NOTHING
                """, ct, ("id", TransferRail.OrderId(chargeId)), ("minor", receivedMinor), ("on", receivedOn), ("by", recordedBy), ("now", clock.Now())) == 0)
                throw Refusal.Conflict("already_recorded", state == "canceled"
                    ? "This bill was called off before the money came. Give it back by transfer."
                    : "What came for this bill is recorded already.");
            outbox.Publish(new TransferRecorded(chargeId));
            await transaction.Commit(ct);
        }
        return await collector.Collect(chargeId, ct);
    }

    public Task Perform(TransferRecorded message, MessageContext context, CancellationToken ct) => collector.Collect(message.ChargeId, ct);

    /// <summary>What became of an order: "" when its bill is open; null when there is none.</summary>
    private async Task<string?> State(long chargeId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT COALESCE(r.kind, CASE WHEN w.charge_id IS NULL THEN 'canceled' ELSE '' END) FROM transfer_order o
            LEFT JOIN transfer_outcome r ON r.order_id = o.id
            LEFT JOIN due_work w ON w.charge_id = o.charge_id WHERE o.charge_id = @charge
            """, ct, ("charge", chargeId));
        return await command.ExecuteScalarAsync(ct) as string;
    }

    private static async Task<IResult> Show(HttpContext context, long chargeId, ITransfers transfers, CancellationToken ct) =>
        Platform.Http.Pages.Show<TransferPage>(new TransferPage.View(
            await transfers.Find(chargeId, context.RequireViewer().Id, ct) ?? throw Refusal.NotFound("payment")));

    private static Instant At(System.Data.Common.DbDataReader reader, int column) => Instant.FromUnixTimeMilliseconds(reader.GetInt64(column));
}
