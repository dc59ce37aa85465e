using System.Globalization;
using System.Text.Json.Nodes;

namespace Stipend.Support.Stripe;

/// <summary>What the caller gets to see of a reply.</summary>
internal enum Fate { Arrives, Lost, Half }

/// <summary>An answer, and whether anything was done for it (then its idempotency key remembers it).</summary>
internal sealed record Reply(int Status, JsonObject Body, Fate Fate = Fate.Arrives, bool WasExecuted = false)
{
    internal static Reply Done(JsonObject body) => new(200, body, WasExecuted: true);

    internal static Reply Error(int status, string type, string? code, string message, string? parameter = null)
    {
        var error = new JsonObject { ["type"] = type, ["message"] = message };
        if (code is not null) error["code"] = code;
        if (parameter is not null) error["param"] = parameter;
        return new Reply(status, new JsonObject { ["error"] = error });
    }

    internal static Refused Invalid(string parameter, string? code, string message, int status = 400) =>
        new(Error(status, "invalid_request_error", code, message, parameter));
}

/// <summary>A request answered with no before anything was done.</summary>
internal sealed class Refused(Reply reply) : Exception
{
    internal Reply Reply { get; } = reply;
}

/// <summary>One request: method, path and its parameters.</summary>
internal sealed class Call
{
    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    internal Call(string method, string path, IEnumerable<(string Name, string Value)> fields)
    {
        (Method, Path) = (method, path);
        foreach (var (name, value) in fields) _fields[name] = value;
    }

    internal string Method { get; }
    internal string Path { get; }

    internal JsonObject Metadata
    {
        get
        {
            var metadata = new JsonObject();
            foreach (var (name, value) in _fields)
                if (name.StartsWith("metadata[", StringComparison.Ordinal)) metadata[name[9..^1]] = value;
            return metadata;
        }
    }

    /// <summary>Stripe refuses what it does not know; so does its likeness. A name that ends in a bracket stands for its list or map.</summary>
    internal Call Takes(params string[] names)
    {
        foreach (var name in _fields.Keys)
            if (!names.Contains(name) && !names.Any(n => n.EndsWith('[') && name.StartsWith(n, StringComparison.Ordinal)))
                throw Reply.Invalid(name, "parameter_unknown", $"Received unknown parameter: {name}");
        return this;
    }

    internal string? Get(string name) => _fields.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    internal string Need(string name) =>
        Get(name) ?? throw Reply.Invalid(name, "parameter_missing", $"Missing required param: {name}.");

    internal long? Whole(string name) => Get(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
        : throw Reply.Invalid(name, "parameter_invalid_integer", $"Invalid integer: {text}");

    internal bool Flag(string name) => Get(name) is { } text && (text == "true" || (text == "false" ? false
        : throw Reply.Invalid(name, "parameter_invalid", $"Invalid boolean: {text}")));

    /// <summary>Whether the caller asked to have this written out in place of its id.</summary>
    internal bool Expands(string what) => _fields.Any(f => f.Key.StartsWith("expand[", StringComparison.Ordinal) && f.Value == what);
}
