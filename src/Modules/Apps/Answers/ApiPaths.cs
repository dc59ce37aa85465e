using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Stipend.Apps.Answers;

/// <summary>Which addresses belong to programs, in all the spellings their libraries really send.</summary>
internal static class ApiPaths
{
    public const string V1 = "/api/oauth2/api", V2 = "/api/oauth2/v2";

    internal enum Kind { None, Token, Api }

    /// <summary>
    /// The path routes know: repeated slashes folded, a slash at the end gone, and <c>/api</c> put before what clients send to the host
    /// <c>api.</c> without it. A redirect would make several clients drop their token.
    /// </summary>
    public static PathString Canonical(PathString path)
    {
        if (path.Value is not { Length: > 1 } text || !text.Contains("oauth2", StringComparison.Ordinal)) return path;
        var folded = text.Contains("//", StringComparison.Ordinal)
            ? "/" + string.Join('/', text.Split('/', StringSplitOptions.RemoveEmptyEntries)) : text.TrimEnd('/');
        if (folded.StartsWith("/oauth2/v2/", StringComparison.Ordinal) || folded.StartsWith("/oauth2/api/", StringComparison.Ordinal)
            || folded is "/oauth2/token" or "/oauth2/revoke" or "/oauth2/v2" or "/oauth2/api") return "/api" + folded;
        return folded.StartsWith("/api/oauth2", StringComparison.Ordinal) || folded.StartsWith("/oauth2/", StringComparison.Ordinal)
            ? folded : path;
    }

    public static Kind KindOf(PathString path) =>
        !path.StartsWithSegments("/api/oauth2", StringComparison.OrdinalIgnoreCase, out var rest) ? Kind.None
        : rest.Value is "/token" or "/revoke" ? Kind.Token : Kind.Api;

    /// <summary>Routing is not particular about case; this API is.</summary>
    public static bool IsSpelledRight(HttpContext context)
    {
        if (context.GetEndpoint() is not RouteEndpoint endpoint) return true;
        var sent = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return endpoint.RoutePattern.PathSegments.Zip(sent).All(p =>
            p.First.Parts is not [RoutePatternLiteralPart literal] || literal.Content == p.Second);
    }
}
