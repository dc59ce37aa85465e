using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using AngleSharp.Dom;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Mailings.Sending;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.Support.Full;
using Xunit;

namespace Stipend.Integration.Security;

/// <summary>
/// Every text that people can give is a program, and no page, feed or mail runs it. Texts are escaped in one place, by one engine; one database is enough.
/// </summary>
public sealed partial class InjectionTests
{
    /// <summary>Fields of forms that are typed into and hold no text of a person's own, and why.</summary>
    private static readonly Dictionary<string, string> s_noTexts = new()
    {
        ["vanity"] = "letters and digits", ["email"] = "an address", ["new_email"] = "an address", ["code"] = "digits", ["price"] = "a number", ["seats"] = "a number",
        ["amount"] = "a number", ["cap_posts"] = "a number", ["cap_amount"] = "a number", ["days"] = "a number", ["season"] = "a number", ["number"] = "a number",
        ["redirect_uris"] = "addresses", ["language"] = "a code", ["rss"] = "only read", ["bill_day"] = "a number", ["months"] = "a number", ["until"] = "a day",
        ["publish_at"] = "a time", ["poll_closes_at"] = "a time", ["step_at"] = "a time", ["on"] = "a day",
    };

    /// <summary>Texts of every part of the site that some page shows to the letter.</summary>
    private static readonly string[] s_shown =
    [
        "Testland", "Ada Byron", "Mo Adeyemi", "Clockwork animals that walk", "Maker", "The otter swims", "Without help", "A heron", "Which animal next?", "Music",
        "In the order they happened", "What the boathouse hears", "Not about otters", "My phone", "Nightly copy", "Opens the door", "The bot sleeps", "Ada's blog",
        "A draft", "By mail",
    ];

    [Theory, InlineData(0), InlineData(3)]
    public async Task No_text_becomes_part_of_a_page(int first)
    {
        var (taken, typed, turn) = (new Taken(), new ConcurrentBag<string>(), first);
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b =>
        {
            FullSite.Configure(b);
            b.Services.AddSingleton<IStartupFilter>(taken);
        });
        var site = await FullSite.Make(app, (text, isLong) =>
        {
            var one = (isLong ? Planted.Long : Planted.Short[turn++ % Planted.Short.Length]) + text;
            typed.Add(one);
            return one;
        });
        await app.Drain();
        await app.Services.GetRequiredService<Mailer>().SendDue();

        var (found, shown, asked) = (new List<string>(), new System.Text.StringBuilder(), new HashSet<string>());
        var lost = new List<string>();
        var pages = await site.Addresses.Pages(lost);
        lost.ShouldBeEmpty();
        foreach (var (route, path, seenBy) in pages)
            foreach (var person in seenBy)
            {
                var page = await person.Get(path);
                found.AddRange(Planted.In(page.Html, route.EndsWith("/html", StringComparison.Ordinal)).Select(f => $"{route} as {person.Email}: {f}"));
                Read(page, shown);
                asked.UnionWith(Texts(page, app, path));
            }
        found.AddRange(await Feeds(site));
        foreach (var mail in await app.Mails()) found.AddRange(Planted.In(mail.Html, isLetter: true).Select(f => $"mail “{mail.Kind}”: {f}"));
        found.AddRange(await Answers(site, asked));
        found.Distinct().ShouldBeEmpty();

