using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stipend.Apps.Answers;

namespace Stipend.Apps.V2;

/// <summary>Reads the <c>data</c> of a JSON:API body, whatever content type it was sent with.</summary>
internal static class RequestBody
{
    /// <exception cref="ApiProblem">It is no JSON, or speaks of something else.</exception>
    /// <param name="http">The request.</param>
    /// <param name="id">The resource of the address, when there is one: the body may name no other.</param>
    /// <param name="types">What <c>data.type</c> may be.</param>
    public static async Task<JsonElement> Data(HttpContext http, string? id, params string[] types)
    {
        JsonElement body;
        try
        {
            using var document = await JsonDocument.ParseAsync(http.Request.Body, new JsonDocumentOptions { MaxDepth = 16 }, http.RequestAborted);
            body = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw ApiProblem.WrongBody("The body is not JSON.");
        }
        var data = Part(body, "data");
        if (Text(data, "type") is not { } type || !types.Contains(type)) throw ApiProblem.WrongBody($"data.type is “{types[0]}”.");
        if (id is not null && Part(data, "id") is { ValueKind: not JsonValueKind.Undefined } named
            && NumberOrText(named) != id)
            throw ApiProblem.WrongBody($"data.id is not the {types[0]} of the address.");
        return data;
    }

    /// <summary>A member of an object; undefined when it is none, or has none such.</summary>
    /// <exception cref="ApiProblem">A name beside it holds half a character.</exception>
    public static JsonElement Part(JsonElement of, string name)
    {
        try
        {
            return of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var part) ? part : default;
        }
        catch (InvalidOperationException)
        {
            throw ApiProblem.WrongBody("A name in the body is broken.");
        }
    }

    /// <summary>A text of an object; null when there is none.</summary>
    /// <exception cref="ApiProblem">There is something else.</exception>
    public static string? Text(JsonElement of, string name) => Part(of, name) switch
    {
        { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } text => Text(text),
        _ => throw ApiProblem.WrongBody($"{name} is a text."),
    };

    /// <summary>What a number or a text says; null for anything else. Only a number is read raw: there is nothing in it that could be broken.</summary>
    /// <exception cref="ApiProblem">A text holds half a character, or one no database keeps.</exception>
    public static string? NumberOrText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Text(value),
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    /// <exception cref="ApiProblem">It holds half a character, or one no database keeps.</exception>
    public static string Text(JsonElement text)
    {
        try
        {
            return text.GetString() is { } said && !said.Contains('\0') ? said : throw ApiProblem.WrongBody("A text in the body is broken.");
        }
        catch (InvalidOperationException)
        {
            throw ApiProblem.WrongBody("A text in the body is broken.");
        }
    }
}
