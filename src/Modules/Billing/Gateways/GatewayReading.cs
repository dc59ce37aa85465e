using System.Globalization;
using System.Text.Json;

namespace Stipend.Billing.Gateways;

/// <summary>
/// Reads the gateway's JSON into our words, strictly: anything missing or unheard of throws, and the caller makes that Unknown.
/// A 4xx counts as a refusal only when the gateway itself wrote it; a proxy's error page proves nothing.
/// </summary>
internal static class GatewayReading
{
    // Declines after which the card networks forbid another try with the same card, whatever the advice says.
    private static readonly HashSet<string> s_hard = new(
        ["stolen_card", "lost_card", "pickup_card", "restricted_card", "fraudulent", "merchant_blacklist", "expired_card",
            "invalid_account", "new_account_information_available", "incorrect_number", "invalid_number", "card_not_supported",
            "currency_not_supported", "revocation_of_authorization", "revocation_of_all_authorizations", "stop_payment_order"],
        StringComparer.Ordinal);

    /// <summary>Whether a decline is for good: this card must never be tried again.</summary>
    internal static bool IsHard(string code, string? advice) =>
        s_hard.Contains(code) || advice is "do_not_try_again" or "confirm_card_data";

    internal static GatewayAnswer Answer(int status, JsonElement json)
    {
        if (status is >= 200 and < 300) return Object(json);
        if (status is 408 or 409) return GatewayAnswer.Unknown($"The gateway answered {status}.");
        if (status is < 400 or >= 500) throw new FormatException($"status {status} means nothing here");
        var error = json.GetProperty("error");
        var (code, message) = (Needed(error, "code"), Optional(error, "message"));
        if (status == 402) return Declined(error);
        if (status == 404 && Optional(error, "param") == "payment_intent")
            return new GatewayAnswer(GatewayOutcome.NotFound, Code: code, Message: message);

        // The object is past this operation: its own state, sent along, is better evidence than the refusal.
        return code == "payment_intent_unexpected_state" && error.TryGetProperty("payment_intent", out var intent)
            ? Object(intent)
            : new GatewayAnswer(GatewayOutcome.Refused, Code: code, Message: message);
    }

    internal static GatewayAnswer Found(int status, JsonElement json, long chargeId)
    {
        if (status is < 200 or >= 300) return Answer(status, json);
        var all = json.GetProperty("data").EnumerateArray().Select(Intent).ToList();
        if (json.GetProperty("has_more").GetBoolean()) throw new FormatException("more payments for one charge than a page holds");
        if (all.Any(intent => intent.ChargeId != chargeId)) throw new FormatException("a payment of another charge");
        return Best(all, chargeId);
    }

    /// <summary>Of all payments made for a charge the one that tells most; a captured one before all others.</summary>
    internal static GatewayAnswer Best(IReadOnlyList<GatewayAnswer> all, long chargeId) => all.Count == 0
        ? new GatewayAnswer(GatewayOutcome.NotFound, ChargeId: chargeId)
        : all.MinBy(intent => Array.IndexOf(s_best, intent.Outcome))! with
        {
            Captures = all.Count(intent => intent.Outcome == GatewayOutcome.Succeeded),
        };

    internal static GatewayMovements? Movements(int status, JsonElement json) => status is < 200 or >= 300
        ? null
        : new GatewayMovements(
            json.GetProperty("data").EnumerateArray().Select(item => new GatewayMovement(Needed(item, "id"), Needed(item, "type"),
                Needed(item, "payment_intent"), Optional(item, "refund"), Id(Optional(item, "charge_id")),
                item.GetProperty("amount").GetInt64(), item.GetProperty("fee").GetInt64(), Needed(item, "currency").ToUpperInvariant(),
                Optional(item, "customer"), Optional(item, "reference"))).ToList(),
            json.GetProperty("has_more").GetBoolean());

