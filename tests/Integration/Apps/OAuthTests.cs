using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Apps.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Security;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>Letting an app in, and the tokens that come of it (contract §3, §4).</summary>
[Collection(nameof(ApiTests))]
public sealed class OAuthTests(ApiStages stages)
{
    [Theory, OnEveryEngine]
    public async Task A_person_is_signed_in_to_an_app_and_nothing_it_sent_is_lost_on_the_way(Engine engine)
    {
        var stage = await stages.On(engine);
        var path = ApiStage.AuthorizePath(stage.Client, "identity identity[email]", more: "&state=a%2Bb%2F%3D%3D.x+y&utm_source=site&");
        var visitor = stage.App.Visitor();
        var away = await visitor.Get(path);
        away.Location.ShouldBe("/sign-in?return=" + Uri.EscapeDataString(path));

        var page = await stage.Lin.Open(path);
        page.Text.ShouldContain("Door bot is an app of Ada");
        page.Text.ShouldContain("See your mail address");
        page.Text.ShouldContain("app.example.org");
        page.Text.ShouldNotContain("See all your memberships");
        var back = await stage.Lin.Submit(page, "main form", ("decision", "allow"));
        back.Location.ShouldStartWith("https://app.example.org/callback?from=stipend&code=");
        back.Location.ShouldEndWith("&state=a%2Bb%2F%3D%3D.x+y"); // byte for byte

        var code = back.Location!.Split("code=")[1].Split('&')[0];
        var answer = await stage.Exchange(code);
        answer.Status.ShouldBe(200, answer.Body);
        answer.Type.ShouldBe("application/json");
        answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        answer.Json.GetProperty("expires_in").GetInt64().ShouldBe(2_678_400);
        answer.Json.GetProperty("token_type").GetString().ShouldBe("Bearer");
        answer.Json.GetProperty("scope").GetString().ShouldBe("identity identity[email]");
        answer.Json.EnumerateObject().Select(p => p.Name).ShouldBe(
            ["access_token", "refresh_token", "expires_in", "scope", "token_type", "version"]);
        var me = await stage.Get(answer.Json.GetProperty("access_token").GetString(), "identity?fields%5Buser%5D=email,full_name");
        me.Data.GetProperty("attributes").GetProperty("email").GetString().ShouldBe("lin@example.org");
    }

    [Theory, OnEveryEngine]
    public async Task Signing_in_says_no_more_than_that_and_gives_no_more(Engine engine)
    {
        var stage = await stages.On(engine);
        var page = await stage.Lin.Open(ApiStage.AuthorizePath(stage.Client, "identity"));
        page.Find("h1")!.TextContent.ShouldBe("Sign in to Door bot?");
        page.Html.QuerySelectorAll("main li").Select(li => li.TextContent).ShouldBe(["Know you again, and see your name and your membership of this page"]);
        page.Html.QuerySelectorAll("main script").ShouldBeEmpty(); // a plain form, which this test sends as it is
        var token = (await stage.Exchange(await stage.Code(stage.Lin, "identity"))).Json.GetProperty("access_token").GetString();
        var me = await stage.Get(token, "identity?fields[user]=full_name,email&include=memberships.campaign,campaign");
        me.Data.GetProperty("attributes").EnumerateObject().Select(a => a.Name).ShouldBe(["full_name"]);
        me.Json.GetProperty("included").EnumerateArray().Where(i => i.GetProperty("type").GetString() == "campaign")
            .Select(c => c.GetProperty("id").GetString()).ShouldBe([$"{stage.Campaign.Id}"], "the app's own page, and of Lin's other memberships nothing");
        (await stage.Lin.Open(ApiStage.AuthorizePath(stage.Client, "identity identity[email]"))).Find("h1")!.TextContent.ShouldBe("Let Door bot in?");
    }

