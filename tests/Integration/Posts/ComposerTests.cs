using System.Net;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

/// <summary>What the composer keeps, and how a creator looks at a post with others' eyes.</summary>
public sealed class ComposerTests
{
    [Theory, OnEveryEngine]
    public async Task Every_saved_text_can_be_brought_back_and_what_was_only_typed_is_offered(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await stage.Composes("/ada-makes/posts/new", "save", ("title", "One"), ("markdown", "First text"), ("tags", "Otters, ÖL"));
        var post = await stage.Scalar<long>("SELECT id FROM post");
        var edit = $"/ada-makes/posts/{post}/edit";
        async Task Saves(string text) => ((int)(await stage.Ada.Submit(await stage.Ada.Open(edit), "form.composer", ("action", "save"), ("markdown", text))).Status)
            .ShouldBe(303);
        await Saves("Second text");
        await Saves("Second text"); // nothing new, so nothing is kept twice
        (await stage.Count("post_revision")).ShouldBe(2);
        var list = await stage.Ada.Open($"/ada-makes/posts/{post}/revisions");
        list.Text.ShouldContain("First text");
        list.Text.ShouldNotContain("Second text");
        var newest = list.Find("main ol.stack a")!.GetAttribute("href")!.Split('#')[0];
        (await stage.Ada.Open($"/ada-makes/posts/{post}/revisions{newest}")).Text.ShouldContain("Second text", customMessage: "one text at a time");
        (await stage.Ada.Submit(list, "main form")).Location.ShouldBe(edit);
        (await stage.Scalar<string>("SELECT markdown FROM post")).ShouldBe("First text");
        (await stage.Count("post_revision")).ShouldBe(3);
        (await stage.Ada.Open(edit)).Form("form.composer").Fields["tags"].ShouldBe("Otters, ÖL", "an old text comes back alone");

        (await stage.Ada.Post("/ada-makes/posts/unsaved", ("post", post), ("title", "One"), ("markdown", "Typed and lost?"))).Status.ShouldBe(HttpStatusCode.NoContent);
        var offered = await stage.Ada.Open(edit);
        offered.Text.ShouldContain("did not save it");
        offered.Form("form.composer").Fields["markdown"].ShouldBe("First text");

        // Typing on while that is offered must not overwrite it: each opening of the composer keeps its own.
        var slot = offered.Form("form.composer").Fields["slot"];
        foreach (var text in new[] { "Something els", "Something else" })
            await stage.Ada.Post("/ada-makes/posts/unsaved", ("post", post), ("slot", slot), ("title", "One"), ("markdown", text));
        var both = (await stage.Ada.Open(edit)).Html.QuerySelectorAll("a[href*='?unsaved=']");
        both.Length.ShouldBe(2);
        (await stage.Ada.Submit(await stage.Ada.Open(both[0].GetAttribute("href")!), "form.composer", ("action", "preview"))).Form("form.composer").Fields["slot"].ShouldBe(slot);
        (await stage.Ada.Open(both[0].GetAttribute("href")!)).Form("form.composer").Fields["markdown"].ShouldBe("Something else");
        (await stage.Ada.Post("/ada-makes/posts/unsaved/discard", ("post", post), ("slot", slot))).Location.ShouldBe(edit);
        var taken = await stage.Ada.Open(both[1].GetAttribute("href")!);
        taken.Form("form.composer").Fields["markdown"].ShouldBe("Typed and lost?");
        ((int)(await stage.Ada.Submit(taken, "form.composer", ("action", "save"))).Status).ShouldBe(303);
        (await stage.Ada.Open(edit)).Text.ShouldNotContain("did not save it");
        await stage.Ada.Post("/ada-makes/posts/unsaved", ("post", 0), ("title", ""), ("markdown", "A new one"));
        (await stage.Ada.Open("/ada-makes/posts/new?unsaved=0")).Form("form.composer").Fields["markdown"].ShouldBe("A new one");
        await stage.Ada.Post("/ada-makes/posts/unsaved/discard", ("post", 0));
        (await stage.Count("post_unsaved")).ShouldBe(0);
        await stage.Ada.Submit(await stage.Ada.Open(edit), "form.composer", ("action", "save"), ("poll_question", "Which next?"), ("poll_options", "Otter\nHeron"));
        (await stage.Ada.Open((await stage.Ada.Get($"/ada-makes/posts/{post}")).Location!)).Find("#poll")!.TextContent.ShouldContain("Heron", customMessage: "a draft shows its poll");

        var eve = await stage.App.SignUp("eve");
        foreach (var path in new[] { $"/ada-makes/posts/{post}/revisions", edit }) (await eve.Get(path)).Status.ShouldBe(HttpStatusCode.NotFound);
        foreach (var path in new[] { $"/ada-makes/posts/{post}/revisions/1", "/ada-makes/posts/unsaved", "/ada-makes/posts/unsaved/discard" })
            (await eve.Post(path, ("post", post), ("markdown", "x"))).Status.ShouldBe(HttpStatusCode.NotFound, path);
        await stage.Ada.Post($"/ada-makes/posts/{post}/delete");
        (await stage.Scalar<long>("SELECT (SELECT COUNT(*) FROM post_revision) + (SELECT COUNT(*) FROM post_tag)")).ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task Whoever_may_read_votes_once_and_from_then_on_the_options_stay(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        async Task<long> Asks(string title, bool multiple)
        {
            await stage.Ada.Post("/ada-makes/posts/new", ("action", "publish"), ("title", title), ("markdown", "x"), ("audience", "paid_members"), ("poll_question", "Which next?"),
                ("poll_options", "Otter\nHeron\nMole"), ("poll_multiple", multiple ? "true" : null), ("poll_closes_at", "2026-02-01T12:00"));
            return await stage.Scalar<long>("SELECT id FROM post WHERE title = @title", ("title", title));
        }
        var (one, many) = (await Asks("One", false), await Asks("Many", true));
        var (mia, bo, free) = (await stage.Member("mia", stage.Small), await stage.Member("bo", stage.Big), await stage.Member("free"));
        async Task<HttpStatusCode> Votes(Actor actor, long post, params int[] options) => (await Page.Of(await actor.Client.PostAsync($"/posts/{post}/vote",
            new FormUrlEncodedContent(options.Select(o => KeyValuePair.Create("option", $"{o}")))))).Status;
        (await Votes(mia, one, 0)).ShouldBe(HttpStatusCode.SeeOther);
        (await Votes(mia, one, 1)).ShouldBe(HttpStatusCode.SeeOther); // thought again
        (await Votes(bo, one, 1, 2)).ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Votes(bo, one, 7)).ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await Votes(bo, many, 0, 2, 2)).ShouldBe(HttpStatusCode.SeeOther);
        (await Votes(free, one, 0)).ShouldBe(HttpStatusCode.NotFound);
        (await stage.Count("poll_vote")).ShouldBe(3);
        var path = (await mia.Get($"/ada-makes/posts/{one}")).Location!;
        (await mia.Open(path)).Find("#poll")!.TextContent.ShouldContain("1 person voted.");
        (await bo.Open(path)).Find("#poll .progress").ShouldBeNull("who has not voted sees no results");
        (await free.Open(path)).Find("#poll").ShouldBeNull();
        var look = await stage.Ada.Open(path + $"?as={stage.Small.Id}");
        look.Find("#poll")!.QuerySelectorAll("input:not([disabled]), button:not([disabled])").ShouldBeEmpty("its creator sees it as a member does, and cannot vote so");
        (await stage.Ada.Open(path + "?as=visitor")).Find("#poll").ShouldBeNull();

