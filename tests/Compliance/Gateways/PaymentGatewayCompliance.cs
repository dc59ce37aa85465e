using System.Net;
using Shouldly;
using Stipend.Billing.Gateways;
using Xunit;
using static Stipend.Billing.Gateways.GatewayOutcome;

namespace Stipend.Compliance.Gateways;

/// <summary>
/// What billing relies on from a gateway, whatever carries the calls. “Truth” is the gateway's own store, read by a second connection.
/// </summary>
public abstract partial class PaymentGatewayCompliance : IAsyncLifetime
{
    private protected PlayedGateway _it = null!;
    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    private protected abstract Task<PlayedGateway> Start();

    public async ValueTask InitializeAsync() => _it = await Start();

    public async ValueTask DisposeAsync()
    {
        await _it.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_card_that_pays_is_captured_once_and_the_answer_echoes_amount_currency_and_fee()
    {
        var (bytes, customer, _) = await _it.Charge("card_pays");
        var answer = await _it.Gateway.Send(bytes, "k1", Ct);

        answer.Outcome.ShouldBe(Succeeded);
        (answer.CapturedMinor, answer.Currency, answer.ChargeId, answer.Attempts).ShouldBe((500, "EUR", 41, _it.Attempts(1)));
        answer.FeeMinor.ShouldBe(45); // 2.9 % of 500 = 14.5, half up 15, and 30
        var capture = _it.Truth.Captures().ShouldHaveSingleItem();
        (capture.IntentId, capture.CustomerId, capture.ChargeId, capture.AmountMinor, capture.Currency)
            .ShouldBe((answer.Id!, customer, "41", 500, "eur"));
    }

    [Fact]
    public async Task A_card_given_again_is_known_by_its_fingerprint_and_says_its_network()
    {
        var (customer, first) = await _it.Payer("card_pays");
        var once = await _it.AddCard(customer, "card_pays", _it.Key("method"));
        var again = await _it.AddCard(customer, "card_pays", _it.Key("method"));
        var other = await _it.AddCard(customer, "card_declines", _it.Key("method"));
        new[] { first, once.Id, again.Id, other.Id }.ShouldBeUnique();
        again.Card.ShouldNotBeNull().ShouldBe(once.Card);
        (again.Card.Network, other.Card!.Fingerprint == again.Card.Fingerprint).ShouldBe(("visa", false));
    }

    [Theory]
    [InlineData("card_declines", DeclinedSoft, "generic_decline")]
    [InlineData("card_insufficient_funds_then_pays", DeclinedSoft, "insufficient_funds")]
    [InlineData("card_stolen", DeclinedHard, "stolen_card")]
    [InlineData("card_expired", DeclinedHard, "expired_card")]
    internal async Task A_declining_card_answers_with_its_reason_and_takes_nothing(string card, GatewayOutcome outcome, string code)
    {
        var (bytes, _, _) = await _it.Charge(card);
        var answer = await _it.Gateway.Send(bytes, "k1", Ct);

        (answer.Outcome, answer.Code, answer.CapturedMinor).ShouldBe((outcome, code, 0));
        answer.Id.ShouldNotBeNull();
        (await _it.Gateway.Lookup(answer.Id, Ct)).Outcome.ShouldBe(outcome);
        _it.Truth.Captures().ShouldBeEmpty();
    }

    [Fact]
    public async Task Insufficient_funds_pays_when_the_same_payment_is_confirmed_again()
    {
        var (bytes, _, method) = await _it.Charge("card_insufficient_funds_then_pays");
        var first = await _it.Gateway.Send(bytes, "k1", Ct);
        var second = await Confirm(first.Id!, method, new LocalDate(2026, 2, 3), "k2");

        (second.Outcome, second.Id, second.Attempts).ShouldBe((Succeeded, first.Id, _it.Attempts(2)));
        _it.Truth.Captures().Count(c => c.ChargeId == "41").ShouldBe(1);
    }

    [Fact]
    public async Task A_declined_payment_is_paid_by_another_card()
    {
        var (bytes, customer, _) = await _it.Charge("card_stolen");
        var declined = await _it.Gateway.Send(bytes, "k1", Ct);
        var better = (await _it.AddCard(customer, "card_pays", "m2")).Id!;
        var paid = await Confirm(declined.Id!, better, new LocalDate(2026, 2, 3), "k2");

        (paid.Outcome, paid.Code).ShouldBe((Succeeded, null));
        _it.Truth.Captures().Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_key_and_bytes_are_answered_again_without_charging_again()
    {
        var (bytes, _, _) = await _it.Charge("card_pays");
        var first = await _it.Gateway.Send(bytes, "k1", Ct);
        var again = await _it.Gateway.Send(bytes, "k1", Ct);

        again.ShouldBe(first);
        _it.Truth.IntentCount().ShouldBe(1);
        _it.Truth.Captures().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_decline_is_replayed_too_so_a_retry_needs_a_new_key()
    {
        var (bytes, _, _) = await _it.Charge("card_insufficient_funds_then_pays");
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(DeclinedSoft);
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(DeclinedSoft);
        _it.Truth.ConfirmCount().ShouldBe(1);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused_and_charges_nothing()
    {
        var (bytes, customer, method) = await _it.Charge("card_pays");
        await _it.Gateway.Send(bytes, "k1", Ct);
        var dearer = _it.Gateway.Prepare(new ChargeRequest(41, customer, method, new Money(900, Currency.Of("EUR")),
            new LocalDate(2026, 1, 31)));
        var answer = await _it.Gateway.Send(dearer, "k1", Ct);

        (answer.Outcome, answer.Code).ShouldBe((Refused, _it.Code("idempotency_key_in_use")));
        _it.Truth.Captures().ShouldHaveSingleItem().AmountMinor.ShouldBe(500);
    }

    [Fact]
    public async Task A_key_older_than_a_day_charges_again_so_only_a_lookup_is_safe()
    {
        var (bytes, customer, _) = await _it.Charge("card_pays");
        await _it.Gateway.Send(bytes, "k1", Ct);
        _it.Time.Advance(Duration.FromHours(24) - Duration.FromMilliseconds(1));
        await _it.Gateway.Send(bytes, "k1", Ct);
        _it.Truth.Captures().Count.ShouldBe(1);
        (await _it.Gateway.FindByCharge(customer, 41, Ct)).Captures.ShouldBe(1);

        _it.Time.Advance(Duration.FromMilliseconds(1));
        await _it.Gateway.Send(bytes, "k1", Ct);

        _it.Truth.Captures().Count(c => c.ChargeId == "41").ShouldBe(2);
        (await _it.Gateway.FindByCharge(customer, 41, Ct)).Captures.ShouldBe(2);
    }

    [Fact]
    public async Task A_reply_lost_after_capture_is_unknown_and_the_same_key_then_tells_the_success()
    {
        var (bytes, customer, _) = await _it.Charge("card_reply_lost_after_capture");
        var lost = await _it.Gateway.Send(bytes, "k1", Ct);

        lost.Outcome.ShouldBe(Unknown);
        var capture = _it.Truth.Captures().ShouldHaveSingleItem();
        var found = await _it.Gateway.FindByCharge(customer, 41, Ct);
        (found.Outcome, found.Id, found.CapturedMinor, found.FeeMinor).ShouldBe((Succeeded, capture.IntentId, 500, capture.FeeMinor));
        var told = await _it.Gateway.Send(bytes, "k1", Ct);
        (told.Outcome, told.Id).ShouldBe((Succeeded, capture.IntentId));
        _it.Truth.Captures().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_reply_lost_before_anything_happened_is_unknown_too_and_nothing_is_found()
    {
        var (bytes, customer, _) = await _it.Charge("card_reply_lost_before");
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Unknown);

        _it.Truth.IntentCount().ShouldBe(0);
        (await _it.Gateway.FindByCharge(customer, 41, Ct)).Outcome.ShouldBe(NotFound);
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Succeeded);
        _it.Truth.Captures().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_500_is_unknown_and_replayed_for_its_key_while_the_lookup_shows_nothing_was_taken()
    {
        var (bytes, customer, _) = await _it.Charge("card_breaks");
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Unknown);
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Unknown);
        (await _it.Gateway.FindByCharge(customer, 41, Ct)).Outcome.ShouldBe(NotFound);
        (await _it.Gateway.Send(bytes, "k2", Ct)).Outcome.ShouldBe(Succeeded);
    }

    [Fact]
    public async Task A_500_after_capture_is_only_told_by_the_lookup()
    {
        var (bytes, customer, _) = await _it.Charge("card_breaks_after_capture");
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Unknown);
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Unknown);
        (await _it.Gateway.FindByCharge(customer, 41, Ct)).Outcome.ShouldBe(Succeeded);
        _it.Truth.Captures().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_throttled_call_was_not_executed_and_the_same_key_pays_later()
    {
        var (bytes, _, _) = await _it.Charge("card_throttled");
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Throttled);
        _it.Truth.IntentCount().ShouldBe(0);
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Succeeded);
    }

    [Fact]
    public async Task What_was_really_captured_is_told_even_when_it_is_less_than_asked()
    {
        var (bytes, _, _) = await _it.Charge("card_pays_short");
        var answer = await _it.Gateway.Send(bytes, "k1", Ct);
        (answer.Outcome, answer.CapturedMinor).ShouldBe((Succeeded, 499));
    }

    [Fact]
    public async Task An_unconfirmed_payment_waits_until_its_payer_confirms_on_the_page()
    {
        var (customer, method) = await _it.Payer("card_asks_for_confirmation");
        var bytes = _it.Gateway.Prepare(new ChargeRequest(41, customer, method, new Money(500, Currency.Of("EUR")),
            new LocalDate(2026, 1, 31), "https://example.org/back?a=1"));
        var asks = await _it.Gateway.Send(bytes, "k1", Ct);
        asks.Outcome.ShouldBe(RequiresAction);
        asks.ActionUrl.ShouldNotBeNull();
        _it.Truth.Captures().ShouldBeEmpty();

        _it.PayerDecides(asks.Id!, confirms: true);

        var paid = await _it.Gateway.Lookup(asks.Id!, Ct);
        (paid.Outcome, paid.CapturedMinor).ShouldBe((Succeeded, 500));
        _it.PayerDecides(asks.Id!, confirms: true);
        _it.Truth.Captures().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_payer_who_refuses_declines_the_payment()
    {
        var (bytes, _, _) = await _it.Charge("card_asks_for_confirmation");
        var asks = await _it.Gateway.Send(bytes, "k1", Ct);
        _it.PayerDecides(asks.Id!, confirms: false);

        var refused = await _it.Gateway.Lookup(asks.Id!, Ct);
        (refused.Outcome, refused.Code).ShouldBe((DeclinedSoft, _it.Code("authentication_refused")));
    }

    [Fact]
    public async Task A_card_that_asks_the_first_time_pays_alone_once_it_was_confirmed()
    {
        var (bytes, customer, method) = await _it.Charge("card_asks_for_first_confirmation");
        var asks = await _it.Gateway.Send(bytes, "k1", Ct);
        _it.PayerDecides(asks.Id!, confirms: true);
        var next = _it.Gateway.Prepare(new ChargeRequest(42, customer, method, new Money(500, Currency.Of("EUR")),
            new LocalDate(2026, 2, 28)));

        asks.Outcome.ShouldBe(RequiresAction);
        (await _it.Gateway.Send(next, "k2", Ct)).Outcome.ShouldBe(Succeeded);
    }

    [Fact]
    public async Task Cancel_and_confirm_raced_end_in_one_truth_that_both_answers_agree_with()
    {
        var canceled = 0;
        for (var round = 0; round < 20; round++)
        {
            var charge = 100 + round;
            var (bytes, _, method) = await _it.Charge("card_insufficient_funds_then_pays", charge);
            var intent = (await _it.Gateway.Send(bytes, _it.Key("create"), Ct)).Id!;
            var confirm = _it.Gateway.PrepareConfirm(new ConfirmRequest(intent, method, new LocalDate(2026, 2, 1)));
            var answers = round % 2 == 0
                ? await Task.WhenAll(_it.Gateway.Send(confirm, _it.Key("confirm"), Ct), _it.Gateway.Cancel(intent, _it.Key("cancel"), Ct))
                : await Task.WhenAll(_it.Gateway.Cancel(intent, _it.Key("cancel"), Ct), _it.Gateway.Send(confirm, _it.Key("confirm"), Ct));

            var truth = _it.Truth.Captures().Any(c => c.ChargeId == $"{charge}") ? Succeeded : Canceled;
            answers.ShouldAllBe(answer => answer.Outcome == truth);
            (await _it.Gateway.Lookup(intent, Ct)).Outcome.ShouldBe(truth);
            if (truth == Canceled) canceled++;
        }
        canceled.ShouldBeInRange(1, 20);
    }

    [Fact]
    public async Task One_charge_sent_from_many_places_at_once_with_one_key_is_captured_once()
    {
        var (bytes, _, _) = await _it.Charge("card_pays");
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => _it.Gateway.Send(bytes, "k1", Ct), Ct)));
        answers.Select(answer => (answer.Outcome, answer.Id)).Distinct().Count().ShouldBe(1);
        _it.Truth.Captures().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Wrong_requests_are_refused_with_a_code_and_leave_nothing_behind()
    {
        var (customer, method) = await _it.Payer("card_pays");
        var (other, _) = await _it.Payer("card_pays");
        var euros = new Money(500, Currency.Of("EUR"));
        var day = new LocalDate(2026, 1, 31);

        (await Send(new ChargeRequest(1, customer, method, euros with { Minor = 0 }, day))).Code.ShouldBe(_it.Code("amount_out_of_range"));
        (await Send(new ChargeRequest(1, other, method, euros, day))).Code.ShouldBe(_it.Code("payment_method_mismatch"));
        (await Send(new ChargeRequest(1, "cus_nobody", method, euros, day))).ShouldSatisfyAllConditions(
            answer => answer.Outcome.ShouldBe(Refused), answer => answer.Code.ShouldBe("resource_missing"));
        (await _it.AddCard(customer, "card_of_gold", "m9")).Code.ShouldBe(_it.Code("card_unknown"));
        await _it.Gateway.RemoveMethod(method, "d1", Ct);
        (await Send(new ChargeRequest(1, customer, method, euros, day))).Code.ShouldBe(_it.Code("payment_method_detached"));
        (await _it.Gateway.Lookup("pi_nothing", Ct)).Outcome.ShouldBe(_it.NeverMade);
        _it.Truth.IntentCount().ShouldBe(0);

        async Task<GatewayAnswer> Send(ChargeRequest request)
        {
            var answer = await _it.Gateway.Send(_it.Gateway.Prepare(request), _it.Key("wrong"), Ct);
            answer.Outcome.ShouldBe(Refused);
            return answer;
        }
    }

    [Fact]
    public async Task A_refused_request_leaves_no_answer_under_its_key()
    {
        var (customer, method) = await _it.Payer("card_pays");
        var day = new LocalDate(2026, 1, 31);
        await _it.Gateway.Send(_it.Gateway.Prepare(new ChargeRequest(1, customer, method, new Money(0, Currency.Of("EUR")), day)), "k1",
            Ct);
        var mended = await _it.Gateway.Send(_it.Gateway.Prepare(new ChargeRequest(1, customer, method, new Money(500, Currency.Of("EUR")),
            day)), "k1", Ct);
        mended.Outcome.ShouldBe(Succeeded);
    }

    [Fact]
    public async Task An_outage_is_unknown_or_throttled_and_executes_nothing()
    {
        var (bytes, customer, _) = await _it.Charge("card_pays");
        foreach (var (status, outcome) in new[] { (0, Unknown), (500, Unknown), (429, Throttled) })
        {
            _it.BreakDown(status);
            (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(outcome);
            (await _it.Gateway.FindByCharge(customer, 41, Ct)).Outcome.ShouldBe(outcome);
            (await _it.Gateway.Movements(null, Ct)).ShouldBeNull();
        }
        _it.Truth.IntentCount().ShouldBe(0);
        _it.BreakDown(null);
        (await _it.Gateway.Send(bytes, "k1", Ct)).Outcome.ShouldBe(Succeeded);
    }

    [Fact]
    public async Task Without_the_key_nothing_is_told()
    {
        _it.Http.DefaultRequestHeaders.Authorization = new("Bearer", "sk_test_wrong");
        var answer = await _it.Gateway.Lookup("pi_1", Ct);
        (answer.Outcome, answer.Id, answer.CapturedMinor).ShouldBe((_it.WrongKey, null, 0));
    }

    private protected Task<GatewayAnswer> Confirm(string intent, string method, LocalDate on, string key) =>
        _it.Gateway.Send(_it.Gateway.PrepareConfirm(new ConfirmRequest(intent, method, on)), key, Ct);
}
