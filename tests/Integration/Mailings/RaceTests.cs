using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Mailings.Gathering;
using Stipend.Mailings.Model;
using Stipend.Mailings.Sending;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Mailings;

/// <summary>Several processes on one PostgreSQL, at the rows of one mailing at once; on SQLite, with its one writer, in turns.</summary>
public sealed class RaceTests
{
    [Fact]
    public async Task Gathering_and_handing_over_wait_for_each_other_and_not_for_ever()
    {
        if (!PostgresServer.IsAvailable) Assert.Skip(PostgresServer.Missing);
        await using var stage = await MailingStage.Start(Engine.Postgres);
        var (posts, app) = (stage.Posts, stage.App);
        var ids = new List<long>();
        foreach (var name in new[] { "a", "b", "c", "d" }) ids.Add((await posts.Member(name)).Id);
        var post = await posts.Publishes("News", "Words", Audience.Members);
        await app.Drain();
        var turn = (await stage.Queue(q => q.Claim(default)))!;
        var letters = (await stage.Queue(q => q.Next(post, 10, default)))
            .ConvertAll(w => new Letter(w.Id, w.PersonId, w.Attempts, new MailAddressee("x", "x@example.org"))).OrderBy(l => l.PersonId).ToList();
        (await stage.Queue(q => q.Pass(turn, [], [letters[3]], default))).Count.ShouldBe(1);

        // Somebody holds the second person's row. Who gathers has the first then, and wants the last after; who hands over has the last, and wants the first.
        await using var scope = app.Services.CreateAsyncScope();
        var holder = scope.ServiceProvider.GetRequiredService<Db>();
        await using var held = await holder.BeginWrite();
        await holder.Execute("UPDATE mailing_recipient SET changed_at = changed_at WHERE post_id = @post AND person_id = @person", default, ("post", post),
            ("person", ids[1]));
        var gathering = Gather(stage, post);
        await Waiting(app, 1);
        var passing = stage.Queue(q => q.Pass(turn, [new Posted(letters[3], new MailAnswer(MailFate.Taken))], [letters[0]], default));
        await Waiting(app, 2);
        await held.Commit();
        await gathering;
        (await passing).ShouldBeEmpty("who gathers ends the turn");
        (await stage.States(post)).ShouldBe("sent 1, waiting 3", "and what the mail server said is written down");
    }

    [Theory, OnEveryEngine]
    public async Task Who_is_gathered_again_is_not_left_out_by_a_turn_that_asked_before(Engine engine)
    {
        await using var stage = await MailingStage.Start(engine);
        foreach (var name in new[] { "a", "b" }) await stage.Posts.Member(name);
        var post = await stage.Posts.Publishes("News", "Words", Audience.Members);
        await stage.App.Drain();
        var before = (await stage.Queue(q => q.Claim(default)))!;
        await Gather(stage, post);
        await stage.Queue(async q =>
        {
            await q.LeaveOut(before, null, LeftOutReason.Closed, default);
            await q.End(before, TurnEnd.Done, default);
            return 0;
        });
        (await stage.States(post)).ShouldBe("waiting 2");
        await stage.Run();
        stage.MailedTo("News").ShouldBe("a b");
    }

    private static async Task Gather(MailingStage stage, long post)
    {
        var (posts, app) = (stage.Posts, stage.App);
        var rule = await posts.Scalar<long>("SELECT rule_id FROM post WHERE id = @post", ("post", post));
        await app.In(async s =>
        {
            await using var transaction = await s.GetRequiredService<Db>().BeginWrite();
            await s.GetRequiredService<GathersRecipients>().Handle(
                new PostPublished(posts.Campaign.BookId, posts.Campaign.Id, post, "News", rule, app.Time.Now, false) { ByMail = true, IsOnTime = true },
                new MessageContext(1, posts.Campaign.BookId, app.Time.Now, 0), default);
            await transaction.Commit();
        });
    }

    /// <summary>Until so many wait for a lock.</summary>
    private static async Task Waiting(TestApp app, long count)
    {
        var until = TimeProvider.System.GetTimestamp();
        while (await app.In(async s =>
        {
            await using var command = await s.GetRequiredService<Db>().Command(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
            return (long)(await command.ExecuteScalarAsync())!;
        }) < count)
        {
            if (TimeProvider.System.GetElapsedTime(until) > TimeSpan.FromSeconds(20)) throw new TimeoutException($"Fewer than {count} wait.");
            await Task.Yield();
        }
    }
}