        var edit = await stage.Ada.Open($"/ada-makes/posts/{one}/edit");
        (await stage.Ada.Submit(edit, "form.composer", ("action", "publish"), ("poll_options", "Otter\nWalrus"))).Text.ShouldContain("the poll's options stay as they are");
        (await stage.Ada.Submit(edit, "form.composer", ("action", "publish"), ("poll_question", "Which is next?"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await mia.Open(path)).Text.ShouldContain("Which is next?");
        await stage.App.TravelTo("2026-02-02");
        (await Votes(mia, one, 0)).ShouldBe(HttpStatusCode.Conflict);
        (await bo.Open(path)).Text.ShouldContain("This poll is over.");
    }

    [Theory, OnEveryEngine]
    public async Task A_creator_looks_as_any_tier_and_tags_lead_to_posts_as_the_gate_shows_them(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await stage.Ada.Post("/ada-makes/posts/new", ("action", "publish"), ("title", "Plans"), ("markdown", "The Xochimilco"), ("audience", "tiers"), ("tiers", stage.Big.Id),
            ("teaser", "Nine sheets."), ("tags", "Otters, otters, Straße"));
        var post = await stage.Scalar<long>("SELECT id FROM post");
        var path = (await stage.Ada.Get($"/ada-makes/posts/{post}")).Location!;
        async Task<bool> Seen(string seenAs, Actor? by = null) => (await (by ?? stage.Ada).Open($"{path}?as={seenAs}")).Body.Contains("Xochimilco");
        (await Seen("visitor")).ShouldBeFalse();
        (await Seen("member")).ShouldBeFalse();
        (await Seen($"{stage.Small.Id}")).ShouldBeFalse();
        (await Seen($"{stage.Big.Id}")).ShouldBeTrue();
        (await Seen("")).ShouldBeTrue();
        (await Seen($"{stage.Big.Id}", await stage.Member("mia", stage.Small))).ShouldBeFalse("only the creator looks with others' eyes");
        (await stage.Ada.Open($"{path}?as=visitor")).Text.ShouldContain("This is how it looks to a visitor");

        var visitor = stage.App.Visitor();
        (await visitor.Open(path)).Texts(".tags a").ShouldBe(["Otters", "Straße"]);
        var tag = await visitor.Open("/ada-makes/tags/strasse");
        tag.Text.ShouldContain("Posts about “Straße”");
        tag.Texts(".post-title").ShouldBe(["Plans"]);
        tag.Body.ShouldNotContain("Xochimilco");
        (await visitor.Get("/ada-makes/tags/heron")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await stage.Composes("/ada-makes/posts/new", "save", ("title", "x"), ("markdown", "x"), ("tags", "a,b,c,d,e,f,g,h,i,j,k"))).Text.ShouldContain("At most 10 tags");
    }
}
