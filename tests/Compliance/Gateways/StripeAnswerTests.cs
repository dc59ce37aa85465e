using System.Net;
using System.Text;
using Shouldly;
using Stipend.Billing.Gateways;
using Stipend.Billing.Gateways.Stripe;
using Xunit;
using static Stipend.Billing.Gateways.GatewayOutcome;

namespace Stipend.Compliance.Gateways;

/// <summary>Nonsense from Stripe's direction is never mistaken for a result, nor a proxy's page for Stripe's word.</summary>
public sealed class StripeAnswerTests
{
    private const string Moved = """{"object":"balance_transaction","id":"txn_1","amount":500,"fee":45,"currency":"eur"}""";
    private const string Charge = """{"object":"charge","id":"ch_1","amount_refunded":0,"balance_transaction":""" + Moved + "}";
    private const string Rest = ",\"currency\":\"eur\",\"metadata\":{\"charge_id\":\"41\"},\"last_payment_error\":null,\"latest_charge\":" + Charge + "}";
    private const string Paid = """{"object":"payment_intent","id":"pi_1","status":"succeeded","amount_received":500""" + Rest;
    private const string CardError = """{"error":{"type":"card_error","code":"card_declined","decline_code":"stolen_card"}}""";

    [Fact]
    public async Task A_plain_success_is_read() => (await Ask(200, Paid)).ShouldBe(new GatewayAnswer(Succeeded, "pi_1",
        CapturedMinor: 500, Currency: "EUR", FeeMinor: 45, ChargeId: 41, Captures: 1));

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "<html>Welcome to the hotel's network</html>")]
    [InlineData(200, "[]")]
    [InlineData(200, "null")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"succeeded"}""")]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"succeeded","amount_received":0""" + Rest)]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"succeeded","amount_received":5.5""" + Rest)]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"levitating","amount_received":0""" + Rest)]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"requires_capture","amount_received":0""" + Rest)]
    [InlineData(200, """{"object":"payment_intent","id":"pi_1","status":"requires_action","amount_received":0,"next_action":{"type":"use_stripe_sdk"}""" + Rest)]
    [InlineData(200, """{"object":"event","id":"evt_1"}""")]
    [InlineData(204, "")]
    [InlineData(302, "")]
    [InlineData(400, "<h1>Bad gateway in disguise</h1>")]
    [InlineData(400, """{"error":"no"}""")]
    [InlineData(402, """{"error":{"type":"invalid_request_error","code":"card_declined"}}""")]
    [InlineData(402, CardError)]
    [InlineData(403, "{}")]
    [InlineData(404, "not here")]
    [InlineData(408, """{"error":{"type":"api_error"}}""")]
    [InlineData(409, """{"error":{"type":"idempotency_error","code":"idempotency_key_in_use"}}""")]
    [InlineData(500, Paid)]
    [InlineData(502, "")]
    [InlineData(503, CardError)]
    public async Task What_cannot_be_understood_is_unknown(int status, string body)
    {
        var answer = await Ask(status, body);
        (answer.Outcome, answer.CapturedMinor).ShouldBe((Unknown, 0));
    }

    [Theory]
    [InlineData("invalid_request_error", "parameter_unknown", "parameter_unknown")]
    [InlineData("idempotency_error", null, "idempotency_error")]
    public async Task What_Stripe_itself_refused_is_refused(string type, string? code, string told)
    {
        var answer = await Ask(400, $$$"""{"error":{"type":"{{{type}}}","message":"No."{{{(code is null ? "" : $",\"code\":\"{code}\"")}}}}}""");
        (answer.Outcome, answer.Code, answer.Message).ShouldBe((Refused, told, "No."));
    }

    [Fact]
    public async Task Too_many_requests_is_throttled_whatever_the_body() => (await Ask(429, "<html>")).Outcome.ShouldBe(Throttled);

    private static async Task<GatewayAnswer> Ask(int status, string body)
    {
        using var http = BillingGateways.StripeClient(new Canned(status, body), new Uri("https://stripe.example"), "sk_test_1");
        var stripe = new StripeGateway(http);
        var bytes = stripe.Prepare(new ChargeRequest(41, "cus_1", "pm_1", new Money(500, Currency.Of("EUR")), new LocalDate(2026, 1, 31)));
        return await stripe.Send(bytes, "k1", TestContext.Current.CancellationToken);
    }

    private sealed class Canned(int status, string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
    }
}
