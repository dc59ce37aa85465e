using System.Text;
using Shouldly;
using Stipend.Billing.Gateways;
using Stipend.Billing.Gateways.Stripe;
using Stipend.Support.Stripe;
using Xunit;
using static Stipend.Billing.Gateways.GatewayOutcome;

namespace Stipend.Compliance.Gateways;

/// <summary>All that is asked of a gateway, asked of Stripe's adapter; and what is Stripe's alone.</summary>
public sealed class StripeComplianceTests : PaymentGatewayCompliance
{
    private StripeUnderTest Stripe => (StripeUnderTest)_it;

    private protected override async Task<PlayedGateway> Start() => await StripeUnderTest.Start();

    [Fact]
    public void The_likeness_is_of_the_version_that_is_asked_for() => FakeStripe.Version.ShouldBe(StripeGateway.Version);

    [Fact]
    public void What_is_prepared_is_a_request_line_and_a_form_and_the_same_each_time()
    {
        var request = new ChargeRequest(41, "cus_1", "pm_1", new Money(500, Currency.Of("EUR")), new LocalDate(2026, 1, 31),
            "/billing/confirmed/41", "a1b2");
        Encoding.UTF8.GetString(_it.Gateway.Prepare(request)).ShouldBe(
            "POST /v1/payment_intents\namount=500&currency=eur&customer=cus_1&payment_method=pm_1&payment_method_types[0]=card"
            + "&capture_method=automatic&confirm=true&off_session=true&metadata[charge_id]=41&metadata[instance]=a1b2"
            + "&expand[0]=latest_charge.balance_transaction");
        _it.Gateway.Prepare(request).ShouldBe(_it.Gateway.Prepare(request));
    }

    [Theory]
    [InlineData("EUR", 500, 500)]
    [InlineData("JPY", 500, 500)]
    [InlineData("ISK", 500, 50_000)]
    [InlineData("UGX", 4000, 400_000)]
    [InlineData("KWD", 1500, 1500)]
    [InlineData("HUF", 49_900, 49_900)]
    [InlineData("TWD", 10_000, 10_000)]
    public async Task Each_currency_is_sent_in_the_units_of_Stripe_and_read_back_in_ours(string code, long minor, long sent)
    {
        var amount = new Money(minor, Currency.Of(code));
        var (bytes, _, _) = await _it.Charge("card_pays", amount: amount);
        var paid = await _it.Gateway.Send(bytes, "k1", Ct);
        var back = await _it.Gateway.Send(_it.Gateway.PrepareRefund(paid.Id!, amount, 1), "r1", Ct);

        _it.Truth.Captures().ShouldHaveSingleItem().AmountMinor.ShouldBe(sent);
        (paid.Outcome, paid.CapturedMinor, paid.Currency).ShouldBe((Succeeded, minor, code));
        (back.Outcome, back.RefundedMinor).ShouldBe((Succeeded, minor));
        _it.Truth.Refunds().ShouldHaveSingleItem().AmountMinor.ShouldBe(sent);
        (await _it.Gateway.Movements(null, Ct)).ShouldNotBeNull().Items.Sum(m => m.AmountMinor).ShouldBe(0);
    }

    [Fact]
    public void Every_currency_the_site_knows_has_a_size_at_Stripe()
    {
        foreach (var currency in Currency.Known.Select(Currency.Of))
        {
            var limits = _it.Gateway.Limits(currency);
            StripeCurrencies.ToMinor(StripeCurrencies.ToStripe(new Money(1000, currency)), currency).ShouldBe(1000);
            (limits.MinimumMinor % limits.Multiple).ShouldBe(0, currency.Code);
        }
        Limit("EUR").ShouldBe((50, 1));
        Limit("GBP").ShouldBe((30, 1));
        Limit("JPY").ShouldBe((50, 1));
        Limit("KWD").Multiple.ShouldBe(10);
        Should.Throw<FormatException>(() => StripeCurrencies.ToMinor(50_050, Currency.Of("ISK")));

        (long Minimum, long Multiple) Limit(string code) => _it.Gateway.Limits(Currency.Of(code)) is var l ? (l.MinimumMinor, l.Multiple) : default;
    }

