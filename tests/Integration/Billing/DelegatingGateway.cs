using Stipend.Billing.Gateways;

namespace Stipend.Integration.Billing;

/// <summary>A gateway with something between: every call that answers goes through <see cref="Through"/>.</summary>
internal abstract class DelegatingGateway : IPaymentGateway
{
    private IPaymentGateway? _inner;

    public DelegatingGateway Before(IPaymentGateway inner)
    {
        _inner = inner;
        return this;
    }

    protected abstract Task<GatewayAnswer> Through(Func<Task<GatewayAnswer>> call);

    private IPaymentGateway Inner => _inner!;
    public string Name => Inner.Name;
    public byte[] Prepare(ChargeRequest request) => Inner.Prepare(request);
    public byte[] PrepareConfirm(ConfirmRequest request) => Inner.PrepareConfirm(request);
    public byte[] PrepareRefund(string intentId, Money amount, long refundId) => Inner.PrepareRefund(intentId, amount, refundId);
    public Task<GatewayMovements?> Movements(string? afterId, CancellationToken ct) => Inner.Movements(afterId, ct);
    public Task<GatewayAnswer> CreateCustomer(long personId, string idempotencyKey, CancellationToken ct) =>
        Through(() => Inner.CreateCustomer(personId, idempotencyKey, ct));
    public Task<GatewayAnswer> AddMethod(string customerId, string token, string idempotencyKey, CancellationToken ct) =>
        Through(() => Inner.AddMethod(customerId, token, idempotencyKey, ct));
    public Task<GatewayAnswer> RemoveMethod(string methodId, string idempotencyKey, CancellationToken ct) =>
        Through(() => Inner.RemoveMethod(methodId, idempotencyKey, ct));
    public Task<GatewayAnswer> Send(ReadOnlyMemory<byte> prepared, string idempotencyKey, CancellationToken ct) =>
        Through(() => Inner.Send(prepared, idempotencyKey, ct));
    public Task<GatewayAnswer> Lookup(string intentId, CancellationToken ct) => Through(() => Inner.Lookup(intentId, ct));
    public Task<GatewayAnswer> FindByCharge(string customerId, long chargeId, CancellationToken ct) =>
        Through(() => Inner.FindByCharge(customerId, chargeId, ct));
    public Task<GatewayAnswer> Cancel(string intentId, string idempotencyKey, CancellationToken ct) =>
        Through(() => Inner.Cancel(intentId, idempotencyKey, ct));
}
