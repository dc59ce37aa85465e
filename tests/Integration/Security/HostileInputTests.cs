using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Security;

/// <summary>What nobody types and an attacker sends: every route answers it with a sentence, none with a fault. Over a real connection,
/// since the in-memory one takes headers no server sends.</summary>
public sealed class HostileInputTests
{
    private static readonly string[] s_queryNames =
    [
        "before", "after", "book", "date", "q", "state", "currency", "tier", "amount", "method", "cap_posts", "cap_amount", "person",
        "status", "name", "return", "back", "said", "posts-before", "colour", "key", "cancelled",
    ];

    /// <summary>Fields that choose or count, each with a value a form would send.</summary>
    private static readonly Dictionary<string, string> s_choices = new()
    {
        ["audience"] = "public", ["action"] = "save", ["version"] = "1", ["amount"] = "5", ["cap_posts"] = "2", ["cap_amount"] = "50",
        ["method"] = "card_pays", ["price"] = "5", ["seats"] = "5", ["model"] = "per_creation", ["zone"] = "Europe/Lisbon",
        ["currency"] = "EUR", ["bill_day"] = "1", ["tier"] = "1", ["tiers"] = "1", ["leap"] = "day", ["until"] = "2026-02-01",
        ["publish_at"] = "2026-02-01T09:00", ["patrons"] = "1", ["total"] = "1", ["capped"] = "0", ["policy"] = "open", ["book"] = "1",
        ["card"] = "card_pays", ["to"] = "up", ["answer"] = "approve", ["language"] = "de", ["theme"] = "dark", ["accent"] = "1f7a6c",
        ["own_colour"] = "on", ["code"] = "123456", ["vanity"] = "eves-own", ["id"] = "1", ["charge"] = "on", ["decision"] = "confirm",
    };

    private static readonly Dictionary<string, string> s_texts = new()
    {
        ["title"] = "A title", ["teaser"] = "A teaser", ["markdown"] = "Some *text*.", ["text"] = "Some *text*.", ["name"] = "A name",
        ["summary"] = "One sentence.", ["about"] = "More.", ["description"] = "What it is.", ["benefits"] = "One", ["reason"] = "None",
        ["email"] = "lin@example.org", ["new_email"] = "lin@example.org", ["password"] = "seven quiet otters",
        ["current_password"] = "seven quiet otters", ["new_password"] = "eight quiet otters", ["site"] = "Testland", ["return"] = "/home",
        ["back"] = "/home", ["shown"] = "x",
    };

    private static readonly string[] s_hostileTexts =
    [
        "a\0b", "\uFEFF\u202Eevil\u2066{0} {{1}} %s", "/é/漢字/🎻\u2028", "../../etc/passwd\r\nSet-Cookie: evil=1\r\n\r\n<script>",
        new('x', 60_000), // in every field at once: more than a megabyte
    ];

    private static readonly string[] s_hostileNumbers =
    [
        "-1", "99999999999999999999999999", "9223372036854775807", "-9223372036854775808", "1e309", "٣", "9999-12-31", "-9998-01-01",
        "9999-12-31T23:59:59",
    ];

    [Theory, OnEveryEngine]
    public async Task No_page_faults_whatever_its_address_says(Engine engine)
    {
        var (app, opal, tier) = await Stage(engine);
        await using var _ = app;
        var wrong = new List<string>();
        foreach (var path in Paths(app, "GET"))
        {
            foreach (var hostile in s_hostileTexts.Where(h => h.Length < 1000).Concat(s_hostileNumbers))
            {
                var typed = Uri.EscapeDataString(hostile);
                var query = string.Join('&', s_queryNames.Select(n => $"{n}={typed}"));
                await Try(opal, new HttpRequestMessage(HttpMethod.Get, $"{path("ada", tier)}?{query}"), hostile, wrong);
            }
            foreach (var hostile in s_hostileTexts.Take(4).Append(s_hostileNumbers[1]))
                await Try(opal, new HttpRequestMessage(HttpMethod.Get, path("ada", Uri.EscapeDataString(hostile))), hostile, wrong);
        }
        var session = "stipend_session=" + new string('~', 43);
        foreach (var cookies in new[] { "flash=99:x", "flash=%00:%", "language=../../x; zone=%25", session })
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.TryAddWithoutValidation("Cookie", cookies);
            request.Headers.TryAddWithoutValidation("Accept-Language", "xx-YY;q=9, \u0000, *, de-XX-1996");
            await Try(app.Visitor(), request, cookies, wrong);
        }
        wrong.Distinct().ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task No_form_faults_whatever_is_typed(Engine engine)
    {
        var (app, opal, tier) = await Stage(engine);
        await using var _ = app;
        var wrong = new List<string>();
        var paths = Paths(app, "POST").Select(p => p("ada", tier)).Where(p =>
            p is not ("/sign-out" or "/account/sessions/end-all")).ToList();
        paths.Count.ShouldBeGreaterThan(50);
        foreach (var path in paths)
        {
            foreach (var hostile in s_hostileTexts)
                await Try(opal, Form(path, s_choices.Concat(s_texts.Select(t => KeyValuePair.Create(t.Key, hostile)))), hostile, wrong);
            foreach (var hostile in s_hostileNumbers)
                await Try(opal, Form(path, s_texts.Concat(s_choices.Select(c => KeyValuePair.Create(c.Key, hostile)))), hostile, wrong);
        }
        wrong.Distinct().ShouldBeEmpty();
        (await opal.Get("/account")).Status.ShouldBe(HttpStatusCode.OK, "the one who sent it all is still signed in");
    }

    private static HttpRequestMessage Form(string path, IEnumerable<KeyValuePair<string, string>> fields) =>
        new(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) };

    private static async Task<(TestApp App, Actor Operator, string Tier)> Stage(Engine engine)
    {
        var app = await TestApp.Start(engine, listens: true);
        var opal = await app.Operator();
        var ada = await app.HasCampaign("ada", opal.Id, model: BillingModel.PerCreation);
        var tier = await app.HasTier(ada, "Studio", 500);
        var other = await app.HasCampaign("other", app.SomePerson(), model: BillingModel.MonthlyArrears);
        await app.Joins(other, app.SomePerson(), await app.HasTier(other, "Studio", 500)); // so that there is something to bill
        return (app, opal, tier.Id.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task Try(Actor actor, HttpRequestMessage request, string hostile, List<string> wrong)
    {
        try
        {
            // A connection of its own: one whose request was refused half-way closes under whatever is sent on it next.
            request.Headers.ConnectionClose = true;
            using (request)
            using (var answer = await actor.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
                if ((int)answer.StatusCode >= 500)
                    wrong.Add($"{(int)answer.StatusCode} {request.Method} {request.RequestUri!.AbsolutePath} "
                        + $"with “{hostile[..Math.Min(60, hostile.Length)]}”");
        }
        catch (HttpRequestException closed) when (closed.InnerException is IOException && hostile.Length > 1000)
        {
            // Larger than the form may be: refused by its announced length, and the connection closed while it is still being sent.
        }
    }

    /// <summary>Each route of a method as a function of a campaign's address and of every other parameter.</summary>
    private static IEnumerable<Func<string, string, string>> Paths(TestApp app, string method) =>
        from endpoint in app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Contains(method)
        select new Func<string, string, string>((vanity, other) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(s =>
            string.Concat(s.Parts.Select(part => part switch
            {
                RoutePatternLiteralPart literal => literal.Content,
                RoutePatternSeparatorPart separator => separator.Content,
                RoutePatternParameterPart { Name: "vanity" } => vanity,
                _ => other,
            })))));
}
