using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>Version 2's documents as clients read them (contract §2, §5–§9).</summary>
[Collection(nameof(ApiTests))]
public sealed class ReadTests(ApiStages stages)
{
    [Theory, OnEveryEngine]
    public async Task Nothing_is_returned_unless_asked_for_and_attributes_are_always_there(Engine engine)
    {
        var stage = await stages.On(engine);
        var me = await stage.Get(await stage.Access(stage.Lin, "identity"), "identity"); // python-social-auth: gets {}
        Keys(me.Json).ShouldBe(["data", "links"], ignoreOrder: true);
        Keys(me.Data).ShouldBe(["attributes", "id", "type"], ignoreOrder: true);
        Keys(me.Data.GetProperty("attributes")).ShouldBeEmpty();
        me.Data.GetProperty("id").GetString().ShouldBe($"{stage.Lin.Id}");
        me.Json.GetProperty("links").GetProperty("self").GetString().ShouldBe($"http://localhost/api/oauth2/v2/user/{stage.Lin.Id}");
        me.Type.ShouldBe("application/vnd.api+json");
        Guid.TryParseExact(me.Header("X-Patreon-UUID"), "D", out _).ShouldBeTrue();
        me.Response.Headers.CacheControl!.ToString().ShouldBe("private");
    }

    [Theory, OnEveryEngine]
    public async Task Signing_in_tells_what_a_person_is_entitled_to_with_the_plain_scope_alone(Engine engine)
    {
        var stage = await stages.On(engine);
        var token = await stage.Access(stage.Lin, "identity");
        const string path = "identity?include=memberships.currently_entitled_tiers,memberships.campaign"
            + "&fields[user]=full_name,vanity&fields[member]=patron_status,currently_entitled_amount_cents,email&fields[tier]=title,amount_cents";
        var me = await stage.Get(token, path);
        var membership = me.Data.GetProperty("relationships").GetProperty("memberships").GetProperty("data").EnumerateArray().Single();
        var included = me.Json.GetProperty("included").EnumerateArray().ToList();
        included.ConvertAll(Type).ShouldBe(["member", "tier", "tier", "campaign"]); // the paths in the order asked
        var member = included[0];
        member.GetProperty("id").GetString().ShouldBe(membership.GetProperty("id").GetString());
        member.GetProperty("id").GetString()!.ShouldMatch("^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
        Texts(member.GetProperty("attributes")).ShouldBe(["patron_status=active_patron", "currently_entitled_amount_cents=500"]);
        member.GetProperty("relationships").GetProperty("campaign").GetRawText().ShouldBe(
            $$$"""{"data":{"id":"{{{stage.Campaign.Id}}}","type":"campaign"},"links":{"related":"http://localhost/api/oauth2/v2/campaigns/{{{stage.Campaign.Id}}}"}}""");
        Texts(included[1].GetProperty("attributes")).ShouldBe(["title=Studio", "amount_cents=500"]);
        Texts(included[2].GetProperty("attributes")).ShouldBe(["title=Free", "amount_cents=0"]);

        var wide = await stage.Get(await stage.Access(stage.Lin, "identity identity.memberships"), path);
        wide.Data.GetProperty("relationships").GetProperty("memberships").GetProperty("data").GetArrayLength().ShouldBe(2);
        var nobody = await stage.Get(await stage.Access(stage.Bea, "identity"), path);
        nobody.Data.GetProperty("relationships").GetProperty("memberships").GetRawText().ShouldBe("""{"data":[]}""");
        nobody.Json.TryGetProperty("included", out _).ShouldBeFalse();
    }

    [Theory, OnEveryEngine]
    public async Task A_missing_attribute_scope_leaves_out_what_it_opens_and_is_no_error(Engine engine)
    {
        var stage = await stages.On(engine);
        var plain = await stage.Get(await stage.Access(stage.Lin, "identity"), "identity?fields[user]=email,first_name&include=campaign");
        Keys(plain.Data.GetProperty("attributes")).ShouldBe(["first_name"]);
        plain.Data.TryGetProperty("relationships", out _).ShouldBeFalse("the campaign needs its own scope");
        var members = await stage.Get(await stage.Access(stage.Ada, "campaigns.members"),
            $"campaigns/{stage.Campaign.Id}/members?fields[member]=email,full_name&fields[user]=email,full_name&include=user,address");
        Keys(members.Data[0].GetProperty("attributes")).ShouldBe(["full_name"]);
        Keys(members.Data[0].GetProperty("relationships")).ShouldBe(["user"]);
        var full = await stage.Get(stage.Client.Access,
            $"campaigns/{stage.Campaign.Id}/members?fields[member]=email&fields[user]=email,full_name&include=user,address");
        full.Data[0].GetProperty("attributes").GetProperty("email").GetString().ShouldBe("lin@example.org");
        full.Data[0].GetProperty("relationships").GetProperty("address").GetRawText().ShouldBe("""{"data":null}""");
        Keys(full.Json.GetProperty("included")[0].GetProperty("attributes")).ShouldBe(["full_name"], "the address of others is their member's");
        var none = await stage.Get(await stage.Access(stage.Lin, "identity campaigns"), "identity?include=campaign");
        none.Data.GetProperty("relationships").GetProperty("campaign").GetRawText().ShouldBe("""{"data":null}""");
    }

    [Theory, OnEveryEngine]
    public async Task Every_attribute_of_the_contract_can_be_asked_for_and_has_its_type(Engine engine)
    {
        var stage = await stages.On(engine);
        await Publish(stage, "For all", Audience.Public);
        var seen = new Dictionary<string, JsonElement>();
        async Task Look(string path, params string[] types)
        {
            var fields = string.Join('&', ContractAttributes.All.Select(t => $"fields[{t.Key}]={string.Join(',', t.Value.Keys)}"));
            var answer = await stage.Get(stage.Client.Access, $"{path}{(path.Contains('?') ? '&' : '?')}{fields}");
            answer.Status.ShouldBe(200, answer.Body);
            IEnumerable<JsonElement> all = answer.Data.ValueKind == JsonValueKind.Array ? answer.Data.EnumerateArray() : [answer.Data];
            if (answer.Json.TryGetProperty("included", out var included)) all = all.Concat(included.EnumerateArray());
            foreach (var resource in all)
            {
                seen[Type(resource)] = resource;
                foreach (var attribute in resource.GetProperty("attributes").EnumerateObject())
                    ContractAttributes.Fits(Type(resource), attribute.Name, attribute.Value)
                        .ShouldBeTrue($"{Type(resource)}.{attribute.Name} is {attribute.Value.GetRawText()}");
            }
            foreach (var type in types)
                Keys(seen[type].GetProperty("attributes")).Order(StringComparer.Ordinal)
                    .ShouldBe(ContractAttributes.All[type].Keys.Order(StringComparer.Ordinal));
        }
        await Look("identity", "user");
        await Look("campaigns?include=tiers,creator,benefits,goals,categories,campaign_installations", "campaign", "tier");
        await Look($"campaigns/{stage.Campaign.Id}/members?include=pledge_history.tier,pledge_history.campaign,pledge_history.patron,user",
            "member", "pledge-event");
        await Look($"campaigns/{stage.Campaign.Id}/posts?include=user,campaign", "post");
        var campaign = (await stage.Get(stage.Client.Access,
            "campaigns?include=benefits,goals,categories,campaign_installations,creator&fields[campaign]=url,pledge_url")).Data[0];
        foreach (var empty in new[] { "benefits", "goals", "categories", "campaign_installations" })
            campaign.GetProperty("relationships").GetProperty(empty).GetRawText().ShouldBe("""{"data":[]}""");
        campaign.GetProperty("attributes").GetProperty("url").GetString().ShouldBe("http://localhost/ada");
        (await stage.Lin.Get(campaign.GetProperty("attributes").GetProperty("pledge_url").GetString()!)).Location.ShouldBe("/ada");
    }

    [Theory, OnEveryEngine]
    public async Task Timestamps_are_written_as_clients_parse_them(Engine engine)
    {
        var stage = await stages.On(engine);
        var answer = await stage.Get(stage.Client.Access, "identity?fields[user]=created");
        answer.Data.GetProperty("attributes").GetProperty("created").GetString()!.ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$");
    }

    [Theory, OnEveryEngine]
    public async Task Deep_includes_work_and_each_resource_is_included_once(Engine engine)
    {
        var stage = await stages.On(engine);
        var deep = await stage.Get(stage.Client.Access,
            "identity?include=campaign.tiers.benefits,campaign.tiers.campaign.creator,campaign.creator.campaign,campaign.null&fields[campaign]=name");
        deep.Status.ShouldBe(200, deep.Body);
        var included = deep.Json.GetProperty("included").EnumerateArray().Select(r => (Type(r), r.GetProperty("id").GetString())).ToList();
        included.Distinct().Count().ShouldBe(included.Count);
        included.ShouldNotContain(r => r.Item1 == "user", "the primary one is not included again");
        included.Select(r => r.Item1).ShouldBe(["campaign", "tier", "tier", "tier"]);
        var first = await stage.Get(stage.Client.Access, "campaigns?include=creator");
        Type(first.Json.GetProperty("included")[0]).ShouldBe("user"); // the WordPress plugin takes included[0]
        first.Data[0].GetProperty("relationships").GetProperty("creator").GetProperty("data").GetProperty("id").GetString()
            .ShouldBe($"{stage.Ada.Id}");
        var member = (await stage.Get(stage.Client.Access, $"campaigns/{stage.Campaign.Id}/members?page[count]=1")).Data[0].GetProperty("id");
        var one = await stage.Get(stage.Client.Access, $"members/{member.GetString()}?include=currently_entitled_tiers&fields[tier]=title");
        one.Json.GetProperty("included")[0].GetProperty("attributes").GetProperty("title").GetString().ShouldBe("Studio"); // django-allauth
    }

    [Theory, OnEveryEngine]
    public async Task Query_strings_are_read_as_clients_really_send_them(Engine engine)
    {
        var stage = await stages.On(engine);
        foreach (var query in new[]
        {
            "fields[user]=full_name,is_creator", "fields%5Buser%5D=full_name%2Cis_creator", "fields[user]=full_name,is_creator&",
            "fields[user]=%20full_name%20,%20is_creator,full_name", "fields[user]=full_name&fields[user]=is_creator",
            "fields[user]=full_name,earnings_visibility,is_creator&fields[unknown]=x&fields[campaign]=&json-api-version=1.0&utm_source=a",
            "fields[user]=full_name,is_creator&include=&page[count]=", "fields[user]=full_name,is_creator&include=null",
            "fields[user]=full_name,is_creator&include=%20,null", "&&fields[user]=full_name,is_creator&=x&a",
        })
        {
            var answer = await stage.Get(stage.Client.Access, "identity?" + query);
            answer.Status.ShouldBe(200, query);
            Keys(answer.Data.GetProperty("attributes")).ShouldBe(["full_name", "is_creator"], query);
            answer.Data.TryGetProperty("relationships", out _).ShouldBeFalse(query);
        }
    }

    [Theory, OnEveryEngine]
    public async Task Both_spellings_of_every_path_answer_alike_and_none_redirects(Engine engine)
    {
        var stage = await stages.On(engine);
        var paths = new[] { "identity", "campaigns", $"campaigns/{stage.Campaign.Id}", $"campaigns/{stage.Campaign.Id}/members",
            $"campaigns/{stage.Campaign.Id}/posts" };
        foreach (var path in paths)
        {
            var right = await stage.Get(stage.Client.Access, path);
            foreach (var spelling in new[] { $"/oauth2/v2/{path}", $"/api/oauth2/v2/{path}/", $"/api/oauth2/v2//{path}", $"/oauth2//v2/{path}//",
                $"/api/oauth2/v2/{path}/?fields[user]=" })
            {
                var answer = await stage.Get(stage.Client.Access, spelling);
                (answer.Status, answer.Body).ShouldBe((200, right.Body), spelling);
            }
        }
        foreach (var wrong in new[] { "/api/oauth2/v2/Identity", "/API/oauth2/v2/identity", "/api/oauth2/V2/identity", "/api/oauth2/v2/nothing",
            "/api/oauth2/v2", "/api/oauth2/v3/identity", $"/api/oauth2/v2/campaigns/{stage.Campaign.Id}/nothing" })
        {
            var answer = await stage.Get(stage.Client.Access, wrong);
            answer.Status.ShouldBe(404, wrong);
            answer.Type.ShouldBe("application/vnd.api+json", wrong);
            answer.Error.GetProperty("code").GetInt32().ShouldBe(4);
        }
    }

    [Theory, OnEveryEngine]
    public async Task Odd_headers_of_real_clients_are_accepted(Engine engine)
    {
        var stage = await stages.On(engine);
        const string path = "/api/oauth2/v2/identity";
        (await stage.Send(HttpMethod.Get, path, "bearer " + stage.Client.Access)).Status.ShouldBe(200); // sponsorkit
        var typed = new ByteArrayContent([]);
        typed.Headers.ContentType = new("application/json"); // on a GET
        (await stage.Send(HttpMethod.Get, path, "Bearer " + stage.Client.Access, typed)).Status.ShouldBe(200);
        foreach (var accept in new[] { "*/*", "application/json", "text/html", "application/vnd.api+json", "nonsense" })
            (await stage.Send(HttpMethod.Get, path, "Bearer " + stage.Client.Access, null, ("Accept", accept))).Status.ShouldBe(200, accept);
    }

    [Theory, OnEveryEngine]
    public async Task Errors_have_the_shape_and_the_codes_clients_branch_on(Engine engine)
    {
        var stage = await stages.On(engine);
        var members = $"campaigns/{stage.Campaign.Id}/members";
        async Task Fails(ApiAnswer answer, int status, int? code, string name, string? parameter = null)
        {
            answer.Status.ShouldBe(status, answer.Body);
            answer.Type.ShouldBe("application/vnd.api+json");
            Keys(answer.Json).ShouldBe(["errors"]);
            var error = answer.Error;
            (error.GetProperty("code").ValueKind == JsonValueKind.Null ? (int?)null : error.GetProperty("code").GetInt32()).ShouldBe(code);
            error.GetProperty("code_name").GetString().ShouldBe(name);
            error.GetProperty("status").GetString().ShouldBe($"{status}", "a string: Go clients");
            error.GetProperty("id").GetString().ShouldBe(answer.Header("X-Patreon-UUID"));
            error.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
            error.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
            Keys(error).ShouldBe(["code", "code_name", "detail", "id", .. parameter is null ? [] : (string[])["source"], "status", "title"]);
            if (parameter is not null) error.GetProperty("source").GetProperty("parameter").GetString().ShouldBe(parameter);
            await Task.CompletedTask;
        }
        Task<ApiAnswer> Ada(string path) => stage.Get(stage.Client.Access, path);
        await Fails(await stage.Get(null, "identity"), 401, 1, "Unauthorized");
        await Fails(await stage.Get("unknown", "identity"), 401, 1, "Unauthorized");
        await Fails(await stage.Send(HttpMethod.Get, "/api/oauth2/v2/identity", "Basic abc"), 401, 1, "Unauthorized");
        await Fails(await stage.Get(await stage.Access(stage.Ada, "identity"), "campaigns"), 403, null, "Forbidden"); // never 401
        await Fails(await Ada($"campaigns/{stage.BeasCampaign.Id}"), 403, null, "Forbidden");
        await Fails(await Ada("campaigns/123"), 404, 4, "ResourceMissing");
        await Fails(await Ada("campaigns/abc/members"), 404, 4, "ResourceMissing");
        await Fails(await Ada("members/38c264ba-0612-4bb9-bc33-f9755cc68bb0"), 404, 4, "ResourceMissing");
        await Fails(await Ada("posts/1"), 404, 4, "ResourceMissing");
        await Fails(await Ada(members + "?page[cursor]=zzz"), 400, 3, "ParameterInvalid", "page[cursor]"); // the WordPress plugin starts anew
        await Fails(await Ada(members + "?page[count]=0"), 400, 3, "ParameterInvalid", "page[count]");
        await Fails(await Ada(members + "?page[size]=x"), 400, 3, "ParameterInvalid", "page[size]");
        await Fails(await Ada(members + "?include=user,shoes"), 400, 3, "ParameterInvalid", "include");
        await Fails(await Ada(members + "?include=user.shoes"), 400, 3, "ParameterInvalid", "include");
        var delete = await stage.Send(HttpMethod.Delete, "/api/oauth2/v2/identity", "Bearer " + stage.Client.Access);
        await Fails(delete, 405, null, "MethodNotAllowed");
        delete.Response.Content.Headers.Allow.ShouldContain("GET");
    }

    [Theory, OnEveryEngine]
    public async Task Posts_are_the_published_ones_newest_first_with_their_whole_text(Engine engine)
    {
        var stage = await stages.On(engine);
        var (campaign, ada) = (await stage.App.HasCampaign($"posts-{engine}".ToLowerInvariant(), stage.Ada.Id), stage.Ada.Id);
        var tier = await stage.App.HasTier(campaign, "Studio", 500);
        Task<long> Writes(string title, Audience audience) => stage.App.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(campaign.Id, ada, title, $"**{title}** in full", audience, false, null)));
        var all = await Writes("For all", Audience.Public);
        var few = await Writes("For few", Audience.Tiers(tier.Id));
        var paying = await Writes("For payers", Audience.PaidMembers);
        var members = await Writes("For members", Audience.Members);
        await stage.App.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada, "Later", "Not yet", Audience.Public, false,
            stage.App.Time.Now + Duration.FromDays(2))));
        const string fields = "fields[post]=title,content,is_public,tiers,url,published_at&include=campaign,user";
        var page = await stage.Get(stage.Client.Access, $"campaigns/{campaign.Id}/posts?{fields}&page[count]=3");
        page.Data.EnumerateArray().Select(p => p.GetProperty("id").GetString()).ShouldBe([$"{members}", $"{paying}", $"{few}"]);
        page.Json.GetProperty("meta").GetProperty("pagination").GetProperty("total").GetInt32().ShouldBe(4);
        JsonElement Attribute(int at, string name) => page.Data[at].GetProperty("attributes").GetProperty(name);
        Attribute(2, "content").GetString()!.ShouldContain("<strong>For few</strong> in full");
        Attribute(2, "is_public").GetBoolean().ShouldBeFalse();
        Attribute(2, "tiers").EnumerateArray().Select(t => t.GetString()).ShouldBe([$"{tier.Id}"]);
        Attribute(1, "tiers").EnumerateArray().Select(t => t.GetString()).ShouldBe([$"{tier.Id}"]);
        Attribute(0, "tiers").GetArrayLength().ShouldBe(2, "the free level too");
        var rest = await stage.Get(stage.Client.Access, page.Json.GetProperty("links").GetProperty("next").GetString()!["http://localhost".Length..]);
        rest.Data[0].GetProperty("id").GetString().ShouldBe($"{all}");
        rest.Data[0].GetProperty("attributes").GetProperty("tiers").ValueKind.ShouldBe(JsonValueKind.Null);
        rest.Json.GetProperty("links").GetRawText().ShouldBe("{}");
        var one = await stage.Get(stage.Client.Access, $"posts/{few}?{fields}");
        one.Data.GetRawText().ShouldBe(page.Data[2].GetRawText());
        (await stage.Lin.Get(new Uri(Attribute(2, "url").GetString()!).AbsolutePath)).Status.ShouldBe(System.Net.HttpStatusCode.OK);
        (await stage.Get(stage.Client.Access, $"campaigns/{campaign.Id}/posts?sort=created")).Data[0].GetProperty("id").GetString().ShouldBe($"{all}");
    }

    [Theory, OnEveryEngine]
    public async Task Pictures_are_pictures(Engine engine)
    {
        var stage = await stages.On(engine);
        var me = await stage.Get(stage.Client.Access, "identity?fields[user]=thumb_url,image_url,url");
        foreach (var name in new[] { "thumb_url", "image_url" })
        {
            var picture = await stage.App.Client().GetAsync(me.Data.GetProperty("attributes").GetProperty(name).GetString());
            picture.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
            var bytes = await picture.Content.ReadAsByteArrayAsync();
            bytes[..8].ShouldBe([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
            System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)).ShouldBe(name == "thumb_url" ? 100 : 400);
        }
        me.Data.GetProperty("attributes").GetProperty("url").GetString().ShouldBe("http://localhost/ada");
        (await stage.App.Visitor().Get($"/user?u={stage.Ada.Id}")).Location.ShouldBe("/ada");
    }

    private static Task<long> Publish(ApiStage stage, string title, Audience audience) => stage.App.In(s => s.GetRequiredService<IPosts>()
        .Publish(new NewPost(stage.Campaign.Id, stage.Ada.Id, title, title, audience, false, null)));

    private static List<string> Keys(JsonElement element) => element.EnumerateObject().Select(p => p.Name).ToList();
    private static string Type(JsonElement resource) => resource.GetProperty("type").GetString()!;
    private static List<string> Texts(JsonElement attributes) => attributes.EnumerateObject().Select(p => $"{p.Name}={p.Value}").ToList();
}
