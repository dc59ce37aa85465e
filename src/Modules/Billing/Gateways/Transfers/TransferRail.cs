using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Data;

namespace Stipend.Billing.Gateways.Transfers;

/// <summary>
/// Payments made by hand, behind the same seam as any gateway (ADR 0011): its far end is a person who looks at the bank account. A payment asked
/// for waits for the payer; it succeeds when somebody records what arrived. Its own record is two append-only tables.
/// </summary>
internal sealed class TransferRail(IServiceScopeFactory scopes, Clock clock) : IPaymentGateway
{
    /// <summary>What stands for a card's token when somebody chooses to pay by transfer.</summary>
    public const string Token = Contracts.IPaymentMethods.Transfer;

    private sealed record Order(string Op, long ChargeId, string Customer, string Method, long Minor, string Currency);

    public string Name => GatewayNames.Transfer;

    /// <summary>Where a payer reads how to pay a charge.</summary>
    public static string Path(long chargeId) => $"/billing/transfers/{chargeId.ToString(CultureInfo.InvariantCulture)}";

    public static string OrderId(long chargeId) => $"tr_{chargeId.ToString(CultureInfo.InvariantCulture)}";

    public Task<GatewayAnswer> CreateCustomer(long personId, string idempotencyKey, CancellationToken ct) =>
        Task.FromResult(new GatewayAnswer(GatewayOutcome.Succeeded, $"payer_{personId.ToString(CultureInfo.InvariantCulture)}"));

