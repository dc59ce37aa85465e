using System.Text.Json;

namespace Stipend.Billing.Gateways.Stripe;

/// <summary>A finished or unfinished saving of a card: who it was begun for, and the method once there is one.</summary>
internal sealed record StripeSession(long? PersonId, string? Instance, string CustomerId, string? MethodId, string? Label, CardFacts? Card = null);

/// <summary>A page of money that moved, of which payouts and Stripe's own bills are left out; the ids are for asking further.</summary>
internal sealed record StripePage(IReadOnlyList<GatewayMovement> OldestFirst, string? OldestId, string? NewestId, bool HasMore);

/// <summary>
/// Reads Stripe's JSON into our words, strictly: anything missing or unheard of throws, and the caller makes that Unknown. A 4xx counts as
/// a refusal only when Stripe itself wrote it.
/// </summary>
internal static class StripeReading
{
    private const string NeedsPayer = "authentication_required";

    internal static GatewayAnswer Answer(int status, JsonElement json)
    {
        if (status is >= 200 and < 300) return Object(json);
        if (status is 408 or 409) return GatewayAnswer.Unknown($"Stripe answered {status}."); // 409: the key is in use by a call under way
        if (status is < 400 or >= 500) throw new FormatException($"status {status} means nothing here");
        var error = json.GetProperty("error");
        var (type, message) = (GatewayReading.Needed(error, "type"), GatewayReading.Optional(error, "message"));
        if (status == 402) return Declined(error, type);
        // The payment is past this operation: its own state, sent along, is better evidence than the refusal.
        return GatewayReading.Optional(error, "code") == "payment_intent_unexpected_state"
            && error.TryGetProperty("payment_intent", out var intent)
            ? Intent(intent)
            : new GatewayAnswer(GatewayOutcome.Refused, Code: GatewayReading.Optional(error, "code") ?? type, Message: message);
    }

    /// <summary>A card refused while it is being attached is no declined payment: there is none yet.</summary>
    internal static GatewayAnswer Attached(int status, JsonElement json) => status == 402
        ? new GatewayAnswer(GatewayOutcome.Refused, Code: Code(json.GetProperty("error")),
            Message: GatewayReading.Optional(json.GetProperty("error"), "message"))
        : Answer(status, json);

    /// <summary>
    /// The answer to a question, not to an order. Stripe never forgets a payment, so “there is no such payment” about one it told us of
    /// means that the key is another account's, or for its tests: no evidence of anything.
    /// </summary>
    internal static GatewayAnswer Evidence(int status, JsonElement json) => Answer(status, json) is { Outcome: GatewayOutcome.Refused } refused
        ? GatewayAnswer.Unknown($"Stripe does not tell: {refused.Code}. Is the secret key that of the account the payment was made with?")
        : Answer(status, json);

    internal static IEnumerable<GatewayAnswer> OfCharge(JsonElement list, long chargeId) => list.GetProperty("data").EnumerateArray()
        .Where(intent => ChargeId(intent) == chargeId).Select(Intent).ToList();

    internal static (string? Last, bool HasMore) Page(JsonElement list)
    {
        var data = list.GetProperty("data");
        var hasMore = list.GetProperty("has_more").GetBoolean();
        var last = data.GetArrayLength() == 0 ? null : GatewayReading.Needed(data[data.GetArrayLength() - 1], "id");
        return hasMore && last is null ? throw new FormatException("an empty page with more behind it") : (last, hasMore);
    }

