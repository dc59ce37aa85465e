using System.Text.Json.Nodes;

namespace Stipend.Support.Stripe;

/// <summary>Payments. A succeeded or canceled one never changes its mind; each try that reached the bank is a charge.</summary>
public sealed partial class FakeStripe
{
    private const string Expansion = "latest_charge.balance_transaction";
    private static readonly string[] s_wholeOfTwo = ["isk", "ugx"], s_threeDecimals = ["bhd", "jod", "kwd", "omr", "tnd"];

    private static readonly Dictionary<string, long> s_minimum = new()
        { ["usd"] = 50, ["eur"] = 50, ["gbp"] = 30, ["jpy"] = 50, ["sek"] = 300, ["huf"] = 17_500 };

    private readonly List<Intent> _intents = [];

    private sealed class Intent
    {
        internal required string Id { get; init; }
        internal required string Customer { get; init; }
        internal required long Amount { get; init; }
        internal required string Currency { get; init; }
        internal required JsonObject Metadata { get; init; }
        internal string Status { get; set; } = "requires_confirmation";
        internal string? Method { get; set; }
        internal string? LastMethod { get; set; }
        internal string? ReturnUrl { get; set; }
        internal JsonObject? Error { get; set; }
        internal List<Taken> Charges { get; } = [];
        internal int Confirms { get; set; }
        internal string Subject => (string?)Metadata["charge_id"] ?? Id;
    }

    private sealed class Taken(string id, long amount, bool isPaid)
    {
        internal string Id { get; } = id;
        internal long Amount { get; } = amount;
        internal bool IsPaid { get; } = isPaid;
        internal long Refunded { get; set; }
        internal Moved? Moved { get; set; }

        /// <summary>What was kept of it is told only from the next reading on.</summary>
        internal bool HidesFee { get; set; }
    }

    /// <summary>The payer's answer to a bank that asks, whether or not they are on its page yet. Does nothing when it no longer asks.</summary>
    public void PayerDecides(string intentId, bool confirms)
    {
        lock (_lock)
        {
            var intent = _intents.First(i => i.Id == intentId);
            if (!IsAsking(intent)) return;
            if (!confirms)
            {
                Decline(intent, "payment_intent_authentication_failure", null, null);
                return;
            }
            _methods[intent.LastMethod!].WasConfirmed = true;
            Capture(intent, intent.Amount);
        }
    }

    /// <summary>The payer came to their bank's page, by whatever way.</summary>
    public void AsksAtTheBank(string intentId)
    {
        lock (_lock)
        {
            var intent = _intents.First(i => i.Id == intentId);
            if (!IsAsking(intent)) throw new InvalidOperationException("This payment asks for nothing.");
            (intent.Status, intent.Method, intent.Error) = ("requires_action", intent.LastMethod, null);
            Happened("payment_intent.requires_action", Json(intent, expand: false));
        }
    }

    private static bool IsAsking(Intent intent) =>
        intent.Status == "requires_action"
        || (intent.Status == "requires_payment_method" && (string?)intent.Error?["code"] == "authentication_required");

    private Reply CreateIntent(Call call)
    {
        call.Takes("amount", "currency", "customer", "payment_method", "payment_method_types[", "capture_method", "confirm", "off_session",
            "metadata[", "return_url", "expand[");
        var currency = call.Need("currency");
        var amount = Amount(call, currency);
        var customer = Customer(call.Need("customer"));
        var method = Usable(call.Need("payment_method"), customer);
        if (!call.Flag("confirm")) throw Reply.Invalid("confirm", null, "Only confirmed payments are known here.");
        if (call.Get("payment_method_types[0]") is null && call.Get("return_url") is null)
            throw Reply.Invalid("return_url", "parameter_missing", "Needed unless payment_method_types leaves no redirecting method.");
        if (call.Get("capture_method") != "automatic")
            throw Reply.Invalid("capture_method", null, "Captures in the background (the default) are not known here.");
        var metadata = call.Metadata;
        if (Mishap(method, (string?)metadata["charge_id"] ?? customer) is { } mishap) return mishap;
        var intent = new Intent
        {
            Id = NewId("pi"), Customer = customer, Amount = amount, Currency = currency, Metadata = metadata, ReturnUrl = call.Get("return_url"),
        };
        _intents.Add(intent);
        Happened("payment_intent.created", Json(intent, expand: false));
        return Try(intent, method, call);
    }

