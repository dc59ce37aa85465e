using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Messaging;

public sealed class DeliveryTests
{
    [Theory, OnEveryEngine]
    public async Task What_a_rolled_back_transaction_published_was_never_said(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await app.In(async services =>
        {
            var db = services.GetRequiredService<Db>();
            await using (await db.BeginWrite())
            {
                services.GetRequiredService<Outbox>().Publish(new Mark("a"));
                await db.SaveChangesAsync();
            }
            await db.Execute("INSERT INTO setting (name, value) VALUES ('later', 'x')"); // the same context goes on
        });
        (await app.Drain()).ShouldBe(0);
        script.Ran.ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task What_was_published_and_never_saved_is_not_sent_by_the_next_request(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await app.In(services =>
        {
            services.GetRequiredService<Outbox>().Publish(new Mark("a"));
            return Task.CompletedTask;
        });
        await app.Publish(new Mark("b")); // gets the first one's context from the pool
        await app.Drain();
        script.Ran.ShouldBe(["b"]);
    }

    [Theory, OnEveryEngine]
    public async Task A_handler_that_dies_after_its_effect_leaves_none_and_has_it_once_when_run_again(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await app.Publish(new Mark("a"));
        using var dying = new CancellationTokenSource();
        script.Then = (_, _, ct) => { dying.Cancel(); ct.ThrowIfCancellationRequested(); return Task.CompletedTask; };
        await Should.ThrowAsync<OperationCanceledException>(() => app.Runner().RunDue(dying.Token));
        (await app.Marks()).ShouldBeEmpty();

        script.Then = (_, _, _) => Task.CompletedTask;
        await app.Drain();
        await app.Drain();
        (await app.Marks()).ShouldBe(["a"]);
        script.Ran.ShouldBe(["a", "a"]);
        (await app.Column("SELECT COUNT(*) FROM message")).ShouldBe(["0"]);
    }

    [Theory, OnEveryEngine]
    public async Task Work_of_a_process_that_vanished_is_taken_up_when_its_lease_has_run_out(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await app.Publish(new Errand("a"));
        await app.In(s =>
            (Task)s.GetRequiredService<MessageStore>().Claim(new DueBook(Book.Live, 0), Lane.Any, default)); // and never comes back
        (await app.Drain()).ShouldBe(0);
        (await app.Runner().NextDue(Book.Live, default)).ShouldBeNull();
        (await app.Runner().InFlight(Book.Live, default)).ShouldBeTrue();

        app.Time.Advance(MessageStore.Lease);
        await app.Drain();
        script.Ran.ShouldBe(["a"]);
        script.Contexts.ShouldHaveSingleItem().Attempt.ShouldBe(2);
    }

    [Theory, OnEveryEngine]
    public async Task Who_lost_the_lease_has_no_effect(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await app.Publish(new Mark("a"));
        await app.Publish(new Errand("b"));
        var claimed = await app.In(s => s.GetRequiredService<MessageStore>().Claim(new DueBook(Book.Live, 0), Lane.Any, default));
        app.Time.Advance(MessageStore.Lease);
        (await app.Drain()).ShouldBe(2); // somebody else did both
        foreach (var late in claimed) (await Deliver(app, late)).ShouldBeFalse();
        script.Ran.ShouldBe(["a", "b"]);
        (await app.Marks()).ShouldBe(["a"]);
    }

    [Theory, OnEveryEngine]
    public async Task Who_lost_the_lease_and_is_slower_than_the_next_cannot_end_the_others_work(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await app.Publish(new Mark("a"));
        var due = new DueBook(Book.Live, 0);
        var first = (await app.In(s => s.GetRequiredService<MessageStore>().Claim(due, Lane.Any, default))).ShouldHaveSingleItem();
        app.Time.Advance(MessageStore.Lease);
        var second = (await app.In(s => s.GetRequiredService<MessageStore>().Claim(due, Lane.Any, default))).ShouldHaveSingleItem();
        second.Token.ShouldBeGreaterThan(first.Token);
        await app.In(s => s.GetRequiredService<MessageStore>().GiveBack([first])); // a late goodbye takes nothing away either
        (await app.Drain()).ShouldBe(0);
        (await Deliver(app, first)).ShouldBeFalse();
        (await Deliver(app, second)).ShouldBeTrue();
        (await app.Marks()).ShouldBe(["a"]);
    }

    [Theory, OnEveryEngine]
    public async Task A_stopping_process_gives_back_what_it_has_not_run(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        foreach (var name in new[] { "a", "b", "c" }) await app.Publish(new Errand(name));
        using var stop = new CancellationTokenSource();
        script.Then = (_, _, _) => { stop.Cancel(); return Task.CompletedTask; };
        await Should.ThrowAsync<OperationCanceledException>(() => app.Runner().RunDue(stop.Token));
        var before = script.Ran.Count;
        await app.Drain(); // at once, no lease to wait for
        script.Ran.Distinct().Order().ShouldBe(["a", "b", "c"]);
        script.Ran.Skip(before).ShouldContain("c");
        script.Contexts.Last().Attempt.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Two_runners_at_once_run_each_message_once(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await using var other = await app.StartBeside(Stage.Cast(script));
        await app.Out(outbox => { for (var i = 0; i < 150; i++) outbox.Publish(new Mark($"m{i:000}"), partition: $"p{i % 7}"); });
        var runners = engine == Engine.Postgres ? new[] { app, other, app, other } : [app, app, app, app]; // SQLite: one process
        while ((await Task.WhenAll(runners.Select(r => r.Drain()))).Sum() > 0) { }
        script.Ran.Order().ShouldBe(Enumerable.Range(0, 150).Select(i => $"m{i:000}"));
        (await app.Marks()).Count.ShouldBe(150);
        for (var p = 0; p < 7; p++) script.Ran.Where(n => int.Parse(n[1..]) % 7 == p).ShouldBeInOrder();
    }

    [Theory, OnEveryEngine]
    public async Task A_job_runs_at_its_time_and_not_before(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        var at = app.Time.Now + Duration.FromHours(2);
        await app.Out(outbox => outbox.Enqueue(new Mark("job"), at));
        app.Time.Now = at - Duration.FromMilliseconds(1);
        (await app.Drain()).ShouldBe(0);
        (await app.Runner().NextDue(Book.Live, default)).ShouldBe(at);
        app.Time.Now = at;
        (await app.Drain()).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task A_dedupe_key_counts_once_also_after_the_job_has_run(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        void Enqueue(Outbox outbox, string name) => outbox.Enqueue(new Errand(name), app.Time.Now, dedupeKey: "close-2026-01");
        await app.Out(outbox => { Enqueue(outbox, "a"); Enqueue(outbox, "b"); });
        await app.Drain();
        await app.Out(outbox => Enqueue(outbox, "c"));
        await app.Drain();
        script.Ran.ShouldBe(["a"]);
    }

    /// <summary>They would wait for each other when the handler then needs what the other holds: a run that opens at midnight, and somebody who joins.</summary>
    [Fact]
    public async Task On_PostgreSQL_who_enqueues_a_key_that_is_being_handled_does_not_wait_for_it()
    {
        await using var app = await Stage.Start(Engine.Postgres, new Script());
        void Enqueue(Outbox outbox) => outbox.Enqueue(new Errand("a"), app.Time.Now + Duration.FromHours(1), dedupeKey: "k");
        await app.Out(Enqueue);
        await app.In(async s =>
        {
            var db = s.GetRequiredService<Db>();
            await using var handling = await db.BeginWrite();
            await db.Execute("UPDATE message SET status = 'done'");
            await app.Out(Enqueue).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
            await handling.Commit();
        });
        (await app.Column("SELECT status FROM message")).ShouldBe(["done"]);
    }

    [Theory, OnEveryEngine]
    public async Task Finished_keys_are_forgotten_after_a_long_while_and_hold_no_payload_until_then(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await app.Out(outbox => outbox.Enqueue(new Errand("a"), app.Time.Now, dedupeKey: "k"));
        await app.Drain();
        (await app.Column("SELECT status || payload FROM message")).ShouldBe(["done"]);
        await app.In(s => s.GetRequiredService<Upkeep>().Run(default));
        (await app.Column("SELECT COUNT(*) FROM message")).ShouldBe(["1"]);
        app.Time.Advance(MessageStore.KeptWhenDone + Duration.FromSeconds(1));
        await app.In(s => s.GetRequiredService<Upkeep>().Run(default));
        (await app.Column("SELECT COUNT(*) FROM message")).ShouldBe(["0"]);
    }

    private static Task<bool> Deliver(TestApp app, Claimed claimed) => app.In(services => services.GetRequiredService<Delivery>().Deliver(
        services.GetRequiredService<Subscriptions>().Find(claimed.Consumer)!, claimed,
            new MessageContext(claimed.Id, claimed.BookId, app.Time.Now, claimed.Attempt), default));
}
