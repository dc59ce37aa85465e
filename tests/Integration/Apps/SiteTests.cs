using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Apps.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Apps.Sites;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>A website is connected with one click, as the WordPress plugin does it, and by nobody else's click (contract §14).</summary>
[Collection(nameof(ApiTests))]
public sealed class SiteTests(ApiStages stages)
{
    private const string Redirect = "https://blog.example.org/patreon-authorization/";
    private static readonly string s_plugin = new AppsOptions().SiteConnector;

    [Theory, OnEveryEngine]
    public async Task A_creator_connects_a_website_with_one_click(Engine engine)
    {
        var stage = await stages.On(engine);
        var (away, state) = (stage.App.Visitor(), "eyJhIjoiY29ubmVjdF9zaXRlIn0%3D");
        var path = Path($"&state={state}");
        (await away.Get(path)).Location.ShouldBe("/sign-in?return=" + Uri.EscapeDataString(path));
        var page = await stage.Bea.Open(path);
        page.Find("h1")!.TextContent.ShouldBe("Connect blog.example.org?"); // where the answer goes, not what it calls itself
        foreach (var words in new[] { Redirect, "Ada's blog", "See the postal addresses of your members", "Bea", "only if you run blog.example.org" })
            page.Text.ShouldContain(words);
        var back = await stage.Bea.Submit(page, "main form", ("decision", "allow"));
        back.Location.ShouldStartWith(Redirect + "?code=");
        back.Location.ShouldEndWith("&state=" + state);

        var token = await Exchange(stage, CodeOf(back), "0");
        token.Status.ShouldBe(200, token.Body);
        token.Json.GetProperty("scope").GetString().ShouldBe("w:identity.clients");
        token.Json.GetProperty("expires_in").GetInt64().ShouldBe(3_600);
        var access = token.Json.GetProperty("access_token").GetString()!;
        foreach (var closed in new[] { "identity", "campaigns", "webhooks" }) (await stage.Get(access, closed)).Status.ShouldBe(403, closed);

        var made = await Create(stage, access, Attributes());
        made.Status.ShouldBe(201, made.Body);
        made.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        made.Data.GetProperty("type").GetString().ShouldBe("oauth-client");
        var client = made.Data.GetProperty("attributes");
        (client.GetProperty("name").GetString(), client.GetProperty("redirect_uris").GetString(), client.GetProperty("version").GetInt32(),
            client.GetProperty("domain").GetString()).ShouldBe(("Ada's blog", Redirect, 2, "https://blog.example.org"));
        var first = made.Json.GetProperty("included")[0];
        first.GetProperty("type").GetString().ShouldBe("oauth-token");
        first.GetProperty("id").GetString().ShouldBe(made.Data.GetProperty("relationships").GetProperty("creator_token").GetProperty("data")
            .GetProperty("id").GetString());
        made.Json.GetProperty("links").GetProperty("self").GetString()
            .ShouldBe($"http://localhost/api/oauth2/v2/clients/{made.Data.GetProperty("id").GetString()}");
        var app = new RegisteredApp(made.Data.GetProperty("id").GetString()!, client.GetProperty("client_secret").GetString()!,
            first.GetProperty("attributes").GetProperty("access_token").GetString()!, first.GetProperty("attributes").GetProperty("refresh_token").GetString()!);

        // one yes, one app
        (await Create(stage, access, Attributes())).Status.ShouldBe(401);
        (await stage.Token(("grant_type", "refresh_token"), ("refresh_token", token.Json.GetProperty("refresh_token").GetString()!),
            ("client_id", s_plugin), ("client_secret", "0"))).Json.GetProperty("error").GetString().ShouldBe("invalid_client");

        // what the plugin does with it
        var owned = await stage.Get(app.Access, "campaigns?include=creator");
        owned.Data[0].GetProperty("relationships").GetProperty("creator").GetProperty("data").GetProperty("id").GetString().ShouldBe($"{stage.Bea.Id}");
        owned.Json.GetProperty("included")[0].GetProperty("type").GetString().ShouldBe("user");
        var reader = (await stage.Exchange(await stage.Code(stage.Lin, "identity", app, redirect: Redirect), app, Redirect)).Json;
        var me = await stage.Get(reader.GetProperty("access_token").GetString(),
            "identity?include=memberships.currently_entitled_tiers,memberships.campaign&fields[user]=email&fields[member]=last_charge_status");
        me.Json.GetProperty("included").EnumerateArray().Where(i => i.GetProperty("type").GetString() == "member")
            .Select(m => m.GetProperty("relationships").GetProperty("campaign").GetProperty("data").GetProperty("id").GetString())
            .ShouldBe([$"{stage.BeasCampaign.Id}"]);
        (await stage.Get(app.Access, $"campaigns/{stage.BeasCampaign.Id}/posts?page[count]=5")).Status.ShouldBe(200);
        var hook = await WebhookApiTests.Send(stage, "Bearer " + app.Access, HttpMethod.Post, "",
            WebhookApiTests.Body(stage.BeasCampaign.Id, "https://blog.example.org/hook", "posts:publish", "posts:update", "posts:delete"));
        hook.Status.ShouldBe(201, hook.Body);
        (await WebhookApiTests.Send(stage, "Bearer " + app.Access, HttpMethod.Delete, "/" + hook.Data.GetProperty("id").GetString(), null)).Status.ShouldBe(204);
        (await stage.Refresh(app.Refresh, app)).Status.ShouldBe(200);
        (await stage.Bea.Open("/bea/apps")).Text.ShouldContain("Ada's blog");

        Task<ApiAnswer> Delete(string? bearer) => stage.Send(HttpMethod.Delete, "/api/oauth2/v2/clients/" + app.Id, "Bearer " + bearer);
        (await Delete(stage.Client.Access)).Status.ShouldBe(403, "another app's creator");
        (await Delete(reader.GetProperty("access_token").GetString())).Status.ShouldBe(403, "a reader");
        (await Delete(app.Access)).Status.ShouldBe(204);
        (await stage.Get(app.Access, "campaigns")).Status.ShouldBe(401);
        (await stage.Bea.Open("/bea/apps")).Text.ShouldNotContain("Ada's blog");
    }

