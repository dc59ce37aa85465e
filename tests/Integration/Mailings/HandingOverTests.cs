using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Mailings.Bouncing;
using Stipend.Mailings.Choosing;
using Stipend.Mailings.Model;
using Stipend.Mailings.Sending;
using Stipend.Mailings.Watching;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;
using Stipend.Posts.Model;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Mailings;

/// <summary>What happens while letters are on their way, and what a mail server may say that is about nobody's address.</summary>
public sealed class HandingOverTests
{
    [Theory, OnEveryEngine]
    public async Task What_a_relay_refuses_for_its_own_reasons_marks_nobodys_address(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine, connections: 1);
        var (posts, app) = (stage.Posts, stage.App);
        var dead = await posts.Member("dead");
        var others = new List<Actor>();
        foreach (var name in new[] { "policy", "full", "relay", "late", "reputation" }) others.Add(await posts.Member(name));
        stage.Sink.Says = (verb, to) => verb != "RCPT" ? null : to.Split('<', '@')[1] switch
        {
            "dead" => "550 5.1.1 nobody of that name",
            "policy" => "550 5.7.1 not by our policy",
            "full" => "552 5.2.2 mailbox full",
            "relay" => "550 Relaying denied",
            "late" => "451 4.7.1 come again",
            "reputation" => "554 5.7.606 banned sending address",
            _ => null,
        };
        var first = await stage.Publishes("First", "Words", Audience.Members);
        (await stage.States(first)).ShouldBe("refused (bouncing) 1, refused (refused) 4, waiting 1");
        (await dead.Open("/account")).Text.ShouldContain("nobody of that name");
        foreach (var other in others) (await other.Open("/account")).Text.ShouldNotContain("Mails do not reach you", Case.Sensitive, other.Name);

