using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.Support.Full;

/// <summary>
/// The site's own list of what can be asked for, with the values that lead somewhere on a <see cref="FullSite"/>. Nobody keeps a list of pages: an
/// endpoint of tomorrow is found here by itself, and one that leads nowhere is said so.
/// </summary>
public sealed class Addresses(FullSite site)
{
    /// <summary>By the literal before a parameter and its name; “/” before the first.</summary>
    private readonly Dictionary<string, string> _values = [];
    private readonly Dictionary<string, string> _whole = [];

    /// <summary>Routes that draw no page of their own for anybody here, and why.</summary>
    private static readonly Dictionary<string, string> s_none = new()
    {
        ["/{vanity}/podcasts/{podcast:long}/artwork/{name}"] = "a picture", ["/{vanity}/podcasts/{podcast:long}/chapters/{post:long}.json"] = "JSON",
        ["/feeds/{token}/{vanity}/{podcast:long}/chapters/{post:long}.json"] = "JSON", ["/{vanity}/mail/{id:long}/progress"] = "a part of the composer, while mails go out",
        ["/accent/{colour}.css"] = "a style sheet", ["/assets/{**path}"] = "files", ["/favicon.ico"] = "leads to the picture",
        ["/avatars/{id:long}/{size:int}.png"] = "a picture", ["/files/banners/{name}"] = "a picture",
        ["/feeds/{token}/media/{id:long}"] = "a picture", ["/feeds/{token}/media/{id:long}/{name}"] = "a recording", ["/media/{id:long}"] = "a picture",
        ["/media/{id:long}/{name}"] = "a file", ["/checkout/{vanity}"] = "leads to the checkout", ["/user"] = "leads to the page of a creator",
        ["/oauth2/become-patron"] = "leads to the checkout or the consent page", ["/billing/cards/saved"] = "leads to what one has paid",
        ["/billing/confirmed/{chargeId:long}"] = "leads to what one has paid", ["/billing/confirm/{chargeId:long}"] = "only where Stripe collects; StripePaymentTests",
        ["/setup/{token}"] = "gone once the site is set up; looked at before", ["/sign-in/code"] = "only between password and code; looked at there",
    };

    /// <summary>What is named stands for a parameter, wherever that follows the same word: “posts/post”.</summary>
    public string this[string parameter] { set => _values[parameter] = value; }

    /// <summary>The whole address of a route for which the parameters' values are not enough.</summary>
    /// <param name="route">As mapped.</param>
    /// <param name="path">With its query.</param>
    public void Leads(string route, string path) => _whole[route] = path;

    /// <summary>The value that stands for a parameter.</summary>
    public string Value(string parameter) => _values[parameter];

    /// <summary>The address of a route.</summary>
    public string Of(string route) => All("GET").First(r => r.Route == route).Path ?? throw new InvalidOperationException($"{route} leads nowhere yet.");

    /// <summary>Every route of a method, as it was mapped, with an address; null where a parameter has no value.</summary>
    public IReadOnlyList<(string Route, string? Path)> All(string method) =>
    [
        .. (from endpoint in site.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            where (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Contains(method)
            let route = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
            orderby route
            select (route, _whole.GetValueOrDefault(route) ?? Filled(endpoint.RoutePattern))).Distinct(),
    ];

    /// <summary>Every page and who sees it. An address that answers with something else than HTML is none.</summary>
    /// <param name="lost">Routes that nobody can visit: they refuse or send everybody elsewhere.</param>
    public async Task<IReadOnlyList<(string Route, string Path, IReadOnlyList<Actor> SeenBy)>> Pages(ICollection<string> lost)
    {
        var pages = new List<(string, string, IReadOnlyList<Actor>)>();
        foreach (var gone in s_none.Keys.Except(All("GET").Select(r => r.Route))) lost.Add($"{gone}: its excuse has outlived it");
        foreach (var (route, path) in All("GET"))
        {
            if (s_none.ContainsKey(route) || (route.StartsWith("/api/", StringComparison.Ordinal) && path != "/api/reference")) continue;
            var (seenBy, answers) = (new List<Actor>(), new List<string>());
            foreach (var person in path is null ? [] : site.People)
            {
                using var answer = await person.Client.GetAsync(path);
                if (answer.StatusCode != HttpStatusCode.OK) answers.Add(string.Create(CultureInfo.InvariantCulture, $"{person.Name} {(int)answer.StatusCode}"));
                else if (answer.Content.Headers.ContentType?.MediaType == "text/html") seenBy.Add(person);
                else break;
            }
            if (seenBy.Count > 0) pages.Add((route, path!, seenBy));
            else if (path is null || answers.Count == site.People.Count) lost.Add($"{route} ({path}): {string.Join(", ", answers)}");
        }
        return pages;
    }

    private string? Filled(RoutePattern pattern)
    {
        var (path, before) = (new System.Text.StringBuilder(), "");
        foreach (var segment in pattern.PathSegments)
        {
            path.Append('/');
            foreach (var part in segment.Parts)
                if (part is RoutePatternParameterPart parameter)
                {
                    if (!_values.TryGetValue($"{before}/{parameter.Name}", out var value)) return null;
                    path.Append(value);
                }
                else path.Append(before = ((part as RoutePatternLiteralPart)?.Content ?? ((RoutePatternSeparatorPart)part).Content));
        }
        return path.Length == 0 ? "/" : path.ToString();
    }
}
