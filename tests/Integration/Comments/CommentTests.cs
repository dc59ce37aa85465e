using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Integration.Posts;
using Stipend.Notifications.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Comments;

public sealed class CommentTests
{
    [Theory, OnEveryEngine]
    public async Task Only_who_may_read_a_post_reads_or_writes_under_it(Engine engine)
    {
        await using var stage = await Stage(engine);
        var post = await stage.Publishes("Plans", "x", Audience.PaidMembers);
        var (mia, free) = (await stage.Member("mia", stage.Small), await stage.Member("free"));
        var path = await PathOf(stage.Ada, post);
        (await mia.Does(path, $"form[action='/comments/on/{post}']", ("body", "The heron is lovely."))).ShouldStartWith(path + "#comment-");
        var comment = await stage.Scalar<long>("SELECT id FROM comment");
        (await stage.Ada.Open(path)).Text.ShouldContain("The heron is lovely.");
        foreach (var outsider in new[] { free, stage.App.Visitor(), await stage.App.SignUp("stranger") })
        {
            (await outsider.Open(path)).Body.ShouldNotContain("heron", Case.Insensitive, outsider.Name);
            if (outsider.Id == 0) continue;
            (await outsider.Get($"/comments/{comment}")).Status.ShouldBe(HttpStatusCode.NotFound);
            foreach (var (way, fields) in new (string, (string, object?)[])[]
            {
                ($"/comments/on/{post}", [("body", "Let me in")]), ($"/comments/{comment}/like", [("like", "yes")]), ($"/comments/{comment}/report", []),
                ($"/comments/{comment}/mute", []), ($"/comments/{comment}/edit", [("body", "Mine now")]), ($"/comments/{comment}/delete", []),
                ($"/comments/{comment}/moderate", [("action", "remove")]),
            })
                (await outsider.Post(way, [.. fields, ("x", "y")])).Status.ShouldBe(HttpStatusCode.NotFound, $"{outsider.Name} at {way}");
        }
        (await stage.Count("comment")).ShouldBe(1);
        (await stage.Count("comment_like")).ShouldBe(0);
        (await stage.Scalar<string>("SELECT body FROM comment")).ShouldBe("The heron is lovely.");
        (await stage.App.Visitor().Post($"/comments/on/{post}", ("body", "x"))).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory, OnEveryEngine]
    public async Task Answers_likes_edits_and_deletions_work_without_script_and_tell_whom_they_concern(Engine engine)
    {
        await using var stage = await Stage(engine);
        var post = await stage.Publishes("Plans", "x", Audience.Members);
        await stage.App.Drain();
        var (mia, bo) = (await stage.Member("mia"), await stage.Member("bo"));
        var path = await PathOf(stage.Ada, post);
        var thread = (await Writes(mia, post, "First of all")).Split('#')[0];
        var first = await stage.Scalar<long>("SELECT id FROM comment");
        await bo.Does(thread, "form#answer", ("body", "I agree"));
        stage.App.Time.Advance(Duration.FromSeconds(61));
        var reply = await stage.Scalar<long>("SELECT id FROM comment WHERE parent_id IS NOT NULL");
        await Writes(mia, post, "Thank you", parent: reply); // an answer to an answer stays in the thread
        (await stage.Scalar<long>("SELECT COUNT(*) FROM comment WHERE parent_id = @first", ("first", first))).ShouldBe(2);

        var unread = await mia.Open("/notifications");
        unread.Text.ShouldContain("1 is new.", customMessage: "the answer; the post came out before they joined");
        unread.Text.ShouldContain("bo answered you under “Plans”");
        (await mia.Submit(unread, ".notices form")).Location.ShouldBe($"/comments/{first}#comment-{reply}");
        (await mia.Open("/notifications")).Text.ShouldNotContain("is new");
        (await stage.Ada.Open("/notifications")).Text.ShouldContain("mia commented on “Plans”");
        (await bo.Open("/notifications")).Text.ShouldContain("mia answered you under “Plans”");

        for (var i = 0; i < 2; i++) await bo.Post($"/comments/{first}/like", ("like", "yes"), ("back", path));
        (await bo.Open(path)).Find($"#comment-{first} .comment-foot button")!.TextContent.Trim().ShouldBe("Take your like back 1");
        (await bo.Post($"/comments/{first}/like", ("like", "no"), ("back", "https://elsewhere.example/"))).Location.ShouldBe($"/comments/{first}#comment-{first}");
        (await stage.Count("comment_like")).ShouldBe(0);

        var own = await mia.Open(thread);
        await mia.Submit(own, $"form[action='/comments/{first}/edit']", ("body", "First of all, and last"));
        (await bo.Open(path)).Text.ShouldContain("First of all, and last");
        (await bo.Open(path)).Find($"#comment-{first} .comment-head")!.TextContent.ShouldContain("edited");
        (await bo.Post($"/comments/{first}/edit", ("body", "Not mine"))).Status.ShouldBe(HttpStatusCode.NotFound);
        await mia.Post($"/comments/{first}/delete");
        var left = await bo.Open(path);
        left.Text.ShouldContain("This comment was deleted.");
        left.Text.ShouldContain("I agree");
        left.Text.ShouldNotContain("First of all");
        (await stage.Ada.Open("/notifications")).Text.ShouldNotContain("mia commented");
    }

