using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>
/// The life of a membership (contract §12) as a table: what is done, what the API then answers, and what a webhook is told meanwhile. The last
/// thing told says the same as the API.
/// </summary>
public sealed class HookLifeCycleTests
{
    /// <summary>Triggers of one moment; those that come several times in a row are written once.</summary>
    private sealed record Moment(string Name, Func<Task> Happens, string Line, string Triggers);

    [Theory, OnEveryEngine]
    public async Task Every_moment_of_a_membership_is_answered_and_told_alike(Engine engine)
    {
        await using var stage = await HookStage.Start(engine);
        var (api, app, campaign) = (stage.Api, stage.Api.App, stage.Api.Campaign);
        await stage.Hook("/hook");
        var lin = await api.Person("Lin");
        await Check(stage, lin, campaign,
        [
            new("joins free", () => app.Joins(campaign, lin, null), "null null 0 [Free] null null will 0 life 0", "members:create"),
            new("leaves, never having paid", () => app.Leaves(campaign, lin), "null null 0 [] null null will 0 life 0", "members:delete"),
            new("comes back free", () => app.Joins(campaign, lin, null), "null null 0 [Free] null null will 0 life 0", "members:create"),
            new("begins to pay", () => app.Joins(campaign, lin, api.Friend), "active_patron Paid 300 [Friend, Free] 1 2026-02-10 will 300 life 300",
                "members:pledge:create members:update"),
            new("renewal succeeds", () => app.TravelTo("2026-02-11"), "active_patron Paid 300 [Friend, Free] 1 2026-03-10 will 300 life 600", "members:update"),
            new("upgrades", () => LifeCycleTests.Changes(api, lin, api.Studio), "active_patron Paid 500 [Studio, Free] 1 2026-03-10 will 500 life 800",
                "members:pledge:update members:update"),
            new("downgrades", () => LifeCycleTests.Changes(api, lin, api.Friend), "active_patron Paid 500 [Studio, Free] 1 2026-03-10 will 300 life 800",
                "members:pledge:update members:update"),
            new("the downgrade's day comes", () => app.TravelTo("2026-03-11"), "active_patron Paid 300 [Friend, Free] 1 2026-04-10 will 300 life 1100",
                "members:update"),
            new("renewal declined", async () => { await app.Card(campaign, lin, "card_declines"); await app.TravelTo("2026-04-11"); },
                "declined_patron Declined 0 [] 1 2026-04-", "members:update"),
            new("the retry succeeds", async () => { await app.Card(campaign, lin, "card_pays"); await app.TravelTo("2026-04-25"); },
                "active_patron Paid 300 [Friend, Free] 1 2026-05-10 will 300 life 1400", "members:update"),
            new("cancels", () => app.Leaves(campaign, lin), "active_patron Paid 300 [Friend, Free] 1 2026-05-10 will 0 life 1400", "members:pledge:delete"),
            new("what was paid ends", () => app.TravelTo("2026-05-11"), "former_patron Paid 0 [] 1 null will 0 life 1400", "members:update"),
            new("comes back paying", () => app.Joins(campaign, lin, api.Studio), "active_patron Paid 500 [Studio, Free] 1 2026-06-11 will 500 life 1900",
                "members:pledge:create members:update"),
            new("their history is one member's", () => History(api, campaign, lin), "active_patron Paid 500 [Studio, Free] 1 2026-06-11 will 500 life 1900", ""),
            new("is put out", async () => await app.In(s => s.GetRequiredService<Stipend.Memberships.Members.BlockMember>()
                    .Handle(campaign, lin, api.Ada.Id, default)), "former_patron Deleted 0 [] 1 null will 0 life 1900",
                "members:pledge:delete members:update"),
        ]);

        var mia = await api.Person("Mia");
        await Check(stage, mia, campaign,
        [
            new("comes and pays", () => app.Joins(campaign, mia, api.Studio), "active_patron Paid 500 [Studio, Free] 1 2026-06-11 will 500 life 500",
                "members:pledge:create members:create members:update"),
        ]);

        var ned = await api.Person("Ned");
        await Check(stage, ned, campaign,
        [
            new("first payment on its way", async () =>
            {
                await app.Card(campaign, ned, "card_pays");
                await app.In(s => s.GetRequiredService<IMemberships>().Join(new NewMembership(ned, campaign.Id, api.Studio.Id, null, PledgeCap.None)));
            }, "null Pending 0 [] 1 null will 500 life 0", "members:pledge:create members:create"),
            new("gives it up", () => app.Leaves(campaign, ned), "null ", "members:pledge:delete members:delete"),
        ]);
    }

