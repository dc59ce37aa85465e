using System.Text.Json;
using Shouldly;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>Version 1 as forums and old bots read it (contract §13).</summary>
[Collection(nameof(ApiTests))]
public sealed class FirstVersionTests(ApiStages stages)
{
    private const string Base = "/api/oauth2/api/";

    [Theory, OnEveryEngine]
    public async Task Everything_is_told_without_being_asked_for(Engine engine)
    {
        var stage = await stages.On(engine);
        var me = await stage.Get(await stage.Access(stage.Lin, "users pledges-to-me my-campaign"), Base + "current_user");
        me.Status.ShouldBe(200, me.Body);
        Keys(me.Data.GetProperty("attributes")).Order(StringComparer.Ordinal).ShouldBe(Sorted("""
            about created discord_id email facebook facebook_id first_name full_name gender has_password image_url is_deleted
            is_email_verified is_nuked is_suspended last_name social_connections thumb_url twitch twitter url vanity youtube
            """));
        me.Data.GetProperty("attributes").GetProperty("email").GetString().ShouldBe("lin@example.org");
        Keys(me.Data.GetProperty("relationships")).ShouldBe(["campaign", "pledges"]);
        var pledge = Included(me, "pledge").Single();
        Keys(pledge.GetProperty("attributes")).Order(StringComparer.Ordinal).ShouldBe(Sorted(
            "amount_cents created_at declined_since patron_pays_fees pledge_cap_cents"));
        pledge.GetProperty("attributes").GetProperty("amount_cents").GetInt64().ShouldBe(500);
        var related = pledge.GetProperty("relationships");
        related.GetProperty("reward").GetRawText().ShouldBe(
            $$$"""{"data":{"id":"{{{stage.Studio.Id}}}","type":"reward"},"links":{"related":"http://localhost/api/rewards/{{{stage.Studio.Id}}}"}}""");
        related.GetProperty("creator").GetProperty("data").GetProperty("id").GetString().ShouldBe($"{stage.Ada.Id}");
        related.GetProperty("address").GetRawText().ShouldBe("""{"data":null}""");
        Included(me, "reward").Single().GetProperty("attributes").GetProperty("title").GetString().ShouldBe("Studio");
        me.Json.GetProperty("links").GetProperty("self").GetString().ShouldBe($"http://localhost/api/user/{stage.Lin.Id}");
        Included(me, "user").ShouldAllBe(u => !u.GetProperty("attributes").GetRawText().Contains("\"email\""), "nobody else's address");
    }

