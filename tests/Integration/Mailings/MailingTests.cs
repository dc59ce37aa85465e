using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Kernel;
using Stipend.Mailings.Model;
using Stipend.Mailings.Sending;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Ui;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Mailings;

/// <summary>Posts by mail: to whom, once, and what happens when something breaks on the way.</summary>
public sealed class MailingTests
{
    [Theory, OnEveryEngine]
    public async Task A_post_reaches_whom_it_opens_to_once_and_never_who_left_or_wants_none(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        var (kim, lin, max, zoe) = (await posts.Member("kim", posts.Big), await posts.Member("lin", posts.Small), await posts.Member("max"), await app.SignUp("zoe"));
        var leaving = await posts.Grant(zoe, posts.Big);

        // Step by step, each person once; what is for the big tier says nothing to others.
        var start = app.Time.Now;
        var song = await stage.Publishes("A song", "The **secret** words, [here](/ada-makes).\n\n![](/x)", Audience.Tiers(posts.Big.Id),
            new ReleaseStep(start + Duration.FromDays(1), Audience.PaidMembers), new ReleaseStep(start + Duration.FromDays(2), Audience.Public));
        stage.MailedTo("A song").ShouldBe("kim zoe");
        await app.TravelTo("2026-01-16T12:00:01Z");
        await stage.Run();
        stage.MailedTo("A song").ShouldBe("kim lin zoe");
        await app.TravelTo("2026-01-17T12:00:01Z");
        await stage.Run();
        stage.MailedTo("A song").ShouldBe("kim lin max zoe");
        stage.Sink.Mails.Select(m => m.Header("Message-ID")).Distinct().Count().ShouldBe(4);

        var mail = stage.Sink.Mails.First(m => m.To.Contains("kim@"));
        mail.Header("Message-ID").ShouldBe($"<post-{song}-{kim.Id}@localhost>");
        mail.Header("From")!.ShouldContain("Ada-makes");
        mail.Header("List-Unsubscribe-Post").ShouldBe("List-Unsubscribe=One-Click");
        mail.Raw.ShouldContain("secret");
        mail.Raw.ShouldContain("http://localhost:5000/ada-makes");
        mail.Raw.ShouldNotContain("<img"); // a mail program could not ask the gate for it

        // One leaves between gathering and sending, one wants none any more: asked again before each batch.
        app.Time.Advance(Duration.FromMinutes(1));
        await app.In(s => s.GetRequiredService<Stipend.Posts.Contracts.IPosts>().Publish(new Stipend.Posts.Contracts.NewPost(posts.Campaign.Id, posts.Ada.Id,
            "A second", "Words", Audience.PaidMembers, false, null)));
        await app.Drain();
        await app.In(s => s.GetRequiredService<IGrants>().End(posts.Campaign.BookId, "test", leaving, app.Time.Now, "Left."));
        app.Time.Advance(Duration.FromSeconds(1));
        (await lin.Does("/account/mail", "main form[action='/account/mail']", ("campaign", ""))).ShouldBe("/account/mail");
        await stage.Run();
        stage.MailedTo("A second").ShouldBe("kim");

        // Ada's own box: not by mail.
        (await posts.Ada.Does("/ada-makes/mail", "main form[action='/ada-makes/mail/default']", ("by_mail", ""))).ShouldBe("/ada-makes/mail");
        await stage.Publishes("A third", "Words", Audience.PaidMembers);
        stage.MailedTo("A third").ShouldBe("");
        (await posts.Ada.Open("/ada-makes/posts/new")).Find("input[name=by_mail]")!.HasAttribute("checked").ShouldBeFalse();
        await posts.Composes("/ada-makes/posts/new", "publish", ("title", "A fourth"), ("markdown", "Words"), ("with_by_mail", "true"),
            ("by_mail", "true"));
        await stage.Run();
        stage.MailedTo("A fourth").ShouldBe("kim max");
        _ = max;
    }

