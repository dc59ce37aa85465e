using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Security;

/// <summary>Every route of the site, whoever wrote it, against every role.</summary>
public sealed class RouteAccessTests
{
    private sealed record Route(string Method, string Path, Access? Access, bool TakesJson, bool CarriesItsProof);

    [Fact]
    public async Task Every_route_says_who_may_call_it()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        Routes(app).Where(r => r.Access is null).ShouldBeEmpty();
        Routes(app).Count.ShouldBeGreaterThan(30);
    }

    [Fact]
    public async Task A_visitor_is_sent_to_sign_in_where_that_is_needed()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var visitor = app.Visitor();
        var wrong = new List<string>();
        foreach (var route in Routes(app).Where(r => r.Access is Access.SignedIn or Access.Operator))
        {
            var answer = await Send(visitor, route);
            var right = route.Method == "GET"
                ? answer.StatusCode == HttpStatusCode.SeeOther
                    && answer.Headers.Location!.OriginalString.StartsWith("/sign-in?return=", StringComparison.Ordinal)
                    || (route.Path.StartsWith("/api/", StringComparison.Ordinal) && answer.StatusCode == HttpStatusCode.Unauthorized)
                : answer.StatusCode == HttpStatusCode.Unauthorized;
            if (!right) wrong.Add($"{route.Method} {route.Path}: {answer.StatusCode}");
        }
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_operators_route_does_not_exist_for_a_member()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var member = await app.SignUp("ada");
        var routes = Routes(app).Where(r => r.Access == Access.Operator).ToList();
        routes.ShouldNotBeEmpty();
        var wrong = new List<string>();
        foreach (var route in routes)
            if ((await Send(member,
                route)).StatusCode is var status and not HttpStatusCode.NotFound) wrong.Add($"{route.Method} {route.Path}: {status}");
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_form_from_another_site_is_refused_whoever_is_signed_in()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var opal = await app.Operator();
        var wrong = new List<string>();
        // Where the address itself is the proof and no cookie is looked at, anybody may post: one place, and it stays one.
        Routes(app).Where(r => r.CarriesItsProof).Select(r => $"{r.Method} {r.Path}").ShouldBe(["POST /mail/off/1"]);
        foreach (var route in Routes(app).Where(r => r is { CarriesItsProof: false, Method: not ("GET" or "HEAD" or "OPTIONS") }))
        {
            foreach (var (header, value) in new[] { ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"),
                ("Origin", "https://evil.example") })
                if ((await Send(opal, route,
                    (header, value))).StatusCode is var status and not HttpStatusCode.Forbidden) wrong.Add($"{route.Method} {route.Path} with {header}: {value}: {status}");
        }
        wrong.ShouldBeEmpty();
        (await opal.Get("/account")).Status.ShouldBe(HttpStatusCode.OK); // still signed in, not closed, not signed out
    }

    [Fact]
    public async Task A_wrong_method_or_content_type_is_said_so_and_is_no_fault()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var get = await app.Visitor().Get("/account/security/passkeys/remove");
        get.Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
        get.Text.ShouldContain("does not take that kind of request");
        get.Response.Content.Headers.Allow.ShouldBe(["POST"]);
        (await app.Visitor().Post("/sign-in/passkey", ("credential", "{}"))).Status.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    private static async Task<HttpResponseMessage> Send(Actor actor, Route route, (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(route.Method), route.Path);
        if (route.Method != "GET") request.Content = route.TakesJson
            ? new StringContent("{}", new MediaTypeHeaderValue("application/json")) : new FormUrlEncodedContent([]);
        if (header is { } h) request.Headers.TryAddWithoutValidation(h.Name, h.Value);
        return await actor.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static List<Route> Routes(TestApp app) =>
    [
        .. from endpoint in app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
           from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
           where method != "HEAD"
           select new Route(method, Path(endpoint.RoutePattern), endpoint.Metadata.GetMetadata<AccessRule>()?.Access,
               endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes.Contains("application/json") == true,
               endpoint.Metadata.GetMetadata<CarriesItsProof>() is not null),
    ];

    /// <summary>A path of the pattern: “1” satisfies every constraint on numbers, and is a fine name too.</summary>
    private static string Path(RoutePattern pattern) =>
        "/" + string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternSeparatorPart separator => separator.Content,
        RoutePatternParameterPart parameter =>
            parameter.ParameterPolicies.Any(p => p.Content is "guid") ? "00000000-0000-0000-0000-000000000001" : "1",
        _ => throw new NotSupportedException(part.GetType().Name),
    }))));
}
