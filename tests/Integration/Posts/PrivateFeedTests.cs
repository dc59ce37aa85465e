using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>Feeds in a reader: a client without cookies that has an address and nothing else.</summary>
public sealed class PrivateFeedTests
{
    private static readonly XNamespace s_content = "http://purl.org/rss/1.0/modules/content/";
    private const string Secret = "Xochimilco";

    [Theory, OnEveryEngine]
    public async Task A_patrons_address_opens_what_they_pay_for_until_they_no_longer_do(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var image = await Pictures.Upload(stage.Ada, Pictures.Png);
        await stage.Publishes("Open & <clear>", "Hello *everyone*, [a page](/ada-makes).");
        stage.App.Time.Advance(Duration.FromMinutes(1));
        await stage.Publishes("Plans", $"The {Secret}.\n\n![drawn]({image})", Audience.Tiers(stage.Big.Id), teaser: "Nine sheets.");
        var mia = await stage.App.SignUp("mia");
        var cause = await stage.Grant(mia, stage.Big);
        var (rss, json) = await SetUp(mia, "Phone");
        var reader = stage.App.Visitor();

        var feed = XDocument.Parse((await reader.Open(rss)).Body);
        var items = feed.Descendants("item").ToList();
        items.Select(i => i.Element("title")!.Value).ShouldBe(["Plans", "Open & <clear>"]);
        items[0].Element(s_content + "encoded")!.Value.ShouldContain(Secret);
        items[1].Element(s_content + "encoded")!.Value.ShouldContain("href=\"http://localhost:5000/ada-makes\"", customMessage: "a reader knows no site");
        items[0].Element("pubDate")!.Value.ShouldBe("Thu, 15 Jan 2026 12:01:00 GMT");
        items.Select(i => i.Element("guid")!.Value).Distinct().Count().ShouldBe(2);
        items[0].Element("guid")!.Attribute("isPermaLink")!.Value.ShouldBe("false");
        feed.ToString().ShouldNotContain("itunes", Case.Insensitive, "there is nothing to play");

        using var parsed = JsonDocument.Parse((await reader.Open(json)).Body);
        parsed.RootElement.GetProperty("version").GetString().ShouldBe("https://jsonfeed.org/version/1.1");
        parsed.RootElement.GetProperty("items")[0].GetProperty("content_html").GetString()!.ShouldContain(Secret);
        parsed.RootElement.GetProperty("items")[0].GetProperty("date_published").GetString().ShouldBe("2026-01-15T12:01:00Z");

        var picture = items[0].Element(s_content + "encoded")!.Value.Split(" src=\"")[1].Split('"')[0];
        (await reader.Get(new Uri(picture).PathAndQuery)).Status.ShouldBe(HttpStatusCode.OK);

        stage.App.Time.Advance(Duration.FromSeconds(30));
        await stage.App.In(async s => await s.GetRequiredService<IGrants>().End(stage.Campaign.BookId, "test", cause,
            await s.GetRequiredService<Books>().Now(stage.Campaign.BookId), "Your card was declined."));
        stage.App.Time.Advance(Duration.FromSeconds(30));
        foreach (var path in new[] { rss, json })
        {
            var cut = await reader.Open(path);
            cut.Body.ShouldNotContain(Secret);
            cut.Body.ShouldContain("Nine sheets.");
        }
        (await reader.Get(new Uri(picture).PathAndQuery)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory, OnEveryEngine]
    public async Task A_reader_is_told_when_nothing_changed_and_when_something_did(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await stage.Publishes("One", "First.");
        await stage.Publishes("Closed", Secret, Audience.PaidMembers, teaser: "Soon.");
        var mia = await stage.Member("mia");
        var (rss, json) = await SetUp(mia, "Phone");
        var reader = stage.App.Visitor();

        var first = await reader.Open(rss);
        first.Response.Headers.CacheControl!.ToString().ShouldBe("no-cache, private");
        first.Response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        first.Response.Headers.GetValues("X-Robots-Tag").Single().ShouldContain("noindex");
        first.Response.Content.Headers.LastModified.ShouldNotBeNull();
        first.Body.ShouldNotContain(rss.Split('/')[2], Case.Sensitive, "the secret is not in its own answer");
        (await reader.Open(json)).Response.Headers.ETag!.Tag.ShouldNotBe(first.Response.Headers.ETag!.Tag);

        stage.App.Time.Advance(Duration.FromMinutes(5));
        (await Again(reader, rss, first)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await Again(reader, rss, first, byTime: true)).StatusCode.ShouldBe(HttpStatusCode.NotModified);

        await stage.Grant(mia, stage.Small); // nothing was written, and yet there is more to read
        stage.App.Time.Advance(Duration.FromSeconds(2));
        var opened = await Again(reader, rss, first);
        opened.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await opened.Content.ReadAsStringAsync()).ShouldContain(Secret);
        (await Again(reader, rss, first, byTime: true)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var head = await reader.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, rss));
        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await head.Content.ReadAsStringAsync()).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Tokens_are_kept_as_hashes_named_once_seen_when_used_and_taken_back_by_their_owner_alone(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await stage.Publishes("One", Secret, Audience.Members);
        var mia = await stage.Member("mia");
        var (phone, _) = await SetUp(mia, "Phone");
        var (desk, _) = await SetUp(mia, "Desk");
        var reader = stage.App.Visitor();
        (await mia.Post("/account/feeds", ("name", "Phone"))).Text.ShouldContain("You have a reader of this name");
        (await mia.Open("/account/feeds")).Text.ShouldContain("Never");
        (await reader.Open(phone)).Body.ShouldContain(Secret);
        (await mia.Open("/account/feeds")).Text.ShouldContain("January 15, 2026, 12:00");

        var token = phone.Split('/')[2];
        (await stage.Scalar<byte[]>("SELECT hash FROM feed_token ORDER BY id LIMIT 1"))!.Length.ShouldBe(32);
        (await stage.App.In(s => s.GetRequiredService<IFeedTokens>().PersonOf(token))).ShouldBe(mia.Id);

        var id = await stage.Scalar<long>("SELECT MIN(id) FROM feed_token");
        (await (await stage.Member("eve")).Post($"/account/feeds/{id}/remove")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await mia.Post($"/account/feeds/{id}/remove")).Location.ShouldBe("/account/feeds");
        (await reader.Get(phone)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await reader.Open(desk)).Body.ShouldContain(Secret);
        (await reader.Get("/feeds/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/ada-makes.xml")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await mia.Open("/account/export")).Body.ShouldContain("feed_readers");
        (await stage.App.Visitor().Get("/account/feeds")).Location!.ShouldStartWith("/sign-in");
    }

    [Theory, OnEveryEngine]
    public async Task The_public_feed_has_what_is_public_and_a_draft_campaign_has_none(Engine engine)
    {
        await using var stage = await PostStage.Start(engine,
            adjust: b => b.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Stipend:Posts:FeedReadsPerMinute"] = "2" }));
        await stage.Publishes("Everyone's", "Hello.");
        await stage.Publishes("Paid", Secret, Audience.PaidMembers, teaser: "Not here.");
        var hidden = await stage.App.HasCampaign("hidden", stage.Ada.Id, published: false);
        var visitor = stage.App.Visitor();
        var feed = await visitor.Open("/ada-makes/feed.xml");
        feed.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/rss+xml");
        XDocument.Parse(feed.Body).Descendants("item").Select(i => i.Element("title")!.Value).ShouldBe(["Everyone's"]);
        feed.Body.ShouldNotContain(Secret);
        (await visitor.Open("/ada-makes/feed.json")).Body.ShouldContain("Everyone's");
        (await visitor.Open("/ada-makes")).Find("link[rel=alternate][type='application/rss+xml']")!.GetAttribute("href").ShouldBe("/ada-makes/feed.xml");
        (await visitor.Get($"/{hidden.Vanity}/feed.xml")).Status.ShouldBe(HttpStatusCode.NotFound);

        var (rss, _) = await SetUp(await stage.Member("mia"), "Phone");
        (await visitor.Open(rss)).Body.ShouldContain("Not here.");
        await visitor.Open(rss);
        var often = await visitor.Get(rss);
        often.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        often.Response.Headers.RetryAfter!.ToString().ShouldBe("60");
        often.Response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
    }

    [Fact]
    public async Task Files_of_another_module_are_handed_out_with_open_posts_alone()
    {
        await using var stage = await PostStage.Start(Engine.Sqlite, adjust: b => b.Services.AddScoped<IFeedEnclosures, OneSong>());
        await stage.Publishes("Song", "La.", Audience.Members);
        await stage.Publishes("Closed", "La la.", Audience.PaidMembers);
        var (rss, json) = await SetUp(await stage.Member("mia"), "Phone");
        var reader = stage.App.Visitor();
        var feed = XDocument.Parse((await reader.Open(rss)).Body);
        var enclosure = feed.Descendants("enclosure").Single();
        enclosure.Parent!.Element("title")!.Value.ShouldBe("Song");
        enclosure.Attribute("length")!.Value.ShouldBe("1234");
        XNamespace itunes = "http://www.itunes.com/dtds/podcast-1.0.dtd";
        feed.Descendants(itunes + "duration").Single().Value.ShouldBe("61");
        feed.Descendants(itunes + "block").Single().Value.ShouldBe("Yes");
        using var parsed = JsonDocument.Parse((await reader.Open(json)).Body);
        parsed.RootElement.GetProperty("items").EnumerateArray().Count(i => i.TryGetProperty("attachments", out _)).ShouldBe(1);
    }

    private sealed class OneSong : IFeedEnclosures
    {
        public Task<IReadOnlyDictionary<long, IReadOnlyList<FeedEnclosure>>> Of(FeedReader reader, IReadOnlyCollection<long> openPostIds,
            CancellationToken ct) => Task.FromResult<IReadOnlyDictionary<long, IReadOnlyList<FeedEnclosure>>>(openPostIds.ToDictionary(id => id,
            id => (IReadOnlyList<FeedEnclosure>)[new FeedEnclosure($"/feeds/{reader.Token}/song-{id}.mp3", "audio/mpeg", 1234, Duration.FromSeconds(61))]));
    }

    /// <summary>Presses the button on the campaign's page; answers the paths shown.</summary>
    internal static async Task<(string Rss, string Json)> SetUp(Actor actor, string name)
    {
        var page = await actor.Submit(await actor.Open("/ada-makes"), "form[action='/account/feeds']", ("name", name));
        page.Status.ShouldBe(HttpStatusCode.OK, page.Text);
        page.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        page.Response.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        string PathOf(string field) => new Uri(page.Find($"input[name='{field}']")!.GetAttribute("value")!).PathAndQuery;
        return (PathOf("rss-0"), PathOf("json-0"));
    }

    private static async Task<HttpResponseMessage> Again(Actor reader, string path, Page before, bool byTime = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (byTime) request.Headers.IfModifiedSince = before.Response.Content.Headers.LastModified;
        else request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(before.Response.Headers.ETag!.ToString()));
        return await reader.Client.SendAsync(request);
    }
}
