using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Apps.Model;
using Stipend.Apps.V2;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>How much may be read at once and how often (contract §6, §10), and what nobody types.</summary>
[Collection(nameof(ApiTests))]
public sealed class AccessTests(ApiStages stages)
{
    [Theory, OnEveryEngine]
    public async Task A_member_tells_their_address_to_their_own_creator_alone(Engine engine)
    {
        var stage = await stages.On(engine);
        var mine = await stage.Access(stage.Lin, "identity identity.memberships campaigns.members[email] campaigns.members");
        var me = await stage.Get(mine, "identity?include=memberships&fields[member]=email,full_name");
        me.Json.GetProperty("included").EnumerateArray().ShouldAllBe(m => m.GetProperty("attributes").GetRawText().StartsWith("{\"full_name\""));
    }

    [Theory, OnEveryEngine]
    public async Task Both_ways_of_paging_find_each_member_once_while_people_come_and_go(Engine engine)
    {
        var stage = await stages.On(engine);
        var campaign = await stage.App.HasCampaign($"paging-{engine}".ToLowerInvariant(), stage.Ada.Id);
        var expected = new List<long>();
        for (var i = 0; i < 7; i++)
        {
            expected.Add(await stage.Person());
            await stage.App.Joins(campaign, expected[^1], null);
        }
        string Path(string page) => $"campaigns/{campaign.Id}/members?include=user&fields%5Buser%5D=&{page}&utm_source=x";
        foreach (var count in new[] { "page[count]=3", "page%5Bsize%5D=3" })
        {
            var (found, path) = (new List<string>(), (string?)("/api/oauth2/v2/" + Path(count)));
            for (var pages = 0; path is not null; pages++)
            {
                var page = await stage.Get(stage.Client.Access, path);
                page.Status.ShouldBe(200, page.Body);
                found.AddRange(page.Data.EnumerateArray().Select(m =>
                    m.GetProperty("relationships").GetProperty("user").GetProperty("data").GetProperty("id").GetString()!));
                page.Json.GetProperty("meta").GetProperty("pagination").GetProperty("total").GetInt32().ShouldBe(7);
                var cursor = page.Json.GetProperty("meta").GetProperty("pagination").GetProperty("cursors").GetProperty("next").GetString();
                var links = page.Json.GetProperty("links");
                if (cursor is null)
                {
                    links.GetRawText().ShouldBe("{}"); // there, and empty: the official Python SDK fails without
                    break;
                }
                var next = new Uri(links.GetProperty("next").GetString()!);
                next.Query.ShouldContain("page%5Bcursor%5D=" + cursor);
                next.Query.ShouldContain("include=user");
                next.Query.ShouldContain("utm_source=x");
                path = pages == 0 ? next.PathAndQuery : "/oauth2/v2/" + Path($"{count}&page[cursor]={cursor}");
                pages.ShouldBeLessThan(3);
            }
            found.ShouldBe(expected.ConvertAll(p => $"{p}"));
        }
        var before = await stage.Get(stage.Client.Access, Path("page[count]=3"));
        var place = before.Json.GetProperty("meta").GetProperty("pagination").GetProperty("cursors").GetProperty("next").GetString();
        await stage.App.Leaves(campaign, expected[2]); // the very one the cursor stands on
        var after = await stage.Get(stage.Client.Access, Path($"page[count]=100&page[cursor]={place}"));
        after.Data.GetArrayLength().ShouldBe(4);
        var newest = await stage.Get(stage.Client.Access, Path("page[count]=1&sort=-created,nothing"));
        newest.Json.GetProperty("included")[0].GetProperty("id").GetString().ShouldBe($"{expected[^1]}");
        (await stage.Get(stage.Client.Access, Path($"sort=-created&page[cursor]={place}"))).Status.ShouldBe(400, "the place is of the other order");
        (await stage.Get(stage.Client.Access, $"campaigns/{stage.Campaign.Id}/members?page[cursor]={place}")).Status.ShouldBe(400);
    }

