using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using NodaTime;
using Shouldly;
using Stipend.Accounts.Model;
using Stipend.Entitlements.Contracts;
using Stipend.Mailings.Keeping;
using Stipend.Mailings.Sending;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Mailings;

/// <summary>What is kept of a mailing and for how long, what is drawn once, and in whose words.</summary>
public sealed class KeepingTests
{
    [Theory, OnEveryEngine]
    public async Task Of_a_mailing_done_long_ago_the_numbers_stay_and_nobody_is_mailed_again(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        foreach (var name in new[] { "dead", "a", "b" }) await posts.Member(name);
        await posts.Member("late", posts.Small);
        stage.Sink.Says = (verb, to) => verb == "RCPT" && to.Contains("dead@") ? "550 5.1.1 gone" : null;
        var done = await stage.Publishes("Done", "Words", Audience.Members);
        stage.Sink.Says = (verb, to) => verb == "." && to.Contains("<b@") ? "" : null;
        var perhaps = await stage.Publishes("Perhaps", "Words", Audience.Members);
        stage.Sink.Says = null;
        var stepped = await stage.Publishes("Stepped", "Words", Audience.Tiers(posts.Small.Id),
            new ReleaseStep(app.Time.Now + Duration.FromDays(120), Audience.Members));
        var stopped = await posts.Publishes("Waiting", "Words", Audience.Members);
        await app.Drain();
        await posts.Ada.Post($"/ada-makes/mail/{stopped}/stop");
        async Task<string> Kept()
        {
            await app.Services.GetRequiredService<Janitor>().Run();
            return string.Join("; ", await stage.States(done), await stage.States(perhaps), await stage.States(stepped), await stage.States(stopped));
        }
        var ada = posts.Ada;
        async Task<IReadOnlyList<string>> Figures() => (await ada.Open("/ada-makes/mail")).Texts("main .facts");
        var figures = await Figures();
        figures.Count.ShouldBe(4);
        var before = await Kept();
        before.ShouldBe("refused (bouncing) 1, sent 3; left_out (bouncing) 1, sent 2, unknown 1; sent 1; waiting 4");

        app.Time.Advance(OldMailings.Kept - Duration.FromHours(1));
        (await Kept()).ShouldBe(before);
        app.Time.Advance(Duration.FromHours(2));
        (await Kept()).ShouldBe("; unknown 1; sent 1; waiting 4", "what has a step to come or waits is not done");
        (await Kept()).ShouldBe("; unknown 1; sent 1; waiting 4");
        ada = await app.OtherBrowser(ada); // nobody stays signed in that long
        (await Figures()).ShouldBe(figures);
        (await ada.Open($"/ada-makes/posts/{done}")).Text.ShouldContain("4 of 4");

        // What is unknown can be sent once more; published again, the post goes to nobody: who has had it is not known any more.
        await ada.Post($"/ada-makes/mail/{perhaps}/again");
        await stage.Run();
        stage.MailedTo("Perhaps").ShouldBe("a b b late");
        await ada.Post($"/ada-makes/posts/{done}/withdraw");
        await ada.Submit(await ada.Open($"/ada-makes/posts/{done}/edit"), "#composer", ("action", "publish"));
        await stage.Run();
        stage.MailedTo("Done").ShouldBe("a b late");
        app.Time.Advance(OldMailings.Kept + Duration.FromHours(1));
        (await Kept()).ShouldBe("; ; sent 1; waiting 4", "and what was sent once more goes the same way in its time");
        ada = await app.OtherBrowser(ada);
        (await ada.Open($"/ada-makes/posts/{perhaps}")).Text.ShouldContain("3 of 3");

        // The step has come meanwhile, and is heard of only now: each person once.
        await stage.Run();
        stage.MailedTo("Stepped").ShouldBe("a b late");
    }

