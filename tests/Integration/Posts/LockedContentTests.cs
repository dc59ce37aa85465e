using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Read;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>Closed content never leaves the server, on any surface, for anybody it is closed to.</summary>
public sealed class LockedContentTests
{
    private const string Word = "Quetzalcoatl"; // searched for, so a page may repeat it as what was typed
    private const string Canary = "Xochimilco";

    [Theory, OnEveryEngine]
    public async Task No_surface_gives_a_closed_text_or_picture_to_visitor_free_member_wrong_tier_or_declined(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var image = await Pictures.Upload(stage.Ada, Pictures.Png);
        var post = await stage.Publishes("The hidden plans", $"The {Word} {Canary} is here.\n\n![{Canary} drawn]({image})",
            Audience.Tiers(stage.Big.Id), teaser: "Nine sheets of plans.");
        await stage.Publishes("Open letter", "Hello everyone.", teaser: "");
        var readers = new[]
        {
            stage.App.Visitor(), await stage.Member("free"), await stage.Member("wrong", stage.Small),
                await stage.Declined("declined", stage.Big), await stage.App.SignUp("stranger"),
        };
        foreach (var reader in readers)
        {
            var path = await PathOf(reader, post);
            var page = await reader.Open(path);
            page.Text.ShouldContain("The hidden plans");
            page.Text.ShouldContain("Nine sheets of plans.");
            page.Find("a[href='/ada-makes/why']").ShouldNotBeNull(reader.Name);
            page.Find(".locked a.button").ShouldNotBeNull(reader.Name);
            foreach (var surface in new[]
            {
                path, "/ada-makes", $"/ada-makes/search?q={Word}", "/ada-makes/search?q=hidden", "/ada-makes/search?q=quetz", "/home",
                    $"/ada-makes/posts/{post}/edit", "/ada-makes/posts",
                $"/ada-makes/posts/{post}/publish", $"/ada-makes/posts/{post}/delete", $"{path}?format=json",
            })
            {
                var seen = await reader.Get(surface);
                seen.Body.ShouldNotContain(Canary, Case.Insensitive, $"{reader.Name} at {surface}");
                seen.Body.ShouldNotContain(image, Case.Insensitive, $"{reader.Name} at {surface}");
            }
            (await reader.Get($"/ada-makes/search?q={Word}")).Text.ShouldNotContain("The hidden plans", Case.Insensitive,
                "a search must not tell that the word is in a closed text");
            (await reader.Get("/ada-makes/search?q=hidden")).Text.ShouldContain("The hidden plans");
            (await reader.Post("/ada-makes/posts/preview", ("text", $"![x]({image})"))).Body.ShouldNotContain("<img");
            (await reader.Get(image)).Status.ShouldBe(HttpStatusCode.NotFound, reader.Name);
            (await stage.App.In(s =>
                s.GetRequiredService<PostReading>()
                .OfCampaign(stage.Campaign, null, reader.Id == 0 ? null : reader.Id, PostCursor.Start, 20, default)))
                .Cards.ShouldAllBe(c => !c.Text.Contains(Canary) && c.CoverSrc == null);
        }
    }

    [Theory, OnEveryEngine]
    public async Task Whoever_it_is_open_to_gets_all_of_it(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var image = await Pictures.Upload(stage.Ada, Pictures.Png);
        var post = await stage.Publishes("The hidden plans", $"The {Canary} is here.\n\n![drawn]({image})", Audience.Tiers(stage.Big.Id));
        foreach (var reader in new[] { stage.Ada, await stage.Member("studio", stage.Big) })
        {
            var page = await reader.Open(await PathOf(reader, post));
            page.Text.ShouldContain(Canary);
            page.Find(".locked").ShouldBeNull();
            page.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
            (await reader.Open($"/ada-makes/search?q={Canary}")).Find("mark")!.TextContent.ShouldBe(Canary);
            var picture = await reader.Client.GetAsync(image);
            picture.StatusCode.ShouldBe(HttpStatusCode.OK);
            picture.Headers.CacheControl!.ToString().ShouldBe("no-store, private");
        }
        (await (await stage.Member("home", stage.Big)).Open("/home")).Text.ShouldContain("The hidden plans");
    }

    [Theory, OnEveryEngine]
    public async Task The_cheapest_way_in_is_named_with_price_and_period(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var visitor = stage.App.Visitor();
        var paid = await stage.Publishes("Paid", "x", Audience.PaidMembers);
        var studio = await stage.Publishes("Studio", "x", Audience.Tiers(stage.Big.Id));
        var members = await stage.Publishes("Members", "x", Audience.Members);
        async Task<(string, string)> Way(long post)
        {
            var button = (await visitor.Open(await PathOf(visitor, post))).Find(".locked a.button")!;
            return (button.TextContent.Trim(), button.GetAttribute("href")!);
        }
        (await Way(paid)).ShouldBe(("Join Friend for €2.00 per post", $"/ada-makes/join/{stage.Small.Id}"));
        (await Way(studio)).ShouldBe(("Join Studio for €5.00 per post", $"/ada-makes/join/{stage.Big.Id}"));
        (await Way(members)).ShouldBe(("Join for free", "/ada-makes/join"));
    }

    [Theory, OnEveryEngine]
    public async Task Drafts_and_scheduled_posts_exist_for_their_creator_alone(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var member = await stage.Member("studio", stage.Big);
        (await stage.Composes("/ada-makes/posts/new", "save", ("title", "Draft"),
            ("markdown", $"{Word} {Canary}"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        var draft = await stage.Scalar<long>("SELECT id FROM post");
        var scheduled = await stage.Publishes("Later", $"{Word} {Canary}", at: TestApp.Moment("2026-02-01"));
        foreach (var id in new[] { draft, scheduled })
        {
            (await member.Get($"/ada-makes/posts/{id}")).Status.ShouldBe(HttpStatusCode.NotFound);
            (await stage.Ada.Open($"/ada-makes/posts/{id}")).Text.ShouldContain(Canary);
        }
        foreach (var surface in new[] { "/ada-makes", "/home", $"/ada-makes/search?q={Word}" })
            (await member.Get(surface)).Body.ShouldNotContain(Canary, Case.Insensitive, surface);
    }

    private static async Task<string> PathOf(Actor reader, long post) => (await reader.Get($"/ada-makes/posts/{post}")).Location!;
}
