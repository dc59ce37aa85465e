using Stipend.Billing.Gateways;
using Stipend.Billing.Gateways.Stripe;
using Stipend.Support.Stripe;
using Stipend.TestGateway;

namespace Stipend.Compliance.Gateways;

/// <summary>The adapter for Stripe, talking over the loopback to a likeness of Stripe.</summary>
internal sealed class StripeUnderTest : PlayedGateway
{
    private static readonly Dictionary<string, string> s_cards = new(StringComparer.Ordinal)
    {
        ["card_pays"] = "pm_card_visa", ["card_declines"] = "pm_card_chargeCustomerFail", ["card_stolen"] = "pm_fake_stolen",
        ["card_expired"] = "pm_fake_expired", ["card_insufficient_funds_then_pays"] = "pm_fake_declinesOnce",
        ["card_asks_for_confirmation"] = "pm_card_authenticationRequired",
        ["card_asks_for_first_confirmation"] = "pm_card_authenticationRequiredOnSetup",
        ["card_reply_lost_after_capture"] = "pm_fake_losesReply", ["card_reply_lost_before"] = "pm_fake_losesReplyBefore",
        ["card_breaks"] = "pm_fake_breaks", ["card_breaks_after_capture"] = "pm_fake_breaksAfter", ["card_throttled"] = "pm_fake_throttles",
        ["card_pays_short"] = "pm_fake_paysShort",
    };

    private static readonly Dictionary<string, string> s_codes = new(StringComparer.Ordinal)
    {
        ["idempotency_key_in_use"] = "idempotency_error", ["authentication_refused"] = "payment_intent_authentication_failure",
        ["amount_out_of_range"] = "parameter_invalid_integer", ["payment_method_mismatch"] = "invalid_request_error",
        ["payment_method_detached"] = "invalid_request_error", ["card_unknown"] = "resource_missing",
        ["refund_too_large"] = "invalid_request_error", ["charge_not_captured"] = "payment_intent_unexpected_state",
    };

    private StripeUnderTest(FakeStripe stripe, HttpClient http) => (Stripe, Http, Client) = (stripe, http, new StripeGateway(http));

    internal FakeStripe Stripe { get; private set; }
    internal StripeGateway Client { get; }
    internal override HttpClient Http { get; }
    internal override IPaymentGateway Gateway => Client;
    internal override IGatewayTruth Truth => new Truths(Stripe);

    // Stripe forgets no payment: “never heard of it” can only mean that the key is another account's.
    internal override GatewayOutcome NeverMade => GatewayOutcome.Unknown;
    internal override GatewayOutcome WrongKey => GatewayOutcome.Unknown;

    internal static async Task<StripeUnderTest> Start()
    {
        var stripe = await FakeStripe.Start();
        var it = new StripeUnderTest(stripe, BillingGateways.StripeClient(new SocketsHttpHandler { AllowAutoRedirect = false }, stripe.Address,
            FakeStripe.SecretKey));
        stripe.Time = it.Time;
        return it;
    }

    internal override string Code(string ours) => s_codes.GetValueOrDefault(ours, ours);
    internal override int Attempts(int made) => 0;
    internal override void BreakDown(int? status) => Stripe.BreakDown(status);
    internal override void PayerDecides(string intentId, bool confirms) => Stripe.PayerDecides(intentId, confirms);
    protected override string Card(string ours) => s_cards.GetValueOrDefault(ours, ours);

    public override async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Stripe.DisposeAsync();
    }

    private sealed class Truths(FakeStripe stripe) : IGatewayTruth
    {
        public IReadOnlyList<Capture> Captures() => stripe.Captures();
        public IReadOnlyList<GivenBack> Refunds() => stripe.Refunds();
        public int IntentCount() => stripe.IntentCount();
        public int ConfirmCount() => stripe.ConfirmCount();
    }
}