    [Theory]
    [InlineData("EUR", 49, "amount_too_small")]
    [InlineData("KWD", 1505, "parameter_invalid_integer")]
    public async Task What_the_limits_forbid_Stripe_refuses(string code, long minor, string refusal)
    {
        var (bytes, _, _) = await _it.Charge("card_pays", amount: new Money(minor, Currency.Of(code)));
        var answer = await _it.Gateway.Send(bytes, "k1", Ct);
        (answer.Outcome, answer.Code).ShouldBe((Refused, refusal));
    }

    [Fact]
    public async Task A_fee_in_the_currency_of_payouts_is_brought_back_to_that_of_the_payment()
    {
        Stripe.Stripe.SettleIn("usd", 11, 10);
        var (bytes, _, _) = await _it.Charge("card_pays", amount: new Money(10_000, Currency.Of("EUR")));
        (await _it.Gateway.Send(bytes, "k1", Ct)).FeeMinor.ShouldBe(320); // 2.9 % and 0.30 of 100.00 EUR, told as 3.52 USD of 110.00
    }

    [Fact]
    public async Task A_fee_that_is_not_known_yet_is_read_instead_of_assumed()
    {
        var (bytes, _, _) = await _it.Charge("pm_fake_feeComesLater");
        var answer = await _it.Gateway.Send(bytes, "k1", Ct);
        (answer.Outcome, answer.FeeMinor).ShouldBe((Succeeded, 45));
        (await _it.Gateway.Send(bytes, "k1", Ct)).ShouldBe(answer); // though the key repeats the answer without it
    }

    [Fact]
    public async Task A_payment_under_way_at_the_bank_is_unknown_and_nothing_is_said_to_be_taken()
    {
        var (bytes, _, _) = await _it.Charge("pm_fake_isProcessing");
        var answer = await _it.Gateway.Send(bytes, "k1", Ct);
        (answer.Outcome, answer.CapturedMinor).ShouldBe((Unknown, 0));
        (await _it.Gateway.Lookup(answer.Id!, Ct)).Outcome.ShouldBe(Unknown);
    }

    [Theory]
    [InlineData("pm_fake_lost", DeclinedHard, "lost_card")]
    [InlineData("pm_fake_processingError", DeclinedSoft, "processing_error")]
    internal async Task A_decline_is_for_good_or_for_now_by_its_code(string card, GatewayOutcome outcome, string code)
    {
        var (bytes, _, _) = await _it.Charge(card);
        var answer = await _it.Gateway.Send(bytes, "k1", Ct);
        (answer.Outcome, answer.Code).ShouldBe((outcome, code));
    }

