using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Shouldly;
using Stipend.Apps.Model;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>Apps make, change and remove webhooks of their own (contract §7, §8.12, §11.1).</summary>
[Collection(nameof(ApiTests))]
public sealed class WebhookApiTests(ApiStages stages)
{
    [Theory, OnEveryEngine]
    public async Task An_app_makes_reads_changes_and_removes_its_webhooks(Engine engine)
    {
        var stage = await stages.On(engine);
        var token = "Bearer " + stage.Client.Access;
        var made = await Send(stage, token, HttpMethod.Post, "", Body(stage.Campaign.Id, "https://site.example/hook", "members:update", "members:create"));
        made.Status.ShouldBe(201, made.Body);
        made.Type.ShouldBe("application/vnd.api+json");
        var id = made.Data.GetProperty("id").GetString()!;
        id.ShouldMatch("^[0-9]+$");
        made.Json.GetProperty("links").GetProperty("self").GetString().ShouldBe($"http://localhost/api/oauth2/v2/webhooks/{id}");
        var attributes = made.Data.GetProperty("attributes");
        attributes.EnumerateObject().Select(a => a.Name).Order(StringComparer.Ordinal)
            .ShouldBe(["last_attempted_at", "num_consecutive_times_failed", "paused", "secret", "triggers", "uri"]);
        attributes.GetProperty("triggers").EnumerateArray().Select(t => t.GetString()).ShouldBe(["members:create", "members:update"]);
        attributes.GetProperty("paused").GetBoolean().ShouldBeFalse();
        var secret = attributes.GetProperty("secret").GetString()!;

        (await stage.Get(stage.Client.Access, $"webhooks/{id}")).Data.GetProperty("attributes").GetRawText().ShouldBe("{}");
        var listed = await stage.Get(stage.Client.Access, "webhooks/?fields[webhook]=secret,uri&include=campaign,client&fields[client]=name,client_secret");
        listed.Status.ShouldBe(200, listed.Body);
        var mine = listed.Data.EnumerateArray().Single(w => w.GetProperty("id").GetString() == id);
        mine.GetProperty("attributes").GetProperty("secret").GetString().ShouldBe(secret);
        mine.GetProperty("relationships").GetProperty("client").GetProperty("data").GetProperty("id").GetString().ShouldBe(stage.Client.Id);
        listed.Body.ShouldNotContain("client_secret");
        listed.Body.ShouldNotContain(stage.Client.Secret);

        foreach (var (said, paused) in new (object, bool)[] { ("true", true), ("false", false), (true, true), (false, false) })
            (await Send(stage, token, HttpMethod.Patch, "/" + id, Patch(id, new { paused = said })))
                .Data.GetProperty("attributes").GetProperty("paused").GetBoolean().ShouldBe(paused);
        var changed = await Send(stage, token, HttpMethod.Patch, "/" + id,
            Patch(id, new { triggers = new[] { "posts:publish" }, uri = "https://site.example/other" }));
        changed.Status.ShouldBe(200, changed.Body);
        changed.Data.GetProperty("attributes").GetProperty("secret").GetString().ShouldBe(secret);
        changed.Data.GetProperty("attributes").GetProperty("triggers").GetRawText().ShouldBe("[\"posts:publish\"]");

        (await Send(stage, token, HttpMethod.Delete, "/" + id, null)).Status.ShouldBe(204);
        (await Send(stage, token, HttpMethod.Delete, "/" + id, null)).Status.ShouldBe(404);
    }

    [Theory, OnEveryEngine]
    public async Task What_cannot_be_understood_is_a_400_of_code_2(Engine engine)
    {
        var stage = await stages.On(engine);
        var token = "Bearer " + stage.Client.Access;
        string[] wrong =
        [
            "", "nonsense", "[]", "{}", """{"data":[]}""", """{"data":{"type":"hook"}}""", """{"data":{"type":"webhook"}}""",
            Body(stage.Campaign.Id, "https://site.example/hook"), Body(stage.Campaign.Id, "https://site.example/hook", "members:everything"),
            Body(stage.Campaign.Id, "ftp://site.example/hook", "members:create"), Body(stage.Campaign.Id, "not an address", "members:create"),
            Body(stage.Campaign.Id, "https://user:word@site.example/", "members:create"),
            Body(stage.Campaign.Id, "https://site.example/hook", "members:create").Replace("\"uri\"", "\"url\"", StringComparison.Ordinal),
            new string('[', 5_000),
        ];
        foreach (var body in wrong)
        {
            var answer = await Send(stage, token, HttpMethod.Post, "", body);
            answer.Status.ShouldBe(400, body);
            answer.Error.GetProperty("code").GetInt32().ShouldBe(2, body);
        }
        (await Send(stage, token, HttpMethod.Post, "", Body(1, "https://site.example/hook", "members:create"))).Status.ShouldBe(404);
        (await Send(stage, token, HttpMethod.Post, "", Body(stage.BeasCampaign.Id, "https://site.example/hook", "members:create"))).Status.ShouldBe(403);
    }