    [Theory, OnEveryEngine]
    public async Task What_is_wrong_is_told_to_the_app_or_to_nobody(Engine engine)
    {
        var stage = await stages.On(engine);
        async Task<Page> Asked(string path, Actor? who = null) => await (who ?? stage.Lin).Get(path);
        var good = ApiStage.AuthorizePath(stage.Client, "identity", more: "&state=s1");
        var refused = await stage.Lin.Submit(await stage.Lin.Open(good), "main form", ("decision", "deny"));
        refused.Location.ShouldBe("https://app.example.org/callback?from=stipend&error=access_denied&state=s1");
        (await Asked(ApiStage.AuthorizePath(stage.Client, "identity everything", more: "&state=s1"))).Location
            .ShouldBe("https://app.example.org/callback?from=stipend&error=invalid_scope&state=s1");
        (await Asked(good.Replace("response_type=code", "response_type=token"))).Location
            .ShouldBe("https://app.example.org/callback?from=stipend&error=unsupported_response_type&state=s1");
        foreach (var wrong in new[] { "short", new string('a', 44), new string('a', 42) + "%00", new string('a', 42) + "." })
            (await Asked($"{good}&code_challenge={wrong}&code_challenge_method=S256")).Location!.ShouldContain("error=invalid_request", customMessage: wrong);
        foreach (var bad in new[] { good.Replace(stage.Client.Id, "nobody"), good.Replace(stage.Client.Id, "%00"), good.Replace("callback", "elsewhere"),
            "/oauth2/authorize", good.Replace("from%3Dstipend", "from%3Dstipend%26x%3D1") })
        {
            var page = await Asked(bad, stage.App.Visitor()); // before anybody has to sign in
            ((int)page.Status).ShouldBe(400, bad);
            page.Location.ShouldBeNull();
        }
    }

