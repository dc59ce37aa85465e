using System.Buffers.Text;
using System.Text;
using Stipend.Billing.Gateways;

namespace Stipend.Load;

/// <summary>A gateway that costs nothing, so that what is measured is ours: it captures what the bytes say, or declines by the method's name.</summary>
internal sealed class InstantGateway : IPaymentGateway
{
    private long _intents;

    public string Name => "bench";

    public byte[] Prepare(ChargeRequest request) => Encoding.UTF8.GetBytes(
        $"{request.Amount.Minor} {request.Amount.Currency.Code} {request.MethodId} {request.CustomerId} {request.ChargeId} {request.BillingDate} {request.Reference}");

    public Task<GatewayAnswer> Send(ReadOnlyMemory<byte> prepared, string idempotencyKey, CancellationToken ct)
    {
        var span = prepared.Span;
        if (!Utf8Parser.TryParse(span, out long minor, out var read)) return Task.FromResult(new GatewayAnswer(GatewayOutcome.Refused, Code: "bytes"));
        var currency = Encoding.ASCII.GetString(span.Slice(read + 1, 3));
        var intent = $"pi_{Interlocked.Increment(ref _intents):x16}";
        return Task.FromResult(span[read + 5] == 'd'
            ? new GatewayAnswer(GatewayOutcome.DeclinedSoft, intent, "insufficient_funds", Attempts: 1)
            : new GatewayAnswer(GatewayOutcome.Succeeded, intent, CapturedMinor: minor, Currency: currency, FeeMinor: minor * 29 / 1000 + 30,
                Attempts: 1, Captures: 1));
    }

    public Task<GatewayAnswer> CreateCustomer(long personId, string idempotencyKey, CancellationToken ct) => throw new NotSupportedException();
    public Task<GatewayAnswer> AddMethod(string customerId, string token, string idempotencyKey, CancellationToken ct) => throw new NotSupportedException();
    public Task<GatewayAnswer> RemoveMethod(string methodId, string idempotencyKey, CancellationToken ct) => throw new NotSupportedException();
    public byte[] PrepareConfirm(ConfirmRequest request) => throw new NotSupportedException();
    public byte[] PrepareRefund(string intentId, Money amount, long refundId) => throw new NotSupportedException();
    public Task<GatewayAnswer> Lookup(string intentId, CancellationToken ct) => throw new NotSupportedException();
    public Task<GatewayAnswer> FindByCharge(string customerId, long chargeId, CancellationToken ct) => throw new NotSupportedException();
    public Task<GatewayAnswer> Cancel(string intentId, string idempotencyKey, CancellationToken ct) => throw new NotSupportedException();
    public Task<GatewayMovements?> Movements(string? afterId, CancellationToken ct) => Task.FromResult<GatewayMovements?>(new([], false));
}