    [Theory, OnEveryEngine]
    public async Task Order_is_kept_by_filter_reports_mutes_blocks_and_moderators(Engine engine)
    {
        await using var stage = await Stage(engine);
        var post = await stage.Publishes("Plans", "x");
        var path = await PathOf(stage.Ada, post);
        var people = await stage.App.People("mia", "bo", "cy", "dee");
        var (mia, bo, cy, dee) = (people[0], people[1], people[2], people[3]);
        await stage.Ada.Submit(await stage.Ada.Open("/ada-makes/comments"), "form[action$='/filter']", ("words", "Spam\nbuy now"));
        await Writes(bo, post, "Please BUY — NOW!");
        await Writes(bo, post, "A spammer is no spám-free word"); // “spám” is the word; “spammer” is not
        await Writes(bo, post, "Spammers are another word");
        (await cy.Open(path)).Texts(".comment-body").ShouldBe(["Spammers are another word"]);
        (await bo.Open(path)).Text.ShouldContain("Waits for a moderator");
        var held = await stage.Scalar<long>("SELECT MIN(id) FROM comment WHERE state = 'held'");
        (await cy.Get($"/comments/{held}")).Status.ShouldBe(HttpStatusCode.NotFound);

        await Writes(mia, post, "I like herons");
        var heron = await stage.Scalar<long>("SELECT id FROM comment WHERE body = 'I like herons'");
        (await cy.Post($"/comments/{heron}/moderate", ("action", "remove"))).Status.ShouldBe(HttpStatusCode.NotFound);
        await stage.Ada.Post($"/comments/{heron}/moderate", ("action", "appoint"));
        (await mia.Post($"/comments/{held}/moderate", ("action", "keep"))).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await cy.Open(path)).Text.ShouldContain("Please BUY");
        (await cy.Get("/ada-makes/comments")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await mia.Open("/ada-makes/comments")).Text.ShouldContain("spám-free");
        (await mia.Post($"/comments/{held}/moderate", ("action", "appoint"))).Status.ShouldBe(HttpStatusCode.Conflict);

        foreach (var reporter in new[] { cy, cy, dee }) await reporter.Post($"/comments/{heron}/report", ("reason", "Off topic"));
        (await dee.Open(path)).Text.ShouldContain("I like herons");
        await bo.Post($"/comments/{heron}/report");
        (await dee.Open(path)).Text.ShouldNotContain("I like herons", customMessage: "three readers reported it");
        await stage.Ada.Post($"/comments/{heron}/moderate", ("action", "keep"));
        await stage.Ada.Post($"/comments/{heron}/moderate", ("action", "pin"));
        (await dee.Open(path)).Texts(".comment-body")[0].ShouldBe("I like herons");