    [Theory, OnEveryEngine]
    public async Task Who_owns_no_page_connects_nothing_and_nobody_is_sent_anywhere_unasked(Engine engine)
    {
        var stage = await stages.On(engine);
        var visitor = stage.App.Visitor();
        foreach (var (bad, why) in new[]
        {
            (Path().Replace(s_plugin, "somebody", StringComparison.Ordinal), "another client"),
            (Path().Replace(s_plugin, stage.Client.Id, StringComparison.Ordinal), "a client of this site"),
            (Path(redirect: "https://evil.example.org/"), "an address that is not to be registered"),
            (Path(redirect: "http://blog.example.org/", all: "http://blog.example.org/"), "not encrypted"),
            (Path(redirect: "javascript:alert(1)", all: "javascript:alert(1)"), "no address"),
            (Path(redirect: "https://blog.example.org@evil.example/", all: "https://blog.example.org@evil.example/"), "a name that looks like another"),
            (Path(redirect: "https://blog.example.org/#x", all: "https://blog.example.org/#x"), "a fragment"),
            (Path(redirect: "", all: ""), "nowhere"),
            (Path().Replace("w%3Aidentity.clients", "identity", StringComparison.Ordinal), "another scope"),
            (Path().Replace("w%3Aidentity.clients", "w%3Aidentity.clients%20campaigns", StringComparison.Ordinal), "more"),
            (Path().Replace("response_type=code", "response_type=token", StringComparison.Ordinal), "a token at once"),
            (Path(redirect: "http://127.1/", all: "http://127.1/"), "the own machine written so that few read it as that"),
            (Path(redirect: "http://0x7f000001/", all: "http://0x7f000001/"), "and otherwise"),
            (Path("&code_challenge=x&code_challenge_method=plain"), "a challenge that is none"),
        })
        {
            foreach (var who in new[] { visitor, stage.Bea })
            {
                var shown = await who.Get(bad);
                ((int)shown.Status, shown.Location).ShouldBe((400, null), why);
            }
            var posted = await stage.Bea.Post(bad, ("decision", "allow"), ("campaign", $"{stage.BeasCampaign.Id}"));
            ((int)posted.Status, posted.Location).ShouldBe((400, null), why);
        }
        var none = await stage.Lin.Open(Path());
        none.Text.ShouldContain("You have no page a website could be connected to");
        none.Find("main form").ShouldBeNull();
        foreach (var (who, campaign) in new[] { (stage.Lin, stage.Campaign.Id), (stage.Lin, 0), (stage.Bea, stage.Campaign.Id) })
            ((int)(await who.Post(Path(), ("decision", "allow"), ("campaign", $"{campaign}"))).Status).ShouldBe(404, "not their page");
        (await stage.Ada.Open(Path())).Find("main button[value=deny]")!.HasAttribute("formnovalidate").ShouldBeTrue("a no needs no page chosen");
        var refused = await stage.Bea.Submit(await stage.Bea.Open(Path("&state=s1")), "main form", ("decision", "deny"));
        refused.Location.ShouldBe(Redirect + "?error=access_denied&state=s1");
        var strange = await stage.Bea.Open(Path(name: "<script>alert(1)</script>\u202E\u200Bgolb", all: Redirect + " https://other.example.org/a?b=c"));
        strange.Body.ShouldNotContain("<script>alert");
        strange.Find("main")!.TextContent.Any(c => c is '\u202E' or '\u200B').ShouldBeFalse("nothing turns letters round, or stands between them unseen");
        strange.Text.ShouldContain("<script>alert(1)</script>golb");
        strange.Text.ShouldContain("https://other.example.org/a?b=c"); // where it may send people, to the last letter

        // the plugin is a client for this alone: nobody is asked for anything else in its name
        await Approved(stage);
        ((int)(await visitor.Get($"/oauth2/authorize?response_type=code&client_id={s_plugin}&redirect_uri={Uri.EscapeDataString(Redirect)}&scope=identity"))
            .Status).ShouldBe(400);
    }

