using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Vault;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>A podcast app: it reads the feed once and fetches the recordings later, piece by piece, without a cookie.</summary>
public sealed class PodcastTests
{
    [Theory, OnEveryEngine]
    public async Task A_recording_plays_in_a_podcast_app_until_its_listener_may_no_longer_hear_it(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var bytes = Files.Mp3(3, 40_000);
        var post = await stage.Publishes("Episode 1", "Notes.", Audience.Tiers(stage.Big.Id));
        var file = await Files.Upload(stage.Ada, post, "episode one.mp3", bytes);
        await Files.Upload(stage.Ada, post, "scores.pdf", Files.Text("%PDF-1.4 … %%EOF"));
        var mia = await stage.App.SignUp("mia");
        var cause = await stage.Grant(mia, stage.Big);
        var (rss, json) = await PrivateFeedTests.SetUp(mia, "Podcast app");
        var app = stage.App.Visitor();

        var enclosure = XDocument.Parse((await app.Open(rss)).Body).Descendants("enclosure").ShouldHaveSingleItem();
        (enclosure.Attribute("type")!.Value, enclosure.Attribute("length")!.Value).ShouldBe(("audio/mpeg", $"{bytes.Length}"));
        var path = new Uri(enclosure.Attribute("url")!.Value).PathAndQuery;
        using var parsed = JsonDocument.Parse((await app.Open(json)).Body);
        parsed.RootElement.GetProperty("items")[0].GetProperty("attachments").GetArrayLength().ShouldBe(2);

        (await Files.Ask(app, file)).StatusCode.ShouldBe(HttpStatusCode.NotFound, "the file's own address opens nothing to a stranger");
        for (var from = 0; from < bytes.Length; from += 10_000)
        {
            var piece = await Files.Ask(app, path, ("Range", $"bytes={from}-{from + 9_999}"));
            piece.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
            (await piece.Content.ReadAsByteArrayAsync()).ShouldBe(bytes[from..Math.Min(from + 10_000, bytes.Length)]);
            piece.Headers.CacheControl!.Private.ShouldBeTrue();
            piece.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        }
        (await Files.Ask(app, path.Replace(rss.Split('/')[2], "another", StringComparison.Ordinal))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await stage.App.In(async s => await s.GetRequiredService<IGrants>().End(stage.Campaign.BookId, "test", cause,
            await s.GetRequiredService<Books>().Now(stage.Campaign.BookId), "Your card was declined."));
        stage.App.Time.Advance(Duration.FromSeconds(30));
        (await Files.Ask(app, path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        XDocument.Parse((await app.Open(rss)).Body).Descendants("enclosure").ShouldBeEmpty();
    }
}
