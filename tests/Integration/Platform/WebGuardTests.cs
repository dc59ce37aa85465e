using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Platform;

public sealed class WebGuardTests
{
    [Theory]
    [InlineData("POST", "cross-site", null, 403)]
    [InlineData("POST", "same-site", null, 403)] // another host of the same domain is another site's page too
    [InlineData("POST", "same-origin", null, 200)]
    [InlineData("POST", "same-origin", "https://evil.example.org", 200)] // the browser's own word counts
    [InlineData("POST", "none", null, 200)]
    [InlineData("POST", null, "https://evil.example.org", 403)]
    [InlineData("POST", null, "null", 403)]
    [InlineData("POST", null, "http://localhost:81", 403)]
    [InlineData("POST", null, "http://localhost", 200)]
    [InlineData("POST", null, null, 200)] // not a browser
    [InlineData("PUT", "cross-site", null, 403)]
    [InlineData("DELETE", "cross-site", null, 403)]
    [InlineData("GET", "cross-site", "https://evil.example.org", 200)]
    public async Task Unsafe_requests_from_other_sites_pages_are_refused(string method, string? fetchSite, string? origin, int status)
    {
        await using var app = await TestApp.Start(Engine.Sqlite, map: routes =>
            routes.MapMethods("/test/act", ["GET", "POST", "PUT", "DELETE"], () => "done").AllowAnyone());
        using var client = app.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/test/act");
        if (fetchSite is not null) request.Headers.Add("Sec-Fetch-Site", fetchSite);
        if (origin is not null) request.Headers.Add("Origin", origin);
        ((int)(await client.SendAsync(request)).StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task An_endpoint_that_does_not_say_who_may_call_it_is_closed()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, map: routes => routes.MapGet("/test/undeclared", () => "open"));
        using var client = app.Client();
        var answer = await client.GetAsync("/test/undeclared");
        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await answer.Content.ReadAsStringAsync()).ShouldNotContain("open");
    }

    [Fact]
    public async Task Pages_carry_the_headers_that_keep_a_browser_narrow()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, map: routes =>
            routes.MapGet("/test/page", () => Results.Content("<p>", "text/html")).AllowAnyone());
        using var client = app.Client();
        var answer = await client.GetAsync("/test/page");
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldNotContain("unsafe");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldContain("base-uri 'none'");
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.Contains("Referrer-Policy").ShouldBeTrue();
        answer.Headers.Contains("Permissions-Policy").ShouldBeTrue();
        answer.Headers.Contains("Strict-Transport-Security").ShouldBeFalse();
        answer.Headers.CacheControl?.NoStore.ShouldNotBe(true);

        using var secure = app.Client();
        secure.BaseAddress = new Uri("https://club.example.net");
        (await secure.GetAsync("/test/page")).Headers.Contains("Strict-Transport-Security").ShouldBeTrue();
        (await secure.GetAsync("/no/such/page")).Headers.Contains("Content-Security-Policy").ShouldBeTrue();
    }

    [Fact]
    public async Task What_a_signed_in_person_sees_is_not_kept_for_the_next_at_this_machine()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: As(new Viewer(5, "Lin", false)), map: routes =>
            routes.MapGet("/test/page", () => Results.Content("<p>", "text/html")).AllowAnyone());
        using var client = app.Client();
        (await client.GetAsync("/test/page")).Headers.CacheControl.ShouldNotBeNull().NoStore.ShouldBeTrue();
    }

    [Fact]
    public async Task Too_many_writes_are_slowed_down_per_person_and_reading_is_not()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b =>
        {
            As(new Viewer(5, "Lin", false))(b);
            b.Configuration["Stipend:Http:WritesPerMinute"] = "3";
        }, map: routes => routes.MapMethods("/test/act", ["GET", "POST"], () => "done").AllowAnyone());
        using var client = app.Client();
        for (var i = 0; i < 3; i++) (await client.PostAsync("/test/act", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var answer = await client.PostAsync("/test/act", null);
        answer.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        answer.Headers.RetryAfter.ShouldNotBeNull();
        (await answer.Content.ReadAsStringAsync()).ShouldContain("Wait a minute");
        (await client.GetAsync("/test/act")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Text_is_packed_for_whoever_can_unpack_it()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, map: routes =>
            routes.MapGet("/test/page", () => Results.Content(new string('x', 20_000), "text/html")).AllowAnyone());
        using var client = app.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/test/page");
        request.Headers.AcceptEncoding.ParseAdd("br");
        var answer = await client.SendAsync(request);
        answer.Content.Headers.ContentEncoding.ShouldBe(["br"]);
        (await answer.Content.ReadAsByteArrayAsync()).Length.ShouldBeLessThan(2_000);
        (await client.GetAsync("/test/page")).Content.Headers.ContentEncoding.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "198.51.100.9", "http")]
    [InlineData("10.0.0.0/8", "198.51.100.9", "http")]
    [InlineData("198.51.100.9, 10.0.0.0/8", "192.0.2.44", "https")]
    public async Task Forwarded_headers_are_believed_from_configured_proxies_only(string proxies, string address, string scheme)
    {
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b =>
        {
            b.Services.AddSingleton<IStartupFilter>(new RequestsFrom(IPAddress.Parse("198.51.100.9"), null));
            b.Configuration["Stipend:Http:Proxies"] = proxies;
        }, map: routes => routes.MapGet("/test/me", (HttpContext c) => $"{c.Connection.RemoteIpAddress} {c.Request.Scheme}").AllowAnyone());
        using var client = app.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/test/me");
        request.Headers.Add("X-Forwarded-For", "192.0.2.44");
        request.Headers.Add("X-Forwarded-Proto", "https");
        (await (await client.SendAsync(request)).Content.ReadAsStringAsync()).ShouldBe($"{address} {scheme}");
    }

    [Theory]
    [InlineData("", HttpStatusCode.TooManyRequests)]
    [InlineData("198.51.100.9", HttpStatusCode.OK)]
    public async Task Who_makes_up_addresses_shares_one_limit_and_changes_no_link(string proxies, HttpStatusCode fourth)
    {
        await using var app = await TestApp.Start(Engine.Sqlite, adjust: b =>
        {
            b.Services.AddSingleton<IStartupFilter>(new RequestsFrom(IPAddress.Parse("198.51.100.9"), null));
            b.Configuration["Stipend:Http:Proxies"] = proxies;
            b.Configuration["Stipend:Http:WritesPerMinute"] = "3";
            b.Configuration["Stipend:Site:PublicUrl"] = "https://club.example.net";
        }, map: routes => routes.MapPost("/test/act", () => "done").AllowAnyone());
        using var client = app.Client();
        async Task<HttpResponseMessage> Post(string path, string from)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "lin", ["email"] = "lin@example.org" }),
            };
            request.Headers.Host = "evil.example";
            request.Headers.Add("X-Forwarded-For", from);
            request.Headers.Add("X-Forwarded-Host", "evil.example");
            request.Headers.Add("X-Forwarded-Proto", "https");
            request.Headers.Add("X-Forwarded-Prefix", "/evil");
            request.Headers.Add("Forwarded", $"for={from};host=evil.example");
            return await client.SendAsync(request);
        }
        (await Post("/sign-up", "192.0.2.1")).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        for (var n = 2; n <= 3; n++) (await Post("/test/act", $"192.0.2.{n}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Post("/test/act", "192.0.2.4")).StatusCode.ShouldBe(fourth);
        var mail = (await app.Mails()).ShouldHaveSingleItem();
        mail.Text.ShouldContain("https://club.example.net/sign-in/link/");
        (mail.Text + mail.Html + mail.Subject).ShouldNotContain("evil");
    }

    private static Action<WebApplicationBuilder> As(Viewer viewer) => b =>
        b.Services.AddSingleton<IStartupFilter>(new RequestsFrom(null, viewer));
}
