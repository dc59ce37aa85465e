using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>A page asks the database the same number of questions however much it shows.</summary>
public sealed class CommandTests
{
    [Theory, OnEveryEngine]
    public async Task The_number_of_commands_of_a_page_does_not_grow_with_the_posts_on_it(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var member = await stage.Member("mia", stage.Small);
        await stage.App.In(s => s.GetRequiredService<IBacklogs>().Set(stage.Small, new Backlog(BacklogKind.SinceJoining)));
        await Fill(stage, 2);
        var pages = new[] { "/ada-makes", "/home", "/ada-makes/search?q=otter", "/" };
        var feed = await member.Post("/account/feeds", ("name", "Phone"), ("campaign", "ada-makes"));
        string[] feeds = [new Uri(feed.Find("input[name='rss-0']")!.GetAttribute("value")!).PathAndQuery, "/ada-makes/feed.json"];
        var fewInFeeds = await Count(feeds, member);
        var few = await Count(pages, member);
        var fewOfCreator = await Count(["/ada-makes/posts"], stage.Ada);
        await Fill(stage, 30);
        foreach (var page in pages) (await member.Open(page)).Texts(".post-title").Count.ShouldBeGreaterThanOrEqualTo(5, page);
        (await Count(pages, member)).ShouldBe(few);
        (await Count(feeds, member)).ShouldBe(fewInFeeds);
        (await Count(["/ada-makes/posts"], stage.Ada)).ShouldBe(fewOfCreator);
        few[0].ShouldBeLessThanOrEqualTo(12, "one more where a tier holds something back; one for the collections");

        async Task<List<long>> Count(string[] paths, Actor actor)
        {
            var counts = new List<long>();
            foreach (var path in paths)
            {
                await actor.Open(path); // rules are read once and kept
                counts.Add(await stage.App.CountCommands(() => actor.Open(path)));
            }
            return counts;
        }
    }

    [Theory, OnEveryEngine]
    public async Task A_post_is_read_with_the_same_number_of_commands_whoever_reads_and_however_long_it_is(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var member = await stage.Member("mia", stage.Big);
        var shortPost = (await member.Get($"/ada-makes/posts/{await stage.Publishes("Short", "x", Audience.Tiers(stage.Big.Id))}")).Location!;
        var longPost = (await member.Get($"/ada-makes/posts/{await stage.Publishes("Long", string.Concat(Enumerable.Repeat("word ", 20_000)), Audience.Tiers(stage.Big.Id))}")).Location!;
        await member.Open(shortPost);
        var open = await stage.App.CountCommands(() => member.Open(shortPost));
        (await stage.App.CountCommands(() => member.Open(longPost))).ShouldBe(open);
        (await stage.App.CountCommands(() => stage.App.Visitor().Open(longPost))).ShouldBeLessThan(open);
    }

    private static async Task Fill(PostStage stage, int posts)
    {
        var audiences = new[] { Audience.Public, Audience.Members, Audience.PaidMembers, Audience.Tiers(stage.Small.Id),
            Audience.Tiers(stage.Big.Id), Audience.Tiers(stage.Small.Id, stage.Big.Id) };
        var soon = stage.App.Time.Now + Duration.FromDays(400);
        for (var i = 0; i < Math.Max(posts, audiences.Length); i++)
            await stage.App.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(stage.Campaign.Id, stage.Ada.Id, $"Otter {i}", "An otter swims.",
                audiences[i % audiences.Length], false, null)
                { Later = i % 2 == 1 && i % audiences.Length > 0 ? [new ReleaseStep(soon + Duration.FromDays(i), Audience.Public)] : [] }));
    }
}
