using System.Text.Json.Nodes;

namespace Stipend.TestGateway;

/// <summary>What happened, in order: listed by callers, and sent to the webhook address when there is one.</summary>
internal sealed class Events(TestGatewayStore store, TimeProvider time)
{
    internal void Add(string type, JsonObject subject) => store.Execute(
        "INSERT INTO event (type, object_id, payload, created_at) VALUES (@type, @object, @payload, @at)",
        ("@type", type), ("@object", (string)subject["id"]!), ("@payload", subject.ToJsonString()),
        ("@at", time.GetUtcNow().ToUnixTimeMilliseconds()));

    internal GatewayReply List(Fields fields)
    {
        var limit = Page.Limit(fields);
        var after = fields.Get("after") is { } id
            ? store.Seq("evt", id) ?? throw CallRefused.Missing("event", id)
            : 0;
        var rows = store.All("SELECT * FROM event WHERE seq > @after ORDER BY seq LIMIT @limit", ("@after", after), ("@limit", limit + 1));
        return Page.Of(rows.Select(row => Json(store, row)), limit);
    }

    internal static JsonObject Json(TestGatewayStore store, Row row) => new()
    {
        ["id"] = store.Id("evt", row.Long("seq")),
        ["object"] = "event",
        ["type"] = row.Text("type"),
        ["created"] = row.Long("created_at") / 1000,
        ["object_id"] = row.Text("object_id"),
        ["data"] = new JsonObject { ["object"] = JsonNode.Parse(row.Text("payload")) },
    };
}