    [Theory, OnEveryEngine]
    public async Task Of_the_two_kinds_of_mail_each_is_wanted_or_not(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        var (kim, lin, max) = (await posts.Member("kim", posts.Big), await posts.Member("lin", posts.Small), await posts.Member("max", posts.Small));
        var page = await lin.Open("/account/mail");
        page.Html.QuerySelectorAll("input[name=kind][checked]").Length.ShouldBe(2, "whoever chose nothing gets both");
        async Task Wants(Actor who, params string[] kinds) =>
            (await who.Post("/account/mail", [("all", "true"), ("with_kinds", "true"), .. kinds.Select(k => ("kind", (object?)k))])).Location.ShouldBe("/account/mail");
        await Wants(lin, "new");
        await Wants(kim, "opened");
        await posts.Ada.Post("/account/mail", ("all", "true")); // a form of before, without kinds, changes none
        (await lin.Open("/account/mail")).Html.QuerySelectorAll("input[name=kind][checked]").Length.ShouldBe(1);
        (await lin.Get("/account/export")).Body.ShouldContain("opened");

        var start = app.Time.Now;
        await stage.Publishes("Stepped", "Words", Audience.Tiers(posts.Big.Id), new ReleaseStep(start + Duration.FromDays(1), Audience.PaidMembers));
        stage.MailedTo("Stepped").ShouldBe("", "kim wants no new ones");
        await app.TravelTo("2026-01-16T12:00:01Z");
        await app.Drain(); // max is written down, and changes their mind before it is sent
        await Wants(max, "new");
        await stage.Run();
        stage.MailedTo("Stepped").ShouldBe("", "lin and max want none that open later");
        await stage.Publishes("New", "Words", Audience.PaidMembers);
        stage.MailedTo("New").ShouldBe("lin max");
        await Wants(lin, "new", "opened");
        await stage.Publishes("Another", "Words", Audience.Tiers(posts.Big.Id), new ReleaseStep(app.Time.Now + Duration.FromDays(1), Audience.PaidMembers));
        await app.TravelTo("2026-01-18T12:00:01Z");
        await stage.Run();
        stage.MailedTo("Another").ShouldBe("lin");
    }

    [Theory, OnEveryEngine]
    public async Task Refused_later_unknown_and_unreachable_are_four_different_things(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        var gone = await posts.Member("gone");
        foreach (var name in new[] { "busy", "lost", "fine" }) await posts.Member(name);
        stage.Sink.Says = (verb, to) => (verb, to) switch
        {
            ("RCPT", _) when to.Contains("gone@") => "550 5.1.1 no such user gone@example.org",
            ("RCPT", _) when to.Contains("busy@") => "450 come back",
            (".", _) when to.Contains("lost@") => "", // it has the mail and hangs up without a word
            _ => null,
        };
        var post = await stage.Publishes("News", "Words", Audience.Members);
        (await stage.States(post)).ShouldBe("refused (bouncing) 1, sent 1, unknown 1, waiting 1");

        // Later comes later; what is unknown is not sent again by itself.
        stage.Sink.Says = null;
        await stage.Run();
        stage.MailedTo("News").ShouldBe("fine lost");
        app.Time.Advance(Duration.FromMinutes(6));
        await stage.Run();
        stage.MailedTo("News").ShouldBe("busy fine lost");

        // The one who cannot be reached is told in the account, gets no more, and has a way out.
        (await gone.Open("/account")).Text.ShouldContain("no such user");
        var second = await stage.Publishes("More news", "Words", Audience.Members);
        stage.MailedTo("More news").ShouldBe("busy fine lost");
        (await stage.States(second)).ShouldBe("left_out (bouncing) 1, sent 3");
        await gone.Post("/account/mail/works");
        (await gone.Open("/account")).Text.ShouldNotContain("no such user");
        await stage.Publishes("Third news", "Words", Audience.Members);
        stage.MailedTo("Third news").ShouldBe("busy fine gone lost");

        // The creator sees all that, and may send what is unknown once more, under the same name.
        (await posts.Ada.Open("/ada-makes/mail")).Text.ShouldContain("Perhaps sent1");
        await posts.Ada.Post($"/ada-makes/mail/{post}/again");
        await stage.Run();
        stage.Sink.Mails.Where(m => m.To.Contains("lost@") && m.Header("Subject") == "News").Select(m => m.Header("Message-ID")).ToList()
            .ShouldBe([$"<post-{post}-{await PersonId(stage, "lost")}@localhost>", $"<post-{post}-{await PersonId(stage, "lost")}@localhost>"]);

        // A server that lets nobody in: everything waits, longer each time, and nothing is lost.
        stage.Sink.Says = (verb, _) => verb == "MAIL" ? "530 sign in first" : null;
        var third = await stage.Publishes("Patience", "Words", Audience.Members);
        (await stage.States(third)).ShouldBe("waiting 4");
        (await posts.Ada.Open($"/ada-makes/posts/{third}")).Text.ShouldContain("Waiting for the mail server");
        stage.Sink.Says = null;
        await stage.Run();
        stage.MailedTo("Patience").ShouldBe("");
        app.Time.Advance(Duration.FromMinutes(2));
        await stage.Run();
        stage.MailedTo("Patience").ShouldBe("busy fine gone lost");
        (await stage.States(third)).ShouldBe("sent 4");
    }