        asked.Count.ShouldBeGreaterThan(30);
        asked.Except(taken.Fields).Where(f => !s_noTexts.ContainsKey(f.Split(' ')[^1])).ShouldBeEmpty("a text that FullSite does not fill in is not looked after here");
        var all = shown.ToString();
        s_shown.Where(word => !typed.Any(t => t.EndsWith(word, StringComparison.Ordinal) && all.Contains(Folded(t), StringComparison.Ordinal)))
            .ShouldBeEmpty("these are to be read as they were typed, not left out");
    }

    [Theory]
    [InlineData("<p data-xss>x</p>"), InlineData("<img src=x OnError=a()>"), InlineData("<script>a()</script>"), InlineData("<a href=' java\tscript:a()'>x</a>")]
    [InlineData("<iframe srcdoc=x></iframe>"), InlineData("<form action=//evil.example>"), InlineData("<style>*{}</style>"), InlineData("<svg><a href='data:x'>y</a></svg>")]
    public void What_is_planted_is_found(string fault)
    {
        Planted.In($"<!doctype html><title>x</title><p>{fault}").ShouldNotBeEmpty();
        Planted.In($"<!doctype html><title>x</title><p title=\"{System.Net.WebUtility.HtmlEncode(fault)}\">{System.Net.WebUtility.HtmlEncode(fault)}").ShouldBeEmpty();
    }

    /// <summary>What feeds say, as programs read them: whole, and each of their texts as a page of its own.</summary>
    private static async Task<List<string>> Feeds(FullSite site)
    {
        var found = new List<string>();
        var feeds = site.Addresses.All("GET").Where(r => r.Path is not null && FeedRoute().IsMatch(r.Route)).ToList();
        feeds.Count.ShouldBe(8);
        foreach (var (route, path) in feeds)
        {
            var body = await (await site.Visitor.Client.GetAsync(path)).EnsureSuccessStatusCode().Content.ReadAsStringAsync();
            var texts = route.EndsWith(".xml", StringComparison.Ordinal) ? XDocument.Parse(body).Descendants().Where(e => !e.HasElements).Select(e => e.Value)
                : JsonDocument.Parse(body).RootElement.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("content_html").GetString()!);
            var content = texts.Where(t => t.TrimStart().StartsWith("<p>", StringComparison.Ordinal)).ToList();
            content.ShouldNotBeEmpty(route);
            found.AddRange(content.SelectMany(t => Planted.In(t, isLetter: true)).Select(f => $"{route}: {f}"));
        }
        return found;
    }

    /// <summary>Every form refused: its page comes back with what was typed.</summary>
    private static async Task<List<string>> Answers(FullSite site, HashSet<string> asked)
    {
        var found = new List<string>();
        foreach (var (route, path) in site.Addresses.All("POST").Where(r => r.Path is not null && !r.Route.StartsWith("/api/", StringComparison.Ordinal)))
        {
            var fields = asked.Where(f => f.StartsWith(route + " ", StringComparison.Ordinal)).Select(f => f.Split(' ')[^1]).ToList();
            if (fields.Count == 0) continue;
            foreach (var text in new[] { Planted.Short[0], Planted.Short[4], Planted.Long + new string('x', 3000) })
            {
                var person = route.StartsWith("/operator", StringComparison.Ordinal) ? site.Opal : route.StartsWith("/{vanity}", StringComparison.Ordinal) ? site.Ada : site.Lin;
                var page = await person.Post(path!, [.. fields.Select(f => (f, (object?)text))]);
                ((int)page.Status).ShouldBeLessThan(500, route);
                found.AddRange(Planted.In(page.Html).Select(f => $"POST {route}: {f}"));
            }
        }
        return found;
    }

    private static void Read(Page page, System.Text.StringBuilder into)
    {
        into.Append(Folded(page.Html.DocumentElement.TextContent)).Append('\n');
        foreach (var value in page.Html.All.SelectMany(e => e.Attributes).Select(a => a.Value).Where(v => v.Length > 30))
            into.Append(Folded(value)).Append('\n');
    }

    private static string Folded(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The fields of a page's forms that take words: “/{vanity}/edit about”.</summary>
    private static IEnumerable<string> Texts(Page page, TestApp app, string path) =>
        from form in page.Html.QuerySelectorAll("form[method=post]")
        let action = form.GetAttribute("action") is { Length: > 0 } given ? given : path
        from field in form.QuerySelectorAll("textarea[name], input[name]:not([type]), input[type=text][name], input[type=url][name], input[type=search][name]")
        where !field.HasAttribute("readonly")
        let route = RouteOf(app, action)
        where route is not null // the gallery's forms go nowhere
        select $"{route} {Plain(field.GetAttribute("name")!)}";

    /// <summary>Without the ids that keep a page's fields apart.</summary>
    private static string Plain(string field) => Number().Replace(field, "");

    private static string? RouteOf(TestApp app, string path) =>
        (from endpoint in app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
         where endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("POST") == true
             && new TemplateMatcher(TemplateParser.Parse(endpoint.RoutePattern.RawText!.TrimStart('/')), []).TryMatch(path.Split('?')[0], [])
         orderby endpoint.RoutePattern.Parameters.Count
         select "/" + endpoint.RoutePattern.RawText!.TrimStart('/')).FirstOrDefault();

    [GeneratedRegex(@"-?\d+")]
    private static partial Regex Number();

    [GeneratedRegex(@"(feed|\{vanity\}|\{podcast:long\})\.(xml|json)$")]
    private static partial Regex FeedRoute();

    /// <summary>Notes which fields of which forms a planted text was taken in.</summary>
    private sealed class Taken : IStartupFilter
    {
        private readonly ConcurrentDictionary<string, bool> _fields = [];

        public IEnumerable<string> Fields => _fields.Keys;

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (context, following) =>
            {
                await following(context);
                if (context.Response.StatusCode >= 400 || context.GetEndpoint() is not RouteEndpoint endpoint
                    || context.Features.Get<IFormFeature>()?.Form is not { } form) return;
                foreach (var (field, values) in form)
                    if (values.ToString().Contains("data-xss", StringComparison.Ordinal))
                        _fields[$"/{endpoint.RoutePattern.RawText!.TrimStart('/')} {Plain(field)}"] = true;
            });
            next(app);
        };
    }
}