    [Fact]
    public async Task A_key_in_use_by_a_call_under_way_is_unknown_and_the_same_key_pays_afterwards()
    {
        var (bytes, _, _) = await _it.Charge("pm_fake_isInUse");
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Unknown);
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Succeeded);
        _it.Truth.Captures().Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_answer_cut_in_the_middle_is_unknown_and_the_same_key_then_tells_the_success()
    {
        var (bytes, _, _) = await _it.Charge("pm_fake_cutsReply");
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Unknown);
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Succeeded);
        _it.Truth.Captures().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_card_that_cannot_be_saved_is_refused_and_is_no_decline()
    {
        var customer = (await _it.Gateway.CreateCustomer(7, "c1", Ct)).Id!;
        var answer = await _it.AddCard(customer, "pm_card_visa_chargeDeclined", "m1");
        (answer.Outcome, answer.Code).ShouldBe((Refused, "generic_decline"));
    }

    [Fact]
    public async Task A_bank_that_asks_is_answered_on_its_own_page_and_the_same_payment_is_paid()
    {
        var (bytes, _, method) = await _it.Charge("card_asks_for_confirmation");
        var asks = await _it.Gateway.Send(bytes, "k1", Ct);
        asks.ActionUrl.ShouldBe("/billing/confirm/41"); // nobody is there to be asked: our page brings the payer

        var sent = await Stripe.Client.AskPayer(asks.Id!, method, "https://site.example/billing/confirmed/41", "a1", Ct);
        (sent.Outcome, sent.ActionUrl, sent.Id).ShouldBe((RequiresAction, $"https://bank.example/{asks.Id}", asks.Id));
        (await _it.Gateway.Lookup(asks.Id!, Ct)).ActionUrl.ShouldBe(sent.ActionUrl);
        _it.PayerDecides(asks.Id!, confirms: true);
        (await _it.Gateway.Lookup(asks.Id!, Ct)).Outcome.ShouldBe(Succeeded);
    }

    [Fact]
    public async Task A_payment_confirmed_after_it_was_called_off_is_refused_and_one_paid_first_says_so()
    {
        var (first, _, method) = await _it.Charge("card_asks_for_confirmation");
        var called = await _it.Gateway.Send(first, "k1", Ct);
        (await _it.Gateway.Cancel(called.Id!, "x1", Ct)).Outcome.ShouldBe(Canceled);
        (await Stripe.Client.AskPayer(called.Id!, method, "https://site.example/", "a1", Ct)).Outcome.ShouldBe(Canceled);

        var (second, _, _) = await _it.Charge("card_asks_for_confirmation", 42);
        var paid = await _it.Gateway.Send(second, "k2", Ct);
        _it.PayerDecides(paid.Id!, confirms: true);
        (await _it.Gateway.Cancel(paid.Id!, "x2", Ct)).Outcome.ShouldBe(Succeeded);
    }

    [Fact]
    public async Task A_payment_is_found_among_hundreds_of_the_same_payer()
    {
        var (customer, method) = await _it.Payer("card_pays");
        for (var i = 1; i <= 205; i++)
            await _it.Gateway.Send(_it.Gateway.Prepare(new ChargeRequest(i, customer, method, new Money(500, Currency.Of("EUR")),
                new LocalDate(2026, 2, 1))), $"k{i}", Ct);
        foreach (var charge in new[] { 1, 105, 205 })
            (await _it.Gateway.FindByCharge(customer, charge, Ct)).ShouldSatisfyAllConditions(a => a.Outcome.ShouldBe(Succeeded),
                a => a.ChargeId.ShouldBe(charge));
        (await _it.Gateway.FindByCharge(customer, 206, Ct)).Outcome.ShouldBe(NotFound);
        (await _it.Gateway.FindByCharge("cus_elsewhere", 1, Ct)).Outcome.ShouldBe(Unknown); // another account's key proves nothing
    }

    [Fact]
    public async Task Movements_are_told_from_any_point_though_pages_of_payouts_lie_between()
    {
        var (customer, method) = await _it.Payer("card_pays");
        await Pay(1);
        var first = (await _it.Gateway.Movements(null, Ct)).ShouldNotBeNull().Items.ShouldHaveSingleItem();
        for (var i = 0; i < 150; i++) Stripe.Stripe.PayOut(1);
        await Pay(2);
        await Pay(3);

        var page = (await _it.Gateway.Movements(first.Id, Ct)).ShouldNotBeNull();
        page.Items.Select(m => m.ChargeId).ShouldBe([2, 3]);
        page.HasMore.ShouldBeFalse();
        (await _it.Gateway.Movements(page.Items[^1].Id, Ct)).ShouldNotBeNull().Items.ShouldBeEmpty();

        Task<GatewayAnswer> Pay(long charge) => _it.Gateway.Send(_it.Gateway.Prepare(new ChargeRequest(charge, customer, method,
            new Money(500, Currency.Of("EUR")), new LocalDate(2026, 2, 1))), $"k{charge}", Ct);
    }

    [Fact]
    public async Task A_session_saves_a_card_that_its_payer_typed()
    {
        var customer = (await _it.Gateway.CreateCustomer(7, "c1", Ct)).Id!;
        var begun = await Stripe.Client.BeginSaving(new StripeSaving(customer, 7, "a1b2", "https://site.example/saved?session={CHECKOUT_SESSION_ID}",
            "https://site.example/saved"), "s1", Ct);
        begun.ActionUrl.ShouldNotBeNull();
        (await Stripe.Client.Session(begun.Id!, Ct)).ShouldBe(new StripeSession(7, "a1b2", customer, null, null));

        Stripe.Stripe.TypeCard(begun.Id!, "pm_card_visa").ShouldBe($"https://site.example/saved?session={begun.Id}");

        var session = (await Stripe.Client.Session(begun.Id!, Ct)).ShouldNotBeNull();
        (session.PersonId, session.Label).ShouldBe((7, "Visa •••• 4242"));
        var bytes = _it.Gateway.Prepare(new ChargeRequest(41, customer, session.MethodId!, new Money(500, Currency.Of("EUR")), new LocalDate(2026, 1, 31)));
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Succeeded);
        (await Stripe.Client.Session("cs_guessed", Ct)).ShouldBeNull();
    }
}
