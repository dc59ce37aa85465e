using System.Net;
using System.Text;
using Shouldly;
using Stipend.Billing.Gateways;
using Xunit;
using static Stipend.Billing.Gateways.GatewayOutcome;

namespace Stipend.Compliance.Gateways;

/// <summary>Nonsense from the far end is never mistaken for a result.</summary>
public sealed class GatewayAnswerTests
{
    private const string Rest = """ "amount_refunded":0,"currency":"eur","fee":45,"attempt_count":1,"metadata":{"charge_id":"41"}} """;
    private const string Paid = """{"object":"payment_intent","id":"pi_1","status":"succeeded","amount_received":500,""" + Rest;
    private const string CardError = """{"error":{"type":"card_error","code":"card_declined","decline_code":"stolen_card"}}""";

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "<html>Welcome to the hotel's network</html>")]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"succ""")]
    [InlineData(200, "[]")]
    [InlineData(200, "null")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"succeeded"}""")]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"succeeded","amount_received":0,""" + Rest)]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"levitating","amount_received":0,""" + Rest)]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"succeeded","amount_received":5.5,""" + Rest)]
    [InlineData(204, "")]
    [InlineData(302, "")]
    [InlineData(400, "<h1>Bad gateway in disguise</h1>")]
    [InlineData(402, CardError)]
    [InlineData(404, "not here")]
    [InlineData(408, """{"error":{"code":"timeout"}}""")]
    [InlineData(409, """{"error":{"code":"lock_timeout"}}""")]
    [InlineData(500, Paid)]
    [InlineData(502, "")]
    [InlineData(503, CardError)]
    public async Task What_cannot_be_understood_is_unknown(int status, string body)
    {
        (await Ask(Canned(status, body))).Outcome.ShouldBe(Unknown);
        (await Ask(Canned(status, body))).CapturedMinor.ShouldBe(0);
    }

    [Fact]
    public async Task A_plain_success_is_read()
    {
        (await Ask(Canned(200, Paid))).ShouldBe(new GatewayAnswer(Succeeded, "pi_1", CapturedMinor: 500, Currency: "EUR", FeeMinor: 45,
            ChargeId: 41, Attempts: 1, Captures: 1));
    }

    [Fact]
    public async Task Too_many_requests_is_throttled_whatever_the_body() => (await Ask(Canned(429, "<html>"))).Outcome.ShouldBe(Throttled);

    [Theory]
    [InlineData(typeof(HttpRequestException))]
    [InlineData(typeof(TaskCanceledException))]
    [InlineData(typeof(IOException))]
    public async Task A_broken_or_late_connection_is_unknown(Type error)
    {
        (await Ask(new Handler(() => throw (Exception)Activator.CreateInstance(error)!))).Outcome.ShouldBe(Unknown);
    }

    [Fact]
    public async Task A_body_cut_in_the_middle_is_unknown()
    {
        (await Ask(new Handler(() => new HttpResponseMessage(HttpStatusCode.OK)
            { Content = new StreamContent(new CutStream(Paid[..40])) }))).Outcome.ShouldBe(Unknown);
    }

    [Fact]
    public async Task An_endless_body_is_unknown()
    {
        (await Ask(Canned(200, Paid + new string(' ', 5 << 20)))).Outcome.ShouldBe(Unknown);
    }

    [Fact]
    public async Task The_callers_own_cancellation_is_not_an_answer()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var gateway = new TestGatewayClient(BillingGateways.Client(Canned(200, Paid), new Uri("http://gateway.example"), "sk"));
        await Should.ThrowAsync<OperationCanceledException>(() => gateway.Lookup("pi_1", stop.Token));
    }

    [Fact]
    public async Task A_listing_that_holds_another_charges_payment_is_unknown()
    {
        var list = $$"""{"object":"list","has_more":false,"data":[{{Paid}}]}""";
        var gateway = new TestGatewayClient(BillingGateways.Client(Canned(200, list), new Uri("http://gateway.example"), "sk"));
        (await gateway.FindByCharge("cus_1", 42, TestContext.Current.CancellationToken)).Outcome.ShouldBe(Unknown);
        (await gateway.FindByCharge("cus_1", 41, TestContext.Current.CancellationToken)).Outcome.ShouldBe(Succeeded);
    }

    private static Task<GatewayAnswer> Ask(HttpMessageHandler handler)
    {
        var gateway = new TestGatewayClient(BillingGateways.Client(handler, new Uri("http://gateway.example"), "sk"));
        var bytes = gateway.Prepare(new ChargeRequest(41, "cus_1", "pm_1", new Money(500, Currency.Of("EUR")), new LocalDate(2026, 1, 31)));
        return gateway.Send(bytes, "k1", TestContext.Current.CancellationToken);
    }

    private static Handler Canned(int status, string body) =>
        new(() => new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") });

    private sealed class Handler(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Task.FromResult(answer());
        }
    }

    private sealed class CutStream(string text) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, count) is > 0 and var read ? read : throw new IOException("The connection was reset.");

        public override int Read(Span<byte> buffer) => base.Read(buffer) is > 0 and var read ? read
            : throw new IOException("The connection was reset.");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Read(buffer.Span));
    }
}
