using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Messaging;

public sealed class PumpTests
{
    /// <summary>A pump that never polls within a test's life: only a wake-up makes it look again.</summary>
    private static readonly PumpOptions s_onlyWhenWoken = new(PollSeconds: 3600);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    [Theory, OnEveryEngine]
    public async Task A_commit_wakes_the_pump_of_its_process(Engine engine)
    {
        var (script, ran) = Awaited();
        await using var app = await TestApp.Start(engine, adjust: Stage.Cast(script, s_onlyWhenWoken));
        await app.Publish(new Mark("first"));
        await ran("first");
        await app.Publish(new Mark("second"));
        await ran("second");
    }

    [Theory, OnEveryEngine]
    public async Task On_PostgreSQL_a_commit_wakes_the_pumps_of_other_processes(Engine engine)
    {
        if (engine == Engine.Sqlite) return; // one process
        var (script, ran) = Awaited();
        await using var web = await Stage.Start(engine, new Script());
        await using var worker = await web.StartBeside(Stage.Cast(script, s_onlyWhenWoken));
        await web.Publish(new Mark("before"));
        await ran("before"); // may still be the worker's first look
        await web.Publish(new Mark("after"));
        await ran("after");
    }

    [Theory, OnEveryEngine]
    public async Task A_performer_that_takes_its_time_holds_up_no_handler(Engine engine)
    {
        var (script, ran) = Awaited();
        var finish = new TaskCompletionSource();
        var then = script.Then;
        script.Then = async (name, context, ct) =>
        {
            await then(name, context, ct);
            if (name.StartsWith("slow", StringComparison.Ordinal)) await finish.Task;
        };
        await using var app = await TestApp.Start(engine, adjust: Stage.Cast(script, s_onlyWhenWoken));
        await app.Publish(new Errand("slow"));
        await ran("slow");
        await app.Publish(new Mark("quick"));
        await ran("quick");
        finish.SetResult();
    }

    [Theory, OnEveryEngine]
    public async Task Claiming_reads_the_index_in_order(Engine engine)
    {
        await using var app = await Stage.Start(engine, new Script());
        await app.Out(outbox =>
            { for (var i = 0; i < 2000; i++) outbox.Enqueue(new Mark($"m{i}"), app.Time.Now + Duration.FromSeconds(i),
            partition: $"p{i % 50}"); });
        await app.In(async services =>
        {
            var db = services.GetRequiredService<Db>();
            var store = services.GetRequiredService<MessageStore>();
            if (engine == Engine.Postgres) await db.Execute("ANALYZE message");
            var parameters = store.ClaimParameters(new DueBook(Book.Live, 0));
            await using var explain = await db.Command((engine == Engine.Sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ")
                + store.ClaimSql(Lane.Any), default, parameters);
            await using var reader = await explain.ExecuteReaderAsync();
            var plan = new List<string>();
            while (await reader.ReadAsync()) plan.Add(reader.GetValue(engine == Engine.Sqlite ? 3 : 0).ToString()!);
            var text = string.Join('\n', plan);
            text.ShouldContain("message_due");
            text.ShouldContain("message_partition");
            text.ShouldNotContain("SCAN m");
            text.ShouldNotContain("Seq Scan");
        });
    }

    /// <summary>A script, and a wait for the first run of a name.</summary>
    private static (Script Script, Func<string, Task> Ran) Awaited()
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, TaskCompletionSource>();
        TaskCompletionSource Of(string name) => seen.GetOrAdd(name, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        var script = new Script { Then = (name, _, _) => { Of(name).TrySetResult(); return Task.CompletedTask; } };
        return (script, name => Of(name).Task.WaitAsync(s_patience));
    }
}
