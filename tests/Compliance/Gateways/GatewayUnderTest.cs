using Shouldly;
using Stipend.Billing.Gateways;
using Stipend.TestGateway;
using Xunit;

namespace Stipend.Compliance.Gateways;

/// <summary>One gateway, started, with its own store file opened a second time to read what it truly captured.</summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "stipend-gateway-" + Path.GetRandomFileName());
    private readonly TestGatewayStore _store;
    private TestGatewayServer? _server;
    private long _calls;

    internal GatewayUnderTest()
    {
        _store = new TestGatewayStore(Path.Combine(_folder, "test-gateway.db"));
        Truth = new TestGatewayStore(Path.Combine(_folder, "test-gateway.db"));
    }

    internal ManualTime Time { get; } = new(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));
    internal TestGatewayStore Truth { get; }
    internal TestGatewayCore Core { get; private set; } = null!;
    internal HttpClient Http { get; private set; } = null!;
    internal IPaymentGateway Gateway { get; private set; } = null!;

    internal GatewayUnderTest InProcess()
    {
        Core = new TestGatewayCore(_store, new TestGatewayOptions { PublicUrl = "/test-gateway" }, Time);
        return Connect(new InProcessHandler(Core), new Uri("http://test-gateway.internal"));
    }

    internal async Task<GatewayUnderTest> OnLoopback(TestGatewayOptions? options = null)
    {
        _server = await TestGatewayServer.Start(_store, options ?? new TestGatewayOptions(), "http://127.0.0.1:0", Time);
        Core = _server.Core;
        return Connect(new SocketsHttpHandler { AllowAutoRedirect = false }, _server.Address);
    }

    /// <summary>A customer with one test card: what every test starts from.</summary>
    internal async Task<(string Customer, string Method)> Payer(string card)
    {
        var customer = await Gateway.CreateCustomer(7, Key("customer"), TestContext.Current.CancellationToken);
        customer.Outcome.ShouldBe(GatewayOutcome.Succeeded);
        var method = await Gateway.AddMethod(customer.Id!, card, Key("method"), TestContext.Current.CancellationToken);
        method.Outcome.ShouldBe(GatewayOutcome.Succeeded, method.Message);
        return (customer.Id!, method.Id!);
    }

    /// <summary>Prepared bytes for a charge of €5.00, unless told otherwise.</summary>
    internal async Task<(byte[] Bytes, string Customer, string Method)> Charge(string card, long chargeId = 41, Money? amount = null,
        string on = "2026-01-31")
    {
        var (customer, method) = await Payer(card);
        var date = NodaTime.Text.LocalDatePattern.Iso.Parse(on).Value;
        return (Gateway.Prepare(new ChargeRequest(chargeId, customer, method, amount ?? new Money(500, Currency.Of("EUR")), date)),
            customer, method);
    }

    internal string Key(string what) => $"test:{what}:{Interlocked.Increment(ref _calls)}";

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        Truth.Dispose();
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private GatewayUnderTest Connect(HttpMessageHandler handler, Uri address)
    {
        Http = BillingGateways.Client(handler, address, _store.SecretKey);
        Gateway = new TestGatewayClient(Http);
        return this;
    }
}

/// <summary>A clock that stands still until moved.</summary>
internal sealed class ManualTime(DateTimeOffset now) : TimeProvider
{
    private DateTimeOffset _now = now;

    public override DateTimeOffset GetUtcNow() => _now;

    internal void Advance(TimeSpan by) => _now += by;
}
