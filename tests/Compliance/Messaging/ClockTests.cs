using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Messaging;

public sealed class ClockTests
{
    [Theory, OnEveryEngine]
    public async Task A_sandboxs_jobs_run_by_its_own_clock_each_at_its_own_time(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        var sandbox = await OpenSandbox(app);
        var start = app.Time.Now;
        await app.Out(outbox =>
        {
            outbox.Enqueue(new Mark("day 20"), start + Duration.FromDays(20), sandbox);
            outbox.Enqueue(new Mark("day 3"), start + Duration.FromDays(3), sandbox);
            outbox.Enqueue(new Mark("real day 3"), start + Duration.FromDays(3));
        });
        await Travel(app, sandbox, start + Duration.FromDays(30));
        script.Ran.ShouldBe(["day 3", "day 20"]);
        script.Contexts.Select(c => c.Now).ShouldBe([start + Duration.FromDays(3), start + Duration.FromDays(20)]);
        (await app.In(s => s.GetRequiredService<Books>().Now(sandbox))).ShouldBe(start + Duration.FromDays(30));
        (await app.In(s => s.GetRequiredService<Books>().Now(Book.Live))).ShouldBe(start);
    }

    [Theory, OnEveryEngine]
    public async Task Work_that_makes_work_on_the_way_has_it_done_on_the_way(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        var sandbox = await OpenSandbox(app);
        var start = app.Time.Now;
        script.Then = (name, context, _) => name.Length > 4 ? Task.CompletedTask
            : app.Out(outbox => outbox.Enqueue(new Errand(name + "+"), context.Now + Duration.FromDays(1), sandbox));
        await app.Out(outbox => outbox.Enqueue(new Errand("x"), start + Duration.FromDays(1), sandbox));
        await Travel(app, sandbox, start + Duration.FromDays(10));
        script.Ran.ShouldBe(["x", "x+", "x++", "x+++", "x++++"]);
        script.Contexts.Last().Now.ShouldBe(start + Duration.FromDays(5));
    }

    [Theory, OnEveryEngine]
    public async Task Travelling_past_a_message_that_always_fails_arrives_with_it_parked(Engine engine)
    {
        var script = new Script { Then = (_, _, _) => throw new InvalidOperationException("never") };
        await using var app = await Stage.Start(engine, script);
        var sandbox = await OpenSandbox(app);
        await app.Publish(new Mark("bad"), bookId: sandbox);
        await Travel(app, sandbox, app.Time.Now + Duration.FromDays(1));
        script.Ran.Count.ShouldBe(MessageRunner.MaxAttempts);
        (await app.In(s => s.GetRequiredService<ParkedMessages>().List())).Count.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Travelling_waits_for_what_another_pump_is_at_work_on(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        var sandbox = await OpenSandbox(app);
        var start = app.Time.Now;
        await app.Out(outbox => outbox.Enqueue(new Errand("slow"), start, sandbox));
        var started = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        script.Then = (_, _, _) => { started.SetResult(); return finish.Task; };
        var pump = app.Drain();
        await started.Task;

        var travel = Travel(app, sandbox, start + Duration.FromDays(1));
        (await app.In(s => s.GetRequiredService<Books>().Now(sandbox))).ShouldBe(start);
        travel.IsCompleted.ShouldBeFalse();
        finish.SetResult();
        await travel;
        await pump;
        (await app.In(s => s.GetRequiredService<Books>().Now(sandbox))).ShouldBe(start + Duration.FromDays(1));
    }

    [Theory, OnEveryEngine]
    public async Task The_wall_clock_moving_on_during_the_travel_does_no_harm(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        var sandbox = await OpenSandbox(app);
        var start = app.Time.Now;
        script.Then = (_, _, _) => { app.Time.Advance(Duration.FromMinutes(10)); return Task.CompletedTask; };
        await app.Out(outbox =>
        {
            for (var i = 1; i <= 3; i++) outbox.Enqueue(new Mark($"m{i}"), start + Duration.FromMinutes(60 + i), sandbox);
        });
        await Travel(app, sandbox, start + Duration.FromHours(1) + Duration.FromMinutes(5));
        script.Ran.ShouldBe(["m1", "m2", "m3"]);
    }

    [Theory, OnEveryEngine]
    public async Task Neither_the_real_clock_nor_any_clock_backwards_can_be_moved(Engine engine)
    {
        await using var app = await Stage.Start(engine, new Script());
        var sandbox = await OpenSandbox(app);
        var now = app.Time.Now;
        await Travel(app, sandbox, now + Duration.FromDays(2));
        (await Should.ThrowAsync<Refusal>(() => Travel(app, sandbox, now + Duration.FromDays(1)))).Code.ShouldBe("clock_backwards");
        (await Should.ThrowAsync<Refusal>(() => Travel(app, Book.Live, now + Duration.FromDays(1)))).Code.ShouldBe("live_clock");
        await Should.ThrowAsync<Refusal>(() => Travel(app, 12345, now + Duration.FromDays(1)));
    }

    [Theory, OnEveryEngine]
    public async Task Erasing_a_sandbox_takes_its_messages_and_sets_its_clock_back(Engine engine)
    {
        var script = new Script();
        await using var app = await Stage.Start(engine, script);
        var sandbox = await OpenSandbox(app);
        var now = app.Time.Now;
        await Travel(app, sandbox, now + Duration.FromDays(2));
        await app.Publish(new Mark("sandbox"), bookId: sandbox);
        await app.Publish(new Mark("real"));
        await app.In(async services =>
        {
            await using var transaction = await services.GetRequiredService<Db>().BeginWrite();
            foreach (var part in services.GetServices<IErasesBook>().OrderByDescending(p => p.Order)) await part.Erase(sandbox, default);
            await transaction.Commit();
        });
        await app.Drain();
        script.Ran.ShouldBe(["real"]);
        (await app.In(s => s.GetRequiredService<Books>().Now(sandbox))).ShouldBe(now);
    }

    private static Task<long> OpenSandbox(TestApp app) => app.In(s => s.GetRequiredService<Books>().OpenSandbox());

    private static Task Travel(TestApp app, long book, Instant to) => app.Services.GetRequiredService<TimeTravel>().Advance(book, to);
}
