using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stipend.TestGateway;

/// <summary>One call of the gateway's API, free of any transport.</summary>
public sealed record GatewayCall(string Method, string Path, string Query, byte[] Body, string? ContentType, string? IdempotencyKey,
    string? Bearer);

/// <summary>Whether the caller gets to see the reply. A lost reply says nothing about what was done.</summary>
public enum ReplyFate
{
    Deliver,
    Lose,
}

/// <summary>
/// The gateway's answer: status, JSON, and whether it arrives. <paramref name="Replayed"/> marks the stored answer of an earlier call.
/// </summary>
public sealed record GatewayReply(int Status, byte[] Body, ReplyFate Fate = ReplyFate.Deliver, bool Replayed = false)
{
    internal static GatewayReply Json(JsonNode body, int status = 200) => new(status, Encoding.UTF8.GetBytes(body.ToJsonString()));

    internal static GatewayReply Error(int status, string type, string code, string message, string? parameter = null,
        JsonObject? intent = null, string? declineCode = null, string? advice = null)
    {
        var error = new JsonObject { ["type"] = type, ["code"] = code, ["message"] = message };
        if (parameter is not null) error["param"] = parameter;
        if (declineCode is not null) error["decline_code"] = declineCode;
        if (advice is not null) error["advice_code"] = advice;
        if (intent is not null) error["payment_intent"] = intent;
        return Json(new JsonObject { ["error"] = error }, status);
    }
}

/// <summary>A call answered with no before anything was done: wrong input, or an object in the wrong state.</summary>
internal sealed class CallRefused(GatewayReply reply) : Exception
{
    internal GatewayReply Reply { get; } = reply;

    internal static CallRefused Invalid(string parameter, string message, string code = "parameter_invalid") =>
        new(GatewayReply.Error(400, "invalid_request_error", code, message, parameter));

    internal static CallRefused Missing(string what, string id) =>
        new(GatewayReply.Error(404, "invalid_request_error", "resource_missing", $"No such {what}: '{id}'.", what));
}

/// <summary>The fields of a call, from a form, a JSON object or a query. Nested values are named <c>metadata[charge_id]</c>.</summary>
internal sealed class Fields
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    internal static Fields Of(GatewayCall call)
    {
        var fields = new Fields();
        fields.AddForm(call.Query.TrimStart('?'));
        if (call.Body.Length == 0) return fields;
        if (call.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true) fields.AddJson(call.Body);
        else fields.AddForm(Encoding.UTF8.GetString(call.Body));
        return fields;
    }

    internal string? Get(string name) => _values.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    internal string Need(string name) => Get(name)
        ?? throw CallRefused.Invalid(name, $"Missing required parameter: {name}.", "parameter_missing");

    internal bool Flag(string name) => Get(name) switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw CallRefused.Invalid(name, $"Invalid boolean: {other}."),
    };

    internal long? Whole(string name) => Get(name) switch
    {
        null => null,
        var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        var other => throw CallRefused.Invalid(name, $"Invalid integer: {other}."),
    };

    internal JsonObject Metadata()
    {
        var metadata = new JsonObject();
        foreach (var (name, value) in _values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            if (name.StartsWith("metadata[", StringComparison.Ordinal) && name.EndsWith(']')) metadata[name[9..^1]] = value;
        return metadata;
    }

    private void AddForm(string form)
    {
        foreach (var pair in form.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (pair, "") : (pair[..equals], pair[(equals + 1)..]);
            _values[WebUtility.UrlDecode(name)] = WebUtility.UrlDecode(value);
        }
    }

    private void AddJson(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 4 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw CallRefused.Invalid("body", "The body must be a JSON object.");
            Flatten("", document.RootElement);
        }
        catch (JsonException)
        {
            throw CallRefused.Invalid("body", "The body is not JSON.");
        }
    }

    private void Flatten(string prefix, JsonElement parent)
    {
        foreach (var property in parent.EnumerateObject())
        {
            var name = prefix.Length == 0 ? property.Name : $"{prefix}[{property.Name}]";
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Object: Flatten(name, property.Value); break;
                case JsonValueKind.String: _values[name] = property.Value.GetString()!; break;
                case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False: _values[name] = property.Value.GetRawText(); break;
                case JsonValueKind.Null: break;
                default: throw CallRefused.Invalid(name, "Lists are not taken here.");
            }
        }
    }
}