    private Reply ConfirmIntent(string id, Call call)
    {
        var intent = Find(id);
        call.Takes("payment_method", "off_session", "return_url", "expand["); // metadata is not: only an update takes it
        if (intent.Status is "succeeded" or "canceled" or "processing") throw WrongState(intent, "confirm");
        var method = Usable(call.Get("payment_method") ?? intent.Method ?? throw Reply.Invalid("payment_method", "parameter_missing",
            "You cannot confirm this PaymentIntent because it's missing a payment method."), intent.Customer);
        if (Mishap(method, intent.Subject) is { } mishap) return mishap;
        intent.ReturnUrl = call.Get("return_url") ?? intent.ReturnUrl;
        return Try(intent, method, call);
    }

    private Reply CancelIntent(string id, Call call)
    {
        var intent = Find(id);
        call.Takes("expand[");
        if (intent.Status is "succeeded" or "canceled" or "processing") throw WrongState(intent, "cancel");
        intent.Status = "canceled";
        Happened("payment_intent.canceled", Json(intent, expand: false));
        return Reply.Done(Json(intent, call.Expands(Expansion)));
    }

    private Reply GetIntent(string id, Call call)
    {
        var intent = Find(id);
        foreach (var charge in intent.Charges) charge.HidesFee = false;
        return Reply.Done(Json(intent, call.Takes("expand[").Expands(Expansion)));
    }

    private Reply ListIntents(Call call)
    {
        call.Takes("customer", "limit", "starting_after", "ending_before", "expand[");
        var customer = Customer(call.Need("customer"));
        return Reply.Done(Page(call, [.. Enumerable.Reverse(_intents).Where(i => i.Customer == customer)
            .Select(i => (i.Id, Json(i, call.Expands("data." + Expansion))))]));
    }

    private Reply Try(Intent intent, Method method, Call call)
    {
        var card = method.Card;
        intent.Confirms++;
        (intent.Method, intent.LastMethod, intent.Error) = (method.Id, method.Id, null);
        var asks = card.Act == StripeAct.Asks || (card.Act == StripeAct.AsksOnce && !method.WasConfirmed);
        if (asks && call.Flag("off_session"))
            return Decline(intent, "authentication_required", "authentication_required", null);
        if (asks) return Ask(intent, call);
        if (card.Act == StripeAct.Declines || (card.Act == StripeAct.DeclinesOnce && intent.Confirms == 1))
            return Decline(intent, card.Code, card.DeclineCode, card.Advice);
        if (card.Act == StripeAct.IsProcessing)
        {
            intent.Status = "processing";
            return Reply.Done(Json(intent, expand: false));
        }
        Capture(intent, card.Act == StripeAct.PaysShort ? intent.Amount - 1 : intent.Amount);
        intent.Charges[^1].HidesFee = card.Act == StripeAct.FeeComesLater;
        var paid = Reply.Done(Json(intent, call.Expands(Expansion)));
        return card.Act switch
        {
            StripeAct.LosesReply => paid with { Fate = Fate.Lost },
            StripeAct.CutsReply => paid with { Fate = Fate.Half },
            StripeAct.BreaksAfter => Broken(wasExecuted: true),
            _ => paid,
        };
    }

    /// <summary>Once per charge, a call that does nothing at all.</summary>
    private Reply? Mishap(Method method, string subject)
    {
        var act = method.Card.Act;
        if (act is not (StripeAct.LosesReplyBefore or StripeAct.Breaks or StripeAct.Throttles or StripeAct.IsInUse)) return null;
        if (!_mishaps.Add($"{act} {subject}")) return null;
        return act switch
        {
            StripeAct.LosesReplyBefore => new Reply(0, [], Fate.Lost),
            StripeAct.Throttles => Reply.Error(429, "invalid_request_error", "lock_timeout", "This object cannot be accessed right now."),
            StripeAct.IsInUse => Reply.Error(409, "idempotency_error", "idempotency_key_in_use", "There is another request in progress."),
            _ => Broken(wasExecuted: true), // a 500 is kept with its key like any other answer
        };
    }

    private static Reply Broken(bool wasExecuted) =>
        Reply.Error(500, "api_error", null, "An unknown error occurred.") with { WasExecuted = wasExecuted };

    private void Capture(Intent intent, long amount)
    {
        intent.Status = "succeeded";
        intent.Error = null;
        var charge = new Taken(NewId("ch"), amount, isPaid: true);
        charge.Moved = Move("charge", amount, intent, charge.Id, Fee(amount));
        intent.Charges.Add(charge);
        Happened("charge.succeeded", ChargeJson(intent, charge, expand: false));
        Happened("payment_intent.succeeded", Json(intent, expand: false));
    }