    [Theory, OnEveryEngine]
    public async Task Token_parameters_are_read_wherever_a_library_puts_them(Engine engine)
    {
        var stage = await stages.On(engine);
        var client = stage.Client;
        Dictionary<string, string> Fields(string code) => new()
        {
            ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = ApiStage.Redirect, ["client_id"] = client.Id,
            ["client_secret"] = client.Secret,
        };
        static string Query(Dictionary<string, string> fields) =>
            string.Join('&', fields.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}"));
        async Task Works(string what, Func<Dictionary<string, string>, Task<ApiAnswer>> send)
        {
            var answer = await send(Fields(await stage.Code(stage.Lin, "identity")));
            answer.Status.ShouldBe(200, $"{what}: {answer.Body}");
        }
        await Works("query and an empty body", f => stage.Send(HttpMethod.Post, "/api/oauth2/token?" + Query(f)));
        await Works("query, a form type and nothing in it", f => stage.Send(HttpMethod.Post, "/api/oauth2/token?" + Query(f), null,
            new FormUrlEncodedContent([])));
        await Works("the alias without /api", f => stage.Send(HttpMethod.Post, "/oauth2/token", null, new FormUrlEncodedContent(f)));
        await Works("doubled slashes and one at the end", f => stage.Send(HttpMethod.Post, "/api//oauth2/token/", null,
            new FormUrlEncodedContent(f)));
        await Works("charset", f => stage.Send(HttpMethod.Post, "/api/oauth2/token", null,
            new StringContent(Query(f), MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded; charset=utf-8"))));
        await Works("a type that was forgotten", f => stage.Send(HttpMethod.Post, "/api/oauth2/token", null,
            new StringContent(Query(f), MediaTypeHeaderValue.Parse("text/plain"))));
        await Works("JSON", f => stage.Send(HttpMethod.Post, "/api/oauth2/token", null, JsonContent.Create(f)));
        await Works("multipart", f =>
        {
            var form = new MultipartFormDataContent();
            foreach (var (name, value) in f) form.Add(new StringContent(value), name);
            return stage.Send(HttpMethod.Post, "/api/oauth2/token", null, form);
        });
        await Works("Basic and the same in the body", f => stage.Send(HttpMethod.Post, "/api/oauth2/token",
            ApiStage.Basic(client.Id, client.Secret), new FormUrlEncodedContent(f)));
        await Works("Basic alone", f =>
        {
            f.Remove("client_id");
            f.Remove("client_secret");
            return stage.Send(HttpMethod.Post, "/api/oauth2/token", ApiStage.Basic(client.Id, client.Secret), new FormUrlEncodedContent(f));
        });
        await Works("half in the query, half in the body, some in both", f => stage.Send(HttpMethod.Post,
            $"/api/oauth2/token?grant_type=authorization_code&client_id={client.Id}&is_creator_access=false", null,
            new FormUrlEncodedContent(f.Where(p => p.Key != "grant_type"))));
    }

    [Theory, OnEveryEngine]
    public async Task Token_errors_are_plain_OAuth_with_the_statuses_clients_branch_on(Engine engine)
    {
        var stage = await stages.On(engine);
        var (client, post) = (stage.Client, HttpMethod.Post);
        async Task Fails(ApiAnswer answer, int status, string error, string? description = null)
        {
            answer.Status.ShouldBe(status, answer.Body);
            answer.Type.ShouldBe("application/json");
            answer.Json.GetProperty("error").GetString().ShouldBe(error);
            if (description is not null) answer.Json.GetProperty("error_description").GetString().ShouldBe(description);
            await Task.CompletedTask;
        }
        (string, string)[] known = [("client_id", client.Id), ("client_secret", client.Secret)];
        await Fails(await stage.Token([("grant_type", "authorization_code"), ("redirect_uri", "x"), .. known]), 400, "invalid_request",
            "Missing code parameter.");
        await Fails(await stage.Token(), 400, "invalid_request", "Missing grant_type parameter.");
        await Fails(await stage.Token([("grant_type", "password"), .. known]), 400, "unsupported_grant_type");
        await Fails(await stage.Token([("grant_type", "refresh_token"), ("refresh_token", "a"), ("refresh_token", "a"), .. known]), 400,
            "invalid_request");
        await Fails(await stage.Send(post, "/api/oauth2/token?refresh_token=b", null, new FormUrlEncodedContent(
            new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = "a" })), 400, "invalid_request");
        await Fails(await stage.Send(post, "/api/oauth2/token", null, new StringContent("{nonsense",
            MediaTypeHeaderValue.Parse("application/json"))), 400, "invalid_request");
        await Fails(await stage.Refresh("unknown"), 401, "invalid_grant");
        await Fails(await stage.Exchange("unknown"), 401, "invalid_grant");
        await Fails(await stage.Refresh(client.Refresh, client with { Secret = "wrong" }), 401, "invalid_client");
        await Fails(await stage.Refresh(client.Refresh, client with { Id = "nobody" }), 401, "invalid_client");
        const string nul = """{"grant_type":"refresh_token","refresh_token":"a","client_id":"no\u0000body","client_secret":"x"}""";
        await Fails(await stage.Send(post, "/api/oauth2/token", null, new StringContent(nul, MediaTypeHeaderValue.Parse("application/json"))), 401, "invalid_client");
        var basic = await stage.Send(post, "/api/oauth2/token?grant_type=refresh_token&refresh_token=x", ApiStage.Basic(client.Id, "wrong"));
        await Fails(basic, 401, "invalid_client");
        basic.Header("WWW-Authenticate").ShouldStartWith("Basic");
        var get = await stage.Send(HttpMethod.Get, "/api/oauth2/token");
        await Fails(get, 405, "invalid_request");
        get.Response.Content.Headers.Allow.ShouldBe(["POST"]);
    }

    [Theory, OnEveryEngine]
    public async Task A_code_works_once_for_its_client_its_address_and_ten_minutes(Engine engine)
    {
        var stage = await stages.On(engine);
        var other = await stage.Registers(stage.Ada, stage.Campaign);
        var code = await stage.Code(stage.Lin, "identity");
        (await stage.Exchange(code, other)).Status.ShouldBe(401);
        (await stage.Exchange(code, redirect: "https://app.example.org/callback")).Status.ShouldBe(401);
        var first = await stage.Exchange(code);
        first.Status.ShouldBe(200, "mistaken tries by others cost nothing");
        var token = first.Json.GetProperty("access_token").GetString();
        (await stage.Get(token, "identity")).Status.ShouldBe(200);
        (await stage.Exchange(code)).Json.GetProperty("error").GetString().ShouldBe("invalid_grant");
        (await stage.Get(token, "identity")).Status.ShouldBe(401, "a code used twice takes its tokens with it");
        (await stage.Refresh(first.Json.GetProperty("refresh_token").GetString()!)).Json.GetProperty("error").GetString()
            .ShouldBe("access_denied");

        var late = await stage.Code(stage.Lin, "identity");
        stage.App.Time.Advance(Duration.FromMinutes(10));
        (await stage.Exchange(late)).Status.ShouldBe(401);
    }

    [Theory, OnEveryEngine]
    public async Task A_challenge_is_verified_when_there_was_one(Engine engine)
    {
        var stage = await stages.On(engine);
        const string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"; // of RFC 7636, appendix B
        const string more = "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
        var code = await stage.Code(stage.Lin, "identity[email]", more: more); // the scope better-auth asks for, alone
        (await stage.Exchange(code)).Status.ShouldBe(401);
        (await stage.Exchange(code, more: ("code_verifier", "wrong"))).Status.ShouldBe(401);
        var answer = await stage.Exchange(code, more: ("code_verifier", verifier));
        answer.Status.ShouldBe(200, answer.Body);
        answer.Json.GetProperty("scope").GetString().ShouldBe("identity identity[email]");
        // taken out of the request on its way, it is missed by the client that sends its verifier
        var without = await stage.Exchange(await stage.Code(stage.Lin, "identity"), more: ("code_verifier", verifier));
        (without.Status, without.Json.GetProperty("error").GetString()).ShouldBe((401, "invalid_grant"));
    }

    [Theory, OnEveryEngine]
    public async Task A_refresh_token_is_exchanged_for_the_next_with_a_minutes_grace(Engine engine)
    {
        var stage = await stages.On(engine);
        var first = (await stage.Exchange(await stage.Code(stage.Lin, "identity"))).Json;
        var (access, refresh) = (first.GetProperty("access_token").GetString()!, first.GetProperty("refresh_token").GetString()!);
        var second = await stage.Refresh(refresh);
        second.Status.ShouldBe(200);
        second.Json.GetProperty("refresh_token").GetString().ShouldNotBe(refresh);
        stage.App.Time.Advance(Duration.FromSeconds(59));
        (await stage.Refresh(refresh)).Status.ShouldBe(200, "two of a client's processes may race");
        stage.App.Time.Advance(Duration.FromSeconds(1));
        (await stage.Refresh(refresh)).Status.ShouldBe(401);
        (await stage.Get(access, "identity")).Status.ShouldBe(200, "the access token before lives on to its end");
        (await stage.Refresh(second.Json.GetProperty("refresh_token").GetString()!)).Status.ShouldBe(200);
        var other = await stage.Registers(stage.Ada, stage.Campaign);
        (await stage.Refresh(other.Refresh)).Status.ShouldBe(401, "of another client");

        var before = stage.App.Time.Now;
        stage.App.Time.Advance(Duration.FromDays(31) - Duration.FromSeconds(61));
        (await stage.Get(access, "identity")).Status.ShouldBe(200);
        stage.App.Time.Advance(Duration.FromSeconds(1));
        (await stage.Get(access, "identity")).Error.GetProperty("code").GetInt32().ShouldBe(1);
        stage.App.Time.Now = before;
    }

    [Theory, OnEveryEngine]
    public async Task Tokens_are_kept_as_hashes_and_end_when_revoked_or_withdrawn_or_the_account_closes(Engine engine)
    {
        var stage = await stages.On(engine);
        var mia = await stage.App.SignUp("Mia", $"mia.{engine}@example.org", "seven quiet otters");
        var tokens = (await stage.Exchange(await stage.Code(mia, "identity"))).Json;
        var (access, refresh) = (tokens.GetProperty("access_token").GetString()!, tokens.GetProperty("refresh_token").GetString()!);
        var kept = await stage.App.In(async s => await s.GetRequiredService<Db>().Set<OauthToken>().Select(t => t.TokenHash).ToListAsync());
        kept.ShouldContain(k => k.SequenceEqual(Secret.Hash(access)));
        kept.ShouldNotContain(k => System.Text.Encoding.UTF8.GetString(k).Contains(access));
        (string, string)[] known = [("client_id", stage.Client.Id), ("client_secret", stage.Client.Secret)];
        Task<ApiAnswer> Revokes(params (string Name, string Value)[] fields) => stage.Send(HttpMethod.Post, "/oauth2/revoke", null,
            new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))));
        (await Revokes(("token", access), ("client_id", stage.Client.Id), ("client_secret", "wrong"))).Status.ShouldBe(200);
        (await stage.Get(access, "identity")).Status.ShouldBe(200, "who is not the client revokes nothing");
        (await Revokes([("token", access), ("token_type_hint", "access_token"), .. known])).Status.ShouldBe(200);
        (await stage.Get(access, "identity")).Status.ShouldBe(401);
        var next = (await stage.Refresh(refresh)).Json;
        (await Revokes([("token", next.GetProperty("refresh_token").GetString()!), .. known])).Status.ShouldBe(200);
        (await stage.Get(next.GetProperty("access_token").GetString(), "identity")).Status.ShouldBe(401);

