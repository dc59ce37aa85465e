using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Messaging;

public sealed class FailureTests
{
    [Theory, OnEveryEngine]
    public async Task Order_within_a_partition_survives_a_failure_and_other_partitions_do_not_wait(Engine engine)
    {
        var failing = true;
        var script = new Script { Then = (name, _, _) =>
            name == "a1" && failing ? throw new InvalidOperationException("not yet") : Task.CompletedTask };
        await using var app = await Stage.Start(engine, script);
        await app.Publish(new Mark("a1"), "a");
        await app.Publish(new Mark("b1"), "b");
        await app.Publish(new Mark("a2"), "a");
        await app.Publish(new Mark("a3"), "a");
        await app.Drain();
        (await app.Marks()).ShouldBe(["b1"]);

        failing = false;
        app.Time.Advance(Duration.FromMinutes(1));
        await app.Drain();
        script.Ran.ShouldBe(["a1", "b1", "a1", "a2", "a3"]);
    }

    [Theory, OnEveryEngine]
    public async Task A_partition_of_a_sandbox_does_not_hold_up_the_one_of_the_real_books(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        var sandbox = await app.In(s => s.GetRequiredService<Stipend.Platform.Time.Books>().OpenSandbox());
        await app.Out(outbox => outbox.Enqueue(new Mark("sandbox"), app.Time.Now + Duration.FromDays(30), sandbox, partition: "p"));
        await app.Publish(new Mark("real"), "p");
        await app.Drain();
        script.Ran.ShouldBe(["real"]);
    }

    [Theory, OnEveryEngine]
    public async Task Pauses_grow_then_the_message_is_parked_and_holds_up_nobody(Engine engine)
    {
        var script = new Script { Then = (name, _, _) =>
            name == "bad" ? throw new InvalidOperationException("no use\0") : Task.CompletedTask };
        await using var app = await Stage.Start(engine, script);
        await app.Publish(new Mark("bad"), "p");
        await app.Publish(new Mark("good"), "p");
        var tries = new List<Instant>();
        await app.Drain();
        tries.Add(app.Time.Now);
        while (await app.Runner().NextDue(Book.Live, default) is { } next)
        {
            app.Time.Now = next;
            await app.Drain();
            tries.Add(next);
        }
        var pauses = tries.Zip(tries.Skip(1), (a, b) => (b - a).TotalSeconds).ToList();
        tries.Count.ShouldBe(MessageRunner.MaxAttempts);
        for (var n = 1; n <= pauses.Count; n++) pauses[n - 1].ShouldBeInRange(Math.Min(3600, 1 << n), Math.Min(3600, (1 << n) + 2 * n));

        (await app.Marks()).ShouldBe(["good"]);
        var parked = (await app.In(s => s.GetRequiredService<ParkedMessages>().List())).ShouldHaveSingleItem();
        (parked.Topic, parked.Attempts).ShouldBe((nameof(Mark), MessageRunner.MaxAttempts));
        parked.Error.ShouldContain("no use");
    }

    [Theory, OnEveryEngine]
    public async Task A_parked_message_goes_again_when_released_and_is_gone_when_discarded(Engine engine)
    {
        var script = new Script { Then = (_, _, _) => throw new InvalidOperationException("down") };
        await using var app = await Stage.Start(engine, script);
        await app.Publish(new Mark("a"));
        await app.Publish(new Mark("b"));
        await app.Drain();
        while (await app.Runner().NextDue(Book.Live, default) is { } next)
        {
            app.Time.Now = next;
            await app.Drain();
        }
        var parked = await app.In(s => s.GetRequiredService<ParkedMessages>().List());
        parked.Count.ShouldBe(2);

        script.Then = (_, _, _) => Task.CompletedTask;
        await app.In(s => s.GetRequiredService<ParkedMessages>().Release(parked[0].Id));
        await app.In(s => s.GetRequiredService<ParkedMessages>().Discard(parked[1].Id));
        await app.Drain();
        (await app.Marks()).ShouldBe(["a"]);
        (await app.Column("SELECT COUNT(*) FROM message")).ShouldBe(["0"]);
        await Should.ThrowAsync<Refusal>(() => app.In(s => s.GetRequiredService<ParkedMessages>().Release(parked[0].Id)));
    }

    [Theory, OnEveryEngine]
    public async Task A_message_that_kills_its_process_each_time_is_parked_too(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await app.Publish(new Mark("deadly"));
        for (var i = 0; i < MessageRunner.MaxAttempts; i++)
        {
            (await app.In(s => s.GetRequiredService<MessageStore>().Claim(new DueBook(Book.Live, 0), Lane.Any, default))).Count.ShouldBe(1);
            app.Time.Advance(MessageStore.Lease);
        }
        await app.Drain();
        script.Ran.ShouldBeEmpty();
        (await app.In(s => s.GetRequiredService<ParkedMessages>().List())).Count.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Messages_claimed_together_with_one_that_kills_its_process_are_not_parked_with_it(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        foreach (var name in new[] { "deadly", "good", "better" }) await app.Publish(new Mark(name));
        for (var i = 0; i < MessageRunner.MaxAttempts; i++)
        {
            await app.In(s => s.GetRequiredService<MessageStore>().Claim(new DueBook(Book.Live, 0), Lane.Any, default));
            app.Time.Advance(MessageStore.Lease);
        }
        await app.Drain();
        script.Ran.ShouldBe(["good", "better"]);
        (await app.In(s => s.GetRequiredService<ParkedMessages>().List())).ShouldHaveSingleItem();
    }

    [Theory, OnEveryEngine]
    public async Task Work_that_gets_on_is_not_parked_however_often_its_process_dies(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await app.Publish(new Errand("long"));
        for (var i = 0; i < 3 * MessageRunner.MaxAttempts; i++)
        {
            var claimed = (await app.In(s => s.GetRequiredService<MessageStore>().Claim(new DueBook(Book.Live, 0), Lane.Any, default)))
                .ShouldHaveSingleItem();
            if (i % 5 == 0) await app.In(s => s.GetRequiredService<Progress>()
                .Made(new MessageContext(claimed.Id, claimed.BookId, app.Time.Now, claimed.Attempt), default));
            app.Time.Advance(MessageStore.Lease);
        }
        await app.Drain();
        script.Ran.ShouldBe(["long"]);
    }

    [Theory, OnEveryEngine]
    public async Task A_message_for_a_consumer_nobody_knows_waits_for_the_program_that_does(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        await app.Publish(new Mark("a"));
        await app.Execute("UPDATE message SET consumer = 'Later.Version:Mark'");
        (await app.Drain()).ShouldBe(1);
        await app.Execute("UPDATE message SET consumer = 'Compliance.Messaging.MarkHandler:Mark'");
        app.Time.Advance(Duration.FromMinutes(1));
        await app.Drain();
        (await app.Marks()).ShouldBe(["a"]);
    }
}
