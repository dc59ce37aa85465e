using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.Webhooks;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>How webhooks are delivered: signed, in order, again after failures, to each without waiting for others (contract §11).</summary>
public sealed class DeliveryTests
{
    [Theory, OnEveryEngine]
    public async Task A_delivery_is_a_whole_document_its_bytes_signed_in_two_ways(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        var all = await stage.Hook("/all");
        await stage.Hook("/narrow", scope: "campaigns.members w:campaigns.webhook", triggers: "members:update");
        foreach (var trigger in Triggers.All) // what its token may not ask it is not told either
            (await Should.ThrowAsync<Kernel.Refusal>(() => stage.Hook("/blind", scope: "w:campaigns.webhook", triggers: [trigger]))).Status.ShouldBe(403);
        await stage.Hook("/first", triggers: ["pledges:create", "pledges:delete"]);
        var zoe = await stage.Api.Person("Zoë “O’Neil” <&+/> 🦊");
        await stage.Api.App.Joins(stage.Api.Campaign, zoe, stage.Api.Studio);

        var told = await stage.Told("/all");
        told.ConvertAll(a => a.Event).ShouldBe(["members:pledge:create", "members:create", "members:update"]);
        var last = told[^1];
        last.Headers["Content-Type"].ShouldBe("application/json");
        last.Headers["User-Agent"].ShouldNotBeEmpty();
        last.Headers["X-Patreon-Signature"].ShouldBe(last.OldSignature(all.Secret));
        var signed = Encoding.UTF8.GetBytes($"{last.Headers["webhook-id"]}.{last.Headers["webhook-timestamp"]}.").Concat(last.Body).ToArray();
        last.Headers["webhook-signature"].ShouldBe("v1,"
            + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(all.Secret["whsec_".Length..]), signed)));
        last.Headers["webhook-timestamp"].ShouldBe($"{stage.Api.App.Time.Now.ToUnixTimeSeconds()}");
        told.Select(a => a.Headers["webhook-id"]).Distinct().Count().ShouldBe(3);

        var document = last.Json;
        document.EnumerateObject().Select(p => p.Name).ShouldBe(["data", "included", "links"], ignoreOrder: true);
        document.GetProperty("included").EnumerateArray().Select(i => i.GetProperty("type").GetString()).ShouldBe(["campaign", "user", "tier", "tier"]);
        document.GetProperty("links").GetProperty("self").GetString().ShouldStartWith("https://stipend.example/api/oauth2/v2/members/");
        var data = document.GetProperty("data");
        data.GetProperty("attributes").EnumerateObject().Select(a => a.Name).Order(StringComparer.Ordinal)
            .ShouldBe(ContractAttributes.All["member"].Keys.Order(StringComparer.Ordinal));
        foreach (var a in data.GetProperty("attributes").EnumerateObject()) ContractAttributes.Fits("member", a.Name, a.Value).ShouldBeTrue(a.ToString());
        data.GetProperty("relationships").EnumerateObject().Select(r => r.Name).ShouldBe(["campaign", "user", "currently_entitled_tiers", "address"]);
        data.GetProperty("relationships").GetProperty("address").GetRawText().ShouldBe("{\"data\":null}");
        var user = document.GetProperty("included")[1].GetProperty("attributes").EnumerateObject().Select(a => a.Name).ToList();
        user.ShouldNotContain("email");
        user.ShouldNotContain("is_email_verified");
        user.ShouldContain("full_name");
        last.Text.ShouldContain("\"full_name\":\"Zoë “O’Neil” <&+/> 🦊\""); // no escape but those JavaScript writes
        last.Text.ShouldNotContain("\\u");
        last.Text.ShouldNotContain("\n");

        var narrow = stage.Receiver.Taken("/narrow").Single();
        narrow.Text.ShouldNotContain("@example.org");
        narrow.Json.GetProperty("data").GetProperty("relationships").TryGetProperty("address", out _).ShouldBeFalse();

        await stage.Api.App.Leaves(stage.Api.Campaign, zoe);
        await stage.Told("/all");
        var first = stage.Receiver.Taken("/first");
        first.ConvertAll(a => a.Event).ShouldBe(["pledges:create", "pledges:delete"]);
        foreach (var pledge in first)
        {
            pledge.Json.GetProperty("data").GetProperty("type").GetString().ShouldBe("pledge");
            pledge.Json.GetProperty("data").GetProperty("attributes").GetProperty("amount_cents").GetInt64().ShouldBe(500);
            pledge.Json.GetProperty("data").GetProperty("relationships").EnumerateObject().Select(r => r.Name)
                .ShouldBe(["creator", "patron", "reward", "address", "card"]);
            pledge.Json.GetProperty("included").EnumerateArray().Select(i => i.GetProperty("type").GetString()).ShouldBe(["user", "user", "reward"]);
        }
    }

    [Theory, OnEveryEngine]
    public async Task After_failures_it_is_tried_for_weeks_in_order_and_then_by_hand(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        var app = stage.Api.App;
        var (hook, other) = (await stage.Hook("/hook"), await stage.Hook("/other"));
        stage.Receiver.Answer("/hook", 500);
        var people = new List<long>();
        async Task Somebody()
        {
            people.Add(await stage.Api.Person());
            await app.Joins(stage.Api.Campaign, people[^1], null);
        }
        await Somebody();
        await Somebody();
        (await stage.Told("/hook")).Count.ShouldBe(1, "what comes later waits behind what failed");
        stage.Receiver.Taken("/other").Select(HookStage.PersonOf).ShouldBe(people.ConvertAll(p => $"{p}"));
        (await stage.Look(hook)).Failures.ShouldBe(1);

        var waits = new List<Duration>();
        for (var failures = 1; failures <= DeliveryQueue.Waits.Count; failures++)
        {
            var due = (await stage.Look(hook)).DueAt!.Value;
            waits.Add(due - app.Time.Now);
            app.Time.Now = due - Duration.FromMilliseconds(1);
            if (failures == 2) await Somebody();
            (await stage.Told("/hook")).ShouldBeEmpty("not before its time, whatever else happens");
            app.Time.Now = due;
            (await stage.Told("/hook")).Select(HookStage.PersonOf).ShouldBe([$"{people[0]}"]);
            var now = await stage.Look(hook);
            (now.Failures, now.IsPaused).ShouldBe((failures + 1, failures == DeliveryQueue.Waits.Count));
        }
        waits.ShouldBe([Duration.FromHours(1), Duration.FromHours(3), Duration.FromDays(1), Duration.FromDays(3), Duration.FromDays(7),
            Duration.FromDays(7), Duration.FromDays(7)]);
        app.Time.Advance(Duration.FromDays(8));
        await Somebody();
        (await stage.Told("/hook")).ShouldBeEmpty("paused after repeated failure");
        (await stage.Look(other)).Failures.ShouldBe(0);

        stage.Receiver.Answer("/hook", 202);
        await stage.Queue(q => q.Resume(hook.Id, default));
        var resumed = await stage.Told("/hook");
        resumed.Select(HookStage.PersonOf).ShouldBe(people.ConvertAll(p => $"{p}")); // nothing is lost, and all in order
        var after = await stage.Look(hook);
        (after.Failures, after.IsPaused, after.DueAt).ShouldBe((0, false, null));

        await PauseAndReplay(stage, hook, other, people, resumed);
        await Forget(stage, people[0]);
    }

    /// <summary>Paused by hand nothing is missed; what is sent again has its first ids and bytes.</summary>
    private static async Task PauseAndReplay(HookStage stage, Webhook hook, Webhook other, List<long> people, List<Arrived> resumed)
    {
        await stage.Queue(q => q.Pause(hook.Id, default));
        people.Add(await stage.Api.Person());
        await stage.Api.App.Joins(stage.Api.Campaign, people[^1], null);
        (await stage.Told("/hook")).ShouldBeEmpty();
        await stage.Queue(q => q.Resume(hook.Id, default));
        (await stage.Told("/hook")).Select(HookStage.PersonOf).ShouldBe([$"{people[^1]}"]);
        var from = long.Parse(resumed[2].Headers["webhook-id"]["msg_".Length..], System.Globalization.CultureInfo.InvariantCulture);
        await stage.Queue(q => q.SendAgain(hook.Id, from, andAllAfter: true, default));
        var again = await stage.Told("/hook");
        again.Select(HookStage.PersonOf).ShouldBe(people.Skip(2).Select(p => $"{p}"));
        again[0].Headers["webhook-id"].ShouldBe(resumed[2].Headers["webhook-id"]);
        again[0].Body.ShouldBe(resumed[2].Body);
        await stage.Queue(q => q.SendAgain(hook.Id, from, andAllAfter: false, default));
        (await stage.Told("/hook")).Single().Headers["webhook-id"].ShouldBe($"msg_{from}");
        stage.Receiver.Taken("/other");
        await Should.ThrowAsync<Kernel.Refusal>(() => stage.Queue(q => q.SendAgain(other.Id, from, false, default)));

    }

    /// <summary>All of it in time; what tells of a person who leaves the site, at once.</summary>
    private static async Task Forget(HookStage stage, long person)
    {
        var app = stage.Api.App;
        (await Count(stage, $"webhook_payload WHERE person_id = {person}")).ShouldBe(1);
        await app.In(async s =>
        {
            await using var transaction = await s.GetRequiredService<Db>().BeginWrite();
            s.GetRequiredService<Outbox>().Publish(new AccountClosed(person));
            await transaction.Commit();
        });
        await app.Drain();
        (await Count(stage, $"webhook_payload WHERE person_id = {person}")).ShouldBe(0);
        app.Time.Advance(DeliveryQueue.Kept + Duration.FromSeconds(1));
        await stage.Queue(q => q.Prune(default));
        (await Count(stage, "webhook_delivery")).ShouldBe(0);
        (await Count(stage, "webhook_payload")).ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task One_that_never_answers_one_that_is_dead_and_one_inside_the_house_delay_nobody(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        var free = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Receiver.Answers["/slow"] = _ => free.Task;
        var (slow, dead, inside) = (await stage.Hook("/slow"), await stage.Hook("/dead"), await stage.Hook("/inside"));
        await stage.Api.App.In(async s =>
        {
            var subscriptions = s.GetRequiredService<WebhookSubscriptions>();
            await subscriptions.Change(dead.Id, "http://127.0.0.1:1/", null, null, default); // nobody listens there
            await subscriptions.Change(inside.Id, "http://169.254.169.254/latest/meta-data", null, null, default);
        });
        var fast = Enumerable.Range(0, 8).Select(i => $"/fast{i}").ToList();
        foreach (var path in fast) await stage.Hook(path);
        for (var i = 0; i < 3; i++) await stage.Api.App.Joins(stage.Api.Campaign, await stage.Api.Person(), null);

        var delivering = stage.Courier.DeliverDue();
        await stage.Receiver.Await(all => fast.All(path => all.Count(a => a.Path == path) == 3) && all.Any(a => a.Path == "/slow"));
        delivering.IsCompleted.ShouldBeFalse("the slow one still has its answer to give");
        free.SetResult();
        await delivering;
        foreach (var path in fast) stage.Receiver.Taken(path).Select(a => a.Headers["webhook-id"]).ShouldBeInOrder();
        stage.Receiver.Taken("/slow").Count.ShouldBe(3);
        (await stage.Look(slow)).Failures.ShouldBe(0);
        (await stage.Look(dead)).Failures.ShouldBe(1);
        (await stage.Look(inside)).Failures.ShouldBe(1);
        (await Text(stage, $"SELECT trouble FROM webhook_delivery WHERE webhook_id = {inside.Id} AND attempts > 0")).ShouldContain("public internet");
        (await Text(stage, $"SELECT trouble FROM webhook_delivery WHERE webhook_id = {dead.Id} AND attempts > 0")).ShouldContain("cannot be reached");

        // another process has none of those that are under way
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Receiver.Answers["/slow"] = _ => hold.Task;
        await stage.Api.App.Joins(stage.Api.Campaign, await stage.Api.Person(), null);
        var first = stage.Courier.DeliverDue();
        await stage.Receiver.Await(all => all.Any(a => a.Path == "/slow"));
        (await stage.Api.App.In(s => s.GetRequiredService<DeliveryQueue>().Claim(100, default))).ShouldNotContain(t => t.WebhookId == slow.Id);
        hold.SetResult();
        await first;
        stage.Receiver.Taken("/slow").Count.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task The_creator_adds_one_sees_each_delivery_and_sends_it_again(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        var (ada, page) = (stage.Api.Ada, $"/{stage.Api.Campaign.Vanity}/webhooks");
        var wrong = await ada.Submit(await ada.Open(page), "main form", ("uri", "nowhere"));
        ((int)wrong.Status).ShouldBe(422);
        (await ada.Submit(await ada.Open(page), "main form", ("uri", stage.Receiver.Url("/mine")))).Text.ShouldContain("Choose at least one");
        var at = await ada.Does(page, "main form", ("uri", stage.Receiver.Url("/mine")), ("triggers", "members:create"));
        var secret = (await ada.Open(at)).Find("#webhook-secret")!.TextContent;
        stage.Receiver.Answer("/mine", 503);
        await stage.Api.App.Joins(stage.Api.Campaign, await stage.Api.Person("Lin"), null);
        var arrived = (await stage.Told("/mine")).Single();
        arrived.Headers["X-Patreon-Signature"].ShouldBe(arrived.OldSignature(secret));

        var failed = await ada.Open(at);
        failed.Text.ShouldContain("The last delivery failed");
        failed.Text.ShouldContain("503");
        var log = failed.Find(".table a")!.GetAttribute("href")!;
        var delivery = await ada.Open(log);
        foreach (var shown in new[] { arrived.Headers["webhook-id"], arrived.Headers["X-Patreon-Signature"], arrived.Headers["webhook-signature"], "Lin",
            "said 503" }) delivery.Text.ShouldContain(shown);
        stage.Receiver.Answer("/mine", 200);
        await ada.Does(log, "form[action$='/again']");
        (await stage.Told("/mine")).Single().Body.ShouldBe(arrived.Body);
        (await ada.Open(log)).Text.ShouldContain("said 200");

        var bea = await stage.Api.App.SignUp("Bea", "bea@example.org");
        foreach (var path in new[] { page, at, log }) ((int)(await bea.Get(path)).Status).ShouldBe(404, path);
        foreach (var path in new[] { page, at, at + "/pause", at + "/resume", at + "/remove", log + "/again" })
            ((int)(await bea.Post(path, ("uri", "https://evil.example/"), ("triggers", "members:create"))).Status).ShouldBe(404, path);
        await ada.Does(at, $"form[action='{at}/remove']");
        (await Count(stage, "webhook_payload")).ShouldBe(0);
    }

    [Fact]
    public void Every_character_is_written_as_JavaScript_prints_it()
    {
        var text = string.Concat(Enumerable.Range(0, 0x10000).Where(c => c is < 0xD800 or > 0xDFFF).Select(c => (char)c)) + "🦊\U0010FFFF";
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new System.Text.Json.Utf8JsonWriter(buffer, Stipend.Apps.Answers.ApiAnswers.Writing)) json.WriteStringValue(text);
        var expected = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
            expected.Append(rune.Value switch
            {
                '"' => "\\\"", '\\' => "\\\\", '\b' => "\\b", '\f' => "\\f", '\n' => "\\n", '\r' => "\\r", '\t' => "\\t",
                < 0x20 => $"\\u{rune.Value:x4}", _ => rune.ToString(),
            });
        Encoding.UTF8.GetString(ScriptText.Of(buffer.WrittenSpan)).ShouldBe(expected.Append('"').ToString());
    }

    private static Task<long> Count(HookStage stage, string from) => stage.Api.App.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command($"SELECT COUNT(*) FROM {from}");
        return (long)(await command.ExecuteScalarAsync())!;
    });

    private static Task<string> Text(HookStage stage, string sql) => stage.Api.App.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command(sql);
        return (string)(await command.ExecuteScalarAsync())!;
    });
}
