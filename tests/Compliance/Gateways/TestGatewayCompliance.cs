using System.Net;
using System.Text.Json;
using Shouldly;
using Stipend.Billing.Gateways;
using Xunit;
using static Stipend.Billing.Gateways.GatewayOutcome;

namespace Stipend.Compliance.Gateways;

/// <summary>What only the test gateway does: dated cards, fees of its own, a list of events.</summary>
public abstract class TestGatewayCompliance : PaymentGatewayCompliance
{
    [Theory]
    [InlineData("card_pays_until:2026-02-28", "2026-02-28", Succeeded)]
    [InlineData("card_pays_until:2026-02-28", "2026-03-01", DeclinedSoft)]
    [InlineData("card_declines_from:2026-02-28", "2026-02-27", Succeeded)]
    [InlineData("card_declines_from:2026-02-28", "2026-02-28", DeclinedSoft)]
    [InlineData("card_declines_between:2026-03-01..2026-03-10", "2026-03-10", DeclinedSoft)]
    [InlineData("card_declines_between:2026-03-01..2026-03-10", "2026-03-11", Succeeded)]
    internal async Task A_dated_card_goes_by_the_billing_date_it_is_sent(string card, string on, GatewayOutcome outcome)
    {
        var (bytes, _, _) = await _it.Charge(card, on: on);
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(outcome);
    }

    [Fact]
    public async Task A_later_attempt_is_judged_by_its_own_billing_date()
    {
        var (bytes, _, method) = await _it.Charge("card_declines_between:2026-03-01..2026-03-10", on: "2026-03-01");
        var declined = await _it.Gateway.Send(bytes, "k1", Ct);
        var still = await Confirm(declined.Id!, method, new LocalDate(2026, 3, 5), "k2");
        var paid = await Confirm(declined.Id!, method, new LocalDate(2026, 3, 11), "k3");

        (declined.Outcome, still.Outcome, paid.Outcome).ShouldBe((DeclinedSoft, DeclinedSoft, Succeeded));
    }

    [Theory]
    [InlineData("JPY", 1000, 69)]
    [InlineData("USD", 100, 33)]
    [InlineData("KWD", 1500, 134)]
    [InlineData("EUR", 20, 20)]
    public async Task The_fee_is_whole_minor_units_half_up_and_never_more_than_the_amount(string currency, long amount, long fee)
    {
        var (bytes, _, _) = await _it.Charge("card_pays", amount: new Money(amount, Currency.Of(currency)));
        var answer = await _it.Gateway.Send(bytes, "k1", Ct);
        (answer.Currency, answer.CapturedMinor, answer.FeeMinor).ShouldBe((currency, amount, fee));
    }

    [Fact]
    public async Task Without_the_key_it_says_so()
    {
        _it.Http.DefaultRequestHeaders.Authorization = new("Bearer", "sk_test_wrong");
        (await _it.Gateway.Lookup("pi_1", Ct)).ShouldSatisfyAllConditions(
            answer => answer.Outcome.ShouldBe(Refused), answer => answer.Code.ShouldBe("api_key_invalid"));
        using var reply = await _it.Http.GetAsync(new Uri("/v1/events", UriKind.Relative), Ct);
        reply.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Events_are_listed_in_order_from_any_point()
    {
        var (bytes, _, _) = await _it.Charge("card_insufficient_funds_then_pays");
        await _it.Gateway.Send(bytes, "k1", Ct);
        using var all = JsonDocument.Parse(await _it.Http.GetStringAsync(new Uri("/v1/events", UriKind.Relative), Ct));
        var events = all.RootElement.GetProperty("data").EnumerateArray().ToList();
        events.Select(e => e.GetProperty("type").GetString()).ShouldBe(["customer.created", "payment_method.attached",
            "payment_intent.payment_failed"]);

        var after = events[1].GetProperty("id").GetString();
        using var rest = JsonDocument.Parse(await _it.Http.GetStringAsync(new Uri($"/v1/events?after={after}", UriKind.Relative), Ct));
        rest.RootElement.GetProperty("data").GetArrayLength().ShouldBe(1);
    }
}

public sealed class GatewayInProcessTests : TestGatewayCompliance
{
    private protected override Task<PlayedGateway> Start() => Task.FromResult<PlayedGateway>(new GatewayUnderTest().InProcess());
}

public sealed class GatewayOnLoopbackTests : TestGatewayCompliance
{
    private protected override async Task<PlayedGateway> Start() => await new GatewayUnderTest().OnLoopback();
}
