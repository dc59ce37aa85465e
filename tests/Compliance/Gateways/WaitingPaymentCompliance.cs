using Shouldly;
using Stipend.Billing.Gateways;
using Stipend.Platform.Data;
using Xunit;
using static Stipend.Billing.Gateways.GatewayOutcome;

namespace Stipend.Compliance.Gateways;

/// <summary>
/// What billing relies on where a payment waits for its payer: at the test gateway, at Stripe, and on the rail of payments made by hand, on which
/// every payment does.
/// </summary>
public abstract class WaitingPaymentCompliance : IAsyncLifetime
{
    private PlayedGateway _it = null!;
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract Task<PlayedGateway> Start();

    public async ValueTask InitializeAsync() => _it = await Start();

    public async ValueTask DisposeAsync()
    {
        await _it.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task It_waits_and_is_asked_for_once_however_often_it_is_sent()
    {
        var (bytes, customer, _) = await _it.Charge("card_asks_for_confirmation");
        var first = await _it.Gateway.Send(bytes, "k1", Ct);
        var again = await _it.Gateway.Send(bytes, "k1", Ct);

        (first.Outcome, first.CapturedMinor, first.ChargeId).ShouldBe((RequiresAction, 0, 41));
        first.ActionUrl.ShouldNotBeNullOrEmpty();
        again.Id.ShouldBe(first.Id);
        (await _it.Gateway.Lookup(first.Id!, Ct)).Outcome.ShouldBe(RequiresAction);
        (await _it.Gateway.FindByCharge(customer, 41, Ct)).ShouldSatisfyAllConditions(f => f.Outcome.ShouldBe(RequiresAction), f => f.Id.ShouldBe(first.Id));
        (_it.Truth.IntentCount(), _it.Truth.Captures().Count).ShouldBe((1, 0));
    }

    [Fact]
    public async Task What_its_payer_paid_is_told_by_looking_and_it_cannot_be_called_off_after()
    {
        var (bytes, customer, method) = await _it.Charge("card_asks_for_confirmation");
        var intent = (await _it.Gateway.Send(bytes, "k1", Ct)).Id!;
        _it.PayerDecides(intent, confirms: true);

        foreach (var told in new[]
        {
            await _it.Gateway.Lookup(intent, Ct), await _it.Gateway.FindByCharge(customer, 41, Ct), await _it.Gateway.Cancel(intent, "c1", Ct),
            await _it.Gateway.Send(_it.Gateway.PrepareConfirm(new ConfirmRequest(intent, method, new LocalDate(2026, 2, 14), "/back")), "k2", Ct),
        })
            (told.Outcome, told.Id, told.CapturedMinor, told.Currency, told.ChargeId, told.Captures).ShouldBe((Succeeded, intent, 500, "EUR", 41, 1));
        _it.Truth.Captures().ShouldHaveSingleItem().AmountMinor.ShouldBe(500);
        (await _it.Gateway.Movements(null, Ct)).ShouldNotBeNull().Items.ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(m => m.IntentId.ShouldBe(intent), m => m.ChargeId.ShouldBe(41), m => m.AmountMinor.ShouldBe(500),
                m => m.Currency.ShouldBe("EUR"));
    }

    [Fact]
    public async Task Called_off_it_can_never_be_paid()
    {
        var (bytes, _, _) = await _it.Charge("card_asks_for_confirmation");
        var intent = (await _it.Gateway.Send(bytes, "k1", Ct)).Id!;
        (await _it.Gateway.Cancel(intent, "c1", Ct)).Outcome.ShouldBe(Canceled);
        _it.PayerDecides(intent, confirms: true);

        (await _it.Gateway.Cancel(intent, "c2", Ct)).Outcome.ShouldBe(Canceled);
        (await _it.Gateway.Lookup(intent, Ct)).Outcome.ShouldBe(Canceled);
        _it.Truth.Captures().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_never_asked_for_is_not_found_and_another_amount_for_the_same_key_is_refused()
    {
        var (bytes, customer, method) = await _it.Charge("card_asks_for_confirmation");
        (await _it.Gateway.FindByCharge(customer, 41, Ct)).Outcome.ShouldBe(NotFound);
        await _it.Gateway.Send(bytes, "k1", Ct);
        var other = _it.Gateway.Prepare(new ChargeRequest(41, customer, method, new Money(900, Currency.Of("EUR")), new LocalDate(2026, 1, 31)));
        (await _it.Gateway.Send(other, "k1", Ct)).Outcome.ShouldBe(Refused);
        _it.Truth.IntentCount().ShouldBe(1);
    }
}

public sealed class WaitingAtTestGateway : WaitingPaymentCompliance
{
    private protected override Task<PlayedGateway> Start() => Task.FromResult<PlayedGateway>(new GatewayUnderTest().InProcess());
}

public sealed class WaitingAtStripe : WaitingPaymentCompliance
{
    private protected override async Task<PlayedGateway> Start() => await StripeUnderTest.Start();
}

public sealed class WaitingOnTheRail : WaitingPaymentCompliance
{
    private protected override async Task<PlayedGateway> Start() => await RailUnderTest.Start(Engine.Sqlite);
}

public sealed class WaitingOnTheRailOfPostgres : WaitingPaymentCompliance
{
    private protected override async Task<PlayedGateway> Start() => await RailUnderTest.Start(Engine.Postgres);
}