    [Theory, OnEveryEngine]
    public async Task A_yes_is_good_for_what_was_shown_and_for_nothing_else(Engine engine)
    {
        var stage = await stages.On(engine);
        // the code goes nowhere else, and works once
        var code = await Approved(stage);
        (await Exchange(stage, code, "0", "https://evil.example.org/")).Status.ShouldBe(401);
        (await stage.Exchange(code, redirect: Redirect)).Status.ShouldBe(401, "another client");
        var access = (await Exchange(stage, code, "")).Json.GetProperty("access_token").GetString()!;

        foreach (var (attributes, status) in new (object, int)[]
        {
            (new { name = "x", redirect_uris = "https://evil.example.org/" }, 403), (new { name = "x", redirect_uris = Redirect + " https://evil.example.org/" }, 403),
            (new { name = "x" }, 400), (new { redirect_uris = Redirect }, 400), (new { name = 1, redirect_uris = Redirect }, 400),
            (new { name = "x", redirect_uris = Redirect, version = 3 }, 400), (new { name = "x", redirect_uris = Redirect, version = true }, 400),
            (new { name = "x\0", redirect_uris = Redirect }, 400),
        }) (await Create(stage, access, attributes)).Status.ShouldBe(status, JsonSerializer.Serialize(attributes));
        (await Create(stage, access, Attributes(), "shoes")).Error.GetProperty("source").GetProperty("parameter").GetString().ShouldBe("include");
        var half = await stage.Send(HttpMethod.Post, "/api/oauth2/v2/clients", "Bearer " + access, new StringContent(
            $$$$"""{"data":{"type":"oauth-client","attributes":{"name":"x","redirect_uris":"{{{{Redirect}}}}","version":"\ud800"}}}""", Encoding.UTF8));
        half.Status.ShouldBe(400, "half a character");
        var plain = await Create(stage, access, new { name = "Your bank", description = "Enter your PIN", redirect_uris = Redirect }, "");
        plain.Status.ShouldBe(201, "what was refused took nothing of the yes");
        var named = plain.Data.GetProperty("attributes");
        (named.GetProperty("name").GetString(), named.GetProperty("description").GetString()).ShouldBe(("Ada's blog", "A blog"), "as it was shown");
        plain.Body.ShouldNotContain("access_token", customMessage: "only when asked for");

        // a code used twice ends what came of it
        var twice = await Approved(stage);
        var token = (await Exchange(stage, twice, "0")).Json.GetProperty("access_token").GetString()!;
        (await Exchange(stage, twice, "0")).Status.ShouldBe(401);
        (await Create(stage, token, Attributes())).Status.ShouldBe(401);

        // an app people let in has the scope for nothing: what it made would have the creator's own tokens
        var bot = await stage.Access(stage.Bea, "w:identity.clients");
        (await Create(stage, bot, Attributes())).Status.ShouldBe(403);
        (await Create(stage, stage.Client.Access, Attributes())).Status.ShouldBe(403, "nor one that was given a creator's own token");
        (await stage.Send(HttpMethod.Delete, "/api/oauth2/v2/clients/" + stage.Client.Id, "Bearer " + bot)).Status.ShouldBe(403);
        (await stage.Send(HttpMethod.Delete, "/api/oauth2/v2/clients/nobody", "Bearer " + bot)).Status.ShouldBe(404);
        (await stage.Bea.Open(ApiStage.AuthorizePath(stage.Client, "w:identity.clients"))).Text.ShouldContain("Nothing: what it asks for is not on this site.");

        // and a yes waits an hour; nothing that came of it lives longer
        var late = (await Exchange(stage, await Approved(stage), "0")).Json.GetProperty("access_token").GetString()!;
        (await stage.App.In(s =>
        {
            var (db, end) = (s.GetRequiredService<Db>(), stage.App.Time.Now + Duration.FromHours(1));
            return (from t in db.Set<OauthToken>()
                    join c in db.Set<OauthClient>() on t.ClientId equals c.Id
                    where c.PublicId == s_plugin && t.ExpiresAt > end
                    select t).CountAsync();
        })).ShouldBe(0);
        stage.App.Time.Advance(Duration.FromHours(1));
        (await Create(stage, late, Attributes())).Status.ShouldBe(401);
        foreach (var form in (await stage.Bea.Open("/bea/apps")).Html.QuerySelectorAll("main a[href^='/bea/apps/']").Select(a => a.GetAttribute("href")!))
            await stage.Bea.Post(form + "/remove");
    }