    [Theory, OnEveryEngine]
    public async Task A_request_may_name_what_it_wants_and_cut_what_it_does_not(Engine engine)
    {
        var stage = await stages.On(engine);
        foreach (var cut in new[] { "include=null", "json-api-use-default-includes=false", "include=", "include=campaign.null&fields[campaign]=" })
        {
            var me = await stage.Get(stage.Client.Access, $"/oauth2/api//current_user?{cut}&fields[user]=full_name,like_count");
            Keys(me.Data.GetProperty("attributes")).ShouldBe(["full_name", "like_count"], cut);
            me.Data.TryGetProperty("relationships", out _).ShouldBe(cut.Contains("campaign"), cut);
        }
        var plain = await stage.Get(await stage.Access(stage.Lin, "identity"), Base + "current_user?include=pledges");
        plain.Data.GetProperty("attributes").TryGetProperty("email", out _).ShouldBeFalse("a version 2 token opens what its scopes say");
        plain.Data.GetProperty("relationships").GetProperty("pledges").GetProperty("data").GetArrayLength().ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Campaigns_list_the_virtual_rewards_and_link_to_their_pledges(Engine engine)
    {
        var stage = await stages.On(engine);
        var all = await stage.Get(stage.Client.Access, Base + "current_user/campaigns");
        all.Status.ShouldBe(200, all.Body);
        all.Json.GetProperty("meta").GetProperty("count").GetInt32().ShouldBe(all.Data.GetArrayLength());
        all.Json.GetProperty("links").GetProperty("first").GetString().ShouldStartWith("http://localhost/api/oauth2/api/");
        var campaign = all.Data.EnumerateArray().Single(c => c.GetProperty("id").GetString() == $"{stage.Campaign.Id}");
        Keys(campaign.GetProperty("attributes")).Order(StringComparer.Ordinal).ShouldBe(Sorted("""
            created_at creation_count creation_name discord_server_id display_patron_goals earnings_visibility image_small_url image_url
            is_charged_immediately is_monthly is_nsfw is_plural main_video_embed main_video_url one_liner outstanding_payment_amount_cents
            patron_count pay_per_name pledge_sum pledge_url published_at summary thanks_embed thanks_msg thanks_video_url
            """));
        campaign.GetProperty("relationships").GetProperty("goals").GetRawText().ShouldBe("""{"data":[]}""");
        campaign.GetProperty("relationships").GetProperty("rewards").GetProperty("data").EnumerateArray().Select(r => r.GetProperty("id").GetString())
            .ShouldBe(["-1", "0", $"{stage.Friend.Id}", $"{stage.Studio.Id}"]);
        var rewards = Included(all, "reward").ToDictionary(r => r.GetProperty("id").GetString()!, r => r.GetProperty("attributes"));
        foreach (var (id, cents, words) in new[] { ("-1", 0, "Everyone"), ("0", 1, "Patrons Only") })
        {
            Keys(rewards[id]).Order(StringComparer.Ordinal).ShouldBe(Sorted(
                "amount amount_cents created_at description remaining requires_shipping url user_limit"));
            (rewards[id].GetProperty("amount_cents").GetInt32(), rewards[id].GetProperty("description").GetString()).ShouldBe((cents, words));
        }
        Keys(rewards[$"{stage.Studio.Id}"]).Order(StringComparer.Ordinal).ShouldBe(Sorted("""
            amount amount_cents created_at description discord_role_ids edited_at image_url patron_count post_count published published_at
            remaining requires_shipping title unpublished_at url user_limit
            """));
        var with = await stage.Get(stage.Client.Access, Base + "current_user/campaigns?include=rewards,creator,goals,pledges");
        var links = with.Data.EnumerateArray().Single(c => c.GetProperty("id").GetString() == $"{stage.Campaign.Id}").GetProperty("relationships")
            .GetProperty("pledges").GetProperty("links");
        links.GetProperty("first").GetString().ShouldBe(
            $"http://localhost/api/oauth2/api/campaigns/{stage.Campaign.Id}/pledges?page%5Bcount%5D=20&sort=created"); // forums rewrite this text
    }

    [Theory, OnEveryEngine]
    public async Task Pledges_are_paged_by_time_with_their_patrons(Engine engine)
    {
        var stage = await stages.On(engine);
        var campaign = await stage.App.HasCampaign($"first-{engine}".ToLowerInvariant(), stage.Ada.Id);
        var tier = await stage.App.HasTier(campaign, "Studio", 500);
        var people = new List<long>();
        for (var n = 0; n < 23; n++)
        {
            people.Add(await stage.Person());
            await stage.App.Joins(campaign, people[^1], tier);
            if (n % 3 == 0) stage.App.Time.Advance(Duration.FromMinutes(5)); // some at one moment
        }
        await stage.App.Joins(campaign, await stage.Person(), null);
        await stage.App.Leaves(campaign, people[0]);
        people.RemoveAt(0);
        var path = $"{Base}campaigns/{campaign.Id}/pledges";
        var first = await stage.Get(stage.Client.Access, path);
        first.Data.GetArrayLength().ShouldBe(10);
        first.Json.GetProperty("meta").GetProperty("count").GetInt32().ShouldBe(22);
        first.Json.GetProperty("links").GetProperty("first").GetString().ShouldBe($"http://localhost{path}?page%5Bcount%5D=10&sort=created");
        var found = new List<long>();
        for (var next = $"{path}?page[count]=9"; ;)
        {
            var page = await stage.Get(stage.Client.Access, next);
            page.Status.ShouldBe(200, page.Body);
            found.AddRange(page.Data.EnumerateArray().Select(p => long.Parse(p.GetProperty("relationships").GetProperty("patron")
                .GetProperty("data").GetProperty("id").GetString()!, System.Globalization.CultureInfo.InvariantCulture)));
            found.Count.ShouldBeLessThan(40);
            if (!page.Json.GetProperty("links").TryGetProperty("next", out var link)) break;
            next = new Uri(link.GetString()!).PathAndQuery;
        }
        found.ShouldBe(people);
        (await stage.Get(stage.Client.Access, path + "?sort=-created&page[count]=1")).Data[0].GetProperty("relationships").GetProperty("patron")
            .GetProperty("data").GetProperty("id").GetString().ShouldBe($"{people[^1]}");
        (await stage.Get(stage.Client.Access, path + "?sort=-updated&page[cursor]=2012-01-19")).Data.GetArrayLength().ShouldBe(0);
        (await stage.Get(stage.Client.Access, path + "?page[cursor]=2012-01-19&page[count]=500")).Data.GetArrayLength().ShouldBe(22);
        var wrong = await stage.Get(stage.Client.Access, path + "?page[cursor]=yesterday");
        (wrong.Status, wrong.Error.GetProperty("code").GetInt32()).ShouldBe((400, 3));
        first.Json.GetProperty("included").EnumerateArray().First(u => u.GetProperty("type").GetString() == "user"
            && u.GetProperty("id").GetString() == $"{people[0]}").GetProperty("attributes").GetProperty("email").GetString()!.ShouldStartWith("somebody.");
        var extra = await stage.Get(stage.Client.Access, path + "?fields[pledge]=total_historical_amount_cents,status&include=null&page[count]=1");
        extra.Data[0].GetProperty("attributes").GetRawText().ShouldBe("""{"total_historical_amount_cents":500,"status":"valid"}""");
        extra.Json.TryGetProperty("included", out _).ShouldBeFalse();
        var beside = await stage.Get(stage.Client.Access, Base + "current_user/campaigns?include=pledges");
        var pledges = beside.Data.EnumerateArray().Single(c => c.GetProperty("id").GetString() == $"{campaign.Id}").GetProperty("relationships")
            .GetProperty("pledges");
        pledges.GetProperty("data").GetArrayLength().ShouldBe(20);
        (await stage.Get(stage.Client.Access, new Uri(pledges.GetProperty("links").GetProperty("next").GetString()!).PathAndQuery)).Data
            .GetArrayLength().ShouldBe(2);
    }

    [Theory, OnEveryEngine]
    public async Task Many_campaigns_cost_as_many_commands_as_one(Engine engine)
    {
        var stage = await stages.On(engine);
        var rich = await stage.App.SignUp("Rich", $"rich.{engine}@example.org");
        var app = await stage.Registers(rich, await stage.App.HasCampaign($"rich-0-{engine}".ToLowerInvariant(), rich.Id));
        async Task<(long Commands, int Campaigns)> Count()
        {
            ApiAnswer? answer = null;
            await stage.Get(app.Access, "/api/oauth2/api/current_user/campaigns");
            var commands = await stage.App.CountCommands(async () => answer = await stage.Get(app.Access, "/api/oauth2/api/current_user/campaigns"));
            answer!.Status.ShouldBe(200, answer.Body);
            return (commands, answer.Data.GetArrayLength());
        }
        var one = await Count();
        for (var n = 1; n < 6; n++)
        {
            var campaign = await stage.App.HasCampaign($"rich-{n}-{engine}".ToLowerInvariant(), rich.Id);
            await stage.App.Joins(campaign, await stage.Person(), await stage.App.HasTier(campaign, "Studio", 100 * n));
        }
        var many = await Count();
        (one.Campaigns, many.Campaigns).ShouldBe((1, 6));
        many.Commands.ShouldBe(one.Commands);
        var all = await stage.Get(app.Access, "/api/oauth2/api/current_user/campaigns");
        all.Data.EnumerateArray().Sum(c => c.GetProperty("attributes").GetProperty("pledge_sum").GetInt64()).ShouldBe(1_500);
    }

    [Theory, OnEveryEngine]
    public async Task Only_the_creator_reads_the_pledges_of_a_campaign(Engine engine)
    {
        var stage = await stages.On(engine);
        var path = $"{Base}campaigns/{stage.Campaign.Id}/pledges";
        var beas = await stage.Registers(stage.Bea, stage.BeasCampaign);
        (await stage.Get(beas.Access, path)).Status.ShouldBe(403);
        (await stage.Get(await stage.Access(stage.Ada, "identity campaigns"), path)).Status.ShouldBe(403);
        (await stage.Get(await stage.Access(stage.Ada, "pledges"), path)).Status.ShouldBe(200);
        (await stage.Get(stage.Client.Access, Base + "campaigns/1/pledges")).Status.ShouldBe(404);
        (await stage.Get(null, Base + "current_user")).Error.GetProperty("code").GetInt32().ShouldBe(1);
        // what a member may see of others' pages leads to nobody's pledges
        var lin = await stage.Get(await stage.Access(stage.Lin, "users pledges-to-me my-campaign pledges"),
            Base + "current_user?include=pledges.creator.campaign.pledges,pledges.reward.campaign.pledges,pledges.creator.pledges");
        Included(lin, "pledge").Count.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task A_declined_pledge_says_since_when_and_an_edited_one_has_a_new_id(Engine engine)
    {
        await using var stage = await ApiStage.Start(engine, "2026-01-10");
        var lin = await stage.Person("Lin");
        await stage.App.Joins(stage.Campaign, lin, stage.Friend);
        async Task<JsonElement> Pledge() => (await stage.Get(stage.Client.Access, $"{Base}campaigns/{stage.Campaign.Id}/pledges")).Data[0];
        var before = (await Pledge()).GetProperty("id").GetString();
        await stage.App.In(s => Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions
            .GetRequiredService<Stipend.Memberships.Contracts.IMemberships>(s).Change(new(lin, stage.Campaign.Id, stage.Friend.Id, 400, PledgeCap.None)));
        await stage.App.Drain();
        (await Pledge()).GetProperty("id").GetString().ShouldNotBe(before);
        await stage.App.Card(stage.Campaign, lin, "card_declines");
        await stage.App.TravelTo("2026-02-10T06:00:00Z"); // tokens live to noon
        (await Pledge()).GetProperty("attributes").GetProperty("declined_since").GetString().ShouldStartWith("2026-02-10T");
    }

    private static List<JsonElement> Included(ApiAnswer answer, string type) => answer.Json.TryGetProperty("included", out var all)
        ? all.EnumerateArray().Where(r => r.GetProperty("type").GetString() == type).ToList() : [];
    private static List<string> Keys(JsonElement element) => element.EnumerateObject().Select(p => p.Name).ToList();
    private static IEnumerable<string> Sorted(string names) =>
        names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
}
