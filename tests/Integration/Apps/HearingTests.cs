using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Apps.Webhooks;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>Who still hears, seen where it arrives: an app until it is let in no more, and what answers, however it answers.</summary>
public sealed class HearingTests
{
    private const string Scope = "campaigns campaigns.members w:campaigns.webhook";

    [Theory, OnEveryEngine]
    public async Task An_app_hears_as_long_as_its_owner_lets_it_in(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        var api = await stage.Api.WithLinAndBea();
        var bot = await api.Registers(api.Bea, api.BeasCampaign); // Bea's program, which Ada lets in
        Task Hook(string token, string path) => Makes(stage, token, path);
        Task Hears(params string[] paths) => Hear(stage, paths);
        await Hook(await api.Access(api.Ada, Scope, bot), "/bot");
        await Hook(api.Client.Access, "/own");
        await Hears("/bot", "/own");

        // the creator's own app goes on with new tokens, and when somebody else lets it in and takes that back
        var page = (await api.Ada.Open("/ada/apps")).Html.QuerySelector("main a[href^='/ada/apps/']")!.GetAttribute("href")!;
        await api.Ada.Post(page + "/tokens");
        await api.Access(api.Lin, "identity");
        await api.Lin.Submit(await api.Lin.Open("/account/apps"), "main form[action$='/disconnect']");
        await api.Access(api.Ada, "identity"); // even the creator signing in to it, and out of it
        await Disconnects(api.Ada, last: true);
        await Hears("/bot", "/own");

        // disconnected: nothing more comes, and what waits for it goes
        stage.Receiver.Answer("/bot", 503);
        await Hears("/bot", "/own");
        await Hook(await api.Access(api.Ada, Scope, bot), "/bot");
        await Disconnects(api.Ada);
        (await Count(stage, $"webhook WHERE client_id IN (SELECT id FROM oauth_client WHERE public_id = '{bot.Id}')")).ShouldBe(0);
        (await Count(stage, "webhook_delivery WHERE is_waiting")).ShouldBe(0, "what waits has nobody to go to");
        stage.Receiver.Answer("/bot", 200);
        api.App.Time.Advance(Duration.FromHours(2));
        await Hears("/own");
        await GivesUp(stage, bot);
        await Leaves(stage, bot);
    }