    [Theory, OnEveryEngine]
    public async Task Webhooks_open_to_the_app_that_made_them_and_to_their_scope_alone(Engine engine)
    {
        var stage = await stages.On(engine);
        var (beas, second) = (await stage.Registers(stage.Bea, stage.BeasCampaign), await stage.Registers(stage.Ada, stage.Campaign));
        var id = (await Send(stage, "Bearer " + stage.Client.Access, HttpMethod.Post, "", Body(stage.Campaign.Id, "https://site.example/a", "members:create")))
            .Data.GetProperty("id").GetString()!;
        (HttpMethod Method, string Path, string? Body)[] calls =
        [
            (HttpMethod.Get, "", null), (HttpMethod.Get, "/" + id, null),
            (HttpMethod.Post, "", Body(stage.Campaign.Id, "https://site.example/b", "members:create")),
            (HttpMethod.Patch, "/" + id, Patch(id, new { paused = true })), (HttpMethod.Delete, "/" + id, null),
        ];
        foreach (var scope in Scopes.All.Where(s => s != Scopes.Webhooks))
        {
            var token = "Bearer " + await stage.Access(stage.Ada, scope);
            foreach (var (method, path, body) in calls) (await Send(stage, token, method, path, body)).Status.ShouldBe(403, $"{method} {path} with {scope}");
        }
        foreach (var others in new[] { beas, second })
            foreach (var (method, path, body) in calls.Where(c => c.Path.Length > 0 || (c.Method == HttpMethod.Post && others == beas)))
                (await Send(stage, "Bearer " + others.Access, method, path, body)).Status.ShouldBe(403, $"{method} {path}");
        (await stage.Get(second.Access, "webhooks?fields[webhook]=uri,secret")).Data.GetArrayLength().ShouldBe(0);
        var noToken = await Send(stage, null, HttpMethod.Delete, "/" + id, null);
        (noToken.Status, noToken.Error.GetProperty("code").GetInt32()).ShouldBe((401, 1));
        (await Send(stage, "Bearer " + stage.Client.Access, HttpMethod.Get, "/" + id, null)).Status.ShouldBe(200, "and it is still there");
    }

    [Theory, OnEveryEngine]
    public async Task Who_may_see_less_than_a_webhook_tells_can_pause_it_and_not_turn_it_elsewhere(Engine engine)
    {
        var stage = await stages.On(engine);
        const string scopes = "w:campaigns.webhook campaigns.members campaigns.members[email]";
        var wide = "Bearer " + await stage.Access(stage.Ada, scopes);
        var narrow = "Bearer " + await stage.Access(stage.Ada, "w:campaigns.webhook campaigns.members");
        var made = await Send(stage, wide, HttpMethod.Post, "", Body(stage.Campaign.Id, "https://site.example/mine", "members:create"));
        var id = made.Data.GetProperty("id").GetString()!;
        foreach (var attributes in new object[]
        {
            new { uri = "https://evil.example/" }, new { triggers = new[] { "members:update" } }, new { paused = true, uri = "https://evil.example/" },
        })
        {
            var refused = await Send(stage, narrow, HttpMethod.Patch, "/" + id, Patch(id, attributes));
            refused.Status.ShouldBe(403, refused.Body);
        }
        var paused = await Send(stage, narrow, HttpMethod.Patch, "/" + id, Patch(id, new { paused = true }));
        paused.Status.ShouldBe(200, paused.Body);
        var now = paused.Data.GetProperty("attributes");
        (now.GetProperty("uri").GetString(), now.GetProperty("triggers").GetRawText(), now.GetProperty("paused").GetBoolean())
            .ShouldBe(("https://site.example/mine", "[\"members:create\"]", true));
        foreach (var enough in new[] { wide, "Bearer " + stage.Client.Access })
        {
            var changed = Patch(id, new { uri = "https://site.example/other", triggers = new[] { "members:update" } });
            (await Send(stage, enough, HttpMethod.Patch, "/" + id, changed)).Status.ShouldBe(200);
        }
        (await Send(stage, wide, HttpMethod.Delete, "/" + id, null)).Status.ShouldBe(204);
    }

    [Theory, OnEveryEngine]
    public async Task Broken_bytes_in_a_body_are_a_400(Engine engine)
    {
        var stage = await stages.On(engine);
        var token = "Bearer " + stage.Client.Access;
        var id = (await Send(stage, token, HttpMethod.Post, "", Body(stage.Campaign.Id, "https://site.example/broken", "members:create")))
            .Data.GetProperty("id").GetString()!;
        foreach (var named in new[] { "\"?\"", "[\"?\"]", "{\"?\":1}", "true", "1.0" })
        {
            var bytes = Encoding.UTF8.GetBytes($"{{\"data\":{{\"type\":\"webhook\",\"id\":{named},\"attributes\":{{\"paused\":true}}}}}}");
            for (var at = 0; at < bytes.Length; at++) if (bytes[at] == '?') bytes[at] = 0xFF;
            var answer = await stage.Send(HttpMethod.Patch, "/api/oauth2/v2/webhooks/" + id, token, new ByteArrayContent(bytes));
            answer.Status.ShouldBe(400, named);
        }
        (await Send(stage, token, HttpMethod.Delete, "/" + id, null)).Status.ShouldBe(204);
    }

    internal static string Body(long campaign, string uri, params string[] triggers) => JsonSerializer.Serialize(new
    {
        data = new
        {
            type = "webhook", attributes = new { triggers, uri }, relationships = new { campaign = new { data = new { type = "campaign", id = $"{campaign}" } } },
        },
    });

    internal static string Patch(string id, object attributes) => JsonSerializer.Serialize(new { data = new { type = "webhook", id, attributes } });

    internal static Task<ApiAnswer> Send(ApiStage stage, string? authorization, HttpMethod method, string path, string? body) =>
        stage.Send(method, "/api/oauth2/v2/webhooks" + path, authorization, body is null ? null
            : new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json")));
}