    [Fact]
    public async Task The_operator_turns_it_off_or_names_another_plugin()
    {
        await using var off = await (await ApiStage.Start(Engine.Sqlite, adjust: b => b.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["Stipend:Apps:SiteConnector"] = "" }))).WithLinAndBea();
        foreach (var id in new[] { s_plugin, "" })
        {
            ((int)(await off.Bea.Get(Path().Replace(s_plugin, id, StringComparison.Ordinal))).Status).ShouldBe(400);
            (await off.Token(("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", Redirect), ("client_id", id), ("client_secret", "0")))
                .Status.ShouldBeOneOf(400, 401);
        }
        // a yes from before it was turned off registers nothing any more
        var access = await off.App.In(async s =>
        {
            var (db, tokens) = (s.GetRequiredService<Db>(), s.GetRequiredService<Tokens>());
            await using var transaction = await db.BeginWrite();
            var connector = new OauthClient { Id = s.GetRequiredService<Ids>().Next(), PublicId = s_plugin, ApiVersion = 2, CreatedAt = off.App.Time.Now };
            db.Set<OauthClient>().Add(connector);
            var (code, grant) = await tokens.NewCode(connector, off.Bea.Id, SiteRequest.Scope, Redirect, null, default);
            db.Set<SiteApproval>().Add(new SiteApproval { GrantId = grant, CampaignId = off.BeasCampaign.Id, RedirectUris = Redirect, Name = "Ada's blog" });
            await transaction.Commit();
            return (await tokens.Exchange(connector, code, Redirect, null, default)).Access;
        });
        (await Create(off, access, Attributes())).Status.ShouldBe(403);
    }

    private static async Task<string> Approved(ApiStage stage) =>
        CodeOf(await stage.Bea.Submit(await stage.Bea.Open(Path()), "main form", ("decision", "allow")));

    private static string CodeOf(Page back) => QueryHelpers.ParseQuery(new Uri(back.Location!).Query)["code"].ToString();

    private static string Path(string more = "", string redirect = Redirect, string? all = null, string name = "Ada's blog") =>
        $"/oauth2/register-client-creation?client_id={s_plugin}&redirect_uri={Uri.EscapeDataString(redirect)}&scopes=w%3Aidentity.clients&response_type=code"
        + $"&name={Uri.EscapeDataString(name)}&description=A+blog&author_name=Ada&domain=https%3A%2F%2Fblog.example.org&privacy_policy_url=&tos_url="
        + $"&icon_url=https%3A%2F%2Fblog.example.org%2Ficon.png&redirect_uris={Uri.EscapeDataString(all ?? Redirect)}&version=2&parent_client_id={s_plugin}{more}";

    private static object Attributes() => new
    {
        name = "Ada's blog", description = "A blog", author_name = "Ada", domain = "https://blog.example.org", privacy_policy_url = "", tos_url = "",
        icon_url = "https://blog.example.org/icon.png", redirect_uris = Redirect, version = "2", parent_client_id = s_plugin,
    };

    private static Task<ApiAnswer> Exchange(ApiStage stage, string code, string secret, string redirect = Redirect) => stage.Send(HttpMethod.Post,
        "/api/oauth2/token?is_creator_access=false", null, new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = redirect, ["client_id"] = s_plugin, ["client_secret"] = secret,
        }));

    internal static Task<ApiAnswer> Create(ApiStage stage, string token, object attributes, string include = "creator_token") => stage.Send(HttpMethod.Post,
        "/api/oauth2/v2/clients" + (include.Length > 0 ? "?include=" + include : ""), "Bearer " + token,
        new StringContent(JsonSerializer.Serialize(new { data = new { type = "oauth-client", attributes } }), Encoding.UTF8,
            MediaTypeHeaderValue.Parse("application/json")));
}
