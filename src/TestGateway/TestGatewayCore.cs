using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Stipend.TestGateway;

/// <summary>Where payers are sent to confirm, and where events are delivered.</summary>
public sealed record TestGatewayOptions
{
    /// <summary>What stands before <c>/confirm/…</c> in the address a payer is sent to; a path is enough inside one site.</summary>
    public string PublicUrl { get; set; } = "";

    /// <summary>Receives signed events, best effort; null delivers none (they can still be listed).</summary>
    public Uri? WebhookUrl { get; init; }

    /// <summary>The secret events are signed with.</summary>
    public string WebhookSecret { get; init; } = "whsec_test";
}

/// <summary>
/// A card gateway's behaviour, without transport: who may call, idempotency, and which operation a path means. The in-process handler
/// and the server are two fronts of this. Every call is one durable transaction; calls are answered one at a time.
/// </summary>
public sealed class TestGatewayCore
{
    /// <summary>How long the answer of a key is kept. After that the same key is a new call.</summary>
    public static readonly TimeSpan KeyLifetime = TimeSpan.FromHours(24);

    private readonly TestGatewayStore _store;
    private readonly TimeProvider _time;
    private readonly Customers _customers;
    private readonly Intents _intents;
    private readonly Balance _balance;
    private int _outage;

    public TestGatewayCore(TestGatewayStore store, TestGatewayOptions options, TimeProvider time)
    {
        (_store, _time, Options) = (store, time, options);
        var events = new Events(store, time);
        _customers = new Customers(store, events, time);
        _balance = new Balance(store, events, time);
        _intents = new Intents(store, events, _customers, _balance, options, time);
    }

    /// <summary>What was captured and refunded.</summary>
    public TestGatewayStore Store => _store;

    internal TestGatewayOptions Options { get; }
    internal Intents Intents => _intents;

    /// <summary>
    /// Makes every following call fail: 429 or 500 answered without doing anything, or 0 for a lost connection. Null ends it.
    /// </summary>
    public void BreakDown(int? status) => Volatile.Write(ref _outage, status is null ? 0 : status.Value + 1);

    /// <summary>The payer's answer to a payment that asks, without opening the page. Does nothing when it no longer asks.</summary>
    public void PayerDecides(string intentId, bool confirms) => _ = _intents.Decide(intentId, confirms);

    /// <summary>Answers one call.</summary>
    public GatewayReply Answer(GatewayCall call)
    {
        if (Volatile.Read(ref _outage) is var outage and > 0) return Outage(outage - 1);
        if (call.Bearer is null
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(call.Bearer), Encoding.UTF8.GetBytes(_store.SecretKey)))
            return GatewayReply.Error(401, "invalid_request_error", "api_key_invalid", "Send the gateway's secret key as a bearer token.");
        if (call.Method == "GET") return _store.Write(() => Route(call));
        if (call.Method != "POST") return GatewayReply.Error(405, "invalid_request_error", "method_not_allowed", "Use GET or POST.");
        return _store.Write(() => call.IdempotencyKey is { Length: > 0 } key ? Once(key, call) : Route(call));
    }

    private GatewayReply Once(string key, GatewayCall call)
    {
        if (key.Length > 255) throw CallRefused.Invalid("Idempotency-Key", "An idempotency key has at most 255 characters.");
        var now = _time.GetUtcNow();
        _store.Execute("DELETE FROM answer WHERE created_at <= @limit", ("@limit", (now - KeyLifetime).ToUnixTimeMilliseconds()));
        var hash = SHA256.HashData([.. Encoding.UTF8.GetBytes($"{call.Method} {call.Path}\n"), .. call.Body]);
        if (_store.One("SELECT request_hash, status, body FROM answer WHERE key = @key", ("@key", key)) is { } stored)
        {
            if (!stored.Bytes("request_hash").AsSpan().SequenceEqual(hash))
                return GatewayReply.Error(400, "idempotency_error", "idempotency_key_in_use",
                    "This idempotency key was used with other parameters. Send the same request again, or use a new key.");
            return new GatewayReply((int)stored.Long("status"), stored.Bytes("body"), Replayed: true);
        }
        var reply = Route(call);
        if (Keeps(reply))
            _store.Execute("INSERT INTO answer (key, request_hash, status, body, created_at) VALUES (@key, @hash, @status, @body, @at)",
                ("@key", key), ("@hash", hash), ("@status", reply.Status), ("@body", reply.Body), ("@at", now.ToUnixTimeMilliseconds()));
        return reply;
    }

    // A call that never began (nothing executed) leaves no answer behind; an executed one does, even when its answer was a 500 or got lost.
    private static bool Keeps(GatewayReply reply) => reply.Status != 429 && !(reply.Fate == ReplyFate.Lose && reply.Body.Length == 0);

    private GatewayReply Route(GatewayCall call)
    {
        var parts = call.Path.Trim('/').Split('/');
        if (parts is not ["v1", ..]) throw NoSuchPath(call);
        if (call is { Method: "POST", Path: "/v1/test_helpers/payers" }) return _customers.CreateMany(call.Body);
        var fields = Fields.Of(call);
        return (call.Method, parts[1..]) switch
        {
            ("POST", ["customers"]) => _customers.Create(fields),
            ("GET", ["customers", var id]) => _customers.Get(id),
            ("POST", ["payment_methods"]) => _customers.AddMethod(fields),
            ("GET", ["payment_methods"]) => _customers.ListMethods(fields),
            ("POST", ["payment_methods", var id, "detach"]) => _customers.Detach(id),
            ("POST", ["payment_intents"]) => _intents.Create(fields),
            ("GET", ["payment_intents"]) => _intents.List(fields),
            ("GET", ["payment_intents", var id]) => GatewayReply.Json(_intents.Json(_intents.Find(id))),
            ("POST", ["payment_intents", var id, "confirm"]) => _intents.Confirm(id, fields),
            ("POST", ["payment_intents", var id, "cancel"]) => _intents.Cancel(id),
            ("POST", ["refunds"]) => _balance.Refund(_intents.Find(fields.Need("payment_intent")), fields),
            ("GET", ["refunds"]) => _balance.ListRefunds(fields),
            ("GET", ["balance_transactions"]) => _balance.List(fields),
            ("GET", ["events"]) => new Events(_store, _time).List(fields),
            _ => throw NoSuchPath(call),
        };
    }

    private static CallRefused NoSuchPath(GatewayCall call) =>
        new(GatewayReply.Error(404, "invalid_request_error", "url_unknown", $"There is nothing at {call.Method} {call.Path}."));

    private static GatewayReply Outage(int status) => status == 0
        ? new GatewayReply(503, [], ReplyFate.Lose)
        : GatewayReply.Error(status, status == 429 ? "rate_limit_error" : "api_error", status == 429 ? "rate_limit" : "outage",
            "The gateway is out of order.");
}

/// <summary>A page of a list, and whether there is more.</summary>
internal static class Page
{
    internal const int Most = 100;

    internal static int Limit(Fields fields) => (int)Math.Clamp(fields.Whole("limit") ?? Most, 1, Most);

    internal static GatewayReply Of(IEnumerable<JsonObject> items, int limit)
    {
        var rows = items.ToList();
        return GatewayReply.Json(new JsonObject
        {
            ["object"] = "list",
            ["has_more"] = rows.Count > limit,
            ["data"] = new JsonArray([.. rows.Take(limit)]),
        });
    }
}
