using System.Buffers.Text;
using System.Text;
using Stipend.Billing.Gateways;

namespace Stipend.Load;

/// <summary>
/// A gateway that costs nothing, so that what is measured is ours: it captures what the bytes say, or declines by the method's name. Told again, it
/// answers the same. With a limit and a latency it is one to be paced.
/// </summary>
internal sealed class InstantGateway(int callsPerSecond = 0, TimeSpan latency = default) : IPaymentGateway
{
    private long _calls;

    public string Name => "bench";
    public int CallsPerSecond => callsPerSecond;
    public long Calls => _calls;

    public byte[] Prepare(ChargeRequest request) => Encoding.UTF8.GetBytes(
        $"{request.Amount.Minor} {request.Amount.Currency.Code} {request.MethodId} {request.CustomerId} {request.ChargeId} {request.BillingDate} {request.Reference}");

    public async Task<GatewayAnswer> Send(ReadOnlyMemory<byte> prepared, string idempotencyKey, CancellationToken ct)
    {
        Interlocked.Increment(ref _calls);
        if (latency > TimeSpan.Zero) await Task.Delay(latency, TimeProvider.System, ct);
        return Answer(prepared.Span, idempotencyKey);
    }

    private static GatewayAnswer Answer(ReadOnlySpan<byte> span, string key)
    {
        if (!Utf8Parser.TryParse(span, out long minor, out var read)) return new GatewayAnswer(GatewayOutcome.Refused, Code: "bytes");
        var currency = Encoding.ASCII.GetString(span.Slice(read + 1, 3));
        var intent = $"pi_{key}";
        return span[read + 5] == 'd'
            ? new GatewayAnswer(GatewayOutcome.DeclinedSoft, intent, "insufficient_funds", Attempts: 1)
            : new GatewayAnswer(GatewayOutcome.Succeeded, intent, CapturedMinor: minor, Currency: currency, FeeMinor: minor * 29 / 1000 + 30,
                Attempts: 1, Captures: 1);
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
