using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stipend.Apps.Clients;
using Stipend.Apps.OAuth;

namespace Stipend.Apps.Sites;

/// <summary>
/// A website's wish to be connected, as its plugin sends it. The plugin's name is known to all the world, so nothing in it proves who asks:
/// nobody is sent anywhere before a creator has said so, and what they are shown first is where their answer goes.
/// </summary>
/// <param name="RedirectUris">Where the app may send people, the address the answer goes to among them.</param>
/// <param name="State">As it stood in the address, still encoded.</param>
internal sealed record SiteRequest(string Name, string Description, string RedirectUri, IReadOnlyList<string> RedirectUris, string? State, string? Challenge)
{
    public const string Scope = "w:identity.clients";

    /// <summary>The websites that get what is allowed, as their addresses say it.</summary>
    public IReadOnlyList<string> Hosts => [.. RedirectUris.Prepend(RedirectUri).Select(uri => new Uri(uri).Authority).Distinct(StringComparer.Ordinal)];

    /// <exception cref="Refusal">It is not a wish this site can grant.</exception>
    public static SiteRequest Read(HttpRequest request, string connector)
    {
        var query = request.Query;
        if (connector.Length == 0 || query["client_id"] != connector)
            throw new Refusal(400, "unknown_client", "This site does not connect the program that sent you here. Register it under “Apps” of your page instead.");
        var redirect = query["redirect_uri"].ToString();
        var all = query["redirect_uris"].ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToList();
        if (all.Count is 0 or > 10 || !all.TrueForAll(AppPages.IsRedirect) || !all.Contains(redirect))
            throw new Refusal(400, "unknown_redirect", "The website that sent you here does not say properly where to send you back to: an address that begins "
                + "with https:// and is among those it wants to register.");
        var scopes = query["scopes"].ToString() is { Length: > 0 } several ? several : query["scope"].ToString();
        if (query["response_type"] != "code" || scopes.Trim() != Scope)
            throw new Refusal(400, "unknown_scope", $"A website is connected with response_type=code and scopes={Scope}, and with nothing else.");
        var challenge = AuthorizeRequest.ChallengeOf(query, out var isWrong);
        if (isWrong) throw new Refusal(400, "wrong_challenge", "The website that sent you here sent a code_challenge that is none of S256.");
        var name = Line(query["name"].ToString(), 80);
        return new SiteRequest(name.Length > 0 ? name : new Uri(redirect).Host, Line(query["description"].ToString(), 300), redirect, all,
            AuthorizeRequest.Raw(request.QueryString, "state"), challenge);
    }

    /// <summary>The website's address with an answer added.</summary>
    public string Back(string name, string value) => AuthorizeRequest.Back(RedirectUri, State, name, value);

    /// <summary>A text of somebody else's as one line of at most so many characters, without those that are not seen but turn the others
    /// round.</summary>
    internal static string Line(string text, int most)
    {
        var seen = text.EnumerateRunes().Where(r => Rune.GetUnicodeCategory(r) != UnicodeCategory.Format);
        var line = string.Join(' ', string.Concat(seen.Select(r => Rune.IsControl(r) ? " " : r.ToString())).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= most ? line : line[..(char.IsHighSurrogate(line[most - 1]) ? most - 1 : most)];
    }
}