    [Theory, OnEveryEngine]
    public async Task Per_post_nothing_is_charged_at_first_and_posts_are_told_of(Engine engine)
    {
        await using var stage = await HookStage.Start(engine, model: BillingModel.PerCreation);
        var (api, app, campaign) = (stage.Api, stage.Api.App, stage.Api.Campaign);
        await stage.Hook("/hook");
        var lin = await api.Person("Lin");
        await Check(stage, lin, campaign,
        [
            new("pledges per post", () => app.Joins(campaign, lin, api.Friend), "active_patron null 300 [Friend, Free] 1 2026-02-01 will 300 life 0",
                "members:pledge:create members:create"),
        ]);

        var post = await app.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(campaign.Id, api.Ada.Id, "A song & \"more\" 🎵", "La <b>la</b>", Audience.PaidMembers, true, null)));
        var published = (await stage.Told("/hook")).Single();
        published.Event.ShouldBe("posts:publish");
        published.Json.GetProperty("data").GetProperty("id").GetString().ShouldBe($"{post}");
        published.Json.GetProperty("included").EnumerateArray().Select(i => i.GetProperty("type").GetString()).ShouldBe(["campaign", "user"]);
        var attributes = published.Json.GetProperty("data").GetProperty("attributes");
        attributes.EnumerateObject().Select(a => a.Name).Order(StringComparer.Ordinal)
            .ShouldBe(ContractAttributes.All["post"].Keys.Order(StringComparer.Ordinal));
        published.Text.ShouldContain("A song & \\\"more\\\" 🎵"); // as JavaScript prints it: only what must be is escaped

        await app.In(s => s.GetRequiredService<Stipend.Posts.Model.Publishing>().UndoCharge(campaign, post, default));
        var updated = (await stage.Told("/hook")).Single();
        updated.Event.ShouldBe("posts:update");
        updated.Json.GetProperty("data").GetProperty("attributes").GetProperty("is_paid").GetBoolean().ShouldBeFalse();

        await app.In(s => s.GetRequiredService<Stipend.Posts.Model.Publishing>().Delete(campaign, post, default));
        var deleted = (await stage.Told("/hook")).Single();
        deleted.Event.ShouldBe("posts:delete");
        deleted.Json.GetProperty("data").GetProperty("attributes").GetProperty("content").GetString().ShouldBe(attributes.GetProperty("content").GetString());

        await app.TravelTo("2026-02-02");
        (await stage.Told("/hook")).ShouldBeEmpty("the charge was taken back, so nothing was charged");
    }

    /// <summary>However often they come back, they are one member, and every charge and change is told once.</summary>
    private static async Task History(ApiStage api, CampaignInfo campaign, long person)
    {
        var members = await LifeCycleTests.Api(api, $"campaigns/{campaign.Id}/members?fields[member]=pledge_relationship_start"
            + "&include=pledge_history&fields[pledge-event]=type,amount_cents,payment_status,pledge_payment_status");
        members.Data.GetArrayLength().ShouldBe(1);
        members.Data[0].GetProperty("attributes").GetProperty("pledge_relationship_start").GetString()!.ShouldStartWith("2026-05-11T");
        var events = members.Json.GetProperty("included").EnumerateArray().ToList();
        events.ShouldAllBe(e => System.Text.RegularExpressions.Regex.IsMatch(e.GetProperty("id").GetString()!, "^[a-z_]+:[0-9]+$"));
        events.Select(e => e.GetProperty("attributes")).Where(a => a.GetProperty("type").GetString() != "subscription")
            .Select(a => $"{a.GetProperty("type")} {a.GetProperty("amount_cents")}")
            .ShouldBe(["pledge_start 300", "pledge_upgrade 500", "pledge_downgrade 300", "pledge_delete 300", "pledge_start 500"]);
        events.Select(e => e.GetProperty("attributes")).Where(a => a.GetProperty("type").GetString() == "subscription")
            .Sum(a => a.GetProperty("amount_cents").GetInt64()).ShouldBe(1900);
    }

    private static async Task Check(HookStage stage, long person, CampaignInfo campaign, IReadOnlyList<Moment> moments)
    {
        foreach (var (name, happens, line, triggers) in moments)
        {
            await happens();
            var told = await stage.Told("/hook");
            if (triggers.Length == 0)
            {
                told.ShouldBeEmpty(name);
                continue;
            }
            told.ShouldAllBe(a => HookStage.PersonOf(a) == $"{person}");
            var events = told.ConvertAll(a => a.Event);
            events.Where((e, i) => i == 0 || events[i - 1] != e).ShouldBe(triggers.Split(' '), name);
            var last = told[^1].Json;
            var said = LifeCycleTests.Words(last, last.GetProperty("data"));
            said.ShouldStartWith(line, Case.Sensitive, name);
            (await LifeCycleTests.Of(stage.Api, campaign, person)).ShouldBe(said, $"{name}: the API says what the webhook said");
        }
    }
}