    [Theory, OnEveryEngine]
    public async Task A_process_that_dies_between_leaves_nobody_mailed_twice_and_nobody_forgotten(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        foreach (var name in new[] { "a", "b", "c", "d" }) await posts.Member(name);
        await posts.Publishes("News", "Words", Audience.Members);
        await app.Drain();

        // A process takes the mailing, says that two letters leave, hands over one of them, and dies.
        Task<T> Queue<T>(Func<MailingQueue, Task<T>> work) => app.In(s => work(s.GetRequiredService<MailingQueue>()));
        var dead = (await Queue(q => q.Claim(default)))!;
        var letters = (await Queue(q => q.Next(dead.PostId, 2, default)))
            .ConvertAll(w => new Letter(w.Id, w.PersonId, w.Attempts, new MailAddressee("x", "x@example.org")));
        (await Queue(q => q.Pass(dead, [], letters, default))).Count.ShouldBe(2);
        (await Queue(q => q.Pass(dead, [], letters, default))).ShouldBeEmpty("a letter leaves once");
        (await Queue(q => q.Claim(default))).ShouldBeNull("somebody is at it");

        // The next one does the rest; of those two nobody knows, and they are not sent again.
        app.Time.Advance(MailingQueue.Lease + Duration.FromSeconds(1));
        await stage.Run();
        (await stage.States(dead.PostId)).ShouldBe("sent 2, unknown 2");
        stage.Sink.Mails.Count.ShouldBe(2);

        // It was not dead but slow: what it knows is the truth, and it may send nothing more.
        (await Queue(q => q.Pass(dead, [new Posted(letters[0], new MailAnswer(MailFate.Taken))], letters, default))).ShouldBeEmpty();
        (await stage.States(dead.PostId)).ShouldBe("sent 3, unknown 1");

        // Where there can be no other process, a start takes over at once.
        await posts.Publishes("Second", "Words", Audience.Members);
        await app.Drain();
        (await Queue(q => q.Claim(default))).ShouldNotBeNull();
        await stage.Run();
        stage.MailedTo("Second").ShouldBe("");
        await Queue(async q => { await q.TakeOver(default); return 0; });
        await stage.Run();
        stage.MailedTo("Second").ShouldBe("a b c d");
        stage.Sink.Connections.ShouldBeLessThanOrEqualTo(8, "connections are kept from turn to turn");
    }

    [Theory, OnEveryEngine]
    public async Task Its_creator_stops_it_and_a_withdrawn_post_goes_to_nobody_more(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        var kim = await posts.Member("kim");
        foreach (var name in new[] { "a", "b", "c" }) await posts.Member(name);
        var post = await posts.Publishes("News", "Words", Audience.Members);
        await app.Drain();
        (await posts.Ada.Post($"/ada-makes/mail/{post}/stop")).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await kim.Post($"/ada-makes/mail/{post}/go-on")).Status.ShouldBe(HttpStatusCode.NotFound);
        await stage.Run();
        stage.Sink.Mails.ShouldBeEmpty();
        (await posts.Ada.Open($"/ada-makes/posts/{post}")).Text.ShouldContain("Stopped");
        (await kim.Open($"/ada-makes/posts/{post}")).Text.ShouldNotContain("Stopped");
        await posts.Ada.Post($"/ada-makes/mail/{post}/go-on");
        stage.Sink.Says = (verb, to) => verb == "RCPT" && !to.Contains("kim@") ? "450 later" : null;
        await stage.Run();
        (await stage.States(post)).ShouldBe("sent 1, waiting 3");