        // The site itself is not let in: nobody's refusal, and everybody waits.
        stage.Sink.Says = (verb, _) => verb == "RCPT" ? "535 5.7.8 who are you" : null;
        var second = await stage.Publishes("Second", "Words", Audience.Members);
        (await stage.States(second)).ShouldBe("left_out (bouncing) 1, waiting 5");
        stage.Sink.Says = null;
        app.Time.Advance(Duration.FromMinutes(10));
        await stage.Run();
        stage.MailedTo("Second").ShouldBe("full late policy relay reputation");
        stage.MailedTo("First").ShouldBe("late");
    }

    [Theory, OnEveryEngine]
    public async Task Odd_addresses_and_names_stop_nobody_and_start_no_header(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine, connections: 1);
        var (posts, app) = (stage.Posts, stage.App);
        var odd = await app.SignUp("odd", "odd..one@example.org");
        await posts.Grant(odd, null);
        await posts.Grant(await app.SignUp("far", "f\u00e4r@example.org"), null);
        var evil = await posts.Member("evil");
        await posts.Member("fine");
        var post = await posts.Publishes("Hi", "Words", Audience.Members);
        // No page lets these in: what is checked is that a mail does not rely on that.
        const string Evil = "Hi\r\nBcc: all@example.net\u2028X-Evil: 1";
        foreach (var (table, column, id) in new[] { ("person", "name", evil.Id), ("post", "title", post), ("campaign", "name", posts.Campaign.Id) })
            await app.In(s => s.GetRequiredService<Db>().Execute($"UPDATE {table} SET {column} = @evil WHERE id = @id", default, ("evil", Evil), ("id", id)));
        await stage.Run();
        (await stage.States(post)).ShouldBe("refused (bouncing) 1, sent 3");
        (await odd.Open("/account")).Text.ShouldContain("not written as mail servers want it");
        stage.Sink.Mails.Select(m => m.To.Split('<', '@')[1]).ShouldBe(["f\u00e4r", "evil", "fine"]);
        foreach (var mail in stage.Sink.Mails)
        {
            mail.Headers().ShouldNotContain(h => h.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase) || h.StartsWith("X-Evil", StringComparison.OrdinalIgnoreCase));
            mail.Header("Subject").ShouldBe("Hi Bcc: all@example.net X-Evil: 1");
            mail.Headers().Count(h => h.StartsWith("From:", StringComparison.Ordinal)).ShouldBe(1);
        }
    }

    [Theory, OnEveryEngine]
    public async Task What_happens_to_a_post_while_it_is_sent_is_noticed_at_the_next_letter_or_batch(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine, connections: 1);
        var (posts, app) = (stage.Posts, stage.App);
        foreach (var name in new[] { "a", "b", "c", "d", "e" }) await posts.Member(name);

        var withdrawn = await posts.Publishes("Withdrawn", "Words", Audience.Members);
        await stage.RunWhile("b", async () =>
        {
            await posts.Ada.Post($"/ada-makes/posts/{withdrawn}/withdraw");
            await app.Drain();
        });
        stage.MailedTo("Withdrawn").ShouldBe("a b", "the one in hand, and nobody after");
        (await stage.States(withdrawn)).ShouldBe("left_out (withdrawn) 3, sent 2");

        var deleted = await posts.Publishes("Deleted", "Words", Audience.Members);
        await stage.RunWhile("b", async () =>
        {
            await app.In(s => s.GetRequiredService<Publishing>().Delete(posts.Campaign, deleted, default));
            await app.Drain();
        });
        stage.MailedTo("Deleted").ShouldBe("a b");
        (await stage.States(deleted)).ShouldBe("left_out (withdrawn) 3, sent 2");

        // A campaign that is not published sends no further batch; published again, it goes on.
        Task Publish(bool yes) => app.In(s => s.GetRequiredService<Db>().Execute("UPDATE campaign SET is_published = @yes", default, ("yes", yes)));
        await posts.Publishes("Hidden", "Words", Audience.Members);
        await stage.RunWhile("b", () => Publish(false));
        stage.MailedTo("Hidden").ShouldBe("a b c", "the batch in hand, and no other");
        (await app.Visitor().Get(PathOf(stage, "Hidden"))).Text.ShouldNotContain("Ada-makes", Case.Sensitive);
        var kim = await app.SignUp("kim");
        await posts.Grant(kim, posts.Big);
        await app.In(s => s.GetRequiredService<MailChoices>().Set(kim.Id, posts.Campaign.Id, false, default));
        (await kim.Open("/account/mail")).Text.ShouldNotContain("Ada-makes", Case.Sensitive, "its name is nobody's to read while it is a draft");
        await Publish(true);
        (await kim.Open("/account/mail")).Text.ShouldContain("Ada-makes", Case.Sensitive);
        app.Time.Advance(Duration.FromMinutes(11));
        await stage.Run();
        stage.MailedTo("Hidden").ShouldBe("a b c d e");

        // Edited, the rest get the new words; who wants none since the batch was made gets none.
        var edited = await posts.Publishes("Edited", "Old words", Audience.Members);
        await stage.RunWhile("a", async () =>
        {
            await app.Visitor().Post(PathOf(stage, "Hidden", "b"), ("List-Unsubscribe", "One-Click"));
            await posts.Ada.Submit(await posts.Ada.Open($"/ada-makes/posts/{edited}/edit"), "#composer", ("action", "publish"), ("markdown", "New words"));
            await app.Drain();
        });
        stage.MailedTo("Edited").ShouldBe("a c d e");
        stage.Sink.Mails.Where(m => m.Header("Subject") == "Edited").Select(m => m.Raw.Contains("Old words")).ShouldBe([true, false, false, false]);
        await posts.Publishes("Unwanted", "Words", Audience.Members);
        await stage.RunWhile("a", () => app.Visitor().Post(PathOf(stage, "Hidden", "c"), ("List-Unsubscribe", "One-Click")));
        stage.MailedTo("Unwanted").ShouldBe("a d e", "also in the batch that was made before");
    }

    [Theory, OnEveryEngine]
    public async Task Nothing_stays_on_its_way_when_the_sending_ends_however_it_ends(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine, connections: 1);
        var (posts, app) = (stage.Posts, stage.App);
        foreach (var name in new[] { "a", "b", "c", "d", "e" }) await posts.Member(name);
        var post = await posts.Publishes("Cancelled", "Words", Audience.Members);
        using (var stop = new CancellationTokenSource())
            await stage.RunWhile("b", stop.CancelAsync, stop.Token);
        (await stage.States(post)).ShouldBe("sent 2, waiting 3", "what was in hand is known, the rest waits");
        await stage.Run();
        stage.MailedTo("Cancelled").ShouldBe("a b c d e");

        // Stopped by its creator while a process has it, which then dies: nobody takes a mailing that is stopped, and it is known all the same.
        var dead = await Dies(stage, "Stopped");
        await app.In(s => s.GetRequiredService<MailingDesk>().Stop(posts.Campaign.Id, dead.PostId, default));
        await app.Services.GetRequiredService<Janitor>().Run();
        (await stage.States(dead.PostId)).ShouldBe("sending 2, waiting 3", "it may be at it still");
        app.Time.Advance(MailingQueue.Lease + Duration.FromSeconds(1));
        await app.Services.GetRequiredService<Janitor>().Run();
        (await stage.States(dead.PostId)).ShouldBe("unknown 2, waiting 3");

        // So does the next start where there can be no other process.
        dead = await Dies(stage, "Restarted");
        await app.In(s => s.GetRequiredService<MailingDesk>().Stop(posts.Campaign.Id, dead.PostId, default));
        await stage.Queue(async q => { await q.TakeOver(default); return 0; });
        (await stage.States(dead.PostId)).ShouldBe("unknown 2, waiting 3");

        // A turn that was broken off by an edit answers for its own letters, also when it knows nothing of them.
        dead = await Dies(stage, "Broken off");
        await stage.Queue(async q => { await q.Break(dead.PostId, default); return 0; });
        await app.In(s => s.GetRequiredService<MailingDesk>().Stop(posts.Campaign.Id, dead.PostId, default));
        await stage.Queue(async q => { await q.End(dead, TurnEnd.Done, default); return 0; });
        (await stage.States(dead.PostId)).ShouldBe("unknown 2, waiting 3");
    }

    [Theory, OnEveryEngine]
    public async Task A_late_answer_is_about_its_own_letter_and_about_no_later_one(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        var (posts, app) = (stage.Posts, stage.App);
        foreach (var name in new[] { "a", "b" }) await posts.Member(name);
        var slow = await Dies(stage, "News");
        var letters = await Letters(stage, slow.PostId);
        Posted Said(int nth, MailFate fate) => new(letters[nth], new MailAnswer(fate));
        app.Time.Advance(MailingQueue.Lease + Duration.FromSeconds(1));
        await stage.Run();
        (await stage.States(slow.PostId)).ShouldBe("unknown 2");

        // The creator has them sent once more; while that is under way the slow one comes with what it was told long ago.
        await app.In(s => s.GetRequiredService<MailingDesk>().SendUnknownAgain(posts.Campaign.Id, slow.PostId, default));
        var next = (await stage.Queue(q => q.Claim(default)))!;
        (await stage.Queue(q => q.Pass(next, [], [letters[0]], default))).Count.ShouldBe(1);
        await stage.Queue(q => q.Pass(slow, [Said(0, MailFate.Later)], [], default));
        await stage.Queue(q => q.Pass(slow, [Said(0, MailFate.Unreachable)], [], default));
        (await stage.States(slow.PostId)).ShouldBe("sending 1, waiting 1", "or a third letter would leave");
        await stage.Queue(q => q.Pass(next, [Said(0, MailFate.Taken)], [], default));
        (await stage.States(slow.PostId)).ShouldBe("sent 1, waiting 1");
        await stage.Queue(q => q.Pass(slow, [Said(0, MailFate.Unknown)], [], default));
        (await stage.States(slow.PostId)).ShouldBe("sent 1, waiting 1");
        await stage.Queue(async q => { await q.End(next, TurnEnd.Done, default); return 0; });
        await stage.Run();
        (await stage.States(slow.PostId)).ShouldBe("sent 2");

        // Where nobody has sent it since, the answer is the truth: not now means later, and later it goes.
        var second = await Dies(stage, "Second");
        letters = await Letters(stage, second.PostId);
        app.Time.Advance(MailingQueue.Lease + Duration.FromSeconds(1));
        await stage.Run();
        (await stage.States(second.PostId)).ShouldBe("unknown 2");
        await stage.Queue(q => q.Pass(second, [Said(0, MailFate.Later), Said(1, MailFate.Taken)], [], default));
        (await stage.States(second.PostId)).ShouldBe("sent 1, waiting 1");
        await stage.Run();
        app.Time.Advance(Duration.FromMinutes(6));
        await stage.Run();
        (await stage.States(second.PostId)).ShouldBe("sent 2");
    }

    [Theory, OnEveryEngine]
    public async Task A_refused_address_is_marked_in_words_without_it_and_that_of_an_account_closed_since_not_at_all(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        foreach (var name in new[] { "a", "b" }) await stage.Posts.Member(name);
        var turn = await Dies(stage, "News");
        var letters = await Letters(stage, turn.PostId);
        await stage.App.In(s => s.GetRequiredService<ForgetsPeople>().Handle(new AccountClosed(letters[0].PersonId),
            new MessageContext(1, turn.BookId, stage.App.Time.Now, 0), default));
        var answer = new MailAnswer(MailFate.NoSuchAddress, "550 5.1.1 <X@Example.org> is nobody");
        await stage.Queue(q => q.Pass(turn, letters.ConvertAll(l => new Posted(l, answer)), [], default));
        var marks = await stage.App.In(s => s.GetRequiredService<Bounces>().Of(letters.ConvertAll(l => l.PersonId), default));
        marks.ShouldHaveSingleItem().Key.ShouldBe(letters[1].PersonId);
        marks[letters[1].PersonId].Answer.ShouldBe("550 5.1.1 <…> is nobody");
    }

    /// <summary>Publishes; a process takes the mailing, says that two letters leave, and is not heard of again.</summary>
    private static async Task<Turn> Dies(MailingStage stage, string title)
    {
        await stage.Posts.Publishes(title, "Words", Audience.Members);
        await stage.App.Drain();
        var turn = (await stage.Queue(q => q.Claim(default)))!;
        (await stage.Queue(async q => await q.Pass(turn, [], await Waiting(q, turn.PostId), default))).Count.ShouldBe(2);
        return turn;
    }

    private static async Task<List<Letter>> Waiting(MailingQueue queue, long post) => (await queue.Next(post, 2, default))
        .ConvertAll(w => new Letter(w.Id, w.PersonId, w.Attempts, new MailAddressee("x", "x@example.org")));

    private static async Task<List<Letter>> Letters(MailingStage stage, long post) => await stage.App.In(async s =>
    {
        var letters = new List<Letter>();
        await using var command = await s.GetRequiredService<Db>().Command(
            "SELECT id, person_id FROM mailing_recipient WHERE post_id = @post ORDER BY person_id", default, ("post", post));
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) letters.Add(new Letter(reader.GetInt64(0), reader.GetInt64(1), 0, new MailAddressee("x", "x@example.org")));
        return letters;
    });

    /// <summary>The way to stop such mails, out of somebody's mail.</summary>
    private static string PathOf(MailingStage stage, string title, string name = "a") => new Uri(stage.Sink.Mails
        .First(m => m.Header("Subject") == title && m.To.Contains($"<{name}@")).Header("List-Unsubscribe")!.Trim('<', '>')).AbsolutePath;
}
