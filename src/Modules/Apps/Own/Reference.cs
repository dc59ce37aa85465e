using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Platform.Http;

namespace Stipend.Apps.Own;

/// <summary>The API's own description (OpenAPI), which a test holds against the endpoints, and a page for people made from it.</summary>
internal static class Reference
{
    /// <summary>How a part of a list of something is called in the description.</summary>
    private const string List = "ListPageOf";

    private static readonly Lazy<byte[]> s_text = new(() =>
    {
        using var stream = typeof(Reference).Assembly.GetManifestResourceStream("openapi.json")!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    });

    private static readonly Lazy<ReferencePage.View> s_view = new(() => Read(JsonDocument.Parse(s_text.Value).RootElement));

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{Admission.Root}/openapi.json", () => Results.Bytes(s_text.Value, "application/json")).AllowAnyone().ExcludeFromDescription();
        app.MapGet("/api/reference", () => Pages.Show<ReferencePage>(s_view.Value)).AllowAnyone().ExcludeFromDescription();
    }

    private static ReferencePage.View Read(JsonElement document)
    {
        var operations = (from path in Of(document, "paths").EnumerateObject()
                          from operation in path.Value.EnumerateObject()
                          select new ReferencePage.Operation(operation.Name.ToUpperInvariant(), path.Name, Text(operation.Value, "summary"),
                              Text(operation.Value, "description"), Text(operation.Value, "x-scope"),
                              operation.Value.TryGetProperty("tags", out var tags) ? tags[0].GetString()! : "",
                              operation.Value.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Select(p =>
                                  new ReferencePage.Value(Text(p, "name"), Kind(Of(p, "schema")), Text(p, "description"))).ToList() : [],
                              Body(operation.Value, "requestBody"), Answer(operation.Value))).ToList();
        var schemas = Of(Of(document, "components"), "schemas").EnumerateObject().Where(s => s.Name != "ProblemDetails" && !s.Name.StartsWith(List, StringComparison.Ordinal))
            .Select(s => new ReferencePage.Schema(s.Name, Text(s.Value, "description"), s.Value.TryGetProperty("properties", out var all) ? all.EnumerateObject().Select(p =>
                new ReferencePage.Value(p.Name, Kind(p.Value), Text(p.Value, "description"))).ToList() : [])).ToList();
        return new ReferencePage.View(operations.GroupBy(o => o.Tag).ToDictionary(g => g.Key, g => (IReadOnlyList<ReferencePage.Operation>)g.ToList()), schemas,
            OwnScopes.All.Select(s => new ReferencePage.Value(s.Scope, "", s.Words)).ToList());
    }

    private static string? Body(JsonElement operation, string name) =>
        operation.TryGetProperty(name, out var body) ? Kind(Of(Of(Of(body, "content"), "application/json"), "schema")) : null;

    private static string? Answer(JsonElement operation) =>
        Of(operation, "responses").EnumerateObject().Where(r => r.Name[0] == '2').Select(r => $"{r.Name} "
            + Kind(Of(Of(Of(r.Value, "content"), "application/json"), "schema"))).FirstOrDefault();

    private static JsonElement Of(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var part) ? part : default;

    private static string Text(JsonElement element, string name) => Of(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    /// <summary>A schema in a word or two: “string”, “list of Tier”, “integer or null”.</summary>
    private static string Kind(JsonElement schema)
    {
        if (Text(schema, "$ref") is { Length: > 0 } named) return named[(named.LastIndexOf('/') + 1)..].Replace(List, "items: list of ", StringComparison.Ordinal);
        if (Of(schema, "oneOf") is { ValueKind: JsonValueKind.Array } either) return string.Join(" or ", either.EnumerateArray().Select(Kind));
        var types = Of(schema, "type") switch
        {
            { ValueKind: JsonValueKind.Array } several => several.EnumerateArray().Select(t => t.GetString()!).ToList(),
            { ValueKind: JsonValueKind.String } one => [one.GetString()!],
            _ => [],
        };
        var format = Text(schema, "format") is "date-time" ? "time" : null;
        return string.Join(" or ", types.OrderBy(t => t == "null").Select(t => t switch { "array" => $"list of {Kind(Of(schema, "items"))}", "string" when format is not null => format,
            _ => t }));
    }
}