        await dee.Post($"/comments/{heron}/mute");
        (await dee.Open(path)).Text.ShouldNotContain("I like herons");
        (await dee.Open("/account/mutes")).Text.ShouldContain("mia");
        await dee.Submit(await dee.Open("/account/mutes"), "main form");
        (await dee.Open(path)).Text.ShouldContain("I like herons");

        await stage.Ada.Post($"/comments/{held}/moderate", ("action", "appoint"));
        (await mia.Post($"/comments/{held}/moderate", ("action", "block"))).Status.ShouldBe(HttpStatusCode.Conflict, "one who helps, by another");
        await stage.Ada.Post("/ada-makes/comments/dismiss", ("person", bo.Id));
        await mia.Post($"/comments/{held}/moderate", ("action", "block"));
        (await bo.Post($"/comments/on/{post}", ("body", "And again"))).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await bo.Open(path)).Text.ShouldContain("You may not comment here.");
        await stage.Ada.Post("/ada-makes/comments/unblock", ("person", bo.Id));
        await Writes(bo, post, "And again");
        await stage.Ada.Post($"/comments/{heron}/moderate", ("action", "remove"));
        (await dee.Open(path)).Text.ShouldNotContain("I like herons");
    }

    [Fact]
    public async Task Nothing_a_comment_says_becomes_markup()
    {
        await using var stage = await Stage(Engine.Sqlite, perMinute: 1000);
        var post = await stage.Publishes("Plans", "x");
        var mia = await stage.App.SignUp("mia");
        string[] corpus =
        [
            "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<a href=\"javascript:alert(1)\">x</a>", "[x](javascript:alert(1))",
            "![x](https://tracker.example/p.gif)", "<iframe src=//evil.example>", "\"><script>alert(1)</script>", "'\"--><svg onload=alert(1)>", "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">",
            "javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "https://evil.example/\" onmouseover=\"alert(1)", "https://evil.example/'><script>alert(1)</script>",
            "https://user:password@evil.example/", "<style>*{display:none}</style>", "<!--<img src=\"--><img src=x onerror=alert(1)//\">", "&lt;script&gt;alert(1)&lt;/script&gt;",
            "{{constructor.constructor('alert(1)')()}}", "<details open ontoggle=alert(1)>", "\u202Eevil\u202C", "Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307algo", "bell\u0007",
        ];
        foreach (var text in corpus) await Writes(mia, post, text);
        var page = await stage.App.Visitor().Open(await PathOf(mia, post));
        var section = page.Find("#comments")!;
        section.QuerySelectorAll("script, img, svg:not(.icon), iframe, style, math, details, object, form").ShouldBeEmpty();
        section.QuerySelectorAll(".comment-body *").ShouldAllBe(e => e.LocalName == "a");
        section.QuerySelectorAll("*").SelectMany(e => e.Attributes).ShouldAllBe(a => !a.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase));
        section.QuerySelectorAll(".comment-body a").ShouldAllBe(a => a.GetAttribute("href")!.StartsWith("https://", StringComparison.Ordinal)
            && a.GetAttribute("rel") == "nofollow ugc noopener");
        page.Texts(".comment-body").ShouldContain("<script>alert(1)</script>");
        page.Body.ShouldNotContain("\u202E");
        page.Body.ShouldNotContain("\u0307");
    }

    [Theory, OnEveryEngine]
    public async Task Too_much_too_often_or_nothing_is_refused_and_pages_follow_each_other(Engine engine)
    {
        await using var stage = await Stage(engine);
        var post = await stage.Publishes("Plans", "x");
        var (mia, bo) = (await stage.App.SignUp("mia"), await stage.App.SignUp("bo"));
        (await mia.Post($"/comments/on/{post}", ("body", new string('x', 10 * 1024 * 1024)))).Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        var tooLong = await mia.Post($"/comments/on/{post}", ("body", new string('x', 5001)));
        tooLong.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        tooLong.Form().Fields["body"].Length.ShouldBe(5001, "what was typed is not lost");
        (await mia.Post($"/comments/on/{post}", ("body", " \n "))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await mia.Post($"/comments/on/{post}", ("body", "Hello"), ("parent", 77))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        foreach (var _ in new[] { 1, 2 }) await Writes(mia, post, "Pressed twice");
        (await stage.Count("comment")).ShouldBe(1);
        for (var i = 0; i < 5; i++) await Writes(mia, post, $"More {i}");
        var tooMany = await mia.Post($"/comments/on/{post}", ("body", "One too many"));
        tooMany.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        tooMany.Form("main form").Fields["body"].ShouldBe("One too many", "to be sent a little later");
        for (var i = 0; i < 8; i++) await Writes(stage.Ada, post, $"Thank you, {i}"); // whoever keeps order has no pace
        await stage.App.In(s => s.GetRequiredService<Stipend.Platform.Data.Db>().Execute("DELETE FROM comment WHERE author_id = @ada", default, ("ada", stage.Ada.Id)));

        for (var i = 0; i < 40; i++)
        {
            if (i % 5 == 0) stage.App.Time.Advance(Duration.FromMinutes(2));
            await Writes(bo, post, $"Number {i}");
        }
        var seen = new List<string>();
        for (var page = await bo.Open(await PathOf(bo, post)); ; page = await bo.Open(page.Find("#comments a[rel=next]")!.GetAttribute("href")!.Split('#')[0]))
        {
            seen.AddRange(page.Texts(".comment-body"));
            if (page.Find("#comments a[rel=next]") is null) break;
        }
        seen.Count.ShouldBe(46);
        seen.ShouldBeUnique();
        seen[0].ShouldBe("Number 39");
        (await bo.Open(await PathOf(bo, post) + "?comments-before=1-1")).Texts("#comments-title").ShouldBe(["46 comments"], "past the last page too");
    }

    [Theory, OnEveryEngine]
    public async Task Answers_and_edits_are_written_in_place_and_one_comes_back_to_where_one_was(Engine engine)
    {
        await using var stage = await Stage(engine, perMinute: 50);
        var post = await stage.Publishes("Plans", "x", Audience.Members);
        var (mia, bo) = (await stage.Member("mia"), await stage.Member("bo"));
        var path = await PathOf(stage.Ada, post);
        var first = Id(await mia.Does(path, $"form[action='/comments/on/{post}']", ("body", "First")));
        async Task<string> Answers(long id, string body) =>
            await bo.Submit(await bo.Open(path), $"#comment-{id} > .comment-foot form[action='/comments/on/{post}']", ("body", body)) is { Location: { } location } ? location : "";

        var answer = await Answers(first, "One");
        answer.ShouldStartWith(path + "#comment-", customMessage: "it stands there");
        (await Answers(Id(answer), "Two")).ShouldStartWith(path + "#comment-", customMessage: "an answer to the answer");
        await Answers(first, "Three");
        (await Answers(first, "Four")).ShouldStartWith($"/comments/{first}#comment-", customMessage: "only three are shown under the post");
        (await stage.Scalar<long>("SELECT COUNT(*) FROM comment WHERE parent_id = @first", ("first", first))).ShouldBe(4);

        (await bo.Open(path)).Find($"form[action='/comments/{first}/edit']").ShouldBeNull("it is not theirs");
        (await mia.Submit(await mia.Open(path), $"form[action='/comments/{first}/edit']", ("body", "First of all"))).Location.ShouldBe($"{path}#comment-{first}");
        (await stage.Scalar<string>("SELECT body FROM comment WHERE id = @first", ("first", first))).ShouldBe("First of all");
        var away = await mia.Post($"/comments/{first}/edit", ("body", "First"), ("back", "//elsewhere.example/"));
        away.Location.ShouldBe($"/comments/{first}#comment-{first}");

        var tooLong = await mia.Post($"/comments/{first}/edit", ("body", new string('x', 5001)), ("back", path));
        tooLong.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        tooLong.Text.ShouldContain("this has 5,001");
        tooLong.Form("main form").Fields["body"].Length.ShouldBe(5001, "what was typed is not lost");
        (await mia.Submit(tooLong, "main form", ("body", "Short"))).Location.ShouldBe($"{path}#comment-{first}");
        var huge = await mia.Post($"/comments/{first}/edit", ("body", new string('x', 10 * 1024 * 1024)));
        (huge.Status, huge.Text.Contains("at most 5,000 characters", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.RequestEntityTooLarge, true));
        (await stage.Scalar<string>("SELECT body FROM comment WHERE id = @first", ("first", first))).ShouldBe("Short");

        for (var i = 0; i < 30; i++) await Writes(mia, post, $"More {i}");
        var older = (await bo.Open(path)).Find("#comments a[rel=next]")!.GetAttribute("href")!.Split('#')[0];
        (await bo.Submit(await bo.Open(older), $"#comment-{first} > .comment-foot form[action$='/like']")).Location
            .ShouldBe($"{older}#comment-{first}", "not back on the first page, where it is not");
        var thanks = new[] { Id(await Writes(mia, post, "One fan")), Id(await Writes(mia, post, "Another fan")) };
        foreach (var fan in thanks) await Writes(bo, post, "Thanks!", fan);
        (await stage.Scalar<long>("SELECT COUNT(*) FROM comment WHERE body = 'Thanks!'")).ShouldBe(2, "the same words to two people are two answers");
        (await bo.Open($"/comments/{first}?about={first}")).Find($"#comment-{first} > details[open]").ShouldNotBeNull();
    }

    private static long Id(string location) => long.Parse(location.Split("#comment-")[1], CultureInfo.InvariantCulture);

    [Theory, OnEveryEngine]
    public async Task Each_person_is_told_of_a_post_once_when_it_opens_to_them(Engine engine)
    {
        await using var stage = await Stage(engine);
        var (studio, friend, stranger) = (await stage.Member("studio", stage.Big), await stage.Member("friend", stage.Small), await stage.App.SignUp("stranger"));
        stage.App.Time.Advance(Duration.FromMinutes(1));
        var now = stage.App.Time.Now;
        await stage.App.In(s => s.GetRequiredService<Stipend.Posts.Contracts.IPosts>().Publish(
            new(stage.Campaign.Id, stage.Ada.Id, "Plans", "x", Audience.Tiers(stage.Big.Id), false, null)
            { Later = [new(now + Duration.FromDays(1), Audience.PaidMembers), new(now + Duration.FromDays(2), Audience.Public)] }));
        async Task<string> Told()
        {
            var counts = new List<string>();
            foreach (var person in new[] { studio, friend, stranger, stage.Ada })
                counts.Add((await stage.App.In(s => s.GetRequiredService<INotifications>().Unread(person.Id))).ToString(CultureInfo.InvariantCulture));
            return string.Join(' ', counts);
        }
        await stage.App.Drain();
        (await Told()).ShouldBe("1 0 0 0");
        await stage.App.TravelTo("2026-01-16T12:30:00Z");
        (await Told()).ShouldBe("1 1 0 0");
        await stage.App.TravelTo("2026-01-20");
        (await Told()).ShouldBe("1 1 0 0");
        (await friend.Open("/notifications")).Text.ShouldContain("New for you: “Plans”");
        (await friend.Post("/notifications/read")).Location.ShouldBe("/notifications");
        (await Told()).ShouldBe("1 0 0 0");
        var id = await stage.Scalar<long>("SELECT id FROM notification WHERE read_at IS NULL");
        (await friend.Post($"/notifications/{id}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    private static Task<PostStage> Stage(Engine engine, int perMinute = 6) => PostStage.Start(engine, adjust: b => b.Configuration.AddInMemoryCollection(
        new Dictionary<string, string?> { ["Stipend:Comments:PerMinute"] = perMinute.ToString(CultureInfo.InvariantCulture) }));

    private static async Task<string> Writes(Actor actor, long post, string body, long? parent = null)
    {
        var answer = await actor.Post($"/comments/on/{post}", ("body", body), ("parent", parent));
        ((int)answer.Status).ShouldBe(303, answer.Text);
        return answer.Location!;
    }

    private static async Task<string> PathOf(Actor reader, long post) => (await reader.Get($"/ada-makes/posts/{post}")).Location!;
}
