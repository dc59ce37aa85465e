using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Apps.Answers;
using Stipend.Apps.OAuth;
using Stipend.Apps.V1;
using Stipend.Apps.V2;

namespace Stipend.Apps.JsonApi;

/// <summary>One request of the API: who asks, in whose name, for what.</summary>
internal sealed class ApiCall
{
    private readonly HttpContext? _http;
    private readonly IServiceProvider _services;

    private ApiCall(HttpContext? http, IServiceProvider services, Bearer bearer, ApiQuery query, string origin, CancellationToken ct) =>
        (_http, _services, Bearer, Query, Origin, Ct) = (http, services, bearer, query, origin, ct);

    public Bearer Bearer { get; }
    public ApiQuery Query { get; }
    public Reads Reads => field ??= _services.GetRequiredService<Reads>();
    public FirstReads FirstReads => field ??= _services.GetRequiredService<FirstReads>();
    public CancellationToken Ct { get; }

    /// <summary>Where the client reached this site: a client that follows a link must come back here.</summary>
    public string Origin { get; }

    /// <summary>What a client would be told if it asked; for telling it unasked.</summary>
    public static ApiCall Unasked(IServiceProvider services, Bearer bearer, ApiQuery query, string origin, CancellationToken ct) =>
        new(null, services, bearer, query, origin, ct);

    /// <summary>Where a request reached this site.</summary>
    public static string OriginOf(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    public bool May(string scope) => Bearer.May(scope);

    /// <exception cref="ApiProblem">The token is bad, used too often, or does not open this; or the query cannot be understood.</exception>
    /// <param name="http">The request.</param>
    /// <param name="scope">What the token has to open.</param>
    /// <param name="defaults">For version 1: the relationships followed unless the request names others.</param>
    public static async Task<ApiCall> Open(HttpContext http, string scope, string[]? defaults = null)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            || await http.RequestServices.GetRequiredService<Tokens>().Find(header["Bearer ".Length..].Trim(), http.RequestAborted)
                is not { } bearer) throw ApiProblem.Unauthorized();
        http.RequestServices.GetRequiredService<ApiLimits>().Count(bearer);
        return bearer.May(scope) ? new ApiCall(http, http.RequestServices, bearer, ApiQuery.Read(http.Request.Query, defaults),
                OriginOf(http.Request), http.RequestAborted)
            : throw ApiProblem.Forbidden($"The access token does not have the scope {scope}.");
    }

    /// <summary>The place of a page, as a cursor.</summary>
    public static string CursorOf(string list, params ReadOnlySpan<long> place)
    {
        var text = new StringBuilder(list);
        foreach (var number in place) text.Append(CultureInfo.InvariantCulture, $"|{number}");
        return Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>The place a cursor of this list means; null without one.</summary>
    /// <exception cref="ApiProblem">It is no cursor, or of another list.</exception>
    public long[]? Place(string list, int numbers)
    {
        if (Query.Cursor is not { } cursor) return null;
        var bytes = new byte[cursor.Length];
        if (Base64Url.IsValid(cursor) && Base64Url.TryDecodeFromChars(cursor, bytes, out var length))
        {
            var parts = Encoding.UTF8.GetString(bytes, 0, length).Split('|');
            var place = parts.Skip(1).Select(p => long.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1)
                .ToArray();
            if (parts[0] == list && place.Length == numbers && place.All(n => n >= 0)) return place;
        }
        throw ApiProblem.WrongParameter("page[cursor]", "This cursor leads nowhere. Start again without one.");
    }

    /// <summary>This request's address, leading to the page after a cursor.</summary>
    public string NextPage(string cursor) => Origin + _http!.Request.Path + "?" + string.Join('&',
        Query.All.Where(p => p.Key != "page[cursor]").Append(KeyValuePair.Create("page[cursor]", cursor))
            .Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));

    public async Task SendOne(ResourceType type, object entity, int status = 200)
    {
        var document = await Document.Of(this, type, [entity]);
        await ApiAnswers.Send(_http!, status, ApiAnswers.Document, json => document.WriteOne(json));
    }

    /// <summary>The same call, asking for everything of these types instead of what the request names.</summary>
    public ApiCall ForAllOf(params ReadOnlySpan<ResourceType> types) =>
        new(_http, _services, Bearer, ApiQuery.AllOf([], types), Origin, Ct);

    /// <summary>Sends a list of version 1.</summary>
    public async Task SendFirstList(ResourceType type, IReadOnlyList<object> entities, int total, IReadOnlyDictionary<string, object?> links)
    {
        var document = await Document.Of(this, type, entities);
        await ApiAnswers.Send(_http!, 200, ApiAnswers.Document, json => document.WriteFirstList(json, total, links));
    }

    public async Task SendList(ResourceType type, IReadOnlyList<object> entities, int total, string? cursor)
    {
        var document = await Document.Of(this, type, entities);
        await ApiAnswers.Send(_http!, 200, ApiAnswers.Document, json => document.WriteList(json, total, cursor));
    }
}
