using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Vault;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>Several podcasts of one campaign: each a collection with a feed of its own, through the one gate, by the one token.</summary>
public sealed class SeveralPodcastsTests
{
    private const string Secret = "Xochimilco";

    [Theory, OnEveryEngine]
    public async Task Each_podcast_has_its_own_episodes_and_each_reader_those_open_to_them_until_they_no_longer_are(Engine engine)
    {
        await using var s = await PodcastStage.Start(engine);
        var (bus, shed) = (await s.Podcast("Night bus"), await s.Podcast("The shed", ("category", "Technology")));
        await s.Episode("night-bus", "First ride");
        var (_, closed) = await s.Episode("night-bus", "Second ride", Audience.Tiers(s.Stage.Big.Id), $"The {Secret}.", "secret ride.mp3");
        await s.Episode("night-bus", "Only words", name: "");
        await s.Episode("the-shed", "Springs");
        var mia = await s.App.SignUp("mia");
        var cause = await s.Stage.Grant(mia, s.Stage.Big);

        var (rss, json) = ($"/ada-makes/podcasts/{bus}/feed.xml", $"/ada-makes/podcasts/{bus}/feed.json");
        var first = await s.Reader.Open(rss);
        first.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/rss+xml");
        PodcastStage.Titles(XDocument.Parse(first.Body)).ShouldBe(["First ride"]);
        PodcastStage.Titles(await s.Feed($"/ada-makes/podcasts/{shed}/feed.xml")).ShouldBe(["Springs"]);
        foreach (var body in new[] { first.Body, (await s.Reader.Open(json)).Body })
            foreach (var never in new[] { Secret, "Second ride", "secret ride", "secret%20ride", closed, "Springs" }) body.ShouldNotContain(never);

        var addresses = await mia.Post("/account/feeds", ("name", "Phone"), ("campaign", "ada-makes"));
        string Of(string field) => new Uri(addresses.Find($"input[name='{field}']")!.GetAttribute("value")!).PathAndQuery;
        var (mine, mineOfShed) = (Of("podcast-0-0"), Of("podcast-0-1"));
        addresses.Find("s-copy")!.GetAttribute("data-text")!.ShouldEndWith(mine);
        var feed = await s.Feed(mine);
        PodcastStage.Titles(feed).ShouldBe(["Second ride", "First ride"]);
        PodcastStage.Each(feed, "description").ShouldBe([$"<p>The {Secret}.</p>", "<p>Notes.</p>"]);
        PodcastStage.Titles(await s.Feed(mineOfShed)).ShouldBe(["Springs"], "one token serves every podcast");
        var recording = new Uri(feed.Descendants("enclosure").First().Attribute("url")!.Value).PathAndQuery;
        (await Files.Ask(s.Reader, recording)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Files.Ask(s.Reader, closed)).StatusCode.ShouldBe(HttpStatusCode.NotFound, "the file's own address opens nothing to a stranger");
        feed.ToString().ShouldContain(Secret);
        feed.Descendants(PodcastStage.Itunes + "block").Single().Value.ShouldBe("Yes");
        feed.Descendants(PodcastStage.Namespace + "block").Single().Value.ShouldBe("yes");
        XDocument.Parse(first.Body).Descendants(PodcastStage.Itunes + "block").ShouldBeEmpty("the public feed is for directories");
        using var parsed = JsonDocument.Parse((await s.Reader.Open(mine.Replace(".xml", ".json", StringComparison.Ordinal))).Body);
        parsed.RootElement.GetProperty("items").GetArrayLength().ShouldBe(2);
        PodcastStage.Titles(await s.Feed(Of("rss-0"))).ShouldBe(["Springs", "Only words", "Second ride", "First ride"], "the feed of everything is as it was");

        s.App.Time.Advance(Duration.FromMinutes(5));
        await s.Episode("the-shed", "Gears");
        PodcastStage.Titles(await s.Feed($"/ada-makes/podcasts/{shed}/feed.xml")).ShouldBe(["Gears", "Springs"]);
        (await Again(s.Reader, rss, first)).ShouldBe(HttpStatusCode.NotModified, "another podcast's news is none of this one's");
        (await Again(s.Reader, rss, first, byTime: true)).ShouldBe(HttpStatusCode.NotModified);
        var before = await s.Reader.Open(mine);
        (await Again(s.Reader, mine, before)).ShouldBe(HttpStatusCode.NotModified);

        var commands = new List<long> { await s.App.CountCommands(() => s.Reader.Open(mine)), await s.App.CountCommands(() => s.Reader.Open(rss)) };
        for (var i = 0; i < 4; i++) await s.Episode("night-bus", $"More {i}", i % 2 == 0 ? Audience.Public : Audience.Tiers(s.Stage.Big.Id));
        (await s.Feed(mine)).Descendants("item").Count().ShouldBe(6);
        await s.Reader.Open(rss);
        new List<long> { await s.App.CountCommands(() => s.Reader.Open(mine)), await s.App.CountCommands(() => s.Reader.Open(rss)) }.ShouldBe(commands);
        (await Again(s.Reader, rss, first)).ShouldBe(HttpStatusCode.OK);

        await Files.EndGrant(s.Stage, cause);
        s.App.Time.Advance(Duration.FromSeconds(30));
        PodcastStage.Titles(await s.Feed(mine)).ShouldBe(["More 2", "More 0", "First ride"]);
        (await s.Reader.Open(mine)).Body.ShouldNotContain(Secret);
        (await Files.Ask(s.Reader, recording)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory, OnEveryEngine]
    public async Task A_podcast_that_is_over_says_so_and_one_that_is_anothers_or_a_drafts_is_not_there(Engine engine)
    {
        await using var s = await PodcastStage.Start(engine);
        var bus = await s.Podcast("Night bus");
        await s.Episode("night-bus", "First ride");
        await s.Ada.Post("/ada-makes/collections/new", ("title", "Plain"));
        var plain = await s.Stage.Scalar<long>("SELECT id FROM post_collection WHERE slug = 'plain'");
        var token = (await PrivateFeedTests.SetUp(await s.Stage.Member("mia"), "Phone")).Rss.Split('/')[2];
        var eve = await s.App.SignUp("eve");
        var other = await s.App.HasCampaign("eve-makes", eve.Id);
        await eve.Post("/eve-makes/collections/new", ("title", "Mine"));
        await eve.Submit(await eve.Open("/eve-makes/collections/mine/podcast"), "form[action$='/mine/podcast']", ("category", "Comedy"), ("description", "Jokes."));
        var mine = await s.Stage.Scalar<long>("SELECT collection_id FROM podcast WHERE campaign_id = @campaign", ("campaign", other.Id));
        mine.ShouldBeGreaterThan(0);

        async Task Answers(HttpStatusCode status, string vanity, long id, string because)
        {
            foreach (var path in new[] { $"/{vanity}/podcasts/{id}/feed.xml", $"/{vanity}/podcasts/{id}/feed.json", $"/feeds/{token}/{vanity}/{id}.xml", $"/feeds/{token}/{vanity}/{id}.json" })
                (await s.Reader.Get(path)).Status.ShouldBe(status, $"{because}: {path}");
        }
        await Answers(HttpStatusCode.OK, "ada-makes", bus, "offered");
        await Answers(HttpStatusCode.NotFound, "ada-makes", mine, "another campaign's");
        await Answers(HttpStatusCode.NotFound, "ada-makes", plain, "a collection and no podcast");
        await Answers(HttpStatusCode.NotFound, "ada-makes", 1, "nothing at all");
        await Answers(HttpStatusCode.OK, "eve-makes", mine, "empty, and there");
        (await s.Reader.Get($"/feeds/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/ada-makes/{bus}.xml")).Status.ShouldBe(HttpStatusCode.NotFound);

        await s.App.In(x => x.GetRequiredService<Db>().Execute("UPDATE campaign SET is_published = @no WHERE id = @id", default, ("no", false), ("id", other.Id)));
        await Answers(HttpStatusCode.NotFound, "eve-makes", mine, "a draft's");
        (await eve.Post("/ada-makes/collections/night-bus/podcast/end")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await eve.Post("/ada-makes/collections/night-bus/podcast", ("description", "x"))).Status.ShouldBe(HttpStatusCode.NotFound);
        (await eve.Post("/eve-makes/collections/night-bus/podcast/end")).Status.ShouldBe(HttpStatusCode.NotFound);

        var guid = (await s.Feed($"/ada-makes/podcasts/{bus}/feed.xml")).Descendants(PodcastStage.Namespace + "guid").Single().Value;
        (await s.Reader.Open("/ada-makes")).Texts(".feeds-line a").ShouldBe(["Night bus", "RSS"]);
        (await s.Ada.Post("/ada-makes/collections/night-bus/podcast/end")).Location.ShouldBe("/ada-makes/podcasts");
        await Answers(HttpStatusCode.Gone, "ada-makes", bus, "ended");
        (await s.Reader.Get($"/ada-makes/podcasts/{bus}/feed.xml")).Body.ShouldContain("no longer offered");
        (await s.Reader.Open("/ada-makes")).Find(".feeds-line").ShouldBeNull();
        (await s.Reader.Open("/ada-makes/collections/night-bus")).Texts(".episode-title").ShouldBe(["First ride"]);
        (await s.Offer("night-bus", ("description", "Again."))).Status.ShouldBe(HttpStatusCode.SeeOther);
        await s.Ada.Post("/ada-makes/collections/night-bus/edit", ("title", "Day bus"));
        var again = await s.Feed($"/feeds/{token}/ada-makes/{bus}.xml");
        (again.Descendants("title").First().Value, again.Descendants(PodcastStage.Namespace + "guid").Single().Value).ShouldBe(("Day bus", guid));
        await s.Ada.Post("/ada-makes/collections/night-bus/delete");
        await Answers(HttpStatusCode.Gone, "ada-makes", bus, "its collection is deleted");
        (await s.Ada.Open("/account/feeds")).Text.ShouldNotContain("Day bus");
    }

    [Theory, OnEveryEngine]
    public async Task A_serial_goes_in_its_order_and_counts_for_everybody_alike_and_hostile_words_stay_words(Engine engine)
    {
        await using var s = await PodcastStage.Start(engine);
        const string hostile = "<b>&\"]]>\u0001 \uD83D\uDE00</channel>";
        var bus = await s.Podcast("Night <bus> & \"co\"", ("type", "serial"), ("author", hostile), ("description", hostile), ("language", "pt-BR"), ("explicit", "true"));
        var rss = $"/ada-makes/podcasts/{bus}/feed.xml";
        const string slug = "night-bus-co";
        var three = await s.Episode(slug, "Three" + hostile, text: "]]> <script>alert(1)</script>");
        var one = await s.Episode(slug, "One");
        await s.Episode(slug, "Two", Audience.Tiers(s.Stage.Big.Id));
        var (teaser, _) = await s.Episode(slug, "Trailer");
        var edit = $"/ada-makes/collections/{slug}";
        foreach (var _ in new[] { 1, 2 }) await s.Ada.Post(edit + "/posts", ("action", "down"), ("post", three.Post)); // One, Two, Three, Trailer
        foreach (var _ in new[] { 1, 2, 3 }) await s.Ada.Post(edit + "/posts", ("action", "up"), ("post", teaser));
        (await s.Ada.Post(edit + "/podcast/episodes", ("post", teaser), ("kind", "trailer"))).Status.ShouldBe(HttpStatusCode.SeeOther);

        var feed = await s.Feed(rss);
        Words(feed.Descendants("item").Last().Element("title")!.Value).ShouldBe("Three" + Words(hostile));
        PodcastStage.Each(feed, PodcastStage.Itunes + "episode").ShouldBe(["", "1", "3"], "two is closed, and counts");
        PodcastStage.Each(feed, PodcastStage.Itunes + "episodeType").ShouldBe(["trailer", "full", "full"]);
        var channel = feed.Root!.Element("channel")!;
        channel.Element("title")!.Value.ShouldBe("Night <bus> & \"co\"");
        channel.Element(PodcastStage.Itunes + "author")!.Value.ShouldBe(Words(hostile));
        channel.Element("description")!.Value.ShouldBe(Words(hostile));
        (channel.Element(PodcastStage.Itunes + "type")!.Value, channel.Element("language")!.Value, channel.Element(PodcastStage.Itunes + "explicit")!.Value)
            .ShouldBe(("serial", "pt-br", "true"));
        channel.Element(PodcastStage.Itunes + "category")!.Element(PodcastStage.Itunes + "category")!.Attribute("text")!.Value.ShouldBe("Books");
        channel.Element(PodcastStage.Namespace + "locked")!.Value.ShouldBe("yes");

        await s.Ada.Post(edit + "/podcast/episodes", ("post", one.Post), ("season", "2"), ("number", "7"), ("kind", "full"));
        await s.Ada.Post(edit + "/podcast/episodes", ("post", three.Post), ("season", "2"), ("kind", "full"));
        feed = await s.Feed(rss);
        PodcastStage.Each(feed, PodcastStage.Namespace + "season").ShouldBe(["", "2", "2"]);
        PodcastStage.Each(feed, PodcastStage.Namespace + "episode").ShouldBe(["", "7", "8"], "a season goes on from the number given in it");
        var wrong = await s.Ada.Post(edit + "/podcast/episodes", ("post", one.Post), ("season", "0"), ("kind", "full"));
        (wrong.Status, wrong.Find("details.order-more[open] input[name=post]")!.GetAttribute("value")).ShouldBe((HttpStatusCode.UnprocessableEntity, $"{one.Post}"));
        (await s.Ada.Post(edit + "/podcast/episodes", ("post", 1), ("kind", "full"))).Status.ShouldBe(HttpStatusCode.NotFound);

        await s.App.In(x => x.GetRequiredService<Db>().Execute("UPDATE vault_file SET chapters = @chapters", default,
            ("chapters", """[{"startMs":0,"title":"Start"},{"startMs":61500,"title":"The \u003c end"}]""")));
        feed = await s.Feed(rss);
        var chapters = new Uri(feed.Descendants(PodcastStage.Namespace + "chapters").Last().Attribute("url")!.Value).PathAndQuery;
        using (var parsed = JsonDocument.Parse((await s.Reader.Open(chapters)).Body))
            parsed.RootElement.GetProperty("chapters")[1].ToString().ShouldBe("""{"startTime":61.5,"title":"The < end"}""");
        var two = await s.Stage.Scalar<long>("SELECT id FROM post WHERE title = 'Two'");
        (await s.Reader.Get($"/ada-makes/podcasts/{bus}/chapters/{two}.json")).Status.ShouldBe(HttpStatusCode.NotFound, "closed");
        var token = (await PrivateFeedTests.SetUp(await s.Stage.Member("mia", s.Stage.Big), "Phone")).Rss.Split('/')[2];
        feed = await s.Feed($"/feeds/{token}/ada-makes/{bus}.xml");
        PodcastStage.Each(feed, PodcastStage.Itunes + "episode").ShouldBe(["", "7", "1", "8"]);
        (await s.Reader.Open(new Uri(feed.Descendants("item").ElementAt(2).Element(PodcastStage.Namespace + "chapters")!.Attribute("url")!.Value).PathAndQuery))
            .Body.ShouldContain("\"Two\"");
        await s.Ada.Post($"/ada-makes/posts/{teaser}/delete");
        (await s.Stage.Count("podcast_episode")).ShouldBe(2, "what was said of a deleted post goes with it");
        PodcastStage.Titles(await s.Feed(rss)).ShouldNotContain("Trailer");
    }

    [Fact]
    public async Task The_form_says_in_a_sentence_what_apps_demand_and_takes_artwork_that_is_square()
    {
        await using var s = await PodcastStage.Start(Engine.Sqlite);
        (await s.Ada.Open("/ada-makes/podcasts")).Text.ShouldContain("No podcast yet");
        await s.Ada.Post("/ada-makes/collections/new", ("title", "Night bus"));
        (await s.Ada.Open("/ada-makes/podcasts")).Text.ShouldContain("Not a podcast");
        (await s.Stage.Count("podcast")).ShouldBe(0);
        foreach (var (field, value, says) in new[]
        {
            ("description", "", "This is needed."), ("author", " ", "This is needed."), ("category", "", "Choose a category"), ("category", "Arts/Soccer", "Choose a category"),
            ("language", "Deutsch!", "A language is written as a code"), ("language", "de\n", ""), ("type", "weekly", "Choose one of the options."),
            ("description", new string('x', 4001), "At most 4,000 characters"),
        })
        {
            var answer = await s.Offer("night-bus", [("description", "Rides."), .. new (string, object?)[] { (field, value) }]);
            answer.Status.ShouldBe(says.Length == 0 ? HttpStatusCode.SeeOther : HttpStatusCode.UnprocessableEntity, value);
            if (says.Length > 0) answer.Find($"#field-{field}-error, #field-{field} .field-error")!.TextContent.ShouldContain(says);
        }
        var bus = await s.Stage.Scalar<long>("SELECT collection_id FROM podcast");
        (await s.Ada.Open("/ada-makes/podcasts")).Find("s-copy")!.GetAttribute("data-text").ShouldBe($"http://localhost:5000/ada-makes/podcasts/{bus}/feed.xml");

        (await s.SendArtwork("night-bus", PodcastStage.Png(1500, 1400))).Text.ShouldContain("this picture has 1500 × 1400 pixels");
        (await s.SendArtwork("night-bus", Pictures.Gif, "image/gif")).Text.ShouldContain("as JPEG or PNG");
        (await s.SendArtwork("night-bus", "not a picture"u8.ToArray())).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await s.SendArtwork("night-bus", PodcastStage.Png(600, 600))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await s.Ada.Open("/ada-makes/collections/night-bus/podcast")).Text.ShouldContain("The present one has 600 pixels.");
        (await s.SendArtwork("night-bus", PodcastStage.Png(1400, 1400))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await s.Offer("night-bus", ("author", "Ada"))).Status.ShouldBe(HttpStatusCode.SeeOther); // without a picture the present one stays
        (await s.Ada.Open("/ada-makes/collections/night-bus/podcast")).Text.ShouldNotContain("The present one has");
        var art = (await s.Feed($"/ada-makes/podcasts/{bus}/feed.xml")).Descendants(PodcastStage.Itunes + "image").Single().Attribute("href")!.Value;
        art.ShouldEndWith(".png");
        var picture = await s.Reader.Get(new Uri(art).PathAndQuery);
        (picture.Status, picture.Response.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.OK, "image/png"));
        (await s.Reader.Get(new Uri(art).PathAndQuery.Replace(".png", ".jpg", StringComparison.Ordinal))).Status.ShouldBe(HttpStatusCode.NotFound);
        await s.Ada.Post("/ada-makes/collections/night-bus/podcast/end");
        (await s.Reader.Get(new Uri(art).PathAndQuery)).Status.ShouldBe(HttpStatusCode.Gone);
    }

    /// <summary>Without the one character XML cannot hold.</summary>
    private static string Words(string text) => text.Replace("\u0001", "", StringComparison.Ordinal);

    private static async Task<HttpStatusCode> Again(Actor reader, string path, Page before, bool byTime = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (byTime) request.Headers.IfModifiedSince = before.Response.Content.Headers.LastModified;
        else request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(before.Response.Headers.ETag!.ToString()));
        return (await reader.Client.SendAsync(request)).StatusCode;
    }
}
