using Stipend.Billing.Gateways;
using Stipend.TestGateway;

namespace Stipend.Compliance.Gateways;

/// <summary>The test gateway, started, with its own store file opened a second time to read what it truly captured.</summary>
internal sealed class GatewayUnderTest : PlayedGateway
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "stipend-gateway-" + Path.GetRandomFileName());
    private readonly TestGatewayStore _store;
    private TestGatewayServer? _server;
    private IPaymentGateway _gateway = null!;
    private HttpClient _http = null!;

    internal GatewayUnderTest()
    {
        _store = new TestGatewayStore(Path.Combine(_folder, "test-gateway.db"));
        Records = new TestGatewayStore(Path.Combine(_folder, "test-gateway.db"));
    }

    internal TestGatewayStore Records { get; }
    internal TestGatewayCore Core { get; private set; } = null!;
    internal override HttpClient Http => _http;
    internal override IPaymentGateway Gateway => _gateway;
    internal override IGatewayTruth Truth => new Truths(Records);
    internal override GatewayOutcome NeverMade => GatewayOutcome.NotFound;
    internal override GatewayOutcome WrongKey => GatewayOutcome.Refused;
    internal override string Code(string ours) => ours;
    internal override int Attempts(int made) => made;
    internal override void BreakDown(int? status) => Core.BreakDown(status);
    internal override void PayerDecides(string intentId, bool confirms) => Core.PayerDecides(intentId, confirms);
    protected override string Card(string ours) => ours;

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

    public override async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        Records.Dispose();
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private GatewayUnderTest Connect(HttpMessageHandler handler, Uri address)
    {
        _http = BillingGateways.Client(handler, address, _store.SecretKey);
        _gateway = new TestGatewayClient(Http);
        return this;
    }

    private sealed class Truths(TestGatewayStore store) : IGatewayTruth
    {
        public IReadOnlyList<Capture> Captures() => store.Captures();
        public IReadOnlyList<GivenBack> Refunds() => store.Refunds();
        public int IntentCount() => store.IntentCount();
        public int ConfirmCount() => store.ConfirmCount();
    }
}