    [Theory, OnEveryEngine]
    public async Task The_number_of_commands_is_the_same_for_one_member_and_for_many(Engine engine)
    {
        var stage = await stages.On(engine);
        var campaign = await stage.App.HasCampaign($"many-{engine}".ToLowerInvariant(), stage.Ada.Id);
        var tier = await stage.App.HasTier(campaign, "Studio", 500);
        var path = $"campaigns/{campaign.Id}/members?include=user,currently_entitled_tiers,campaign.creator,pledge_history"
            + "&fields[member]=full_name,email,patron_status,last_charge_date&fields[user]=full_name,url&fields[tier]=title,patron_count,remaining";
        async Task<(long Commands, int Members)> Count()
        {
            ApiAnswer? answer = null;
            await stage.Get(stage.Client.Access, path);
            var commands = await stage.App.CountCommands(async () => answer = await stage.Get(stage.Client.Access, path));
            answer!.Status.ShouldBe(200, answer.Body);
            return (commands, answer.Data.GetArrayLength());
        }
        await stage.App.Joins(campaign, await stage.Person(), tier);
        var one = await Count();
        for (var i = 0; i < 11; i++) await stage.App.Joins(campaign, await stage.Person(), i % 3 == 0 ? null : tier);
        var many = await Count();
        (one.Members, many.Members).ShouldBe((1, 12));
        many.Commands.ShouldBe(one.Commands);
    }

    [Fact]
    public async Task Too_many_requests_are_told_when_to_come_back_by_token_and_by_app()
    {
        await using var stage = await (await ApiStage.Start(Engine.Sqlite, perToken: 5, perClient: 8)).WithLinAndBea();
        var (first, second) = (await stage.Access(stage.Lin, "identity"), await stage.Access(stage.Ada, "identity"));
        for (var i = 0; i < 5; i++) (await stage.Get(first, "identity")).Status.ShouldBe(200);
        stage.App.Time.Advance(Duration.FromSeconds(20));
        var throttled = await stage.Get(first, "identity");
        throttled.Status.ShouldBe(429);
        throttled.Header("Retry-After").ShouldBe("40");
        throttled.Error.GetProperty("retry_after_seconds").GetInt32().ShouldBe(40);
        throttled.Error.GetProperty("code_name").GetString().ShouldBe("RequestThrottled");
        throttled.Error.GetProperty("code").ValueKind.ShouldBe(JsonValueKind.Null);
        for (var i = 0; i < 8; i++) (await stage.Get(first, "identity")).Status.ShouldBe(429);
        (await stage.Get(second, "identity")).Status.ShouldBe(200, "another token goes on, also of the same app: what was refused took none of its room");
        stage.App.Time.Advance(Duration.FromSeconds(40));
        (await stage.Get(first, "identity")).Status.ShouldBe(200);

        stage.App.Time.Advance(Duration.FromMinutes(2));
        for (var i = 0; i < 4; i++) (await stage.Get(first, "identity")).Status.ShouldBe(200);
        for (var i = 0; i < 4; i++) (await stage.Get(second, "identity")).Status.ShouldBe(200);
        var all = await stage.Get(second, "identity");
        (all.Status, all.Header("Retry-After")).ShouldBe((429, "2"), "the app as a whole, whatever the token");
        stage.App.Time.Advance(Duration.FromSeconds(2));
        (await stage.Get(first, "identity")).Status.ShouldBe(200);
        (await stage.Refresh(stage.Client.Refresh)).Status.ShouldBe(200, "the token endpoint counts nothing of this");
    }

