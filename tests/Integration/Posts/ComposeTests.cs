using System.Net;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Posts;

public sealed class ComposeTests
{
    [Theory, OnEveryEngine]
    public async Task A_post_is_drafted_edited_published_edited_withdrawn_and_deleted(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var visitor = stage.App.Visitor();
        var edit = (await stage.Composes("/ada-makes/posts/new", "save", ("title", "The otter"), ("markdown", "First try"))).Location!;
        (await stage.Ada.Open(edit)).Body.ShouldContain("Saved as a draft.");

        var published = await stage.Ada.Submit(await stage.Ada.Open(edit), "form.composer", ("markdown", "It **swims**"),
            ("action", "publish"));
        published.Location!.ShouldEndWith("-the-otter");
        (await visitor.Open(published.Location!)).Body.ShouldContain("It <strong>swims</strong>");
        (await visitor.Open("/ada-makes/search?q=swims")).Text.ShouldContain("The otter");

        var renamed = await stage.Ada.Submit(await stage.Ada.Open(edit), "form.composer", ("title", "The otter swims"),
            ("markdown", "It *dives*"), ("action", "publish"));
        (await visitor.Get(published.Location!)).Location.ShouldBe(renamed.Location);
        var page = await visitor.Open(renamed.Location!);
        page.Text.ShouldContain("edited");
        page.Text.ShouldContain("dives");
        (await visitor.Open("/ada-makes/search?q=\"it swims\"")).Text.ShouldContain("Nothing found");
        (await visitor.Open("/ada-makes/search?q=dives")).Text.ShouldContain("The otter swims");

        (await stage.Ada.Post(edit.Replace("/edit", "/withdraw"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await visitor.Get(renamed.Location!)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await visitor.Open("/ada-makes/search?q=dives")).Text.ShouldContain("Nothing found");

        (await stage.Ada.Submit(await stage.Ada.Open(edit), "form.composer", ("action", "publish"))).Location.ShouldBe(renamed.Location);
        (await stage.Ada.Open(edit.Replace("/edit", "/delete"))).Text.ShouldContain("gone for good");
        (await stage.Ada.Post(edit.Replace("/edit", "/delete"))).Location.ShouldBe("/ada-makes/posts");
        (await visitor.Get(renamed.Location!)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await stage.Ada.Get(edit)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await visitor.Open("/ada-makes/search?q=dives")).Text.ShouldContain("Nothing found");
        (await stage.Scalar<string>("SELECT markdown || html || plain || excerpt FROM post")).ShouldBe("");
    }

    [Theory, OnEveryEngine]
    public async Task A_tier_of_another_campaign_is_refused_in_a_sentence_and_nothing_is_saved(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var other = await stage.App.HasTier(await stage.App.HasCampaign("lin-paints", (await stage.App.SignUp("lin")).Id), "Canvas", 900);
        foreach (var action in new[] { "save", "publish" })
        {
            var answer = await stage.Ada.Post("/ada-makes/posts/new", ("action", action), ("title", "Mine"), ("markdown", "Kept words"),
                ("audience", "tiers"), ("tiers", other.Id));
            ((int)answer.Status).ShouldBe(422);
            answer.Text.ShouldContain("tier", Case.Insensitive);
            answer.Form("form.composer").Fields["markdown"].ShouldBe("Kept words");
        }
        (await stage.Count("post")).ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task What_is_wrong_is_said_field_by_field_and_what_was_typed_stays(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var answer = await stage.Composes("/ada-makes/posts/new", "publish", ("title", ""), ("markdown", "Kept"), ("audience", "tiers"));
        ((int)answer.Status).ShouldBe(422);
        answer.Find("#field-title-error").ShouldNotBeNull();
        answer.Form("form.composer").Fields["markdown"].ShouldBe("Kept");
        ((int)(await stage.Composes("/ada-makes/posts/new", "publish", ("title", new string('x', 151)), ("markdown", ""))).Status)
            .ShouldBe(422);
        var skipped = await stage.Composes("/ada-makes/posts/new", "publish", ("title", "Early"), ("markdown", ""),
            ("publish_at", "2026-03-29T02:30"));
        ((int)skipped.Status).ShouldBe(422);
        skipped.Text.ShouldContain("02:30 does not exist");
        var past = await stage.Composes("/ada-makes/posts/new", "publish", ("title", "Early"), ("markdown", ""),
            ("publish_at", "2026-01-01T10:00"));
        past.Text.ShouldContain("This time has passed");
        (await stage.Count("post")).ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task An_edit_over_somebody_elses_edit_is_refused_and_keeps_the_text_typed(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var edit = (await stage.Composes("/ada-makes/posts/new", "save", ("title", "Two windows"), ("markdown", "one"))).Location!;
        var (first, second) = (await stage.Ada.Open(edit), await stage.Ada.Open(edit));
        ((int)(await stage.Ada.Submit(first, "form.composer", ("markdown", "from the first"), ("action", "save"))).Status).ShouldBe(303);
        var answer = await stage.Ada.Submit(second, "form.composer", ("markdown", "from the second"), ("action", "save"));
        ((int)answer.Status).ShouldBe(409);
        answer.Text.ShouldContain("changed in another window");
        answer.Form("form.composer").Fields["markdown"].ShouldBe("from the second");
        (await stage.Scalar<string>("SELECT markdown FROM post")).ShouldBe("from the first");
    }

    [Theory, OnEveryEngine]
    public async Task A_new_post_sent_again_is_the_same_post(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var page = await stage.Ada.Open("/ada-makes/posts/new");
        Task<Page> Send(string action, string title = "News", string audience = "public") => stage.Ada.Submit(page, "form.composer", ("title", title),
            ("markdown", "It swims."), ("audience", audience), ("action", action));
        var first = (await Send("publish")).Location;
        (await Send("publish")).Location.ShouldBe(first, "back, and published once more");
        (await Send("publish", audience: "members")).Location.ShouldBe(first, "what was changed on the way is changed");
        (await stage.Count("post")).ShouldBe(1);
        (await stage.Scalar<long>("SELECT COUNT(*) FROM post WHERE state = 'published'")).ShouldBe(1);
        (await stage.App.Visitor().Open(first!)).Text.ShouldNotContain("It swims.");
        await Send("publish", title: "Other news");
        stage.App.Time.Advance(NodaTime.Duration.FromMinutes(11));
        await Send("publish");
        (await stage.Count("post")).ShouldBe(3);
        var atOnce = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Send("publish", title: "Pressed six times")));
        atOnce.Select(a => a.Location).Distinct().ShouldHaveSingleItem();
        (await stage.Count("post")).ShouldBe(4);
    }

    [Theory, OnEveryEngine]
    public async Task Nobody_else_can_write_publish_take_back_or_delete(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var post = await stage.Publishes("Mine", "Words");
        var eve = await stage.App.SignUp("eve");
        await stage.App.HasCampaign("eve-takes", eve.Id);
        foreach (var campaign in new[] { "ada-makes", "eve-takes" })
        foreach (var action in new[] { "edit", "publish", "undo", "withdraw", "delete" })
            (await eve.Post($"/{campaign}/posts/{post}/{action}", ("action", "save"), ("title", "Hers"),
                ("audience", "public"))).Status.ShouldBe(HttpStatusCode.NotFound);
        (await eve.Post("/ada-makes/posts/new", ("action", "publish"), ("title", "Hers"),
            ("audience", "public"))).Status.ShouldBe(HttpStatusCode.NotFound);
        (await eve.Post("/ada-makes/posts/preview", ("text", "x"))).Status.ShouldBe(HttpStatusCode.NotFound);
        (await Pictures.Send(eve, Pictures.Png)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await stage.Scalar<string>("SELECT title FROM post WHERE state = 'published'")).ShouldBe("Mine");
        (await stage.Count("post")).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task A_script_in_the_text_never_runs_in_page_feed_or_preview(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        const string Attack = "Hi <script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>";
        var post = await stage.Publishes("<script>alert(2)</script>", Attack, teaser: "<script>alert(3)</script>");
        foreach (var page in new[]
        {
            await stage.Ada.Open($"/ada-makes/posts/{post}"), await stage.Ada.Get("/ada-makes"),
                await stage.Ada.Open("/ada-makes/search?q=alert"),
            await stage.Ada.Post("/ada-makes/posts/preview", ("text", Attack)), await stage.Ada.Open($"/ada-makes/posts/{post}/edit"),
                await stage.Ada.Open("/ada-makes/posts"),
        })
        {
            page.Html.QuerySelectorAll("script").ShouldAllBe(s => !s.TextContent.Contains("alert"));
            page.Html.QuerySelectorAll("[onerror], a[href^=javascript]").ShouldBeEmpty();
        }
    }

    [Theory, OnEveryEngine]
    public async Task The_preview_button_shows_the_text_without_saving_it(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var page = await stage.Composes("/ada-makes/posts/new", "preview", ("title", "Try"), ("markdown", "It **swims**"));
        page.Find(".preview strong")!.TextContent.ShouldBe("swims");
        page.Form("form.composer").Fields["title"].ShouldBe("Try");
        (await stage.Count("post")).ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task The_library_shows_each_state_with_its_count(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        await stage.Composes("/ada-makes/posts/new", "save", ("title", "A draft"), ("markdown", ""));
        await stage.Composes("/ada-makes/posts/new", "publish", ("title", "For later"), ("markdown", ""),
            ("publish_at", "2026-02-01T09:00"));
        await stage.Publishes("Out", "x");
        (await stage.Ada.Open("/ada-makes/posts")).Text.ShouldContain("Out");
        (await stage.Ada.Open("/ada-makes/posts?state=scheduled")).Text.ShouldContain("For later");
        var drafts = await stage.Ada.Open("/ada-makes/posts?state=draft");
        drafts.Text.ShouldContain("A draft");
        drafts.Text.ShouldNotContain("For later");
        drafts.Texts(".tab-count").ShouldBe(["1", "1", "1"]);
    }
}
