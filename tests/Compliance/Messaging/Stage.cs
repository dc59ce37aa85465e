using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Support;

namespace Stipend.Compliance.Messaging;

/// <summary>Handled in a transaction; leaves a mark in the database, whose key would betray a second one.</summary>
internal sealed record Mark(string Name);

/// <summary>Performed outside a transaction.</summary>
internal sealed record Errand(string Name);

/// <summary>What the consumers did, and what the test has them do on the way.</summary>
internal sealed class Script
{
    public ConcurrentQueue<string> Ran { get; } = new();
    public ConcurrentQueue<MessageContext> Contexts { get; } = new();
    public Func<string, MessageContext, CancellationToken, Task> Then { get; set; } = (_, _, _) => Task.CompletedTask;
}

internal sealed class MarkHandler(Db db, Script script) : IHandle<Mark>
{
    public async Task Handle(Mark message, MessageContext context, CancellationToken ct)
    {
        await db.Execute("INSERT INTO setting (name, value) VALUES (@name, 'marked')", ct, ("name", message.Name));
        script.Ran.Enqueue(message.Name);
        script.Contexts.Enqueue(context);
        await script.Then(message.Name, context, ct);
    }
}

internal sealed class ErrandPerformer(Script script) : IPerform<Errand>
{
    public async Task Perform(Errand message, MessageContext context, CancellationToken ct)
    {
        script.Ran.Enqueue(message.Name);
        script.Contexts.Enqueue(context);
        await script.Then(message.Name, context, ct);
    }
}

/// <summary>A site with the two consumers.</summary>
internal static class Stage
{
    public static Task<TestApp> Start(Engine engine, Script script) => TestApp.Start(engine, adjust: Cast(script));

    public static Action<WebApplicationBuilder> Cast(Script script, PumpOptions? pump = null) => builder =>
    {
        builder.Services.AddSingleton(script);
        builder.Services.AddConsumer<Mark, MarkHandler>();
        builder.Services.AddConsumer<Errand, ErrandPerformer>();
        if (pump is null) return;
        builder.Services.RemoveAll<PumpOptions>();
        builder.Services.AddSingleton(pump);
    };

    public static Task Publish(this TestApp app, object message, string? partition = null, long bookId = Book.Live) => app.Out(outbox =>
    {
        if (message is Mark mark) outbox.Publish(mark, bookId, partition);
        else outbox.Publish((Errand)message, bookId, partition);
    });

    public static Task Out(this TestApp app, Action<Outbox> publish) => app.In(async services =>
    {
        publish(services.GetRequiredService<Outbox>());
        await services.GetRequiredService<Db>().SaveChangesAsync();
    });

    public static Task<IReadOnlyList<string>> Marks(this TestApp app) =>
        app.Column("SELECT name FROM setting WHERE value = 'marked' ORDER BY name");

    /// <summary>The first column of every row, as text.</summary>
    public static Task<IReadOnlyList<string>> Column(this TestApp app, string sql) => app.In(async services =>
    {
        await using var command = await services.GetRequiredService<Db>().Command(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await reader.ReadAsync()) found.Add(reader.GetValue(0).ToString()!);
        return (IReadOnlyList<string>)found;
    });

    public static Task Execute(this TestApp app, string sql) => app.In(services => (Task)services.GetRequiredService<Db>().Execute(sql));

    public static MessageRunner Runner(this TestApp app) => app.Services.GetRequiredService<MessageRunner>();
}