    public Task<GatewayAnswer> AddMethod(string customerId, string token, string idempotencyKey, CancellationToken ct) => Task.FromResult(token == Token
        ? new GatewayAnswer(GatewayOutcome.Succeeded, "tm_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(idempotencyKey)))[..24])
        : new GatewayAnswer(GatewayOutcome.Refused, Code: "card_unknown", Message: "This is no way to pay by transfer."));

    public Task<GatewayAnswer> RemoveMethod(string methodId, string idempotencyKey, CancellationToken ct) =>
        Task.FromResult(new GatewayAnswer(GatewayOutcome.Succeeded, methodId));

    public byte[] Prepare(ChargeRequest request) => Bytes(new Order("ask", request.ChargeId, request.CustomerId, request.MethodId,
        request.Amount.Minor, request.Amount.Currency.Code));

    /// <summary>Asking again changes nothing at the bank: the payer is reminded of the same order.</summary>
    public byte[] PrepareConfirm(ConfirmRequest request) => Bytes(new Order("again", ChargeOf(request.IntentId), "", request.MethodId, 0, ""));

    public byte[] PrepareRefund(string intentId, Money amount, long refundId) =>
        Bytes(new Order("give back", ChargeOf(intentId), "", "", amount.Minor, amount.Currency.Code));

    public Task<GatewayAnswer> Send(ReadOnlyMemory<byte> prepared, string idempotencyKey, CancellationToken ct)
    {
        var order = JsonSerializer.Deserialize<Order>(prepared.Span)!;
        return order.Op switch
        {
            "ask" => InStore(db => Ask(db, order, ct)),
            "again" => Lookup(OrderId(order.ChargeId), ct),
            _ => Task.FromResult(new GatewayAnswer(GatewayOutcome.Refused, Code: "by_hand",
                Message: "What came by transfer is given back by transfer; nothing here can do it.")),
        };
    }

    public Task<GatewayAnswer> Lookup(string intentId, CancellationToken ct) => InStore(db => Read(db, intentId, ct));

    public async Task<GatewayAnswer> FindByCharge(string customerId, long chargeId, CancellationToken ct) =>
        await Lookup(OrderId(chargeId), ct) is { Outcome: not GatewayOutcome.NotFound } found ? found
            : new GatewayAnswer(GatewayOutcome.NotFound, ChargeId: chargeId);

    /// <summary>What was recorded first stands: an order is either received or called off, never both.</summary>
    public Task<GatewayAnswer> Cancel(string intentId, string idempotencyKey, CancellationToken ct) => InStore(async db =>
    {
        await db.Execute("""
            INSERT INTO transfer_outcome (order_id, kind, received_minor, at) SELECT id, 'canceled', 0, @now FROM transfer_order WHERE id = @id
            ON CONFLICT DO NOTHING
            """, ct, ("id", intentId), ("now", clock.Now()));
        return await Read(db, intentId, ct);
    });

    public async Task<GatewayMovements?> Movements(string? afterId, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        await using var command = await scope.ServiceProvider.GetRequiredService<Db>().Command("""
            SELECT o.id, o.charge_id, r.received_minor, o.currency, o.customer_ref, o.reference FROM transfer_outcome r
            JOIN transfer_order o ON o.id = r.order_id
            WHERE r.kind = 'received' AND (@after = '' OR (r.at, r.order_id) > (SELECT a.at, a.order_id FROM transfer_outcome a WHERE a.order_id = @after))
            ORDER BY r.at, r.order_id LIMIT 101
            """, ct, ("after", afterId ?? ""));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var items = new List<GatewayMovement>();
        while (await reader.ReadAsync(ct))
            items.Add(new GatewayMovement(reader.GetString(0), "charge", reader.GetString(0), null, reader.GetInt64(1), reader.GetInt64(2), 0,
                reader.GetString(3), reader.GetString(4), reader.GetString(5)));
        return new GatewayMovements(items.Take(100).ToList(), items.Count > 100);
    }

    private async Task<GatewayAnswer> Ask(Db db, Order order, CancellationToken ct)
    {
        await db.Execute("""
            INSERT INTO transfer_order (id, charge_id, customer_ref, amount_minor, currency, reference, created_at)
            VALUES (@id, @charge, @customer, @minor, @currency, @reference, @now) ON CONFLICT DO NOTHING
            """, ct, ("id", OrderId(order.ChargeId)), ("charge", order.ChargeId), ("customer", order.Customer), ("minor", order.Minor),
            ("currency", order.Currency), ("reference", TransferReference.Of(order.ChargeId)), ("now", clock.Now()));
        await using var command = await db.Command(
            "SELECT 1 FROM transfer_order WHERE id = @id AND customer_ref = @customer AND amount_minor = @minor AND currency = @currency", ct,
            ("id", OrderId(order.ChargeId)), ("customer", order.Customer), ("minor", order.Minor), ("currency", order.Currency));
        return await command.ExecuteScalarAsync(ct) is null
            ? new GatewayAnswer(GatewayOutcome.Refused, Code: "asked_otherwise", Message: "This charge was asked for before, otherwise.")
            : await Read(db, OrderId(order.ChargeId), ct);
    }

    private static async Task<GatewayAnswer> Read(Db db, string id, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT o.charge_id, o.currency, r.kind, r.received_minor FROM transfer_order o
            LEFT JOIN transfer_outcome r ON r.order_id = o.id WHERE o.id = @id
            """, ct, ("id", id));
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return new GatewayAnswer(GatewayOutcome.NotFound, Code: "resource_missing");
        var open = new GatewayAnswer(GatewayOutcome.RequiresAction, id, Currency: reader.GetString(1), ChargeId: reader.GetInt64(0),
            ActionUrl: Path(reader.GetInt64(0)));
        if (await reader.IsDBNullAsync(2, ct)) return open;
        return reader.GetString(2) == "canceled" ? open with { Outcome = GatewayOutcome.Canceled, ActionUrl = null }
            : open with { Outcome = GatewayOutcome.Succeeded, ActionUrl = null, CapturedMinor = reader.GetInt64(3), Captures = 1 };
    }

    /// <summary>The database that does not answer is a gateway that does not answer: nothing is known.</summary>
    private async Task<GatewayAnswer> InStore(Func<Db, Task<GatewayAnswer>> work)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            return await work(scope.ServiceProvider.GetRequiredService<Db>());
        }
        catch (DbException error)
        {
            return GatewayAnswer.Unknown($"The record of transfers cannot be reached: {error.Message}");
        }
    }

    private static byte[] Bytes(Order order) => JsonSerializer.SerializeToUtf8Bytes(order);

    private static long ChargeOf(string orderId) => GatewayReading.Id(orderId.StartsWith("tr_", StringComparison.Ordinal) ? orderId[3..] : null) ?? 0;
}
