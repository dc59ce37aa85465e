using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Stipend.TestGateway;

/// <summary>
/// Payments: requires_confirmation → requires_action → succeeded, or requires_payment_method after a decline (it may be confirmed
/// again, with this or another method), or canceled. A succeeded or canceled payment never changes its mind.
/// </summary>
internal sealed class Intents(TestGatewayStore store, Events events, Customers customers, Balance balance, TestGatewayOptions options,
    TimeProvider time)
{
    private const long MostMinor = 99_999_999_999;

    internal GatewayReply Create(Fields fields)
    {
        var amount = fields.Whole("amount")
            ?? throw CallRefused.Invalid("amount", "Missing required parameter: amount.", "parameter_missing");
        if (amount is <= 0 or > MostMinor)
            throw CallRefused.Invalid("amount", $"The amount must be between 1 and {MostMinor}.", "amount_out_of_range");
        var currency = fields.Need("currency").ToLowerInvariant();
        if (!Fees.Knows(currency)) throw CallRefused.Invalid("currency", $"Invalid currency: {currency}.", "currency_unknown");
        var customer = fields.Need("customer");
        customers.Require(customer);
        var metadata = fields.Metadata();
        var chargeId = (string?)metadata["charge_id"];
        var confirm = fields.Flag("confirm");
        var methodId = confirm ? fields.Need("payment_method") : fields.Get("payment_method");
        var method = methodId is null ? null : customers.Usable(methodId, customer);
        if (confirm && Mishap(method!, chargeId is null ? null : $"charge {chargeId}") is { } mishap) return mishap;

        var seq = store.Insert("""
            INSERT INTO intent (customer, method, charge_id, amount, currency, status, metadata, return_url, created_at)
            VALUES (@customer, @method, @charge, @amount, @currency, 'requires_confirmation', @metadata, @return, @at)
            """, ("@customer", customer), ("@method", methodId), ("@charge", chargeId), ("@amount", amount), ("@currency", currency),
            ("@metadata", metadata.ToJsonString()), ("@return", fields.Get("return_url")),
            ("@at", time.GetUtcNow().ToUnixTimeMilliseconds()));
        var intent = Find(store.Id("pi", seq));
        return confirm ? Try(intent, methodId!, method!) : GatewayReply.Json(Json(intent));
    }

    internal GatewayReply Confirm(string id, Fields fields)
    {
        var intent = Find(id);
        if (intent.Text("status") is "succeeded" or "canceled") throw WrongState(intent, "confirmed");
        var methodId = fields.Get("payment_method") ?? intent.TextOrNull("method")
            ?? throw CallRefused.Invalid("payment_method", "Missing required parameter: payment_method.", "parameter_missing");
        var method = customers.Usable(methodId, intent.Text("customer"));
        if (Mishap(method, intent.TextOrNull("charge_id") is { } charge ? $"charge {charge}" : id) is { } mishap) return mishap;
        if (fields.Get("return_url") is { } back) Update(intent, "return_url = @value", ("@value", back));
        if (fields.Get("metadata[billing_date]") is { } date)
        {
            var metadata = JsonNode.Parse(intent.Text("metadata"))!.AsObject();
            metadata["billing_date"] = date;
            Update(intent, "metadata = @value", ("@value", metadata.ToJsonString()));
        }
        return Try(Find(id), methodId, method);
    }

    internal GatewayReply Cancel(string id)
    {
        var intent = Find(id);
        if (intent.Text("status") == "succeeded") throw WrongState(intent, "canceled");
        if (intent.Text("status") != "canceled")
        {
            Update(intent, "status = 'canceled'");
            events.Add("payment_intent.canceled", Json(Find(id)));
        }
        return GatewayReply.Json(Json(Find(id)));
    }

    internal GatewayReply List(Fields fields)
    {
        var limit = Page.Limit(fields);
        customers.Require(fields.Need("customer"));
        var rows = store.All("""
            SELECT * FROM intent WHERE customer = @customer AND (@charge IS NULL OR charge_id = @charge) AND seq > @after
            ORDER BY seq LIMIT @limit
            """, ("@customer", fields.Need("customer")), ("@charge", fields.Get("charge_id")),
            ("@after", store.Seq("pi", fields.Get("after")) ?? 0), ("@limit", limit + 1));
        return Page.Of(rows.Select(Json), limit);
    }

    internal Row Find(string id) => store.Seq("pi", id) is { } seq
        && store.One("SELECT * FROM intent WHERE seq = @seq", ("@seq", seq)) is { } row
        ? row
        : throw CallRefused.Missing("payment_intent", id);

    /// <summary>The word in a payer's address that proves they were sent by us; ids alone can be guessed.</summary>
    internal string PageKey(string id) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(store.SecretKey), Encoding.UTF8.GetBytes("page " + id)))[..24];

    /// <summary>The payer's answer on the page. True pays, false refuses; a payment that no longer waits is left as it is.</summary>
    internal Row Decide(string id, bool confirmed)
    {
        _ = store.Write(() =>
        {
            var intent = Find(id);
            if (intent.Text("status") != "requires_action") return GatewayReply.Json(Json(intent));
            if (!confirmed) return Decline(intent, "authentication_refused", "The payer refused the payment.", null);
            customers.RememberConfirmation(intent.Text("method"));
            return Capture(intent, intent.Long("amount"));
        });
        return Find(id);
    }

    internal JsonObject Json(Row row)
    {
        var id = store.Id("pi", row.Long("seq"));
        var json = new JsonObject
        {
            ["id"] = id,
            ["object"] = "payment_intent",
            ["status"] = row.Text("status"),
            ["amount"] = row.Long("amount"),
            ["amount_received"] = row.Long("captured"),
            ["amount_refunded"] = balance.Refunded(id),
            ["currency"] = row.Text("currency"),
            ["fee"] = row.Long("fee"),
            ["customer"] = row.Text("customer"),
            ["payment_method"] = row.TextOrNull("method"),
            ["attempt_count"] = row.Long("attempts"),
            ["metadata"] = JsonNode.Parse(row.Text("metadata")),
            ["created"] = row.Long("created_at") / 1000,
        };
        if (row.TextOrNull("decline_code") is { } code)
            json["last_payment_error"] = new JsonObject
                { ["code"] = "card_declined", ["decline_code"] = code, ["advice_code"] = row.TextOrNull("advice") };
        if (row.Text("status") == "requires_action")
            json["next_action"] = new JsonObject
            {
                ["type"] = "redirect_to_url",
                ["redirect_to_url"] = new JsonObject { ["url"] = $"{options.PublicUrl.TrimEnd('/')}/confirm/{id}?key={PageKey(id)}" },
            };
        return json;
    }

    private GatewayReply Try(Row intent, string methodId, Row method)
    {
        var card = Card(method);
        Update(intent, "attempts = attempts + 1, method = @value", ("@value", methodId));
        intent = Find(store.Id("pi", intent.Long("seq")));
        var amount = intent.Long("amount");
        if (card.Act == CardAct.BreaksAfter)
        {
            _ = Capture(intent, amount); // done, and stays done: the caller is only told that something broke
            return Broken();
        }
        return card.Act switch
        {
            CardAct.Declines => Decline(intent, card),
            CardAct.DeclinesFirstConfirm when intent.Long("attempts") == 1 => Decline(intent, card),
            CardAct.DeclinesInRange when card.DeclinesOn(BillingDate(intent)) => Decline(intent, card),
            CardAct.Asks => Ask(intent),
            CardAct.AsksFirst when method.Long("confirmed_once") == 0 => Ask(intent),
            CardAct.PaysShort when amount > 1 => Capture(intent, amount - 1),
            CardAct.LosesReplyAfter => Capture(intent, amount) with { Fate = ReplyFate.Lose },
            _ => Capture(intent, amount),
        };
    }

    // Once per charge: a call that does nothing at all. It is remembered by the charge, since no payment exists yet to remember it by.
    private GatewayReply? Mishap(Row method, string? subject)
    {
        var act = Card(method).Act;
        if (act is not (CardAct.LosesReplyBefore or CardAct.Breaks or CardAct.Throttles)) return null;
        subject ??= "method " + method.Long("seq").ToString(CultureInfo.InvariantCulture);
        if (store.Execute("INSERT INTO mishap (subject) VALUES (@subject) ON CONFLICT DO NOTHING", ("@subject", $"{act} {subject}")) == 0)
            return null;
        return act switch
        {
            CardAct.LosesReplyBefore => new GatewayReply(200, [], ReplyFate.Lose),
            CardAct.Throttles => GatewayReply.Error(429, "rate_limit_error", "rate_limit", "Too many requests; try again later."),
            _ => Broken(),
        };
    }

    private static GatewayReply Broken() =>
        GatewayReply.Error(500, "api_error", "internal", "Something went wrong on the gateway's side.");

    private GatewayReply Capture(Row intent, long captured)
    {
        var (id, currency) = (store.Id("pi", intent.Long("seq")), intent.Text("currency"));
        var fee = Fees.Of(captured, currency);
        Update(intent, "status = 'succeeded', captured = @value, fee = @fee, decline_code = NULL, advice = NULL, captured_at = @at",
            ("@value", captured), ("@fee", fee), ("@at", time.GetUtcNow().ToUnixTimeMilliseconds()));
        balance.Captured(id, intent.TextOrNull("charge_id"), captured, fee, currency);
        var json = Json(Find(id));
        events.Add("payment_intent.succeeded", json);
        return GatewayReply.Json(json);
    }

    private GatewayReply Decline(Row intent, TestCard card) => Decline(intent, card.DeclineCode, "Your card was declined.", card.Advice);

    private GatewayReply Decline(Row intent, string code, string message, string? advice)
    {
        Update(intent, "status = 'requires_payment_method', decline_code = @value, advice = @advice", ("@value", code),
            ("@advice", advice));
        var json = Json(Find(store.Id("pi", intent.Long("seq"))));
        events.Add("payment_intent.payment_failed", json);
        return GatewayReply.Error(402, "card_error", "card_declined", message, intent: json, declineCode: code, advice: advice);
    }

    private GatewayReply Ask(Row intent)
    {
        Update(intent, "status = 'requires_action'");
        var json = Json(Find(store.Id("pi", intent.Long("seq"))));
        events.Add("payment_intent.requires_action", json);
        return GatewayReply.Json(json);
    }

    private void Update(Row intent, string set, params ReadOnlySpan<(string Name, object? Value)> values) =>
        store.Execute($"UPDATE intent SET {set} WHERE seq = @seq", [.. values, ("@seq", intent.Long("seq"))]);

    private DateOnly BillingDate(Row intent) =>
        DateOnly.TryParseExact((string?)JsonNode.Parse(intent.Text("metadata"))!["billing_date"], "yyyy-MM-dd",
            CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    private static TestCard Card(Row method) => TestCard.TryParse(method.Text("card"), out var card)
        ? card
        : throw new InvalidOperationException($"The store holds an unknown card, {method.Text("card")}.");

    private CallRefused WrongState(Row intent, string verb) =>
        new(GatewayReply.Error(400, "invalid_request_error", "payment_intent_unexpected_state",
        $"A payment that is {intent.Text("status")} cannot be {verb}.", "payment_intent", Json(intent)));
}