        var again = (await stage.Exchange(await stage.Code(mia, "identity"))).Json;
        var page = await mia.Open("/account/apps");
        page.Text.ShouldContain("Door bot");
        (await mia.Get("/account/export")).Body.ShouldContain("Door bot");
        await mia.Submit(page, "main form[action$='/disconnect']");
        (await mia.Open("/account/apps")).Text.ShouldContain("No app is connected");
        (await stage.Get(again.GetProperty("access_token").GetString(), "identity")).Status.ShouldBe(401);
        var denied = await stage.Refresh(again.GetProperty("refresh_token").GetString()!);
        (denied.Status, denied.Json.GetProperty("error").GetString()).ShouldBe((401, "access_denied"));

        var last = await stage.Access(mia, "identity");
        await mia.Does("/account/close", "main form", ("current_password", "seven quiet otters"), ("understood", "true"));
        (await stage.Get(last, "identity")).Status.ShouldBe(401);
        await stage.App.Drain();
    }

    [Theory, OnEveryEngine]
    public async Task A_creator_registers_renews_and_removes_apps_on_their_own_page_alone(Engine engine)
    {
        var stage = await stages.On(engine);
        var app = await stage.Registers(stage.Ada, stage.Campaign, "https://one.example.org/cb\nhttp://localhost:3000/cb");
        new[] { app.Id, app.Secret, app.Access, app.Refresh }.ShouldAllBe(v => v.Length >= 43);
        app.Id.Length.ShouldBe(64);
        var list = await stage.Ada.Open("/ada/apps");
        list.Body.ShouldNotContain(app.Secret);
        list.Body.ShouldNotContain(app.Access);
        var path = list.Html.QuerySelectorAll("main a[href^='/ada/apps/']").Last().GetAttribute("href")!;
        (await stage.Ada.Open(path)).Text.ShouldContain(app.Id);
        (await stage.Bea.Get(path)).Status.ShouldBe(System.Net.HttpStatusCode.NotFound);
        (await stage.Bea.Post(path + "/secret")).Status.ShouldBe(System.Net.HttpStatusCode.NotFound);
        (await stage.Bea.Get("/ada/apps")).Status.ShouldBe(System.Net.HttpStatusCode.NotFound);

        var all = await stage.Get(app.Access, "campaigns");
        all.Data.GetArrayLength().ShouldBeGreaterThan(0, "the creator's token carries every scope");
        (await stage.Refresh(app.Refresh, app)).Json.GetProperty("scope").GetString().ShouldBe(string.Join(' ', Scopes.All));
        var renewed = await stage.Ada.Post(path + "/tokens");
        (await stage.Get(app.Access, "campaigns")).Status.ShouldBe(401);
        (await stage.Get(renewed.Find("#creator-access-token")!.TextContent, "campaigns")).Status.ShouldBe(200);
        var secret = (await stage.Ada.Post(path + "/secret")).Find("#client-secret")!.TextContent;
        (await stage.Refresh("x", app)).Json.GetProperty("error").GetString().ShouldBe("invalid_client");
        (await stage.Refresh("x", app with { Secret = secret })).Json.GetProperty("error").GetString().ShouldBe("invalid_grant");

        foreach (var bad in new[] { "ftp://x.example.org", "http://x.example.org", "https://x.example.org/#a", "javascript:alert(1)", "", "no" })
            ((int)(await stage.Ada.Post("/ada/apps", ("name", "x"), ("redirect_uris", bad))).Status).ShouldBe(422, bad);
        await stage.Ada.Post(path + "/remove");
        (await stage.Get(renewed.Find("#creator-access-token")!.TextContent, "campaigns")).Status.ShouldBe(401);
        (await stage.Ada.Get(path)).Status.ShouldBe(System.Net.HttpStatusCode.NotFound);
    }

    [Theory, OnEveryEngine]
    public async Task An_app_for_paying_members_takes_people_through_the_checkout_first(Engine engine)
    {
        var stage = await stages.On(engine);
        const string redirect = "https://app.example.org/after?a=1&b=2";
        var app = await stage.Registers(stage.Ada, stage.Campaign, redirect);
        var nia = await stage.App.SignUp("Nia", $"nia.{engine}@example.org");
        var path = $"/oauth2/become-patron?response_type=code&client_id={app.Id}&min_cents=400&redirect_uri={redirect}&state=q&scope=identity";
        (await stage.App.Visitor().Get(path)).Location!.ShouldStartWith("/sign-in?return=");
        var checkout = (await nia.Get(path)).Location!;
        checkout.ShouldBe($"/ada/join/{stage.Studio.Id}", "the cheapest tier that is enough");
        var joined = await nia.Does(checkout, "main form", ("method", "card_pays"));
        joined.ShouldBe("/ada/membership?joined=1");
        var consent = (await nia.Get(joined)).Location!;
        consent.ShouldStartWith("/oauth2/authorize?");
        consent.ShouldContain("redirect_uri=" + Uri.EscapeDataString(redirect));
        var done = await nia.Submit(await nia.Open(consent), "main form", ("decision", "allow"));
        done.Location.ShouldStartWith(redirect + "&code=");
        done.Location.ShouldEndWith("&state=q");
        (await nia.Get("/ada/membership?joined=1")).Location.ShouldBeNull("the way back is gone once");
        (await stage.Lin.Get(path)).Location!.ShouldStartWith("/oauth2/authorize?", customMessage: "pays enough already");
        (await stage.Lin.Get(path.Replace("min_cents=400", "min_cents=900"))).Location!
            .ShouldBe($"/ada/join/{stage.Studio.Id}?amount=9.00");
    }

    [Theory, OnEveryEngine]
    public async Task Old_clients_ask_for_the_scopes_of_version_1_and_get_what_they_opened(Engine engine)
    {
        var stage = await stages.On(engine);
        var old = await stage.Registers(stage.Ada, stage.Campaign, version: 1);
        async Task<string?> Granted(RegisteredApp client, string scope) =>
            (await stage.Exchange(await stage.Code(stage.Lin, scope, client), client)).Json.GetProperty("scope").GetString();
        (await Granted(old, "")).ShouldBe("users pledges-to-me my-campaign");
        (await Granted(stage.Client, "")).ShouldBe("identity");
        (await Granted(stage.Client, "users pledges-to-me my-campaign")).ShouldBe("users pledges-to-me my-campaign"); // passport, django-allauth
        var token = await stage.Access(stage.Lin, "users pledges-to-me", old);
        var me = await stage.Get(token, "identity?fields[user]=email&include=memberships");
        me.Data.GetProperty("attributes").GetProperty("email").GetString().ShouldBe("lin@example.org");
        me.Data.GetProperty("relationships").GetProperty("memberships").GetProperty("data").GetArrayLength().ShouldBe(2);
    }
}
