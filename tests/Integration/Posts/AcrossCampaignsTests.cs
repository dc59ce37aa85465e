using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>What a member of several campaigns sees of all of them at once: the home feed and the search.</summary>
public sealed class AcrossCampaignsTests
{
    [Theory, OnEveryEngine]
    public async Task Home_names_what_opens_a_post_and_the_search_finds_what_may_be_read_in_every_campaign_one_is_in(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var (eve, zoe) = (await stage.App.SignUp("eve"), await stage.App.SignUp("zoe"));
        var (second, foreign) = (await stage.App.HasCampaign("eve-draws", eve.Id), await stage.App.HasCampaign("zoe-sings", zoe.Id));
        var (sketch, ink) = (await stage.App.HasTier(second, "Sketch", 150), await stage.App.HasTier(second, "Ink", 700));
        await stage.App.HasTier(foreign, "Choir", 100);
        var mia = await stage.Member("mia", stage.Small);
        await stage.Publishes("Otter plans", "The treasure is an otter.", Audience.Tiers(stage.Big.Id), teaser: "Nine sheets");
        await stage.Publishes("Either tier", "An otter for both.", Audience.Tiers(stage.Small.Id, stage.Big.Id));
        await Publishes(foreign, zoe, "Otter song", "A public otter.", Audience.Public);
        (await mia.Open("/home")).Texts(".post-title").ShouldBe(["Either tier", "Otter plans"], ignoreOrder: true);
        var (home, found) = (await Commands("/home"), await Commands("/library/search?q=otter"));

        await stage.App.In(s => s.GetRequiredService<IGrants>().Open(
            [new NewGrant(second.BookId, mia.Id, second.Id, null, GrantSource.Free, stage.App.Time.Now, null, "test", 9_001)]));
        stage.App.Time.Advance(Duration.FromSeconds(1));
        await Publishes(second, eve, "Otter in ink", "The hidden otter.", Audience.Tiers(ink.Id, sketch.Id));
        await Publishes(second, eve, "For whoever pays", "The paid otter.", Audience.PaidMembers);
        await Publishes(second, eve, "Letter", "An open otter, drawn.", Audience.Members);

        // Each card says the same on home as on its campaign's page: its own campaign's cheapest tier, with its price.
        var (all, of) = (await mia.Open("/home"), new Dictionary<string, Page> { ["/ada-makes"] = await mia.Open("/ada-makes"), ["/eve-draws"] = await mia.Open("/eve-draws") });
        foreach (var (campaign, title, says) in new[]
        {
            ("/ada-makes", "Otter plans", "Studio for €5.00"), ("/eve-draws", "Otter in ink", "Sketch for €1.50"), ("/eve-draws", "For whoever pays", "Sketch for €1.50"),
        })
        {
            LockOf(all, title).ShouldContain(says);
            LockOf(all, title).ShouldBe(LockOf(of[campaign], title));
            all.Body.ShouldNotContain("Choir");
        }
        Article(all, "Either tier").ShouldContain("Friend, Studio");

        var results = await mia.Open("/library/search?q=otter");
        results.Texts(".post-title").ShouldBe(["Otter in ink", "Otter plans", "Letter", "Either tier"], ignoreOrder: true);
        results.Texts("mark").ShouldContain("otter");
        Article(results, "Letter").ShouldContain("drawn");
        results.Text.ShouldNotContain("hidden");
        results.Text.ShouldNotContain("treasure");
        foreach (var closed in new[] { "treasure", "hidden", "paid otter", "song" })
            (await mia.Open($"/library/search?q={closed}")).Texts(".post-title").ShouldBeEmpty(closed);
        (await zoe.Open("/library/search?q=otter")).Texts(".post-title").ShouldBeEmpty("she is a member of nobody");
        (await stage.App.Visitor().Get("/library/search?q=otter")).Status.ShouldNotBe(HttpStatusCode.OK);
        (await mia.Open("/library")).Form("main form[role=search]").Action.ShouldBe("/library/search");

        for (var i = 0; i < 25; i++) await Publishes(i % 2 == 0 ? second : stage.Campaign, i % 2 == 0 ? eve : stage.Ada, $"More {i}", "An otter more.", Audience.Members);
        var seen = new List<string>();
        for (var page = await mia.Open("/library/search?q=otter"); ; page = await mia.Open(page.Find(".pager a[rel=next]")!.GetAttribute("href")!))
        {
            seen.AddRange(page.Texts(".post-title"));
            if (page.Find(".pager a[rel=next]") is null) break;
        }
        seen.Count.ShouldBe(29);
        seen.ShouldBeUnique();
        (await Commands("/home")).ShouldBe(home);
        (await Commands("/library/search?q=otter")).ShouldBe(found);

        async Task<long> Commands(string path)
        {
            await mia.Open(path); // rules are read once and kept
            return await stage.App.CountCommands(() => mia.Open(path));
        }

        Task<long> Publishes(CampaignInfo campaign, Actor author, string title, string text, Audience audience) =>
            stage.App.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, author.Id, title, text, audience, false, null)));
    }

    private static string Article(Page page, string title) => page.Html.QuerySelectorAll("article.post-card").Single(a => a.QuerySelector(".post-title")!.TextContent == title).TextContent;

    private static string LockOf(Page page, string title) => string.Join(' ', page.Html.QuerySelectorAll("article.post-card")
        .Single(a => a.QuerySelector(".post-title")!.TextContent == title).QuerySelector(".locked")!.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
