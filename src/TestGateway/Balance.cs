using System.Text.Json.Nodes;

namespace Stipend.TestGateway;

/// <summary>Money that moved: captures and refunds, as the balance transactions a caller reconciles with.</summary>
internal sealed class Balance(TestGatewayStore store, Events events, TimeProvider time)
{
    internal void Captured(string intent, string? chargeId, long amount, long fee, string currency) =>
        Move("charge", intent, null, chargeId, amount, fee, currency);

    internal GatewayReply Refund(Row intent, Fields fields)
    {
        var id = store.Id("pi", intent.Long("seq"));
        var (captured, currency) = (intent.Long("captured"), intent.Text("currency"));
        if (captured == 0) throw CallRefused.Invalid("payment_intent",
            "This payment has taken no money, so there is nothing to give back.", "charge_not_captured");
        var left = captured - Refunded(id);
        var amount = fields.Whole("amount") ?? left;
        if (left == 0) throw CallRefused.Invalid("payment_intent", "This payment was already given back in full.",
            "charge_already_refunded");
        if (amount <= 0 || amount > left)
            throw CallRefused.Invalid("amount", $"At most {left} of this payment can still be given back.", "refund_too_large");
        var seq = store.Insert("INSERT INTO refund (intent, amount, currency, metadata, created_at) VALUES " +
            "(@intent, @amount, @currency, @metadata, @at)",
            ("@intent", id), ("@amount", amount), ("@currency", currency), ("@metadata", fields.Metadata().ToJsonString()),
            ("@at", time.GetUtcNow().ToUnixTimeMilliseconds()));
        Move("refund", id, store.Id("re", seq), intent.TextOrNull("charge_id"), -amount, 0, currency);
        var refund = Json(store.One("SELECT * FROM refund WHERE seq = @seq", ("@seq", seq))!);
        events.Add("charge.refunded", refund);
        return GatewayReply.Json(refund);
    }

    internal GatewayReply ListRefunds(Fields fields)
    {
        var rows = store.All("SELECT * FROM refund WHERE intent = @intent ORDER BY seq LIMIT @limit",
            ("@intent", fields.Need("payment_intent")), ("@limit", Page.Most + 1));
        return Page.Of(rows.Select(Json), Page.Most);
    }

    internal GatewayReply List(Fields fields)
    {
        var limit = Page.Limit(fields);
        var after = fields.Get("after") is { } id
            ? store.Seq("txn", id) ?? throw CallRefused.Missing("balance_transaction", id)
            : 0;
        var rows = store.All("""
            SELECT m.*, i.customer, json_extract(i.metadata, '$.reference') AS reference
            FROM movement m LEFT JOIN intent i ON i.seq = CAST(substr(m.intent, -12) AS INTEGER)
            WHERE m.seq > @after ORDER BY m.seq LIMIT @limit
            """, ("@after", after), ("@limit", limit + 1));
        return Page.Of(rows.Select(row => new JsonObject
        {
            ["id"] = store.Id("txn", row.Long("seq")),
            ["object"] = "balance_transaction",
            ["type"] = row.Text("kind"),
            ["payment_intent"] = row.Text("intent"),
            ["refund"] = row.TextOrNull("refund"),
            ["charge_id"] = row.TextOrNull("charge_id"),
            ["customer"] = row.TextOrNull("customer"),
            ["reference"] = row.TextOrNull("reference"),
            ["amount"] = row.Long("amount"),
            ["fee"] = row.Long("fee"),
            ["net"] = row.Long("amount") - row.Long("fee"),
            ["currency"] = row.Text("currency"),
            ["created"] = row.Long("created_at") / 1000,
        }), limit);
    }

    internal long Refunded(string intent) =>
        store.One("SELECT coalesce(sum(amount), 0) AS n FROM refund WHERE intent = @intent", ("@intent", intent))!.Long("n");

    private void Move(string kind, string intent, string? refund, string? chargeId, long amount, long fee, string currency) =>
        store.Execute("""
        INSERT INTO movement (kind, intent, refund, charge_id, amount, fee, currency, created_at)
        VALUES (@kind, @intent, @refund, @charge, @amount, @fee, @currency, @at)
        """, ("@kind", kind), ("@intent", intent), ("@refund", refund), ("@charge", chargeId), ("@amount", amount), ("@fee", fee),
        ("@currency", currency), ("@at", time.GetUtcNow().ToUnixTimeMilliseconds()));

    private JsonObject Json(Row row) => new()
    {
        ["id"] = store.Id("re", row.Long("seq")),
        ["object"] = "refund",
        ["payment_intent"] = row.Text("intent"),
        ["amount"] = row.Long("amount"),
        ["currency"] = row.Text("currency"),
        ["status"] = "succeeded",
        ["metadata"] = JsonNode.Parse(row.Text("metadata")),
    };
}