    internal static StripeSession Session(int status, JsonElement json)
    {
        if (status is < 200 or >= 300) throw new FormatException("not a session");
        var metadata = json.GetProperty("metadata");
        var session = new StripeSession(GatewayReading.Id(GatewayReading.Optional(metadata, "person_id")),
            GatewayReading.Optional(metadata, "instance"), GatewayReading.Needed(json, "customer"), null, null);
        if (GatewayReading.Needed(json, "status") != "complete" || json.GetProperty("setup_intent") is not { ValueKind: JsonValueKind.Object } setup
            || GatewayReading.Needed(setup, "status") != "succeeded")
            return session;
        var method = setup.GetProperty("payment_method");
        var card = method.GetProperty("card");
        var brand = GatewayReading.Needed(card, "brand");
        return session with
        {
            MethodId = GatewayReading.Needed(method, "id"),
            Label = $"{char.ToUpperInvariant(brand[0])}{brand[1..]} •••• {GatewayReading.Needed(card, "last4")}",
            Card = GatewayReading.Card(card, "brand"),
        };
    }

    internal static StripePage Movements(int status, JsonElement json)
    {
        if (status is < 200 or >= 300) throw new FormatException("not a list");
        var (oldest, hasMore) = Page(json);
        var data = json.GetProperty("data").EnumerateArray().ToList();
        var moved = data.Select(Movement).OfType<GatewayMovement>().Reverse().ToList();
        return new StripePage(moved, oldest, data.Count == 0 ? null : GatewayReading.Needed(data[0], "id"), hasMore);
    }

    private static GatewayAnswer Object(JsonElement json) => GatewayReading.Needed(json, "object") switch
    {
        "payment_intent" => Intent(json),
        "refund" => Refund(json),
        "customer" => new GatewayAnswer(GatewayOutcome.Succeeded, GatewayReading.Needed(json, "id")),
        "payment_method" => new GatewayAnswer(GatewayOutcome.Succeeded, GatewayReading.Needed(json, "id"),
            Card: json.TryGetProperty("card", out var card) && card.ValueKind == JsonValueKind.Object ? GatewayReading.Card(card, "brand") : null),
        "checkout.session" => new GatewayAnswer(GatewayOutcome.RequiresAction, GatewayReading.Needed(json, "id"),
            ActionUrl: GatewayReading.Needed(json, "url")),
        var other => throw new FormatException($"an object of kind {other}"),
    };

    private static GatewayAnswer Refund(JsonElement json)
    {
        var (currency, id) = (Currency.Of(GatewayReading.Needed(json, "currency")), GatewayReading.Needed(json, "id"));
        return GatewayReading.Needed(json, "status") switch
        {
            "succeeded" => new GatewayAnswer(GatewayOutcome.Succeeded, id, Currency: currency.Code,
                RefundedMinor: StripeCurrencies.ToMinor(json.GetProperty("amount").GetInt64(), currency)),
            var status => GatewayAnswer.Unknown($"The refund is {status}.") with { Id = id },
        };
    }

    private static GatewayAnswer Intent(JsonElement json)
    {
        var currency = Currency.Of(GatewayReading.Needed(json, "currency"));
        var charge = json.GetProperty("latest_charge");
        var captured = StripeCurrencies.ToMinor(json.GetProperty("amount_received").GetInt64(), currency);
        var answer = new GatewayAnswer(GatewayOutcome.Unknown, GatewayReading.Needed(json, "id"), CapturedMinor: captured,
            Currency: currency.Code, ChargeId: ChargeId(json),
            RefundedMinor: charge.ValueKind == JsonValueKind.Object
                ? StripeCurrencies.ToMinor(charge.GetProperty("amount_refunded").GetInt64(), currency) : 0);
        return GatewayReading.Needed(json, "status") switch
        {
            "succeeded" when captured > 0 => Captured(answer, charge),
            "requires_action" => answer with
            {
                Outcome = GatewayOutcome.RequiresAction,
                ActionUrl = GatewayReading.Needed(json.GetProperty("next_action").GetProperty("redirect_to_url"), "url"),
            },
            "requires_payment_method" when json.GetProperty("last_payment_error") is { ValueKind: JsonValueKind.Object } error =>
                Decline(answer, error),
            "requires_payment_method" or "requires_confirmation" => answer with { Outcome = GatewayOutcome.Unconfirmed },
            "processing" => answer with { Message = "The payment is under way at the bank." },
            "canceled" => answer with { Outcome = GatewayOutcome.Canceled },
            var other => throw new FormatException($"a payment in the state {other}"),
        };
    }

