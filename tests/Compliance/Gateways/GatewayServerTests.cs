using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Stipend.Billing.Gateways;
using Stipend.TestGateway;
using Xunit;
using static Stipend.Billing.Gateways.GatewayOutcome;

namespace Stipend.Compliance.Gateways;

/// <summary>What only the server has: the payer's page, and signed webhooks.</summary>
public sealed class GatewayServerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("confirm", Succeeded)]
    [InlineData("refuse", DeclinedSoft)]
    internal async Task The_payer_decides_on_the_page_and_is_sent_back(string decision, GatewayOutcome outcome)
    {
        await using var it = await new GatewayUnderTest().OnLoopback();
        var (customer, method) = await it.Payer("card_asks_for_confirmation");
        var asks = await it.Gateway.Send(it.Gateway.Prepare(new ChargeRequest(41, customer, method, new Money(500, Currency.Of("EUR")),
            new LocalDate(2026, 1, 31), "https://example.org/back?a=1")), "k1", Ct);
        var page = await it.Http.GetStringAsync(new Uri(asks.ActionUrl!), Ct);
        page.ShouldContain("5.00 EUR");
        page.ShouldContain("No real money moves");

        var key = System.Web.HttpUtility.ParseQueryString(new Uri(asks.ActionUrl!).Query)["key"]!;
        using var answer = await it.Http.PostAsync(new Uri(asks.ActionUrl!), Form(("key", key), ("decision", decision)), Ct);

        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        answer.Headers.Location!.OriginalString.ShouldBe($"https://example.org/back?a=1&payment_intent={asks.Id}");
        (await it.Gateway.Lookup(asks.Id!, Ct)).Outcome.ShouldBe(outcome);
    }

    [Fact]
    public async Task The_page_opens_only_with_its_key()
    {
        await using var it = await new GatewayUnderTest().OnLoopback();
        var (bytes, _, _) = await it.Charge("card_asks_for_confirmation");
        var asks = await it.Gateway.Send(bytes, "k1", Ct);
        var guessed = new Uri(asks.ActionUrl!.Split('?')[0] + "?key=000000000000000000000000");

        using var shown = await it.Http.GetAsync(guessed, Ct);
        using var posted = await it.Http.PostAsync(guessed, Form(("key", "000000000000000000000000"), ("decision", "confirm")), Ct);

        (shown.StatusCode, posted.StatusCode).ShouldBe((HttpStatusCode.NotFound, HttpStatusCode.NotFound));
        it.Truth.Captures().ShouldBeEmpty();
    }

    [Fact]
    public async Task Webhooks_are_signed_and_what_was_not_accepted_is_sent_again()
    {
        var received = new List<(byte[] Body, string Signature)>();
        await using var receiver = Receiver(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            lock (received) received.Add((body.ToArray(), context.Request.Headers[WebhookSignature.Header].ToString()));
            context.Response.StatusCode = received.Count == 1 ? 500 : 204;
        });
        await receiver.StartAsync(Ct);
        var options = new TestGatewayOptions { WebhookUrl = new Uri(receiver.Urls.First()), WebhookSecret = "whsec_1" };
        await using var it = new GatewayUnderTest();
        using var store = new TestGatewayStore(":memory:");
        var core = new TestGatewayCore(store, options, it.Time);
        it.InProcess();
        using var http = BillingGateways.Client(new InProcessHandler(core), new Uri("http://test-gateway.internal"), store.SecretKey);
        await new TestGatewayClient(http).CreateCustomer(7, "c1", Ct);
        await using var courier = new WebhookCourier(core, it.Time);

        (await courier.DeliverPending(Ct)).ShouldBe(0);
        (await courier.DeliverPending(Ct)).ShouldBe(1);
        (await courier.DeliverPending(Ct)).ShouldBe(0);

        received.Count.ShouldBe(2);
        var (raw, signature) = received[1];
        var now = Instant.FromDateTimeOffset(it.Time.GetUtcNow());
        GatewaySignature.IsGenuine(raw, signature, "whsec_1", now).ShouldBeTrue();
        GatewaySignature.IsGenuine(raw, signature, "whsec_2", now).ShouldBeFalse();
        GatewaySignature.IsGenuine([.. raw, (byte)' '], signature, "whsec_1", now).ShouldBeFalse();
        GatewaySignature.IsGenuine(raw, signature, "whsec_1", now + Duration.FromMinutes(6)).ShouldBeFalse();
        GatewaySignature.IsGenuine(raw, signature.Replace("t=", "t=1", StringComparison.Ordinal), "whsec_1", now).ShouldBeFalse();
        GatewaySignature.IsGenuine(raw, null, "whsec_1", now).ShouldBeFalse();
    }

    [Fact]
    public async Task Captures_survive_a_restart_of_the_gateway_and_ids_of_two_stores_differ()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".db");
        string intent, key;
        using (var store = new TestGatewayStore(file)) (intent, key) = (await Pay(store), store.SecretKey);
        using (var store = new TestGatewayStore(file))
        {
            store.SecretKey.ShouldBe(key);
            store.Captures().ShouldHaveSingleItem().IntentId.ShouldBe(intent);
        }
        using (var other = new TestGatewayStore(":memory:")) (await Pay(other)).ShouldNotBe(intent);
        foreach (var path in Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(file) + "*")) File.Delete(path);

        static async Task<string> Pay(TestGatewayStore store)
        {
            using var http = BillingGateways.Client(new InProcessHandler(new TestGatewayCore(store, new TestGatewayOptions(),
                TimeProvider.System)),
                new Uri("http://test-gateway.internal"), store.SecretKey);
            var gateway = new TestGatewayClient(http);
            var customer = (await gateway.CreateCustomer(1, "c", Ct)).Id!;
            var method = (await gateway.AddMethod(customer, "card_pays", "m", Ct)).Id!;
            var bytes = gateway.Prepare(new ChargeRequest(1, customer, method, new Money(500, Currency.Of("EUR")),
                new LocalDate(2026, 1, 31)));
            return (await gateway.Send(bytes, "k", Ct)).Id!;
        }
    }

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    private static WebApplication Receiver(RequestDelegate handle)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(handle);
        return app;
    }
}