    [Theory, OnEveryEngine]
    public async Task A_post_is_drawn_once_for_all_batches_until_it_changes(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        foreach (var name in new[] { "a", "b", "c", "d" }) await posts.Member(name);
        var post = await posts.Publishes("News", "Old words", Audience.Members);
        await app.Drain();
        var drawn = new Drawn();
        async Task<Batch?> Next() => await app.In(async s =>
        {
            var queue = s.GetRequiredService<MailingQueue>();
            var turn = (await queue.Claim(default))!;
            var (batch, _) = await s.GetRequiredService<Envelopes>().Next(turn, 2, drawn, default);
            await queue.End(turn, Stipend.Mailings.Model.TurnEnd.Done, default);
            return batch;
        });
        var first = (await Next())!;
        (await Next())!.Drawn.ShouldBeSameAs(first.Drawn);
        first.Drawn.In("de").ShouldBeSameAs((await Next())!.Drawn.In("de"));
        first.Drawn.In("xx").ShouldBeSameAs(first.Drawn.In(null), "a language without words is English");

        await posts.Ada.Submit(await posts.Ada.Open($"/ada-makes/posts/{post}/edit"), "#composer", ("action", "publish"), ("markdown", "New words"));
        var second = (await Next())!;
        second.Drawn.In(null).Text("").ShouldContain("New words");
        await app.In(s => s.GetRequiredService<Db>().Execute("UPDATE campaign SET name = 'Ada sings'"));
        (await Next())!.Drawn.In(null).Text("").ShouldContain("Ada sings");
        // Another audience alone is another rule, and the text is asked for under it.
        await posts.Ada.Submit(await posts.Ada.Open($"/ada-makes/posts/{post}/edit"), "#composer", ("action", "publish"), ("audience", "public"));
        (await Next())!.Drawn.Post.RuleId.ShouldNotBe(second.Drawn.Post.RuleId);
        await posts.Ada.Post($"/ada-makes/posts/{post}/withdraw");
        (await Next()).ShouldBeNull();
        drawn.Find(post).ShouldBeNull();
    }

    [Theory, OnEveryEngine]
    public async Task The_words_around_a_post_are_in_the_language_its_reader_last_read_the_site_in(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        var (kim, lin) = (await posts.Member("kim"), await posts.Member("lin"));
        await posts.Member("max");
        kim.Client.DefaultRequestHeaders.Add("Accept-Language", "de-AT,en;q=0.5");
        await kim.Open("/account");
        lin.Client.DefaultRequestHeaders.Add("Accept-Language", "de");
        await lin.Open("/account");
        await app.Services.GetRequiredService<SessionUse>().Write(default);
        lin.Client.DefaultRequestHeaders.Remove("Accept-Language"); // says nothing of languages
        app.Time.Advance(SessionUse.Grain);
        await lin.Open("/account");
        await app.Services.GetRequiredService<SessionUse>().Write(default);
        await stage.Publishes("News", "Words", Audience.Members);
        string TextOf(string name)
        {
            using var raw = new MemoryStream(Encoding.UTF8.GetBytes(stage.Sink.Mails.Single(m => m.To.Contains($"<{name}@")).Raw));
            using var mail = MimeMessage.Load(raw);
            return mail.TextBody + mail.HtmlBody;
        }
        foreach (var name in new[] { "kim", "lin" })
        {
            TextOf(name).ShouldContain("Auf der Website lesen:\n");
            TextOf(name).ShouldContain("weil Sie Mitglied bei Ada-makes sind");
            TextOf(name).ShouldContain("Keine solchen Mails mehr");
        }
        TextOf("max").ShouldContain("Stop these mails");

        // Read in English since, it is English; it goes with the account.
        lin.Client.DefaultRequestHeaders.Add("Accept-Language", "en");
        await lin.Open("/account");
        lin.Client.DefaultRequestHeaders.Remove("Accept-Language");
        app.Time.Advance(SessionUse.Grain);
        await lin.Open("/account"); // and what says nothing takes nothing back
        await app.Services.GetRequiredService<SessionUse>().Write(default);
        (await lin.Get("/account/export")).Body.ShouldContain("\"language\": \"en\"", Case.Insensitive);
    }

    [Theory, OnEveryEngine]
    public async Task A_post_the_site_published_late_is_news_and_one_dated_back_is_not(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        var kim = await posts.Member("kim");
        await posts.Publishes("Scheduled", "Words", Audience.Members, at: app.Time.Now + Duration.FromHours(1));
        app.Time.Advance(Duration.FromDays(3)); // the site is down
        await stage.Run();
        stage.MailedTo("Scheduled").ShouldBe("kim");
        (await kim.Open("/notifications")).Text.ShouldContain("Scheduled");
        (await posts.Scalar<long>("SELECT published_at FROM post WHERE title = 'Scheduled'")).ShouldBeLessThan(
            (app.Time.Now - Duration.FromDays(2)).ToUnixTimeMilliseconds());

        await posts.Publishes("Told late", "Words", Audience.Members);
        app.Time.Advance(Duration.FromDays(3)); // down before it was handled
        await stage.Run();
        stage.MailedTo("Told late").ShouldBe("kim");

        await posts.Publishes("Dated back", "Words", Audience.Members, at: app.Time.Now - Duration.FromDays(2));
        await posts.Publishes("Of this morning", "Words", Audience.Members, at: app.Time.Now - Duration.FromHours(5));
        await stage.Run();
        stage.MailedTo("Dated back").ShouldBe("");
        stage.MailedTo("Of this morning").ShouldBe("kim");
        (await kim.Open("/notifications")).Text.ShouldNotContain("Dated back");
    }
}
