namespace Stipend.Support.Stripe;

/// <summary>What a card does when it is asked to pay.</summary>
internal enum StripeAct
{
    Pays, Declines, DeclinesOnce, Asks, AsksOnce, RefusesSaving,
    LosesReply, LosesReplyBefore, CutsReply, Breaks, BreaksAfter, Throttles, IsInUse, PaysShort, FeeComesLater, IsProcessing,
}

/// <summary>
/// The cards of Stripe's test mode, by Stripe's names for them. Those of its cards that decline for a reason cannot be saved, and it has none
/// that make the road fail, once per charge: these have names of our own.
/// </summary>
internal sealed record StripeCard(StripeAct Act, string Code = "card_declined", string? DeclineCode = null, string? Advice = null)
{
    /// <summary>The network's name.</summary>
    internal string Brand { get; private init; } = "visa";

    /// <summary>Stands for the number: every test card of a kind is one card.</summary>
    internal string Fingerprint => $"fp{(int)Act}{Brand}{DeclineCode}";

    private static readonly Dictionary<string, StripeCard> s_cards = new(StringComparer.Ordinal)
    {
        ["pm_card_visa"] = new(StripeAct.Pays),
        ["pm_card_mastercard"] = new(StripeAct.Pays) { Brand = "mastercard" },
        ["pm_card_chargeCustomerFail"] = new(StripeAct.Declines, DeclineCode: "generic_decline", Advice: "try_again_later"),
        ["pm_card_visa_chargeDeclined"] = new(StripeAct.RefusesSaving, DeclineCode: "generic_decline"),
        ["pm_card_authenticationRequired"] = new(StripeAct.Asks),
        ["pm_card_authenticationRequiredOnSetup"] = new(StripeAct.AsksOnce),
        ["pm_fake_mastercardFails"] = new(StripeAct.Declines, DeclineCode: "generic_decline") { Brand = "mastercard" },
        ["pm_fake_stolen"] = new(StripeAct.Declines, DeclineCode: "stolen_card", Advice: "do_not_try_again"),
        ["pm_fake_lost"] = new(StripeAct.Declines, DeclineCode: "lost_card"),
        ["pm_fake_expired"] = new(StripeAct.Declines, "expired_card"),
        ["pm_fake_processingError"] = new(StripeAct.Declines, "processing_error"),
        ["pm_fake_declinesOnce"] = new(StripeAct.DeclinesOnce, DeclineCode: "insufficient_funds"),
        ["pm_fake_losesReply"] = new(StripeAct.LosesReply),
        ["pm_fake_losesReplyBefore"] = new(StripeAct.LosesReplyBefore),
        ["pm_fake_cutsReply"] = new(StripeAct.CutsReply),
        ["pm_fake_breaks"] = new(StripeAct.Breaks),
        ["pm_fake_breaksAfter"] = new(StripeAct.BreaksAfter),
        ["pm_fake_throttles"] = new(StripeAct.Throttles),
        ["pm_fake_isInUse"] = new(StripeAct.IsInUse),
        ["pm_fake_paysShort"] = new(StripeAct.PaysShort),
        ["pm_fake_feeComesLater"] = new(StripeAct.FeeComesLater),
        ["pm_fake_isProcessing"] = new(StripeAct.IsProcessing),
    };

    internal static StripeCard? Of(string name) => s_cards.GetValueOrDefault(name);
}
