using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stipend.TestGateway;

/// <summary>Payers and the test cards attached to them.</summary>
internal sealed class Customers(TestGatewayStore store, Events events, TimeProvider time)
{
    private const int MostPayers = 5000;

    /// <summary>
    /// Many customers with one card each, in one call,
    /// from <c>{"payers":[{"person_id":"7","card":"card_pays"}]}</c>; answers in the same order.
    /// For worlds of test people; a real gateway has no such call, and these make no events.
    /// </summary>
    internal GatewayReply CreateMany(byte[] body)
    {
        var payers = Payers(body);
        if (payers.Count is 0 or > MostPayers) throw CallRefused.Invalid("payers", $"Send 1 to {MostPayers} payers.");
        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        var made = new JsonArray();
        foreach (var (person, card) in payers)
        {
            if (!TestCard.TryParse(card, out _)) throw CallRefused.Invalid("payers", $"No such test card: '{card}'.", "card_unknown");
            var customer = store.Id("cus", store.Insert("INSERT INTO customer (metadata, created_at) VALUES (@metadata, @at)",
                ("@metadata", new JsonObject { ["person_id"] = person }.ToJsonString()), ("@at", at)));
            var method = store.Insert("INSERT INTO method (customer, card, created_at) VALUES (@customer, @card, @at)",
                ("@customer", customer), ("@card", card), ("@at", at));
            made.Add(new JsonObject
            {
                ["customer"] = customer, ["payment_method"] = store.Id("pm", method), ["fingerprint"] = Fingerprint(customer, card), ["network"] = Network,
            });
        }
        return GatewayReply.Json(new JsonObject { ["object"] = "list", ["has_more"] = false, ["data"] = made });
    }

    internal GatewayReply Create(Fields fields)
    {
        var seq = store.Insert("INSERT INTO customer (metadata, created_at) VALUES (@metadata, @at)",
            ("@metadata", fields.Metadata().ToJsonString()), ("@at", time.GetUtcNow().ToUnixTimeMilliseconds()));
        var customer = Json(store.Id("cus", seq));
        events.Add("customer.created", customer);
        return GatewayReply.Json(customer);
    }

    internal GatewayReply Get(string id) => GatewayReply.Json(Json(id));

    internal GatewayReply AddMethod(Fields fields)
    {
        var customer = fields.Need("customer");
        _ = Json(customer);
        var token = fields.Need("card");
        if (!TestCard.TryParse(token, out var card))
            throw CallRefused.Invalid("card", $"No such test card: '{token}'.", "card_unknown");
        var seq = store.Insert("INSERT INTO method (customer, card, created_at) VALUES (@customer, @card, @at)",
            ("@customer", customer), ("@card", card.Token), ("@at", time.GetUtcNow().ToUnixTimeMilliseconds()));
        var method = Json(FindMethod(store.Id("pm", seq)));
        events.Add("payment_method.attached", method);
        return GatewayReply.Json(method);
    }

    internal GatewayReply ListMethods(Fields fields)
    {
        var limit = Page.Limit(fields);
        var rows = store.All("SELECT * FROM method WHERE customer = @customer AND detached = 0 ORDER BY seq LIMIT @limit",
            ("@customer", fields.Need("customer")), ("@limit", limit + 1));
        return Page.Of(rows.Select(Json), limit);
    }

    internal GatewayReply Detach(string id)
    {
        _ = FindMethod(id);
        store.Execute("UPDATE method SET detached = 1 WHERE seq = @seq", ("@seq", store.Seq("pm", id)));
        var method = Json(FindMethod(id));
        events.Add("payment_method.detached", method);
        return GatewayReply.Json(method);
    }

    internal void Require(string customer) => _ = Json(customer);

    /// <summary>The method, if it may pay for this customer.</summary>
    internal Row Usable(string method, string customer)
    {
        var row = FindMethod(method);
        if (row.Text("customer") != customer)
            throw CallRefused.Invalid("payment_method", "This payment method belongs to another customer.", "payment_method_mismatch");
        if (row.Long("detached") == 1)
            throw CallRefused.Invalid("payment_method", "This payment method was detached and cannot pay any more.",
                "payment_method_detached");
        return row;
    }

    internal void RememberConfirmation(string method) =>
        store.Execute("UPDATE method SET confirmed_once = 1 WHERE seq = @seq", ("@seq", store.Seq("pm", method)));

    private static List<(string Person, string Card)> Payers(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.GetProperty("payers").EnumerateArray()
                .Select(payer => (payer.GetProperty("person_id").GetString()!, payer.GetProperty("card").GetString()!)).ToList();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw CallRefused.Invalid("payers", "Send a JSON list of payers, each with a person_id and a card.");
        }
    }

    private Row FindMethod(string id) => store.Seq("pm", id) is { } seq
        && store.One("SELECT * FROM method WHERE seq = @seq", ("@seq", seq)) is { } row
        ? row
        : throw CallRefused.Missing("payment_method", id);

    private JsonObject Json(string customer) =>
        store.Seq("cus", customer) is { } seq && store.One("SELECT * FROM customer WHERE seq = @seq", ("@seq", seq)) is { } row
            ? new JsonObject { ["id"] = customer, ["object"] = "customer", ["metadata"] = JsonNode.Parse(row.Text("metadata")) }
            : throw CallRefused.Missing("customer", customer);

    /// <summary>All test cards are of one network.</summary>
    private const string Network = "visa";

    /// <summary>Stands for the card's number: the same card given again by the same payer is the same, whatever its method's id.</summary>
    private static string Fingerprint(string customer, string card) =>
        "fp_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{customer} {card}")))[..24];

    private JsonObject Json(Row row) => new()
    {
        ["id"] = store.Id("pm", row.Long("seq")),
        ["object"] = "payment_method",
        ["customer"] = row.Long("detached") == 1 ? null : row.Text("customer"),
        ["card"] = row.Text("card"),
        ["fingerprint"] = Fingerprint(row.Text("customer"), row.Text("card")),
        ["network"] = Network,
    };
}
