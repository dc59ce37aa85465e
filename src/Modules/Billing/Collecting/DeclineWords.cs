namespace Stipend.Billing.Collecting;

/// <summary>A gateway's decline code in words that help the patron. Some codes are not told on purpose: a thief should not learn
/// them.</summary>
internal static class DeclineWords
{
    public static string Of(string? code) => code switch
    {
        "insufficient_funds" => "The card does not have enough money on it right now.",
        "expired_card" => "The card has expired. Choose another one.",
        "authentication_refused" or "payment_intent_authentication_failure" => "The payment was not confirmed with the bank. Try again.",
        "not_confirmed" => "The payment was not confirmed in time.",
        "not_transferred" => "The transfer did not arrive in time.",
        "no_payment_method" => "There is no card to charge. Choose one.",
        CardLimits.Code => "This card was tried too often without success. Choose another card.",
        _ => "The bank declined the card. Ask your bank, or choose another card.",
    };
}
