using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>What real clients do that no specification says, each as the bytes they send (contract §15, §16).</summary>
[Collection(nameof(ApiTests))]
public sealed class QuirkTests(ApiStages stages)
{
    private static readonly JsonSerializerOptions s_unescaped = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private Task<ApiStage> Stage() => stages.On(Engine.Sqlite);

    [Fact]
    public async Task The_official_Python_and_Ruby_clients_send_token_parameters_in_the_query_beside_an_empty_body()
    {
        var stage = await Stage();
        var answer = await stage.Send(HttpMethod.Post, "/api/oauth2/token?" + Form(stage, await stage.Code(stage.Lin, "identity")));
        answer.Status.ShouldBe(200, answer.Body);
    }

    [Fact]
    public async Task The_official_PHP_client_asks_for_tokens_without_api_in_the_path()
    {
        var stage = await Stage();
        var answer = await stage.Send(HttpMethod.Post, "/oauth2/token", null,
            new StringContent(Form(stage, await stage.Code(stage.Lin, "identity")), MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded")));
        answer.Status.ShouldBe(200, answer.Body);
    }

    [Fact]
    public async Task Auth_js_sends_the_clients_name_and_secret_in_the_header_and_in_the_body()
    {
        var stage = await Stage();
        var form = new StringContent(Form(stage, await stage.Code(stage.Lin, "identity")), MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded"));
        (await stage.Send(HttpMethod.Post, "/api/oauth2/token", ApiStage.Basic(stage.Client.Id, stage.Client.Secret), form)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Better_auth_asks_for_the_mail_address_alone_and_sends_a_challenge()
    {
        var stage = await Stage();
        const string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"; // of RFC 7636, appendix B
        var code = await stage.Code(stage.Lin, "identity[email]", more: "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256");
        var token = (await stage.Exchange(code, more: ("code_verifier", verifier))).Json.GetProperty("access_token").GetString();
        var me = await stage.Get(token, "identity?fields[user]=email,full_name,is_email_verified,image_url");
        me.Data.GetProperty("attributes").GetProperty("email").GetString().ShouldBe("lin@example.org");
    }

    [Fact]
    public async Task Passport_and_django_allauth_ask_a_new_client_for_the_scopes_of_version_1()
    {
        var stage = await Stage();
        var token = (await stage.Exchange(await stage.Code(stage.Lin, "users pledges-to-me my-campaign"))).Json.GetProperty("access_token").GetString();
        var me = await stage.Get(token, "/api/oauth2/api/current_user");
        me.Data.GetProperty("attributes").GetProperty("email").GetString().ShouldBe("lin@example.org");
    }

    [Fact]
    public async Task Python_social_auth_reads_attributes_it_did_not_ask_for_and_finds_an_empty_object()
    {
        var stage = await Stage();
        (await stage.Get(stage.Client.Access, "identity")).Data.GetProperty("attributes").GetRawText().ShouldBe("{}");
    }

    [Fact]
    public async Task The_official_JavaScript_client_sends_raw_brackets_and_a_dangling_ampersand()
    {
        var stage = await Stage();
        var answer = await stage.Get(stage.Client.Access, "identity?fields[user]=full_name&include=memberships&");
        answer.Data.GetProperty("attributes").EnumerateObject().Select(a => a.Name).ShouldBe(["full_name"]);
        answer.Data.GetProperty("relationships").TryGetProperty("memberships", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task The_official_PHP_client_calls_the_page_size_page_size()
    {
        var stage = await Stage();
        await stage.App.Joins(stage.Campaign, await stage.Person(), null);
        var page = await stage.Get(stage.Client.Access, $"campaigns/{stage.Campaign.Id}/members?page%5Bsize%5D=1");
        page.Data.GetArrayLength().ShouldBe(1);
        page.Json.GetProperty("links").GetProperty("next").GetString()!.ShouldContain("page%5Bsize%5D=1");
    }

    [Fact]
    public async Task The_official_Java_client_doubles_a_slash()
    {
        var stage = await Stage();
        var answer = await stage.Send(HttpMethod.Get, "/api/oauth2/api//current_user", "Bearer " + stage.Client.Access);
        (answer.Status, answer.Data.GetProperty("id").GetString()).ShouldBe((200, $"{stage.Ada.Id}"));
    }

    [Fact]
    public async Task Sponsorkit_writes_bearer_small_sends_a_content_type_without_content_and_follows_the_next_link()
    {
        var stage = await Stage();
        await stage.App.Joins(stage.Campaign, await stage.Person(), null);
        var path = $"/api/oauth2/v2/campaigns/{stage.Campaign.Id}/members?include=user&fields%5Bmember%5D=full_name&page%5Bcount%5D=1";
        var (found, pages) = (new HashSet<string>(), 0);
        for (string? next = path; next is not null; pages++)
        {
            var page = await stage.Send(HttpMethod.Get, next, "bearer " + stage.Client.Access, new StringContent("", Encoding.UTF8, "application/json"));
            page.Status.ShouldBe(200, page.Body);
            found.Add(page.Data[0].GetProperty("id").GetString()!).ShouldBeTrue();
            next = page.Json.GetProperty("links").TryGetProperty("next", out var link) ? new Uri(link.GetString()!).PathAndQuery : null;
        }
        pages.ShouldBeGreaterThan(1);
        (await stage.Get(stage.Client.Access, "campaigns?include=null")).Json.TryGetProperty("included", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task The_official_Python_client_raises_without_links_so_every_list_has_them()
    {
        var stage = await Stage();
        foreach (var list in new[] { "campaigns", "webhooks", $"campaigns/{stage.Campaign.Id}/members", $"campaigns/{stage.Campaign.Id}/posts",
            "/api/oauth2/api/current_user/campaigns", $"/api/oauth2/api/campaigns/{stage.Campaign.Id}/pledges" })
            (await stage.Get(stage.Client.Access, list)).Json.GetProperty("links").ValueKind.ShouldBe(JsonValueKind.Object, list);
    }

    [Fact]
    public async Task Patreon_NET_refuses_keys_it_does_not_know_so_there_are_none()
    {
        var stage = await Stage();
        await stage.App.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(stage.Campaign.Id, stage.Ada.Id, "One", "One", Audience.Public, false, null)));
        foreach (var (path, keys) in new[]
        {
            ("identity?include=memberships.currently_entitled_tiers,campaign&fields[user]=full_name", "data included links"),
            ($"campaigns/{stage.Campaign.Id}/members?include=user&fields[member]=note", "data included links meta"),
            ($"campaigns/{stage.Campaign.Id}/posts?fields[post]=title", "data links meta"),
        })
        {
            var answer = await stage.Get(stage.Client.Access, path);
            Names(answer.Json).ShouldBe(keys.Split(' '), ignoreOrder: true, path);
            foreach (var resource in answer.Data.ValueKind == JsonValueKind.Array ? answer.Data.EnumerateArray().ToArray() : [answer.Data])
            {
                Names(resource).Except(["attributes", "id", "relationships", "type"]).ShouldBeEmpty();
                if (!resource.TryGetProperty("relationships", out var all)) continue;
                foreach (var relation in all.EnumerateObject())
                    Names(relation.Value).Except(["data", "links"]).ShouldBeEmpty(relation.Name);
            }
            if (answer.Json.TryGetProperty("meta", out var meta))
                Names(meta.GetProperty("pagination")).ShouldBe(["cursors", "total"]);
        }
    }

    [Fact]
    public async Task Go_clients_decode_the_code_as_a_number_and_the_status_as_a_text()
    {
        var stage = await Stage();
        var error = (await stage.Get("wrong", "identity")).Error;
        (error.GetProperty("code").GetInt32(), error.GetProperty("status").GetString()).ShouldBe((1, "401"));
        (await stage.Get(await stage.Access(stage.Lin, "identity"), "campaigns")).Error.GetProperty("code").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Django_allauth_takes_the_first_included_thing_for_the_tier()
    {
        var stage = await Stage();
        var all = await stage.Get(stage.Client.Access, $"campaigns/{stage.Campaign.Id}/members?include=user");
        var lin = all.Data.EnumerateArray().First(m => m.GetProperty("relationships").GetProperty("user").GetProperty("data").GetProperty("id").GetString()
            == $"{stage.Lin.Id}").GetProperty("id").GetString();
        var one = await stage.Get(stage.Client.Access, $"members/{lin}?include=currently_entitled_tiers&fields[tier]=title");
        one.Json.GetProperty("included")[0].GetProperty("attributes").GetProperty("title").GetString().ShouldBe("Studio", "the one that is paid for, before the free one");
    }

    [Fact]
    public async Task The_WordPress_plugin_takes_the_first_included_thing_for_the_creator()
    {
        var stage = await Stage();
        var owned = await stage.Get(stage.Client.Access, "campaigns?include=creator&fields[user]=full_name");
        owned.Json.GetProperty("included")[0].GetProperty("attributes").GetProperty("full_name").GetString().ShouldBe("Ada Lovelace");
    }

    [Fact]
    public async Task Express_handlers_print_the_body_again_before_they_check_its_signature()
    {
        await using var stage = await HookStage.Start(Engine.Sqlite);
        var hook = await stage.Hook("/hook", triggers: "members:create");
        await stage.Api.App.Joins(stage.Api.Campaign, await stage.Api.Person("Zoë “O’Neil” <&+/> 🦊"), null);
        var told = (await stage.Told("/hook")).Single();
        var again = JsonSerializer.Serialize(told.Json, s_unescaped);
        again.Replace("\\uD83E\\uDD8A", "🦊", StringComparison.Ordinal).ShouldBe(told.Text); // .NET alone escapes the fox
        told.Headers["X-Patreon-Signature"].ShouldMatch("^[0-9a-f]{32}$"); // compared as text, in small letters
        told.Headers["X-Patreon-Signature"].ShouldBe(told.OldSignature(hook.Secret));
    }

    [Fact]
    public async Task WordPress_and_Discourse_look_whether_the_address_is_verified_before_they_trust_it()
    {
        var stage = await Stage();
        var me = await stage.Get(await stage.Access(stage.Lin, "identity[email]"), "identity?fields[user]=email,is_email_verified");
        me.Data.GetProperty("attributes").GetProperty("is_email_verified").ValueKind.ShouldBe(JsonValueKind.True);
        var never = await stage.App.SignUp("Never Proved", "never.proved@example.org");
        var token = await stage.Access(never, "identity[email]");
        await stage.App.In(s => s.GetRequiredService<Db>().Execute("UPDATE person SET confirmed_at = NULL WHERE id = @id", default, ("id", never.Id)));
        var unproved = await stage.Get(token, "identity?fields[user]=email,is_email_verified");
        unproved.Data.GetProperty("attributes").GetProperty("is_email_verified").ValueKind.ShouldBe(JsonValueKind.False);
    }

    [Fact]
    public async Task WordPress_downloads_the_small_picture_and_looks_at_its_type()
    {
        var stage = await Stage();
        var me = await stage.Get(stage.Client.Access, "identity?fields[user]=thumb_url");
        var picture = await stage.App.Client().GetAsync(me.Data.GetProperty("attributes").GetProperty("thumb_url").GetString());
        picture.Content.Headers.ContentType!.MediaType.ShouldStartWith("image/");
    }

    [Fact]
    public async Task WordPress_removes_a_webhook_twice()
    {
        var stage = await Stage();
        var token = "Bearer " + stage.Client.Access;
        var id = (await WebhookApiTests.Send(stage, token, HttpMethod.Post, "", WebhookApiTests.Body(stage.Campaign.Id, "https://site.example/w", "posts:publish")))
            .Data.GetProperty("id").GetString();
        var first = await WebhookApiTests.Send(stage, token, HttpMethod.Delete, "/" + id, null);
        (first.Status, first.Body).ShouldBe((204, ""));
        (await WebhookApiTests.Send(stage, token, HttpMethod.Delete, "/" + id, null)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Arctic_and_the_Java_and_CSharp_clients_need_a_number_of_seconds()
    {
        var stage = await Stage();
        (await stage.Exchange(await stage.Code(stage.Lin, "identity"))).Json.GetProperty("expires_in").ValueKind.ShouldBe(JsonValueKind.Number);
    }

    [Fact]
    public async Task Live_streams_are_not_here_and_are_answered_as_what_is_not_there()
    {
        var stage = await Stage();
        var token = "Bearer " + await stage.Access(stage.Ada, "campaigns.lives w:campaigns.lives");
        foreach (var (method, path) in new[] { (HttpMethod.Post, "lives"), (HttpMethod.Get, "lives/1"), (HttpMethod.Patch, "lives/1"), (HttpMethod.Delete, "lives/1") })
        {
            var answer = await stage.Send(method, "/api/oauth2/v2/" + path, token);
            (answer.Status, answer.Error.GetProperty("code").GetInt32(), answer.Error.GetProperty("code_name").GetString()).ShouldBe((404, 4, "ResourceMissing"), path);
        }
    }

    [Fact]
    public async Task A_webhook_beyond_its_tokens_scope_is_refused_in_a_sentence()
    {
        var stage = await Stage();
        var token = "Bearer " + await stage.Access(stage.Ada, "w:campaigns.webhook campaigns.posts");
        var refused = await WebhookApiTests.Send(stage, token, HttpMethod.Post, "", WebhookApiTests.Body(stage.Campaign.Id, "https://site.example/s", "posts:publish", "members:update"));
        (refused.Status, refused.Error.GetProperty("detail").GetString()).ShouldBe((403,
            "To be told of “members:update”, the access token that makes the webhook needs the scope campaigns.members."));
        var made = await WebhookApiTests.Send(stage, token, HttpMethod.Post, "", WebhookApiTests.Body(stage.Campaign.Id, "https://site.example/s", "posts:publish"));
        made.Status.ShouldBe(201, made.Body);
        var id = made.Data.GetProperty("id").GetString()!;
        (await WebhookApiTests.Send(stage, token, HttpMethod.Patch, "/" + id, WebhookApiTests.Patch(id, new { triggers = new[] { "pledges:create" } }))).Status.ShouldBe(403);
        (await WebhookApiTests.Send(stage, token, HttpMethod.Delete, "/" + id, null)).Status.ShouldBe(204);
    }

    private static string Form(ApiStage stage, string code) => string.Join('&', new (string Name, string Value)[]
    {
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", ApiStage.Redirect), ("client_id", stage.Client.Id),
        ("client_secret", stage.Client.Secret),
    }.Select(f => $"{f.Name}={Uri.EscapeDataString(f.Value)}"));

    private static List<string> Names(JsonElement element) => element.EnumerateObject().Select(p => p.Name).ToList();
}
