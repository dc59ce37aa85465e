using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Apps.Own;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>This site's own API, for the programs of one person.</summary>
[Collection(nameof(ApiTests))]
public sealed class OwnApiTests(ApiStages stages)
{
    [Theory, OnEveryEngine]
    public async Task Each_endpoint_opens_to_its_scope_and_shows_what_is_ones_own(Engine engine)
    {
        var stage = await stages.On(engine);
        var post = await stage.App.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(stage.Campaign.Id, stage.Ada.Id, "Own words", "A quicksilver tale", Audience.PaidMembers, false, null)));
        var member = (await stage.Get(stage.Client.Access, $"campaigns/{stage.Campaign.Id}/members")).Data[0].GetProperty("id").GetString();
        var campaign = $"/api/v1/campaigns/{stage.Campaign.Id}";
        (HttpMethod Method, string Path, string Scope, bool IsOnesOwn)[] endpoints =
        [
            (HttpMethod.Get, "/api/v1/me", OwnScopes.Profile, true), (HttpMethod.Get, "/api/v1/statements", OwnScopes.Statements, true),
            (HttpMethod.Get, "/api/v1/campaigns", OwnScopes.Campaigns, true), (HttpMethod.Get, campaign + "/tiers", OwnScopes.Campaigns, false),
            (HttpMethod.Get, campaign + "/earnings", OwnScopes.Earnings, false),
            (HttpMethod.Get, campaign + "/members", OwnScopes.Members, false), (HttpMethod.Get, $"/api/v1/members/{member}", OwnScopes.Members, false),
            (HttpMethod.Get, campaign + "/posts", OwnScopes.Posts, false), (HttpMethod.Get, $"/api/v1/posts/{post}", OwnScopes.Posts, false),
            (HttpMethod.Post, campaign + "/posts", OwnScopes.Write, false), (HttpMethod.Get, campaign + "/search?q=quicksilver", OwnScopes.Posts, true),
        ];
        endpoints.Length.ShouldBe(stage.App.Services.GetRequiredService<Microsoft.AspNetCore.Routing.EndpointDataSource>().Endpoints
            .Count(e => e.Metadata.GetMetadata<NeedsScope>() is not null), "a new endpoint belongs here");
        foreach (var (scope, _) in OwnScopes.All)
        {
            var (ada, bea) = (await Token(stage, stage.Ada, scope), await Token(stage, stage.Bea, scope));
            foreach (var (method, path, needed, isOnesOwn) in endpoints)
            {
                var (own, others) = (await Send(stage, ada, method, path, NewPost("By scope")), await Send(stage, bea, method, path, NewPost("By another")));
                own.Status.ShouldBe(scope != needed ? 403 : method == HttpMethod.Post ? 201 : 200, $"{method} {path} with {scope}: {own.Body}");
                others.Status.ShouldBe(scope != needed ? 403 : isOnesOwn ? 200 : 404, $"{method} {path} with somebody else's {scope}");
                if (own.Status >= 400)
                {
                    own.Type.ShouldBe("application/problem+json");
                    own.Json.GetProperty("code").GetString().ShouldBe("scope_missing");
                }
                if (!isOnesOwn && scope == needed) others.Json.GetProperty("code").GetString().ShouldBe("not_found");
            }
        }
        foreach (var (method, path, _, _) in endpoints)
        {
            var nobody = await Send(stage, null, method, path, NewPost("By nobody"));
            (nobody.Status, nobody.Json.GetProperty("code").GetString()).ShouldBe((401, "token_needed"), path);
            nobody.Header("WWW-Authenticate").ShouldBe("Bearer");
            (await Send(stage, stage.Client.Access, method, path, NewPost("By an app"))).Status.ShouldBe(401, "an app's token is none here");
            using var cookie = new HttpRequestMessage(method, path);
            ((int)(await stage.Ada.Client.SendAsync(cookie)).StatusCode).ShouldBe(401, "a session is none here");
        }
        var search = await Send(stage, await Token(stage, stage.Bea, OwnScopes.Posts), HttpMethod.Get, campaign + "/search?q=quicksilver");
        search.Body.ShouldNotContain("tale", Case.Insensitive, "a closed text is not found by its words");
    }

    [Theory, OnEveryEngine]
    public async Task It_says_what_the_pages_say(Engine engine)
    {
        var stage = await stages.On(engine);
        var token = await Token(stage, stage.Ada, [.. OwnScopes.All.Select(s => s.Scope)]);
        Task<ApiAnswer> Get(string path) => Send(stage, token, HttpMethod.Get, "/api/v1" + path);
        (await Get("/me")).Json.GetProperty("email").GetString().ShouldBe("ada@example.org");
        (await Get($"/campaigns/{stage.Campaign.Id}/tiers")).Json.GetProperty("items").EnumerateArray().Select(t => t.GetProperty("name").GetString())
            .ShouldBe(["Friend", "Studio"]);
        var first = (await Get($"/campaigns/{stage.Campaign.Id}/members?limit=1")).Json;
        var lin = first.GetProperty("items")[0];
        (lin.GetProperty("name").GetString(), lin.GetProperty("email").GetString(), lin.GetProperty("status").GetString(), lin.GetProperty("entitledMinor").GetInt64(),
            lin.GetProperty("tierId").GetString()).ShouldBe(("Lin", "lin@example.org", "active_patron", 500, $"{stage.Studio.Id}"));
        (await Get($"/members/{lin.GetProperty("id").GetString()}")).Json.GetRawText().ShouldBe(lin.GetRawText());
        var paid = await Send(stage, await Token(stage, stage.Lin, OwnScopes.Statements), HttpMethod.Get, "/api/v1/statements");
        paid.Json.GetProperty("items")[0].GetProperty("lines")[0].GetProperty("amountMinor").GetInt64().ShouldBe(500);

        var body = NewPost("Once", "for everybody: brimstone");
        var made = await Send(stage, token, HttpMethod.Post, $"/api/v1/campaigns/{stage.Campaign.Id}/posts", body, "key-1");
        made.Status.ShouldBe(201, made.Body);
        var again = await Send(stage, token, HttpMethod.Post, $"/api/v1/campaigns/{stage.Campaign.Id}/posts", body, "key-1");
        again.Body.ShouldBe(made.Body);
        again.Header("Idempotent-Replay").ShouldBe("true");
        (await Send(stage, token, HttpMethod.Post, $"/api/v1/campaigns/{stage.Campaign.Id}/posts", NewPost("Another"), "key-1")).Status.ShouldBe(422);
        var id = made.Json.GetProperty("id").GetString();
        (await Get($"/posts/{id}")).Json.GetProperty("html").GetString()!.ShouldContain("brimstone");
        (await Get($"/campaigns/{stage.Campaign.Id}/search?q=brimstone")).Json.GetProperty("items").GetArrayLength().ShouldBe(1);

        var (seen, after) = (new List<string>(), "");
        for (var pages = 0; pages < 20; pages++)
        {
            var page = (await Get($"/campaigns/{stage.Campaign.Id}/posts?limit=1{after}")).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(p => p.GetProperty("id").GetString()!));
            if (page.GetProperty("next").GetString() is not { } next) break;
            after = "&after=" + next;
        }
        seen.ShouldBeUnique();
        seen[0].ShouldBe(id);
        foreach (var wrong in new[] { "limit=0", "after=x", "after=1-2-3", "after=99999999999999999-1" })
            (await Get($"/campaigns/{stage.Campaign.Id}/posts?{wrong}")).Status.ShouldBe(422, wrong);
        foreach (var wrong in new[] { "{}", "{\"title\":null}", NewPost(""), NewPost("x").Replace("public", "nobody", StringComparison.Ordinal), "[]", "", "nonsense" })
            (await Send(stage, token, HttpMethod.Post, $"/api/v1/campaigns/{stage.Campaign.Id}/posts", wrong)).Status.ShouldBeOneOf([400, 422], wrong);
    }

    [Theory, OnEveryEngine]
    public async Task A_post_bills_patrons_only_when_asked_and_says_whom_and_earnings_are_what_the_page_says(Engine engine)
    {
        var stage = await stages.On(engine);
        var campaign = await stage.App.HasCampaign($"songs-{engine}".ToLowerInvariant(), stage.Ada.Id, model: Stipend.Kernel.BillingModel.PerCreation);
        await stage.App.Joins(campaign, await stage.Person(), await stage.App.HasTier(campaign, "Friend", 300));
        await stage.App.Joins(campaign, await stage.Person(), await stage.App.HasTier(campaign, "Studio", 500));
        var (token, path) = (await Token(stage, stage.Ada, OwnScopes.Write, OwnScopes.Earnings), $"/api/v1/campaigns/{campaign.Id}");
        Task<ApiAnswer> Publishes(object post) => Send(stage, token, HttpMethod.Post, path + "/posts", JsonSerializer.Serialize(post));
        (await Publishes(new { title = "For free", text = "La", audience = "paid_members" })).Json.GetProperty("charged").ValueKind.ShouldBe(JsonValueKind.Null);
        var song = await Publishes(new { title = "A song", text = "La", audience = "paid_members", charge = true });
        song.Status.ShouldBe(201, song.Body);
        var charged = song.Json.GetProperty("charged");
        (charged.GetProperty("patrons").GetInt32(), charged.GetProperty("totalMinor").GetInt64(), charged.GetProperty("currency").GetString())
            .ShouldBe((2, 800, campaign.CurrencyCode));
        charged.GetProperty("undoUntil").GetDateTimeOffset().ShouldBeGreaterThan(stage.App.Time.Now.ToDateTimeOffset());
        await stage.App.Drain();
        var earned = (await Send(stage, token, HttpMethod.Get, path + "/earnings")).Json.GetProperty("balances")[0];
        (earned.GetProperty("pendingMinor").GetInt64(), earned.GetProperty("availableMinor").GetInt64()).ShouldBe((800, 0), "as announced, and not settled yet");
        (await Send(stage, token, HttpMethod.Post, $"/api/v1/campaigns/{stage.Campaign.Id}/posts",
            JsonSerializer.Serialize(new { title = "x", text = "y", audience = "paid_members", charge = true }))).Status.ShouldBe(422, "a monthly page bills by the month");
        var monthly = (await Send(stage, token, HttpMethod.Get, $"/api/v1/campaigns/{stage.Campaign.Id}/earnings")).Json;
        var (balance, month) = (monthly.GetProperty("balances")[0], monthly.GetProperty("months")[0]);
        month.GetProperty("netMinor").GetInt64().ShouldBe(month.GetProperty("earnedMinor").GetInt64() - month.GetProperty("platformFeeMinor").GetInt64()
            - month.GetProperty("processingFeeMinor").GetInt64());
        balance.GetProperty("earnedMinor").GetInt64().ShouldBeGreaterThanOrEqualTo(500, "Lin's");
    }

    [Theory, OnEveryEngine]
    public async Task A_token_is_shown_once_and_ends_when_it_is_removed_or_its_days_are_over(Engine engine)
    {
        await using var stage = await ApiStage.Start(engine, perToken: 5);
        var made = await stage.Ada.Submit(await stage.Ada.Open("/account/tokens"), "main form", ("name", "Backup"), ("scopes", OwnScopes.Profile), ("days", "2"));
        var text = made.Find("#access-token")!.TextContent;
        text.ShouldStartWith("stp_");
        (await stage.Ada.Open("/account/tokens")).Body.ShouldNotContain(text);
        (await stage.App.In(s => s.GetRequiredService<Db>().Set<AccessToken>().CountAsync(t => t.Name == text))).ShouldBe(0);
        (await Send(stage, text, HttpMethod.Get, "/api/v1/me")).Status.ShouldBe(200);
        for (var i = 0; i < 4; i++) await Send(stage, text, HttpMethod.Get, "/api/v1/me");
        var throttled = await Send(stage, text, HttpMethod.Get, "/api/v1/me");
        (throttled.Status, int.Parse(throttled.Header("Retry-After"), System.Globalization.CultureInfo.InvariantCulture) > 0).ShouldBe((429, true));
        stage.App.Time.Advance(NodaTime.Duration.FromDays(2));
        (await Send(stage, text, HttpMethod.Get, "/api/v1/me")).Status.ShouldBe(401);

        var (own, bea) = (await Token(stage, stage.Ada, OwnScopes.Profile), await stage.App.SignUp("Bea", "bea@example.org"));
        var removal = (await stage.Ada.Open("/account/tokens")).Html.QuerySelectorAll("form[action$='/remove']").Select(f => f.GetAttribute("action")!).Last();
        await bea.Post(removal);
        (await Send(stage, own, HttpMethod.Get, "/api/v1/me")).Status.ShouldBe(200, "nobody removes another's");
        await stage.Ada.Post(removal);
        (await Send(stage, own, HttpMethod.Get, "/api/v1/me")).Status.ShouldBe(401);
        ((int)(await stage.Ada.Submit(await stage.Ada.Open("/account/tokens"), "main form", ("name", "x"))).Status).ShouldBe(422);
    }

    [Fact]
    public async Task The_reference_page_is_made_from_the_description()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var page = await app.Visitor().Open("/api/reference");
        foreach (var word in new[] { "/api/v1/campaigns/{campaign}/members", "members.read", "PostToPublish", "entitledMinor" }) page.Text.ShouldContain(word);
        (await app.Visitor().Get("/api/v1/openapi.json")).Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
    }

    private static string NewPost(string title, string text = "Some words") => JsonSerializer.Serialize(new { title, text, audience = "public" });

    private static Task<string> Token(ApiStage stage, Actor person, params string[] scopes) => stage.App.In(async s =>
    {
        await s.GetRequiredService<Db>().Execute("DELETE FROM access_token WHERE person_id = @id", default, ("id", person.Id));
        return await s.GetRequiredService<AccessTokens>().Make(person.Id, "Test", scopes, null, default);
    });

    private static Task<ApiAnswer> Send(ApiStage stage, string? token, HttpMethod method, string path, string? body = null, string? key = null) =>
        stage.Send(method, path, token is null ? null : "Bearer " + token, method == HttpMethod.Get || body is null ? null
            : new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")), key is null ? [] : [("Idempotency-Key", key)]);
}