    /// <summary>
    /// With the fee Stripe kept. It is told in the currency the account is paid out in, and brought to that of the payment by the
    /// proportion in which Stripe changed the whole amount; where both are the same it is exact.
    /// </summary>
    private static GatewayAnswer Captured(GatewayAnswer answer, JsonElement charge)
    {
        if (charge.ValueKind != JsonValueKind.Object || charge.GetProperty("balance_transaction") is not { ValueKind: JsonValueKind.Object } moved)
            return answer with { Message = "Captured; what Stripe kept of it is not known yet." };
        var (fee, settled) = (moved.GetProperty("fee").GetInt64(), moved.GetProperty("amount").GetInt64());
        if (settled <= 0 || fee < 0) throw new FormatException("a capture that moved nothing");
        var minor = (long)(((Int128)fee * answer.CapturedMinor + settled / 2) / settled);
        return answer with { Outcome = GatewayOutcome.Succeeded, FeeMinor = Math.Min(minor, answer.CapturedMinor), Captures = 1 };
    }

    private static GatewayAnswer Declined(JsonElement error, string type)
    {
        if (type != "card_error") throw new FormatException($"402 with an error of type {type}");
        var intent = Intent(error.GetProperty("payment_intent"));
        return intent.Outcome is GatewayOutcome.DeclinedSoft or GatewayOutcome.DeclinedHard or GatewayOutcome.RequiresAction
            ? intent with { Message = GatewayReading.Optional(error, "message") }
            : throw new FormatException("a decline of a payment that is not declined");
    }

    /// <summary>A payment that only lacks its payer's word is not declined: our own page asks for it (the payer is not at hand now).</summary>
    private static GatewayAnswer Decline(GatewayAnswer answer, JsonElement error)
    {
        var code = Code(error);
        if (code == NeedsPayer || GatewayReading.Optional(error, "code") == NeedsPayer)
            return answer with
            {
                Outcome = GatewayOutcome.RequiresAction,
                ActionUrl = ConfirmAtBank.Path(answer.ChargeId ?? throw new FormatException("a payment of no charge")),
            };
        var hard = GatewayReading.IsHard(code, GatewayReading.Optional(error, "advice_code"));
        return answer with { Outcome = hard ? GatewayOutcome.DeclinedHard : GatewayOutcome.DeclinedSoft, Code = code };
    }

    private static GatewayMovement? Movement(JsonElement json)
    {
        var kind = GatewayReading.Needed(json, "type") switch
        {
            "charge" or "payment" => "charge",
            "refund" or "payment_refund" => "refund",
            _ => null,
        };
        if (kind is null) return null;
        var source = json.GetProperty("source");
        if (source.GetProperty("payment_intent") is not { ValueKind: JsonValueKind.Object } intent) return null; // not made by a payment of ours
        var currency = Currency.Of(GatewayReading.Needed(json, "currency"));
        return new GatewayMovement(GatewayReading.Needed(json, "id"), kind, GatewayReading.Needed(intent, "id"),
            kind == "refund" ? GatewayReading.Needed(source, "id") : null, ChargeId(intent),
            StripeCurrencies.ToMinor(json.GetProperty("amount").GetInt64(), currency),
            StripeCurrencies.FeeToMinor(json.GetProperty("fee").GetInt64(), currency), currency.Code,
            GatewayReading.Optional(intent, "customer"), GatewayReading.Optional(intent.GetProperty("metadata"), "reference"));
    }

    private static string Code(JsonElement error) =>
        GatewayReading.Optional(error, "decline_code") ?? GatewayReading.Needed(error, "code");

    private static long? ChargeId(JsonElement intent) =>
        GatewayReading.Id(GatewayReading.Optional(intent.GetProperty("metadata"), "charge_id"));
}
