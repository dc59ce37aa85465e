using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>Posts in an order of their creator's: made and arranged without script, read through the gate.</summary>
public sealed class CollectionTests
{
    private const string Edit = "/ada-makes/collections/night-bus/edit";
    private const string Order = "/ada-makes/collections/night-bus/posts";

    [Theory, OnEveryEngine]
    public async Task A_creator_makes_a_collection_puts_it_in_order_and_readers_walk_along_it(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var (one, two, three) = (await stage.Publishes("One", "First words."), await stage.Publishes("Two", "The Xochimilco.", Audience.Tiers(stage.Big.Id), teaser: "A teaser."),
            await stage.Publishes("Three", "Third words."));
        (await stage.Ada.Post("/ada-makes/collections/new", ("title", ""))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await stage.Ada.Post("/ada-makes/collections/new", ("title", "Night bus"), ("description", "A serial."))).Location.ShouldBe(Edit);
        (await stage.Ada.Post("/ada-makes/collections/new", ("title", "Night bus!"))).Location.ShouldBe("/ada-makes/collections/night-bus-2/edit");
        var visitor = stage.App.Visitor();
        (await visitor.Open("/ada-makes")).Find(".collections").ShouldBeNull("what is empty is not shown");
        foreach (var post in new[] { two, one, three, one }) (await stage.Ada.Post(Order, ("action", "add"), ("post", post))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await stage.Count("post_collection_item")).ShouldBe(3);
        (await stage.Ada.Post(Order, ("action", "up"), ("post", one))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await stage.Ada.Post(Order, ("action", "up"), ("post", one))).Status.ShouldBe(HttpStatusCode.SeeOther); // at the head it stays
        (await stage.Ada.Open(Edit)).Texts(".order-title a").ShouldBe(["One", "Two", "Three"]);
        await stage.Ada.Post(Order, ("action", "down"), ("post", one));
        await stage.Ada.Post(Order, ("action", "down"), ("post", two));
        (await stage.Ada.Open(Edit)).Texts(".order-title a").ShouldBe(["One", "Two", "Three"]);

        (await visitor.Open("/ada-makes")).Texts(".collection-title").ShouldBe(["Night bus"]);
        var page = await visitor.Open("/ada-makes/collections/night-bus");
        page.Texts(".episode-title").ShouldBe(["One", "Two", "Three"]);
        page.Texts(".episode-locked .episode-title").ShouldBe(["Two"]);
        page.Body.ShouldNotContain("Xochimilco");
        (await (await stage.Member("mia", stage.Big)).Open("/ada-makes/collections/night-bus")).Find(".episode-locked").ShouldBeNull();
        var read = await visitor.Open($"/ada-makes/posts/{two}-two");
        read.Texts(".way-post").ShouldBe(["One", "Three"]);
        read.Find("a[rel=next]")!.GetAttribute("href").ShouldBe($"/ada-makes/posts/{three}-three");
        read.Find(".way-title")!.TextContent.ShouldContain("2 of 3");
        (await visitor.Open($"/ada-makes/posts/{one}-one")).Texts(".way-post").ShouldBe(["Two"]);

        var commands = await stage.App.CountCommands(() => visitor.Open("/ada-makes/collections/night-bus"));
        for (var i = 0; i < 12; i++) await stage.Ada.Post(Order, ("action", "add"), ("post", await stage.Publishes($"More {i}", "x")));
        (await stage.App.CountCommands(() => visitor.Open("/ada-makes/collections/night-bus"))).ShouldBe(commands);

        await stage.Ada.Post($"/ada-makes/posts/{one}/withdraw");
        (await visitor.Open("/ada-makes/collections/night-bus")).Texts(".episode-title").ShouldNotContain("One");
        (await stage.Ada.Open(Edit)).Texts(".order-title a").ShouldContain("One");
        await stage.Ada.Post(Order, ("action", "remove"), ("post", one));
        await stage.Ada.Post($"/ada-makes/posts/{three}/delete");
        (await stage.Ada.Open(Edit)).Texts(".order-title a").Take(2).ShouldBe(["Two", "More 0"]);
        await stage.Ada.Post("/ada-makes/collections/night-bus/delete");
        (await visitor.Get("/ada-makes/collections/night-bus")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await stage.Count("post_collection_item")).ShouldBe(0);
        (await visitor.Get($"/ada-makes/posts/{two}-two")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory, OnEveryEngine]
    public async Task The_composer_puts_a_post_into_collections_and_nobody_else_can(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await stage.Ada.Post("/ada-makes/collections/new", ("title", "Night bus"));
        await stage.Composes("/ada-makes/posts/new", "save", ("title", "Draft"), ("markdown", "x"), ("with_collections", "true"), ("collections", "night-bus"));
        var draft = await stage.Scalar<long>("SELECT post_id FROM post_collection_item");
        var edit = await stage.Ada.Open($"/ada-makes/posts/{draft}/edit");
        edit.Find("input[name=collections][checked]").ShouldNotBeNull();
        await stage.Composes($"/ada-makes/posts/{draft}/edit", "save", ("title", "Draft"), ("markdown", "y"), ("version", edit.Form("form.composer").Fields["version"]));
        (await stage.Count("post_collection_item")).ShouldBe(1, "a form that does not speak of collections leaves them");
        (await stage.Ada.Submit(await stage.Ada.Open($"/ada-makes/posts/{draft}/edit"), "form.composer", ("action", "save"), ("markdown", "z")))
            .Status.ShouldBe(HttpStatusCode.SeeOther, "with the box still ticked");
        (await stage.Scalar<string>("SELECT markdown FROM post")).ShouldBe("z");
        (await stage.Ada.Submit(await stage.Ada.Open($"/ada-makes/posts/{draft}/edit"), "form.composer", ("action", "save"), ("collections", null)))
            .Status.ShouldBe(HttpStatusCode.SeeOther);
        (await stage.Count("post_collection_item")).ShouldBe(0);

        var eve = await stage.App.SignUp("eve");
        await stage.App.HasCampaign("eve-makes", eve.Id);
        await eve.Post("/eve-makes/collections/new", ("title", "Mine"));
        (await eve.Post("/eve-makes/collections/mine/posts", ("action", "add"), ("post", draft))).Status.ShouldBe(HttpStatusCode.NotFound);
        foreach (var path in new[] { Edit, Order, "/ada-makes/collections/night-bus/delete", "/ada-makes/collections/new" })
            (await eve.Post(path, ("title", "x"), ("post", draft))).Status.ShouldBe(HttpStatusCode.NotFound, path);
        (await stage.Scalar<long>("SELECT (SELECT COUNT(*) FROM post_collection_item) + 10 * (SELECT COUNT(*) FROM post_collection)")).ShouldBe(20);
    }

    [Theory, OnEveryEngine]
    public async Task A_long_collection_is_read_on_by_its_places_and_keeps_its_numbers(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var posts = new List<long>();
        for (var i = 1; i <= 33; i++) posts.Add(await stage.Publishes($"Part {i}", "x"));
        await stage.App.In(s => s.GetRequiredService<IPostCollections>().Make(stage.Campaign, "Night bus", "", posts));
        var visitor = stage.App.Visitor();
        const string Path = "/ada-makes/collections/night-bus";
        (await visitor.Open($"/ada-makes/posts/{posts[0]}-part-1")).Find(".way-title")!.TextContent.ShouldContain("1 of 33");
        var first = await visitor.Open(Path);
        first.Texts(".episode-title").ShouldBe([.. Enumerable.Range(1, 30).Select(i => $"Part {i}")]);
        first.Links(".pager a").ShouldBe([Path + "?after=30"]);
        var second = await visitor.Open(Path + "?after=30");
        second.Texts(".episode-title").ShouldBe(["Part 31", "Part 32", "Part 33"]);
        second.Texts(".episode-number").ShouldBe(["31", "32", "33"]);
        second.Find("ol.episodes")!.GetAttribute("start").ShouldBe("31");
        second.Links(".pager a").ShouldBe([Path]);

        // What goes before the place while somebody reads moves the numbers, and nobody misses a part.
        await stage.Ada.Post(Order, ("action", "remove"), ("post", posts[3]));
        await stage.Ada.Post($"/ada-makes/posts/{posts[4]}/withdraw");
        (await visitor.Open(Path + "?after=30")).Texts(".episode-title").ShouldBe(["Part 31", "Part 32", "Part 33"]);
        (await visitor.Open(Path + "?after=30")).Texts(".episode-number").ShouldBe(["29", "30", "31"]);

        foreach (var old in new[] { "?page=2", "?after=x", "?after=-3" })
            (await visitor.Open(Path + old)).Texts(".episode-number")[0].ShouldBe("1", old);
        (await visitor.Open(Path + "?after=99999")).Text.ShouldContain("That was everything");
    }

    [Theory, OnEveryEngine]
    public async Task The_library_shows_the_collections_of_the_campaigns_one_is_in(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var (mia, eve) = (await stage.Member("mia"), await stage.App.SignUp("eve"));
        await stage.App.HasCampaign("eve-makes", eve.Id);
        await eve.Post("/eve-makes/collections/new", ("title", "Elsewhere"));
        (await mia.Open("/library?show=collections")).Text.ShouldContain("No collections yet");
        var post = await stage.Publishes("One", "x", Audience.Tiers(stage.Big.Id));
        for (var i = 1; i <= 22; i++)
        {
            stage.App.Time.Advance(Duration.FromSeconds(1));
            await stage.App.In(s => s.GetRequiredService<IPostCollections>().Make(stage.Campaign, $"Series {i}", "", [post]));
        }
        await stage.Ada.Post("/ada-makes/collections/new", ("title", "Empty"));
        var page = await mia.Open("/library?show=collections");
        page.Texts(".collection-title").ShouldBe([.. Enumerable.Range(3, 20).Reverse().Select(i => $"Series {i}")]);
        page.Texts(".collection-facts")[0].ShouldBe("Ada-makes · 1 post");
        var next = await mia.Open(page.Links(".pager a").ShouldHaveSingleItem());
        next.Texts(".collection-title").ShouldBe(["Series 2", "Series 1"]);
        next.Links(".pager a").ShouldBe(["/library?show=collections"]);
        (await eve.Open("/library?show=collections")).Texts(".collection-title").ShouldBeEmpty("she is nowhere a member");

        // What gets something to read comes up; a draft put in is nothing to read, and is once it comes out.
        stage.App.Time.Advance(Duration.FromSeconds(1));
        await stage.Composes("/ada-makes/posts/new", "save", ("title", "Draft"), ("markdown", "x"), ("with_collections", "true"), ("collections", "series-1"));
        (await mia.Open("/library?show=collections")).Texts(".collection-title")[0].ShouldBe("Series 22");
        var draft = await stage.Scalar<long>("SELECT id FROM post WHERE state = 'draft'");
        await stage.Ada.Post($"/ada-makes/posts/{draft}/publish", ("version", 1));
        (await mia.Open("/library?show=collections")).Texts(".collection-title")[0].ShouldBe("Series 1");
        stage.App.Time.Advance(Duration.FromSeconds(1));
        await stage.Ada.Post("/ada-makes/collections/series-2/posts", ("action", "add"), ("post", draft));
        (await mia.Open("/library?show=collections")).Texts(".collection-title").Take(2).ShouldBe(["Series 2", "Series 1"]);
        (await stage.App.CountCommands(() => mia.Open("/library?show=collections"))).ShouldBeLessThan(12);

        await stage.App.In(s => s.GetRequiredService<Db>().Execute("UPDATE campaign SET is_published = @no", default, ("no", false)));
        (await mia.Open("/library?show=collections")).Texts(".collection-title").ShouldBeEmpty("a page taken back shows nothing");
    }
}
