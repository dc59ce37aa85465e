using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Stipend.Apps.Model;
using Stipend.Platform.Data;

namespace Stipend.Apps.OAuth;

/// <summary>A client's wish to be let in, checked as far as it can be without the person.</summary>
/// <param name="State">As it stood in the address, still encoded: it goes back byte for byte.</param>
/// <param name="Error">What is wrong with it in OAuth's words; the client is told at its own address.</param>
internal sealed record AuthorizeRequest(OauthClient Client, string RedirectUri, string Scope, string? State, string? Challenge,
    string? Error)
{
    /// <exception cref="Refusal">The client or the address to go back to is not known here: then nobody is sent anywhere.</exception>
    public static async Task<AuthorizeRequest> Read(HttpRequest request, Db db, CancellationToken ct)
    {
        var query = request.Query;
        var (id, state) = (query["client_id"].ToString(), Raw(request.QueryString, "state"));
        var client = await FindClient(db, id, ct) ?? throw new Refusal(400, "unknown_client",
            "The app that sent you here is not registered on this site. Tell whoever runs it.");
        var redirect = Redirect(client, request) ?? throw new Refusal(400, "unknown_redirect",
            "The app that sent you here wants you sent back to an address it has not registered. Tell whoever runs it.");
        var scope = Scopes.Grant(query["scope"].ToString(), client.ApiVersion);
        var challenge = ChallengeOf(query, out var isWrong);
        return new AuthorizeRequest(client, redirect, scope ?? "", state, challenge,
            query["response_type"].ToString() != "code" ? "unsupported_response_type"
            : scope is null ? "invalid_scope"
            : isWrong ? "invalid_request" : null);
    }

    /// <summary>The client of a name somebody sent; null when there is none. A name with a NUL is nobody's, and not every database takes it.</summary>
    internal static async Task<OauthClient?> FindClient(Db db, string publicId, CancellationToken ct) =>
        publicId.Contains('\0') ? null : await db.Clients.AsNoTracking().FirstOrDefaultAsync(c => c.PublicId == publicId, ct);

    /// <summary>The client's address with an answer added to what its query holds already.</summary>
    public string Back(string name, string value) => Back(RedirectUri, State, name, value);

    internal static string Back(string uri, string? state, string name, string value) =>
        $"{uri}{(uri.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={Uri.EscapeDataString(value)}{(state is null ? "" : $"&state={state}")}";

    /// <summary>The challenge of a request; null without one. S256 makes 32 bytes, which base64url writes in 43 characters.</summary>
    internal static string? ChallengeOf(IQueryCollection query, out bool isWrong)
    {
        var challenge = query["code_challenge"].ToString() is { Length: > 0 } sent ? sent : null;
        isWrong = challenge is not null && (query["code_challenge_method"] != "S256" || challenge.Length != 43
            || !challenge.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
        return challenge;
    }

    /// <summary>The registered address that was asked for; some clients forget to encode it, and then its own query looks like ours.</summary>
    private static string? Redirect(OauthClient client, HttpRequest request)
    {
        var (asked, raw) = (request.Query["redirect_uri"].ToString(), request.QueryString.Value ?? "");
        return client.Redirects.FirstOrDefault(r => r == asked)
            ?? client.Redirects.OrderByDescending(r => r.Length).FirstOrDefault(r =>
                r.Contains('&', StringComparison.Ordinal) && raw.Contains("redirect_uri=" + r, StringComparison.Ordinal));
    }

    /// <summary>A parameter as it was sent, without decoding it.</summary>
    internal static string? Raw(QueryString query, string name)
    {
        var part = (query.Value ?? "").TrimStart('?').Split('&').FirstOrDefault(p => p.StartsWith(name + "=", StringComparison.Ordinal));
        var value = part?[(name.Length + 1)..];
        return value is null || value.All(c => c is > ' ' and < '\x7F') ? value : Uri.EscapeDataString(value);
    }
}
