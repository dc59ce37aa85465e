using System.Text.Json.Nodes;

namespace Stipend.Support.Stripe;

/// <summary>Customers, their cards, and the page on which a card is typed.</summary>
public sealed partial class FakeStripe
{
    private readonly Dictionary<string, JsonObject> _customers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Method> _methods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Session> _sessions = new(StringComparer.Ordinal);

    private sealed class Method(string id, StripeCard card)
    {
        internal string Id { get; } = id;
        internal StripeCard Card { get; } = card;
        internal string? Customer { get; set; }
        internal bool IsDetached { get; set; }

        /// <summary>Its holder has proven who they are once.</summary>
        internal bool WasConfirmed { get; set; }
    }

    private sealed record Session(string Id, string Customer, JsonObject Metadata, string SuccessUrl, string CancelUrl)
    {
        internal string? Method { get; set; }
    }

    /// <summary>Sessions begun so far.</summary>
    public IReadOnlyList<string> Sessions
    {
        get
        {
            lock (_lock) return [.. _sessions.Keys];
        }
    }

    /// <summary>The payer types a card on the session's page. Answers where they are sent then.</summary>
    public string TypeCard(string sessionId, string card)
    {
        lock (_lock)
        {
            var session = _sessions[sessionId];
            var method = Make(card);
            (method.Customer, session.Method) = (session.Customer, method.Id);
            Happened("checkout.session.completed", Json(session, expand: false));
            return session.SuccessUrl.Replace("{CHECKOUT_SESSION_ID}", sessionId, StringComparison.Ordinal);
        }
    }

    /// <summary>The payer goes back from the session's page. Answers where to.</summary>
    public string GoBack(string sessionId)
    {
        lock (_lock) return _sessions[sessionId].CancelUrl;
    }

    private Method Make(string card)
    {
        var method = new Method(NewId("pm"), StripeCard.Of(card)
            ?? throw Reply.Invalid("payment_method", "resource_missing", $"No such PaymentMethod: '{card}'", 404));
        _methods.Add(method.Id, method);
        return method;
    }

    private Reply CreateCustomer(Call call)
    {
        var id = NewId("cus");
        var customer = new JsonObject { ["id"] = id, ["object"] = "customer", ["metadata"] = call.Takes("metadata[").Metadata };
        _customers.Add(id, customer);
        Happened("customer.created", customer);
        return Reply.Done((JsonObject)customer.DeepClone());
    }

    private Reply Attach(string id, Call call)
    {
        var customer = Customer(call.Takes("customer").Need("customer"));
        var method = _methods.TryGetValue(id, out var own) ? own : Make(id);
        if (method.IsDetached) throw Reply.Invalid("payment_method", null, "This PaymentMethod was detached. It may not be used again.");
        if (method.Card.Act == StripeAct.RefusesSaving)
        {
            var error = Reply.Error(402, "card_error", "card_declined", "Your card was declined.");
            error.Body["error"]!["decline_code"] = "generic_decline";
            return error;
        }
        method.Customer = customer;
        Happened("payment_method.attached", Json(method));
        return Reply.Done(Json(method));
    }

    private Reply Detach(string id, Call call)
    {
        call.Takes();
        var method = _methods.GetValueOrDefault(id) ?? throw Reply.Invalid("payment_method", "resource_missing", "No such PaymentMethod", 404);
        (method.Customer, method.IsDetached) = (null, true);
        Happened("payment_method.detached", Json(method));
        return Reply.Done(Json(method));
    }

    private Reply CreateSession(Call call)
    {
        call.Takes("mode", "customer", "payment_method_types[", "metadata[", "success_url", "cancel_url");
        if (call.Need("mode") != "setup") throw Reply.Invalid("mode", null, "Only setup is known here.");
        if (call.Get("payment_method_types[0]") is null) throw Reply.Invalid("currency", "parameter_missing", "Needed without payment_method_types.");
        foreach (var url in new[] { "success_url", "cancel_url" })
            if (!Uri.TryCreate(call.Need(url), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                throw Reply.Invalid(url, "url_invalid", "Not a valid URL");
        var session = new Session(NewId("cs_test"), Customer(call.Need("customer")), call.Metadata, call.Need("success_url"),
            call.Need("cancel_url"));
        _sessions.Add(session.Id, session);
        return Reply.Done(Json(session, expand: false));
    }

    private Reply GetSession(string id, Call call) => _sessions.TryGetValue(id, out var session)
        ? Reply.Done(Json(session, call.Takes("expand[").Expands("setup_intent.payment_method")))
        : Reply.Error(404, "invalid_request_error", "resource_missing", $"No such checkout.session: {id}", "session");

    private string Customer(string id) => _customers.ContainsKey(id) ? id
        : throw Reply.Invalid("customer", "resource_missing", $"No such customer: '{id}'");

    private JsonObject Json(Session session, bool expand)
    {
        var setup = $"seti_{session.Id}";
        return new JsonObject
        {
            ["id"] = session.Id, ["object"] = "checkout.session", ["mode"] = "setup", ["customer"] = session.Customer,
            ["status"] = session.Method is null ? "open" : "complete", ["metadata"] = session.Metadata.DeepClone(),
            ["url"] = session.Method is null ? new Uri(Address, $"/c/pay/{session.Id}").ToString() : null,
            ["setup_intent"] = !expand ? setup : new JsonObject
            {
                ["id"] = setup, ["object"] = "setup_intent", ["status"] = session.Method is null ? "requires_payment_method" : "succeeded",
                ["payment_method"] = session.Method is { } method ? Json(_methods[method]) : null,
            },
        };
    }

    private static JsonObject Json(Method method) => new()
    {
        ["id"] = method.Id, ["object"] = "payment_method", ["type"] = "card", ["customer"] = method.Customer,
        ["card"] = new JsonObject { ["brand"] = method.Card.Brand, ["fingerprint"] = method.Card.Fingerprint, ["last4"] = "4242", ["exp_month"] = 12, ["exp_year"] = 2034 },
    };
}