    /// <summary>The app gives its token up while it is being told something.</summary>
    private static async Task GivesUp(HookStage stage, RegisteredApp bot)
    {
        var api = stage.Api;
        var code = await api.Code(api.Ada, Scope, bot);
        var tokens = (await api.Exchange(code, bot)).Json;
        await Makes(stage, tokens.GetProperty("access_token").GetString()!, "/bot");
        await api.Access(api.Ada, "identity", bot); // signing in to it stays, and is not letting it be told of things
        await Hear(stage, "/bot", "/own");
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Receiver.Answers["/bot"] = _ => gate.Task;
        for (var n = 0; n < 3; n++) await api.App.Joins(api.Campaign, await api.Person(), null);
        var delivering = stage.Courier.DeliverDue();
        await stage.Receiver.Await(all => all.Any(a => a.Path == "/bot"));
        await api.Send(HttpMethod.Post, "/oauth2/revoke", null, new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["token"] = tokens.GetProperty("refresh_token").GetString()!, ["client_id"] = bot.Id, ["client_secret"] = bot.Secret,
        }));
        gate.SetResult();
        await delivering;
        stage.Receiver.Taken("/bot").Count.ShouldBe(1, "the one that was on its way, and not those that waited behind it");
        stage.Receiver.Taken("/own").Count.ShouldBe(3);
        stage.Receiver.Answer("/bot", 200);
        await Hear(stage, "/own");
        (await Count(stage, "webhook")).ShouldBe(1, "the bot's is gone, though the creator is still signed in to it");
    }

    /// <summary>The app's developer leaves the site.</summary>
    private static async Task Leaves(HookStage stage, RegisteredApp bot)
    {
        var api = stage.Api;
        // made in the very moment in which it was disconnected: there, and told nothing
        var late = await api.App.In(async s => await s.GetRequiredService<WebhookSubscriptions>().Add(api.Campaign, await s.GetRequiredService<Db>()
            .Set<OauthClient>().Where(c => c.PublicId == bot.Id).Select(c => c.Id).SingleAsync(), Scope, "https://stipend.example",
            stage.Receiver.Url("/late"), ["members:create"], default));
        await Hear(stage, "/own");
        var waits = $"webhook_delivery WHERE is_waiting AND webhook_id = {late.Id}";
        (await Count(stage, waits)).ShouldBe(0, "nothing is written down for it");
        await api.App.In(async s => // as if that had been while it still heard
        {
            var (db, ids, now) = (s.GetRequiredService<Db>(), s.GetRequiredService<Ids>(), api.App.Time.Now);
            await using var transaction = await db.BeginWrite();
            var payload = new WebhookPayload { Id = ids.Next(), BookId = api.Campaign.BookId, Body = "{}"u8.ToArray(), CreatedAt = now };
            db.Set<WebhookPayload>().Add(payload);
            db.Set<WebhookDelivery>().Add(new WebhookDelivery
            {
                Id = ids.Next(), BookId = payload.BookId, WebhookId = late.Id, PayloadId = payload.Id, Event = "members:create", IsWaiting = true,
                CreatedAt = now,
            });
            await transaction.Commit();
        });
        await stage.Queue(q => q.Resume(late.Id, default));
        await Hear(stage, "/own");
        stage.Receiver.Taken("/late").ShouldBeEmpty();
        (await Count(stage, waits)).ShouldBe(1, "it waits, and is not sent");

        await Makes(stage, await api.Access(api.Ada, Scope, bot), "/bot");
        await Hear(stage, "/bot", "/own");
        stage.Receiver.Taken("/late").Count.ShouldBe(2, "let in again, it hears what waited and what is new");
        await api.App.In(async s =>
        {
            await using var transaction = await s.GetRequiredService<Db>().BeginWrite();
            s.GetRequiredService<Outbox>().Publish(new AccountClosed(api.Bea.Id));
            await transaction.Commit();
        });
        await api.App.Drain();
        await Hear(stage, "/own");
        (await Count(stage, "webhook")).ShouldBe(1);
    }

    private static async Task Makes(HookStage stage, string token, string path) => (await WebhookApiTests.Send(stage.Api, "Bearer " + token,
        HttpMethod.Post, "", WebhookApiTests.Body(stage.Api.Campaign.Id, stage.Receiver.Url(path), "members:create"))).Status.ShouldBe(201, path);

    /// <summary>Somebody joins: these are told of it, and the others are not.</summary>
    private static async Task Hear(HookStage stage, params string[] paths)
    {
        await stage.Api.App.Joins(stage.Api.Campaign, await stage.Api.Person(), null);
        foreach (var path in new[] { "/bot", "/own" }) (await stage.Told(path)).Count.ShouldBe(paths.Contains(path) ? 1 : 0, path);
    }

    private static async Task Disconnects(Actor person, bool last = false)
    {
        var forms = (await person.Open("/account/apps")).Html.QuerySelectorAll("main form[action$='/disconnect']").ToList();
        forms.Count.ShouldBeGreaterThan(0);
        await person.Post((last ? forms[^1] : forms[0]).GetAttribute("action")!);
    }

    [Theory, OnEveryEngine]
    public async Task Asked_to_be_sent_while_a_try_fails_it_is_sent_again_at_once(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        var hook = await stage.Hook("/hook", triggers: "members:create");
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Receiver.Answers["/hook"] = async http =>
        {
            await gate.Task;
            http.Response.StatusCode = 500;
        };
        await stage.Api.App.Joins(stage.Api.Campaign, await stage.Api.Person(), null);
        var delivering = stage.Courier.DeliverDue();
        await stage.Receiver.Await(all => all.Count == 1);
        await stage.Queue(q => q.Resume(hook.Id, default));
        gate.SetResult();
        await delivering;
        stage.Receiver.Taken("/hook").Count.ShouldBe(2, "the one under way, and at once the one that was asked for");
        (await stage.Look(hook)).DueAt!.Value.ShouldBe(stage.Api.App.Time.Now + DeliveryQueue.Waits[1], "and then as the schedule says");
    }

    [Theory, OnEveryEngine]
    public async Task Paused_while_the_last_try_fails_it_stays_paused(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        var hook = await stage.Hook("/hook", triggers: "members:create");
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Receiver.Answers["/hook"] = async http =>
        {
            await gate.Task;
            http.Response.StatusCode = 500;
        };
        await stage.Api.App.Joins(stage.Api.Campaign, await stage.Api.Person(), null);
        await stage.Api.App.Drain();
        await stage.Api.App.In(s => s.GetRequiredService<Db>().Execute("UPDATE webhook SET failures = 7 WHERE id = @id", default, ("id", hook.Id)));
        var delivering = stage.Courier.DeliverDue();
        await stage.Receiver.Await(all => all.Count == 1);
        await stage.Queue(q => q.Resume(hook.Id, default));
        await stage.Queue(q => q.Pause(hook.Id, default));
        gate.SetResult();
        await delivering;
        stage.Receiver.Taken("/hook").Count.ShouldBe(1, "what was asked for before the pause is not heard any more");
        var after = await stage.Look(hook);
        (after.IsPaused, after.IsAsked, after.Failures).ShouldBe((true, false, 8));
    }

    [Theory, OnEveryEngine]
    public async Task What_is_old_is_forgotten_while_something_is_always_delivered(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        await stage.Hook("/slow", triggers: "members:create");
        await stage.Api.App.Joins(stage.Api.Campaign, await stage.Api.Person(), null);
        await stage.Told("/slow");
        stage.Api.App.Time.Advance(DeliveryQueue.Kept + Duration.FromHours(1));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Receiver.Answers["/slow"] = _ => gate.Task;
        await stage.Api.App.Joins(stage.Api.Campaign, await stage.Api.Person(), null);
        var delivering = stage.Courier.DeliverDue();
        await stage.Receiver.Await(all => all.Any(a => a.Path == "/slow"));
        await stage.Api.App.Services.GetRequiredService<Janitor>().Run();
        (await Count(stage, "webhook_delivery")).ShouldBe(1, "the old one is gone, the one under way is not");
        gate.SetResult();
        await delivering;
    }

    [Theory, OnEveryEngine]
    public async Task An_upgrade_that_is_declined_is_told_of(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        var (api, app) = (stage.Api, stage.Api.App);
        var lin = await api.Person("Lin");
        await app.Joins(api.Campaign, lin, api.Friend);
        await stage.Hook("/hook");
        await app.Card(api.Campaign, lin, "card_declines");
        await LifeCycleTests.Changes(api, lin, api.Studio);
        var told = await stage.Told("/hook");
        told.Select(a => a.Event).Distinct().ShouldBe(["members:update"], "the pledge itself stays what it was");
        var data = told[^1].Json.GetProperty("data");
        (HookStage.PersonOf(told[^1]), data.GetProperty("attributes").GetProperty("currently_entitled_amount_cents").GetInt64()).ShouldBe(($"{lin}", 300));
    }

    [Fact]
    public async Task A_yes_is_a_yes_however_much_follows_it_or_however_slowly()
    {
        await using var stage = await HookStage.Start(Engine.Sqlite);
        var (large, broken) = (await stage.Hook("/large", triggers: "members:create"), await stage.Hook("/broken", triggers: "members:create"));
        stage.Receiver.Answers["/large"] = http => http.Response.Body.WriteAsync(new byte[2 * 1024 * 1024]).AsTask();
        stage.Receiver.Answers["/broken"] = async http =>
        {
            http.Response.ContentLength = 1_000;
            await http.Response.WriteAsync("thank");
            await http.Response.Body.FlushAsync();
            // until the status has arrived: what is cut off takes with it what was not read
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
            http.Abort();
        };
        await stage.Api.App.Joins(stage.Api.Campaign, await stage.Api.Person(), null);
        await stage.Told("/large");
        foreach (var hook in new[] { large, broken }) (await stage.Look(hook)).Failures.ShouldBe(0, hook.Uri);
        (await Count(stage, "webhook_delivery WHERE answer_status = 200 AND NOT is_waiting")).ShouldBe(2);

        var never = new TaskCompletionSource();
        stage.Receiver.Answers["/drips"] = async http =>
        {
            await http.Response.WriteAsync("drip");
            await http.Response.Body.FlushAsync();
            await never.Task.WaitAsync(http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        using var outside = new OutsideClient(new HttpOptions { AllowedPrivateNetworks = "127.0.0.0/8" });
        using var request = new HttpRequestMessage(HttpMethod.Post, stage.Receiver.Url("/drips"));
        var answer = await outside.Send(request, timeout: TimeSpan.FromSeconds(1), cutsShort: true);
        (answer.Status, System.Text.Encoding.UTF8.GetString(answer.Body)).ShouldBe((200, "drip"));
        using var second = new HttpRequestMessage(HttpMethod.Post, stage.Receiver.Url("/drips"));
        await Should.ThrowAsync<Kernel.Refusal>(() => outside.Send(second, timeout: TimeSpan.FromSeconds(1)));
    }

    [Theory, OnEveryEngine]
    public async Task A_post_is_told_of_in_the_order_in_which_it_changed(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        await stage.Hook("/hook");
        var (app, campaign) = (stage.Api.App, stage.Api.Campaign);
        var posts = new List<long>();
        for (var n = 0; n < 3; n++)
        {
            var post = await app.In(s => s.GetRequiredService<IPosts>().Publish(
                new NewPost(campaign.Id, stage.Api.Ada.Id, $"No. {n}", "La", Audience.Public, false, null)));
            await app.In(async s =>
            {
                var writing = s.GetRequiredService<Stipend.Posts.Model.PostWriting>();
                await using var transaction = await s.GetRequiredService<Db>().BeginWrite();
                await writing.TellEdited(await writing.Load(campaign.Id, post, default), campaign, default);
                await transaction.Commit();
            });
            await app.In(s => s.GetRequiredService<Stipend.Posts.Model.Publishing>().Delete(campaign, post, default));
            posts.Add(post);
        }
        var told = await stage.Told("/hook"); // nothing was handled in between
        // what is gone when it is told of is told of as gone alone
        told.ConvertAll(a => $"{a.Event} {a.Json.GetProperty("data").GetProperty("id").GetString()}").ShouldBe(posts.ConvertAll(p => $"posts:delete {p}"));

        var stays = await app.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(campaign.Id, stage.Api.Ada.Id, "Stays", "La", Audience.Public, false, null)));
        for (var n = 0; n < 3; n++)
            await app.In(async s =>
            {
                var writing = s.GetRequiredService<Stipend.Posts.Model.PostWriting>();
                await using var transaction = await s.GetRequiredService<Db>().BeginWrite();
                await writing.TellEdited(await writing.Load(campaign.Id, stays, default), campaign, default);
                await transaction.Commit();
            });
        (await stage.Events("/hook")).ShouldBe(["posts:publish", "posts:update", "posts:update", "posts:update"]);
    }

    [Theory, OnEveryEngine]
    public async Task Tokens_codes_and_grants_of_no_more_use_are_forgotten(Engine engine)
    {
        await using var stage = await (await ApiStage.Start(engine)).WithLinAndBea();
        var janitor = stage.App.Services.GetRequiredService<Janitor>();
        async Task<string> Kept()
        {
            await janitor.Run();
            async Task<long> Rows(string from) => await stage.App.In(async s =>
            {
                await using var command = await s.GetRequiredService<Db>().Command($"SELECT COUNT(*) FROM {from}");
                return (long)(await command.ExecuteScalarAsync())!;
            });
            return $"{await Rows("oauth_grant")} grants {await Rows("oauth_code")} codes {await Rows("oauth_token WHERE kind = 'access'")} access "
                + $"{await Rows("oauth_token WHERE kind = 'refresh'")} refresh";
        }
        (await Kept()).ShouldBe("1 grants 0 codes 1 access 1 refresh");
        var first = (await stage.Exchange(await stage.Code(stage.Lin, "identity"))).Json;
        await stage.Code(stage.Lin, "identity"); // never exchanged
        var second = await stage.Refresh(first.GetProperty("refresh_token").GetString()!);
        (await Kept()).ShouldBe("3 grants 2 codes 3 access 3 refresh");
        stage.App.Time.Advance(Duration.FromDays(2));
        (await Kept()).ShouldBe("2 grants 0 codes 3 access 2 refresh", "codes, the refresh token that was exchanged, and the grant nothing came of");
        stage.App.Time.Advance(Duration.FromDays(31));
        (await Kept()).ShouldBe("2 grants 0 codes 0 access 2 refresh");
        var refresh = second.Json.GetProperty("refresh_token").GetString()!;
        var third = await stage.Refresh(refresh);
        third.Status.ShouldBe(200, "an app comes back after a month");
        stage.App.Time.Advance(Tokens.RefreshLife);
        var late = await stage.Refresh(third.Json.GetProperty("refresh_token").GetString()!);
        (late.Status, late.Json.GetProperty("error").GetString()).ShouldBe((401, "invalid_grant"), "nobody used it for a year");
        stage.App.Time.Advance(Duration.FromDays(2));
        (await Kept()).ShouldBe("1 grants 0 codes 0 access 0 refresh", "the creator's own grant stays");

        var mia = await stage.App.SignUp("Mia", "mia@example.org");
        var last = (await stage.Exchange(await stage.Code(mia, "identity"))).Json;
        await mia.Submit(await mia.Open("/account/apps"), "main form[action$='/disconnect']");
        stage.App.Time.Advance(Duration.FromDays(29));
        await janitor.Run();
        (await stage.Refresh(last.GetProperty("refresh_token").GetString()!)).Json.GetProperty("error").GetString().ShouldBe("access_denied");
        stage.App.Time.Advance(Duration.FromDays(2));
        (await Kept()).ShouldBe("1 grants 0 codes 0 access 0 refresh");
    }

    [Fact]
    public async Task Tokens_are_asked_for_at_a_pace_by_app_and_address()
    {
        await using var stage = await ApiStage.Start(Engine.Sqlite, adjust: b => Limit(b, 3));
        for (var n = 0; n < 3; n++) (await stage.Refresh("wrong")).Status.ShouldBe(401);
        stage.App.Time.Advance(Duration.FromSeconds(10));
        var slow = await stage.Refresh(stage.Client.Refresh);
        (slow.Status, slow.Header("Retry-After"), slow.Type, slow.Json.GetProperty("error").GetString())
            .ShouldBe((429, "50", "application/json", "temporarily_unavailable"));
        var other = await stage.Registers(stage.Ada, stage.Campaign);
        (await stage.Refresh(other.Refresh, other)).Status.ShouldBe(200, "another app at the same address goes on");
        for (var n = 0; n < 30; n++) await stage.Token(("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", $"guess {n}"), ("client_secret", "x"));
        (await stage.Refresh("x", other)).Status.ShouldBe(429, "an address that guesses waits");
        stage.App.Time.Advance(Duration.FromMinutes(1));
        (await stage.Refresh(stage.Client.Refresh)).Status.ShouldBe(200);
    }

    private static void Limit(WebApplicationBuilder builder, int perMinute) => builder.Configuration.AddInMemoryCollection(
        new Dictionary<string, string?> { ["Stipend:Apps:TokenRequestsPerMinute"] = $"{perMinute}" });

    private static Task<long> Count(HookStage stage, string from) => stage.Api.App.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command($"SELECT COUNT(*) FROM {from}");
        return (long)(await command.ExecuteScalarAsync())!;
    });
}
