using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Apps.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Apps.Own;
using Stipend.Apps.Sites;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>Every route of the API against every scope, with one's own things and another's, and with bodies nobody types (contract §4, §7, §9).</summary>
[Collection(nameof(ApiTests))]
public sealed class RouteTests(ApiStages stages)
{
    /// <summary>Whose a thing is that a route reads or changes.</summary>
    private enum Of
    {
        /// <summary>The token's own person's, whoever it is.</summary>
        Oneself,

        /// <summary>Ada's, so that Bea's token is refused.</summary>
        Ada,

        /// <summary>Nobody's by scope alone.</summary>
        Nobody,
    }

    /// <param name="Pattern">As it is mapped.</param>
    /// <param name="Also">Scopes the body needs beside the route's own.</param>
    private sealed record Route(HttpMethod Method, string Pattern, string Path, string Scope, Of Whose, int Success = 200, string? Body = null, string Also = "");

    private static async Task<List<Route>> Routes(ApiStage stage)
    {
        var post = await stage.App.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(stage.Campaign.Id, stage.Ada.Id, "One", "One", Audience.PaidMembers, false, null)));
        var member = (await stage.Get(stage.Client.Access, $"campaigns/{stage.Campaign.Id}/members")).Data[0].GetProperty("id").GetString();
        var hook = (await WebhookApiTests.Send(stage, "Bearer " + stage.Client.Access, HttpMethod.Post, "",
            WebhookApiTests.Body(stage.Campaign.Id, "https://site.example/a", "members:create"))).Data.GetProperty("id").GetString()!;
        var (get, v2, v1, campaign) = (HttpMethod.Get, "/api/oauth2/v2", "/api/oauth2/api", $"/campaigns/{stage.Campaign.Id}");
        var client = JsonSerializer.Serialize(new { data = new { type = "oauth-client", attributes = new { name = "x", redirect_uris = "https://x.example/" } } });
        return
        [
            new(get, v2 + "/identity", v2 + "/identity", Scopes.Identity, Of.Oneself),
            new(get, v2 + "/campaigns", v2 + "/campaigns", Scopes.Campaigns, Of.Oneself),
            new(get, v2 + "/campaigns/{id}", v2 + campaign, Scopes.Campaigns, Of.Ada),
            new(get, v2 + "/campaigns/{id}/members", v2 + campaign + "/members", Scopes.Members, Of.Ada),
            new(get, v2 + "/members/{id}", v2 + $"/members/{member}", Scopes.Members, Of.Ada),
            new(get, v2 + "/campaigns/{id}/posts", v2 + campaign + "/posts", Scopes.Posts, Of.Ada),
            new(get, v2 + "/posts/{id}", v2 + $"/posts/{post}", Scopes.Posts, Of.Ada),
            new(get, v1 + "/current_user", v1 + "/current_user", Scopes.Identity, Of.Oneself),
            new(get, v1 + "/current_user/campaigns", v1 + "/current_user/campaigns", Scopes.Campaigns, Of.Oneself),
            new(get, v1 + "/campaigns/{id}/pledges", v1 + campaign + "/pledges", Scopes.Members, Of.Ada),
            new(get, v2 + "/webhooks", v2 + "/webhooks", Scopes.Webhooks, Of.Oneself),
            new(get, v2 + "/webhooks/{id}", v2 + $"/webhooks/{hook}", Scopes.Webhooks, Of.Ada),
            new(HttpMethod.Post, v2 + "/webhooks", v2 + "/webhooks", Scopes.Webhooks, Of.Ada, 201,
                WebhookApiTests.Body(stage.Campaign.Id, "https://site.example/b", "members:create"), Scopes.Members),
            new(HttpMethod.Patch, v2 + "/webhooks/{id}", v2 + $"/webhooks/{hook}", Scopes.Webhooks, Of.Ada, 200, WebhookApiTests.Patch(hook, new { paused = true })),
            new(HttpMethod.Post, v2 + "/clients", v2 + "/clients", "w:identity.clients", Of.Nobody, 201, client),
            new(HttpMethod.Delete, v2 + "/clients/{id}", v2 + $"/clients/{stage.Client.Id}", "w:identity.clients", Of.Nobody, 204),
            new(HttpMethod.Delete, v2 + "/webhooks/{id}", v2 + $"/webhooks/{hook}", Scopes.Webhooks, Of.Ada, 204), // the last, for it ends the others
        ];
    }

    [Theory, OnEveryEngine]
    public async Task Each_route_opens_to_its_scope_and_its_owner_alone(Engine engine)
    {
        var stage = await stages.On(engine);
        var routes = await Routes(stage);
        var beas = await stage.Registers(stage.Bea, stage.BeasCampaign);
        foreach (var scope in (string[])[.. Scopes.All, "users", "pledges-to-me", "my-campaign", "pledges"])
        {
            var tokens = new Dictionary<string, (string Ada, string Bea)>();
            var opened = Scopes.Opened(Scopes.Grant(scope, 2)!);
            foreach (var route in routes)
            {
                if (!tokens.TryGetValue(route.Also, out var token))
                    tokens[route.Also] = token = (await stage.Access(stage.Ada, $"{scope} {route.Also}"), await stage.Access(stage.Bea, $"{scope} {route.Also}", beas));
                var may = opened.Contains(route.Scope);
                // who does not own it first: what it must not change is there afterwards
                var others = await Send(stage, route, token.Bea);
                others.Status.ShouldBe(may && route.Whose == Of.Oneself ? route.Success : 403, $"{route.Method} {route.Pattern} with somebody else's {scope}: {others.Body}");
                if (route.Whose == Of.Ada) others.Body.ShouldNotContain("\"data\"");
                var own = await Send(stage, route, token.Ada);
                own.Status.ShouldBe(may && route.Whose != Of.Nobody ? route.Success : 403, $"{route.Method} {route.Pattern} with {scope}: {own.Body}");
            }
        }
        foreach (var route in routes)
        {
            var (nobody, wrong) = (await Send(stage, route, null), await Send(stage, route, "stp_wrong"));
            foreach (var answer in new[] { nobody, wrong }) (answer.Status, answer.Error.GetProperty("code").GetInt32()).ShouldBe((401, 1), route.Pattern);
        }
        // the whole of another campaign stays closed to a token with every scope
        (await stage.Get(beas.Access, "campaigns?include=tiers,creator")).Body.ShouldNotContain($"\"{stage.Campaign.Id}\"");
        // and following a member to their other memberships leads out of one's own campaigns only for themselves
        var lin = await stage.Get(beas.Access, $"campaigns/{stage.BeasCampaign.Id}/members?include=user.memberships.campaign&fields[campaign]=name");
        lin.Body.ShouldContain("Bea");
        lin.Body.ShouldNotContain($"\"{stage.Campaign.Id}\"");
    }

    [Fact]
    public async Task A_new_route_is_tried_with_every_scope_or_fails_here()
    {
        var stage = await stages.On(Engine.Sqlite);
        var mapped = stage.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().SelectMany(e =>
            e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Select(m => (e, Name: $"{m} {"/" + e.RoutePattern.RawText!.Trim('/')}")) ?? [])
            .Where(r => r.Name.Contains(" /api/", StringComparison.Ordinal)).ToList();
        mapped.Where(r => r.Name.Contains("/api/oauth2/", StringComparison.Ordinal)).Select(r => r.Name)
            .Except(["POST /api/oauth2/token", "POST /api/oauth2/revoke"]) // these ask for a client, not for a token
            .ShouldBe((await Routes(stage)).Select(r => $"{r.Method} {r.Pattern}"), ignoreOrder: true);
        mapped.Where(r => !r.Name.Contains("/api/oauth2/", StringComparison.Ordinal) && r.e.Metadata.GetMetadata<NeedsScope>() is null).Select(r => r.Name)
            .ShouldBe(["GET /api/v1/openapi.json", "GET /api/reference"], ignoreOrder: true, "what needs no token tells nothing of anybody");
    }

    [Theory, OnEveryEngine]
    public async Task No_body_makes_any_API_stumble(Engine engine)
    {
        var stage = await stages.On(engine);
        var random = new SeededRandom(20261122);
        var page = await stage.App.HasCampaign($"fuzz-{engine}".ToLowerInvariant(), stage.Ada.Id);
        var campaign = page.Id;
        var (v2, own) = ("Bearer " + stage.Client.Access, "Bearer " + await stage.App.In(s => s.GetRequiredService<AccessTokens>().Make(stage.Ada.Id, "Fuzz",
            OwnScopes.All.Select(s => s.Scope), null, default)));
        var bodies = new HostileBodies(random, $"{stage.Campaign.Id}", stage.Client.Id);
        var calls = await Takeable(stage, page, v2, own);
        var sent = new List<(string? Token, string Good)>();
        foreach (var call in calls) sent.Add(await call.Next());
        string[] types = ["application/json", "application/vnd.api+json", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "text/plain",
            "multipart/form-data; boundary=x", "multipart/form-data", "application/octet-stream"];
        for (var i = 0; i < 500; i++)
        {
            var isGood = i < calls.Length; // each as it is taken at first: otherwise what is near it would be near nothing
            var which = isGood ? i : random.Below(calls.Length);
            var ((method, path, next), (token, good)) = (calls[which], sent[which]);
            var bytes = isGood ? Encoding.UTF8.GetBytes(good) : random.Below(3) switch
            {
                0 => Encoding.UTF8.GetBytes(bodies.Made(5)),
                1 => Encoding.UTF8.GetBytes(bodies.Near(good)),
                _ => bodies.Flipped(good),
            };
            if (!isGood && random.Below(8) == 0) bytes = [.. bytes.Take(random.Below(bytes.Length + 1)), 0xFF, 0xC0, 0x00];
            var content = new ByteArrayContent(bytes);
            var type = !isGood && random.Below(3) == 0 ? types[random.Below(types.Length)] : good[0] == '{' ? types[0] : "application/x-www-form-urlencoded";
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            var answer = await stage.Send(method, path, token, content);
            var what = $"{i}: {method} {path} {type} {Encoding.Latin1.GetString(bytes)}\n{answer.Status} {answer.Body}";
            answer.Status.ShouldBeInRange(200, isGood ? 299 : 499, what);
            if (answer.Status < 400)
            {
                sent[which] = await next();
                continue;
            }
            if (path.Contains("/api/v1/", StringComparison.Ordinal)) answer.Type.ShouldBe("application/problem+json", what);
            else if (path.Contains("/v2/", StringComparison.Ordinal)) answer.Error.GetProperty("status").GetString().ShouldBe($"{answer.Status}", what);
            else answer.Json.GetProperty("error").GetString().ShouldNotBeNullOrEmpty(what);
        }
        await OddMarks(stage, campaign, own, random);
    }

    /// <summary>A call of each kind that takes a body, with what makes the next one that would be taken.</summary>
    private static async Task<(HttpMethod Method, string Path, Func<Task<(string? Token, string Good)>> Next)[]> Takeable(
        ApiStage stage, CampaignInfo page, string v2, string own)
    {
        var (campaign, app) = (page.Id, await stage.Registers(stage.Ada, page));
        var hook = (await WebhookApiTests.Send(stage, v2, HttpMethod.Post, "", WebhookApiTests.Body(stage.Campaign.Id, "https://site.example/f", "members:create")))
            .Data.GetProperty("id").GetString()!;
        const string site = "https://x.example/";
        var client = JsonSerializer.Serialize(new
        {
            data = new { type = "oauth-client", attributes = new { name = "Fuzz", redirect_uris = site, version = "2" } },
        });
        var post = JsonSerializer.Serialize(new { title = "x", text = "y", audience = "public", tiers = new[] { "1" }, charge = false,
            publishAt = (stage.App.Time.Now + Duration.FromDays(30)).ToDateTimeOffset() });
        static Func<Task<(string? Token, string Good)>> Same(string? token, string good) => () => Task.FromResult<(string? Token, string Good)>((token, good));
        // a yes registers one app, and a code works once: each that was taken is followed by another
        async Task<(string? Token, string Good)> WithYes() => ("Bearer " + await stage.App.In(async s =>
        {
            var (tokens, plugin) = (s.GetRequiredService<Tokens>(), new AppsOptions().SiteConnector);
            var asked = new SiteRequest("Fuzz", "", site, [site], null, null);
            var code = await s.GetRequiredService<SiteApprovals>().Approve(asked, stage.Ada.Id, campaign, default);
            var connector = await s.GetRequiredService<Db>().Set<OauthClient>().SingleAsync(c => c.PublicId == plugin);
            return (await tokens.Exchange(connector, code, site, null, default)).Access;
        }), client);
        async Task<(string? Token, string Good)> WithCode()
        {
            var code = await stage.Code(stage.Lin, "identity", app);
            return (null, JsonSerializer.Serialize(new { grant_type = "authorization_code", code, redirect_uri = ApiStage.Redirect, client_id = app.Id,
                client_secret = app.Secret }));
        }
        return
        [
            (HttpMethod.Post, "/api/oauth2/v2/webhooks", Same(v2, WebhookApiTests.Body(stage.Campaign.Id, "https://site.example/f", "members:create"))),
            (HttpMethod.Patch, "/api/oauth2/v2/webhooks/" + hook,
                Same(v2, WebhookApiTests.Patch(hook, new { paused = "true", uri = "https://site.example/g" }))),
            (HttpMethod.Post, "/api/oauth2/v2/clients?include=creator_token", WithYes),
            (HttpMethod.Post, "/api/oauth2/token", Same(null,
                $"grant_type=refresh_token&refresh_token={app.Refresh}&client_id={app.Id}&client_secret={app.Secret}")),
            (HttpMethod.Post, "/api/oauth2/token", WithCode),
            (HttpMethod.Post, "/oauth2/revoke", Same(null, $"token=x&client_id={app.Id}&client_secret={app.Secret}")),
            (HttpMethod.Post, $"/api/v1/campaigns/{campaign}/posts", Same(own, post)),
        ];
    }

    private static async Task OddMarks(ApiStage stage, long campaign, string own, SeededRandom random)
    {
        string[] marks = ["", "0", "-", "1-1", "9223372036854775807", "99999999999999999999", "%F0%9F%A6%8A", "a b", "\u2028", "%FF", "9223372036854775807-9223372036854775807"];
        foreach (var path in new[] { $"campaigns/{campaign}/members", $"campaigns/{campaign}/posts", $"campaigns/{campaign}/search", "statements", $"campaigns/{campaign}/earnings" })
            for (var i = 0; i < 15; i++)
            {
                var asked = $"/api/v1/{path}?after={marks[random.Below(marks.Length)]}&limit={marks[random.Below(marks.Length)]}&q={marks[random.Below(marks.Length)]}";
                var answer = await stage.Send(HttpMethod.Get, asked, own);
                answer.Status.ShouldBeInRange(200, 499, asked);
            }
    }

    private static Task<ApiAnswer> Send(ApiStage stage, Route route, string? token) => stage.Send(route.Method, route.Path, token is null ? null : "Bearer " + token,
        route.Body is null ? null : new StringContent(route.Body, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")));
}