    [Theory]
    [InlineData("10.0.0.1", "https://fans.example.org")]
    [InlineData("192.0.2.9", "http://localhost")]
    public async Task Links_lead_to_where_the_client_came_from_as_far_as_the_proxy_is_trusted(string sender, string origin)
    {
        await using var stage = await (await ApiStage.Start(Engine.Sqlite, adjust: builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Stipend:Http:Proxies"] = "10.0.0.1" });
            builder.Services.AddSingleton<IStartupFilter>(new RequestsFrom(IPAddress.Parse(sender), null));
        })).WithLinAndBea();
        await stage.App.Joins(stage.Campaign, await stage.Person(), null);
        var answer = await stage.Send(HttpMethod.Get, $"/oauth2/v2/campaigns/{stage.Campaign.Id}/members?page[count]=1&include=campaign&fields[campaign]=url",
            "Bearer " + stage.Client.Access, null, ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "fans.example.org"));
        answer.Json.GetProperty("links").GetProperty("next").GetString().ShouldStartWith($"{origin}/api/oauth2/v2/campaigns/{stage.Campaign.Id}/members?");
        answer.Data[0].GetProperty("relationships").GetProperty("campaign").GetProperty("links").GetProperty("related").GetString()
            .ShouldBe($"{origin}/api/oauth2/v2/campaigns/{stage.Campaign.Id}");
        answer.Json.GetProperty("included")[0].GetProperty("attributes").GetProperty("url").GetString().ShouldBe($"{origin}/ada");
    }

    [Theory, OnEveryEngine]
    public async Task Any_query_is_answered_or_refused_in_the_proper_form(Engine engine)
    {
        var stage = await stages.On(engine);
        var random = new SeededRandom(4711);
        string[] names = ["include", "fields[user]", "fields[member]", "fields[", "fields[]", "fields]", "page[count]", "page[size]",
            "page[cursor]", "page", "sort", "", "%", "fields%5Bmember%5D", "a[b][c]"];
        string[] bits = ["user", "campaign", "tiers", "creator", "currently_entitled_tiers", "pledge_history", "null", ".", ",", "..", " ", "%20",
            "%00", "%FF", "%", "&", "=", "[", "]", "full_name", "email", "-created", "created", "-1", "0", "1", "99999999999999999999", "é", "漢",
            "%F0%9F%8E%BB", "'", "\"", "<b>", ";", "--", "bWVtYmVycy0xfDA", "|", "+"];
        string[] paths = ["identity", $"campaigns/{stage.Campaign.Id}/members", $"campaigns/{stage.Campaign.Id}/posts", "campaigns", "webhooks",
            $"campaigns/{stage.Campaign.Id}", "members/x", "posts/99999999999999999999"];
        for (var n = 0; n < 400; n++)
        {
            var query = string.Join('&', Enumerable.Range(0, random.Below(4)).Select(_ =>
                names[random.Below(names.Length)] + "=" + string.Concat(Enumerable.Range(0, random.Below(6)).Select(_ => bits[random.Below(bits.Length)]))));
            var path = $"{paths[random.Below(paths.Length)]}?{query}";
            var answer = await stage.Get(stage.Client.Access, path);
            answer.Status.ShouldBeOneOf([200, 400, 404], path);
            answer.Type.ShouldBe("application/vnd.api+json", path);
            if (answer.Status == 200) answer.Json.TryGetProperty("links", out _).ShouldBeTrue(path);
            else answer.Error.GetProperty("status").GetString().ShouldBe($"{answer.Status}", path);
        }
        (await stage.Get(stage.Client.Access, "identity?include=" + string.Join('.', Enumerable.Repeat("campaign.creator", 400)))).Status.ShouldBe(400);
    }

    [Fact]
    public void A_members_UUID_is_theirs_and_nobody_elses()
    {
        var seen = new HashSet<string>();
        foreach (var id in new[] { 1, 2, 3, 137_526_194_995_335_168, long.MaxValue, long.MaxValue - 1, 1L << 62 })
        {
            var uuid = MemberId.Of(id);
            uuid.ShouldMatch("^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
            MemberId.Read(uuid).ShouldBe(id);
            seen.Add(uuid).ShouldBeTrue();
            for (var at = 0; at < uuid.Length; at++)
                if (uuid[at] != '-') MemberId.Read(uuid[..at] + (uuid[at] == 'f' ? 'e' : 'f') + uuid[(at + 1)..]).ShouldBeNull();
            MemberId.Read(uuid.ToUpperInvariant()).ShouldBeNull();
        }
    }
}