    internal static IReadOnlyList<TestPayer> Payers(JsonElement json, IReadOnlyList<(long PersonId, string CardToken)> asked)
    {
        var made = json.GetProperty("data").EnumerateArray().ToList();
        return made.Count != asked.Count
            ? throw new FormatException($"{made.Count} payers for {asked.Count}")
            : asked.Zip(made, (payer, item) =>
                new TestPayer(payer.PersonId, payer.CardToken, Needed(item, "customer"), Needed(item, "payment_method"), Card(item))).ToList();
    }

    private static readonly GatewayOutcome[] s_best =
    [
        GatewayOutcome.Succeeded, GatewayOutcome.RequiresAction, GatewayOutcome.DeclinedSoft, GatewayOutcome.DeclinedHard,
        GatewayOutcome.Unconfirmed, GatewayOutcome.Canceled,
    ];

    private static GatewayAnswer Object(JsonElement json) => Needed(json, "object") switch
    {
        "payment_intent" => Intent(json),
        "refund" when Needed(json, "status") == "succeeded" => new GatewayAnswer(GatewayOutcome.Succeeded, Needed(json, "id"),
            Currency: Needed(json, "currency").ToUpperInvariant(), RefundedMinor: json.GetProperty("amount").GetInt64()),
        "customer" => new GatewayAnswer(GatewayOutcome.Succeeded, Needed(json, "id")),
        "payment_method" => new GatewayAnswer(GatewayOutcome.Succeeded, Needed(json, "id"), Card: Card(json)),
        var other => throw new FormatException($"an object of kind {other}"),
    };

    private static GatewayAnswer Intent(JsonElement json)
    {
        var answer = new GatewayAnswer(GatewayOutcome.Unknown, Needed(json, "id"),
            CapturedMinor: json.GetProperty("amount_received").GetInt64(),
            Currency: Needed(json, "currency").ToUpperInvariant(),
            FeeMinor: json.GetProperty("fee").GetInt64(),
            RefundedMinor: json.GetProperty("amount_refunded").GetInt64(),
            ChargeId: Id(Optional(json.GetProperty("metadata"), "charge_id")),
            Attempts: json.GetProperty("attempt_count").GetInt32());
        return Needed(json, "status") switch
        {
            "succeeded" when answer.CapturedMinor > 0 => answer with { Outcome = GatewayOutcome.Succeeded, Captures = 1 },
            "requires_action" => answer with
            {
                Outcome = GatewayOutcome.RequiresAction,
                ActionUrl = Needed(json.GetProperty("next_action").GetProperty("redirect_to_url"), "url"),
            },
            "requires_payment_method" => Decline(answer, json.GetProperty("last_payment_error")),
            "requires_confirmation" => answer with { Outcome = GatewayOutcome.Unconfirmed },
            "canceled" => answer with { Outcome = GatewayOutcome.Canceled },
            var other => throw new FormatException($"a payment in the state {other}"),
        };
    }

    private static GatewayAnswer Declined(JsonElement error)
    {
        var intent = Intent(error.GetProperty("payment_intent"));
        return intent.Outcome is GatewayOutcome.DeclinedSoft or GatewayOutcome.DeclinedHard
            ? intent with { Message = Optional(error, "message") }
            : throw new FormatException("a decline of a payment that is not declined");
    }

    private static GatewayAnswer Decline(GatewayAnswer answer, JsonElement error)
    {
        var code = Needed(error, "decline_code");
        var hard = IsHard(code, Optional(error, "advice_code"));
        return answer with { Outcome = hard ? GatewayOutcome.DeclinedHard : GatewayOutcome.DeclinedSoft, Code = code };
    }

    internal static string Needed(JsonElement json, string name) => json.GetProperty(name).GetString() is { Length: > 0 } text
        ? text
        : throw new FormatException($"no {name}");

    internal static string? Optional(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Null when the gateway does not tell; then each method counts as a card of its own.</summary>
    internal static CardFacts? Card(JsonElement card, string network = "network") => Optional(card, "fingerprint") is { Length: > 0 } fingerprint
        ? new CardFacts(fingerprint, Optional(card, network) ?? "")
        : null;

    internal static long? Id(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
