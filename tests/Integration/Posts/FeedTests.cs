using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Posts.Read;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

public sealed class FeedTests
{
    [Theory, OnEveryEngine]
    public async Task Pages_follow_each_other_without_gap_or_repeat_also_when_posts_share_a_moment(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var ids = new List<long>();
        for (var i = 0; i < 23; i++)
        {
            if (i % 4 == 0) stage.App.Time.Advance(Duration.FromMinutes(1));
            ids.Add(await stage.Publishes($"Post {i}", "x"));
        }
        var seen = new List<long>();
        for (PostCursor? next = PostCursor.Start; next is { } after && seen.Count < 100;)
        {
            var page = await stage.App.In(s =>
                s.GetRequiredService<PostReading>().OfCampaign(stage.Campaign, null, null, PostCursor.Parse(after.ToString()), 5, default));
            seen.AddRange(page.Cards.Select(c => c.Id));
            next = page.Next;
        }
        seen.ShouldBe(Enumerable.Reverse(ids));
    }

    [Theory, OnEveryEngine]
    public async Task The_campaign_page_shows_the_newest_posts_and_pages_through_the_rest(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var visitor = stage.App.Visitor();
        (await visitor.Open("/ada-makes")).Text.ShouldContain("Nothing published yet");
        for (var i = 0; i < 23; i++) await stage.Publishes($"Post {i}", $"Text {i}", i % 2 == 0 ? Audience.Public : Audience.PaidMembers,
            teaser: $"Teaser {i}");
        var first = await visitor.Open("/ada-makes");
        first.Texts(".post-title").ShouldBe(Enumerable.Range(3, 20).Reverse().Select(i => $"Post {i}"));
        first.Text.ShouldContain("Text 22");
        first.Text.ShouldNotContain("Text 21");
        first.Text.ShouldContain("Teaser 21");
        var second = await visitor.Open(first.Find("a[rel=next]")!.GetAttribute("href")!.Split('#')[0]);
        second.Texts(".post-title").ShouldBe(["Post 2", "Post 1", "Post 0"]);
    }

    [Theory, OnEveryEngine]
    public async Task The_home_feed_mixes_the_campaigns_one_is_a_member_of_and_no_others(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var lin = await stage.App.HasCampaign("lin-paints", (await stage.App.SignUp("lin")).Id);
        var stranger = await stage.App.HasCampaign("bo-sings", (await stage.App.SignUp("bo")).Id);
        var member = await stage.Member("mia", stage.Small);
        await stage.App.In(s =>
            s.GetRequiredService<IGrants>()
            .Open([new NewGrant(lin.BookId, member.Id, lin.Id, null, GrantSource.Free, stage.App.Time.Now, null, "test", 1)]));
        await stage.Publishes("From Ada", "one");
        stage.App.Time.Advance(Duration.FromMinutes(1));
        await stage.App.In(s =>
            s.GetRequiredService<IPosts>().Publish(new NewPost(lin.Id, lin.OwnerId, "From Lin", "two", Audience.Members, false, null)));
        await stage.App.In(s =>
            s.GetRequiredService<IPosts>()
            .Publish(new NewPost(stranger.Id, stranger.OwnerId, "From Bo", "three", Audience.Public, false, null)));
        stage.App.Time.Advance(Duration.FromMinutes(1));
        var home = await member.Open("/home");
        home.Texts(".post-title").ShouldBe(["From Lin", "From Ada"]);
        home.Text.ShouldContain(lin.Name);
    }

    [Theory, OnEveryEngine]
    public async Task Home_without_memberships_says_the_next_step_and_asks_visitors_to_sign_in(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        (await (await stage.App.SignUp("new")).Open("/home")).Text.ShouldContain("When you join a creator");
        (await stage.App.Visitor().Get("/home")).Location!.ShouldStartWith("/sign-in");
    }

    [Theory, OnEveryEngine]
    public async Task Search_pages_and_marks_and_takes_any_input(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        for (var i = 0; i < 25; i++) await stage.Publishes($"Otter {i}", "Some <b>text</b> about an otter & more");
        var visitor = stage.App.Visitor();
        var first = await visitor.Open("/ada-makes/search?q=otter");
        first.Texts(".post-title").Count.ShouldBe(20);
        first.Find("mark")!.TextContent.ShouldBe("Otter");
        var second = await visitor.Open(first.Find("a[rel=next]")!.GetAttribute("href")!);
        first.Texts(".post-title").Concat(second.Texts(".post-title")).Distinct().Count().ShouldBe(25);
        foreach (var typed in new[] { "%22", "'%20OR%201=1--", "%3Cscript%3Ealert(1)%3C/script%3E", "%00", "a%22%20NEAR(",
            "%ED%A0%BD", "" })
            ((int)(await visitor.Get($"/ada-makes/search?q={typed}&after=junk")).Status).ShouldBe(200, typed);
        ((int)(await visitor.Get("/nobody/search?q=x")).Status).ShouldBe(404);
    }
}