        await posts.Ada.Post($"/ada-makes/posts/{post}/withdraw");
        stage.Sink.Says = null;
        app.Time.Advance(Duration.FromHours(1));
        await stage.Run();
        (await stage.States(post)).ShouldBe("left_out (withdrawn) 3, sent 1");
        await posts.Ada.Submit(await posts.Ada.Open($"/ada-makes/posts/{post}/edit"), "#composer", ("action", "publish"));
        await stage.Run();
        stage.MailedTo("News").ShouldBe("a b c kim");
    }

    [Theory, OnEveryEngine]
    public async Task One_click_in_the_mail_stops_them_without_a_cookie_and_opening_the_link_does_not(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var kim = await stage.Posts.Member("kim");
        await stage.Publishes("First", "Words", Audience.Members);
        var link = stage.Sink.Mails.Single().Header("List-Unsubscribe")!.Trim('<', '>');
        var path = new Uri(link).AbsolutePath;
        stage.Sink.Mails.Single().Raw.Replace("=\n", "").ShouldContain(path);

        var stranger = stage.App.Visitor();
        (await stranger.Open(path)).Text.ShouldContain("You get a mail for each new post");
        await stage.Publishes("Second", "Words", Audience.Members);
        stage.MailedTo("Second").ShouldBe("kim", "looking changes nothing");

        using (var click = new HttpRequestMessage(HttpMethod.Post, path))
        {
            click.Content = new FormUrlEncodedContent([KeyValuePair.Create("List-Unsubscribe", "One-Click")]);
            click.Headers.Add("Origin", "https://mail.example.org"); // a mail program in a browser
            click.Headers.Add("Sec-Fetch-Site", "cross-site");
            (await stranger.Client.SendAsync(click)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        (await stranger.Post(path, ("List-Unsubscribe", "One-Click"))).Status.ShouldBe(HttpStatusCode.OK, "twice is the same");
        await stage.Publishes("Third", "Words", Audience.Members);
        stage.MailedTo("Third").ShouldBe("");
        (await kim.Open("/account/mail")).Find("input[name=campaign]")!.HasAttribute("checked").ShouldBeFalse();
        (await stranger.Post(path, ("scope", "undo"))).Status.ShouldBe(HttpStatusCode.OK);
        await stage.Publishes("Fourth", "Words", Audience.Members);
        stage.MailedTo("Fourth").ShouldBe("kim");
        (await stranger.Post(path, ("scope", "all"))).Text.ShouldContain("You get no mails about posts.");
        (await kim.Open("/account/mail")).Find("input[name=all]")!.HasAttribute("checked").ShouldBeFalse();
        (await stranger.Get("/mail/off/" + path[10..^4])).Status.ShouldBe(HttpStatusCode.Gone);
        (await stranger.Post("/mail/off/nonsense")).Status.ShouldBe(HttpStatusCode.Gone);
        await kim.Does("/account/mail", "main form[action='/account/mail']", ("all", "true"));
        foreach (var place in new[] { 1, 40, path.Length - 12 }) // one letter of the seal is another
        {
            var forged = path[..(10 + place)] + (path[10 + place] == 'A' ? 'B' : 'A') + path[(11 + place)..];
            (await stranger.Post(forged, ("scope", "all"))).Status.ShouldBe(HttpStatusCode.Gone);
        }
        (await kim.Open("/account/mail")).Find("input[name=all]")!.HasAttribute("checked").ShouldBeTrue();

        // What is known of a person is theirs to take away, and goes with the account.
        (await kim.Get("/account/export")).Body.ShouldContain("post_mails");
    }

    [Theory, OnEveryEngine]
    public async Task A_sandbox_and_a_site_without_a_mail_server_keep_every_mail_in_the_mailbox_once(Engine engine)
    {
        await using var stage = await Posts.PostStage.Start(engine, sandbox: true);
        await stage.Member("kim");
        await stage.Publishes("News", "Words and [a link](/ada-makes)", Audience.Members);
        await stage.App.Drain();
        var mailer = stage.App.Services.GetRequiredService<Mailer>();
        await mailer.SendDue();
        await mailer.SendDue();
        var mail = (await stage.App.Mails()).Where(m => m.Kind == Mailbox.PostKind).ShouldHaveSingleItem();
        mail.Address.ShouldBe("kim@example.org");
        mail.Text.ShouldContain("Words and a link (http://localhost:5000/ada-makes)");
        mail.Html.ShouldContain("Stop these mails");
    }

    [Fact]
    public void A_post_as_a_mail_has_whole_addresses_and_its_pictures_only_where_everybody_may_see_them()
    {
        const string Html = "<h2>One</h2><p>Two <strong>bold</strong>, <a href=\"/ada/x\">a link</a><br>and <a href=\"#part\">a part</a></p><ul><li>a</li><li>b</li></ul>"
            + "<p><img src=\"/media/7\" alt=\"A cat\"></p>";
        PostLetter Letter(bool isPublic, string language = "en") => PostLetter.Of("Title <b>", Html, "https://club.example/ada/posts/1", "https://club.example", "Ada & Co", isPublic,
            Localizer.In(language));
        var closed = Letter(false);
        closed.Text("OFF").ShouldBe("""
            Title <b>

            One

            Two bold, a link (https://club.example/ada/x)
            and a part (https://club.example/ada/posts/1#part)

            - a
            - b

            [Picture: A cat] (https://club.example/ada/posts/1)

            Read on the site:
            https://club.example/ada/posts/1

            --_
            You get this because you are a member of Ada & Co.
            Stop these mails: OFF

            """.ReplaceLineEndings("\n").Replace("--_", "-- ", StringComparison.Ordinal));
        closed.Html("OFF").ShouldNotContain("<img");
        closed.Html("OFF").ShouldContain("Title &lt;b&gt;");
        closed.Html("OFF").ShouldContain("href=\"https://club.example/ada/x\"");
        closed.Html("OFF").ShouldContain("href=\"OFF\"");
        Letter(true).Html("OFF").ShouldContain("src=\"https://club.example/media/7\"");
        Letter(false, "de").Text("OFF").ShouldContain("[Bild: A cat] (https://club.example/ada/posts/1)\n\nAuf der Website lesen:\n");
    }

    private static Task<long> PersonId(MailingStage stage, string name) => stage.App.In(async s =>
        (await s.GetRequiredService<Stipend.Accounts.Contracts.IPeople>().FindByEmail($"{name}@example.org"))!.Id);
}