    private Reply Decline(Intent intent, string code, string? declineCode, string? advice)
    {
        if (code != "authentication_required") intent.Charges.Add(new Taken(NewId("ch"), intent.Amount, isPaid: false));
        intent.Status = "requires_payment_method";
        intent.Method = null;
        intent.Error = new JsonObject { ["type"] = "card_error", ["code"] = code, ["message"] = "Your card was declined." };
        if (declineCode is not null) intent.Error["decline_code"] = declineCode;
        if (advice is not null) intent.Error["advice_code"] = advice;
        Happened("payment_intent.payment_failed", Json(intent, expand: false));
        var reply = Reply.Error(402, "card_error", code, "Your card was declined.") with { WasExecuted = true };
        foreach (var name in new[] { "decline_code", "advice_code" })
            if (intent.Error[name] is { } value) reply.Body["error"]![name] = value.DeepClone();
        reply.Body["error"]!["payment_intent"] = Json(intent, expand: false); // in an error nothing is written out
        return reply;
    }

    private Reply Ask(Intent intent, Call call)
    {
        intent.Status = "requires_action";
        Happened("payment_intent.requires_action", Json(intent, expand: false));
        return Reply.Done(Json(intent, call.Expands(Expansion)));
    }

    private static long Amount(Call call, string currency)
    {
        var amount = call.Whole("amount") ?? throw Reply.Invalid("amount", "parameter_missing", "Missing required param: amount.");
        if (amount < 1) throw Reply.Invalid("amount", "parameter_invalid_integer", "This value must be greater than or equal to 1.");
        if (amount > 99_999_999) throw Reply.Invalid("amount", "amount_too_large", "Amount must be no more than 999,999.99.");
        if (amount < s_minimum.GetValueOrDefault(currency)) throw Reply.Invalid("amount", "amount_too_small", "Amount must be at least the minimum.");
        if ((s_wholeOfTwo.Contains(currency) && amount % 100 != 0) || (s_threeDecimals.Contains(currency) && amount % 10 != 0))
            throw Reply.Invalid("amount", "parameter_invalid_integer", "The last digits of this amount must be 0.");
        return amount;
    }

    private Method Usable(string id, string customer)
    {
        var method = _methods.GetValueOrDefault(id) ?? throw Reply.Invalid("payment_method", "resource_missing", $"No such PaymentMethod: '{id}'");
        if (method.IsDetached || method.Customer is null)
            throw Reply.Invalid("payment_method", null, "The provided PaymentMethod was detached from a Customer. It may not be used again.");
        return method.Customer == customer ? method
            : throw Reply.Invalid("payment_method", null, "The provided PaymentMethod does not belong to this Customer.");
    }

    private Intent Find(string id) => _intents.FirstOrDefault(i => i.Id == id)
        ?? throw Reply.Invalid("intent", "resource_missing", $"No such payment_intent: '{id}'", 404);

    private static Refused WrongState(Intent intent, string verb)
    {
        var refused = Reply.Invalid("", "payment_intent_unexpected_state",
            $"You cannot {verb} this PaymentIntent because it has a status of {intent.Status}.");
        refused.Reply.Body["error"]!["payment_intent"] = Json(intent, expand: false);
        return refused;
    }

    private static JsonObject Json(Intent intent, bool expand) => new()
    {
        ["id"] = intent.Id, ["object"] = "payment_intent", ["amount"] = intent.Amount, ["currency"] = intent.Currency,
        ["amount_received"] = intent.Status == "succeeded" ? intent.Charges[^1].Amount : 0, ["customer"] = intent.Customer,
        ["payment_method"] = intent.Method, ["status"] = intent.Status, ["metadata"] = intent.Metadata.DeepClone(),
        ["last_payment_error"] = intent.Error?.DeepClone(),
        ["latest_charge"] = intent.Charges.Count == 0 ? null : expand ? ChargeJson(intent, intent.Charges[^1], expand: true)
            : JsonValue.Create(intent.Charges[^1].Id),
        ["next_action"] = intent.Status != "requires_action" ? null
            : intent.ReturnUrl is null ? new JsonObject { ["type"] = "use_stripe_sdk" }
            : new JsonObject
            {
                ["type"] = "redirect_to_url",
                ["redirect_to_url"] = new JsonObject { ["url"] = $"https://bank.example/{intent.Id}", ["return_url"] = intent.ReturnUrl },
            },
    };

    private static JsonObject ChargeJson(Intent intent, Taken charge, bool expand) => new()
    {
        ["id"] = charge.Id, ["object"] = "charge", ["amount"] = charge.Amount, ["amount_refunded"] = charge.Refunded,
        ["currency"] = intent.Currency, ["customer"] = intent.Customer, ["paid"] = charge.IsPaid,
        ["status"] = charge.IsPaid ? "succeeded" : "failed", ["payment_intent"] = intent.Id, ["metadata"] = intent.Metadata.DeepClone(),
        ["balance_transaction"] = charge.Moved is null || charge.HidesFee ? null
            : expand ? MovedJson(charge.Moved, null) : JsonValue.Create(charge.Moved.Id),
    };
}
