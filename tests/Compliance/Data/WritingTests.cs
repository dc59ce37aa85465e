using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Compliance.Messaging;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Data;

public sealed class WritingTests
{
    [Fact]
    public async Task Writers_enter_the_gate_in_the_order_they_came()
    {
        using var gate = new WriteGate();
        await gate.Enter(default);
        var entered = new List<int>();
        var waiting = Enumerable.Range(0, 50).Select(i => Enter(gate, entered, i)).ToList();
        entered.ShouldBeEmpty();
        gate.Leave();
        await Task.WhenAll(waiting);
        entered.ShouldBe(Enumerable.Range(0, 50));
    }

    [Theory, OnEveryEngine]
    public async Task Many_writers_at_once_all_come_through_and_none_overwrites_another(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await app.Execute("INSERT INTO setting (name, value) VALUES ('count', '0')");
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++) await app.Execute("UPDATE setting SET value = CAST(CAST(value AS integer) + 1 AS text) WHERE name = 'count'");
        })));
        (await app.Column("SELECT value FROM setting WHERE name = 'count'")).ShouldBe(["160"]);
    }

    [Theory, OnEveryEngine]
    public async Task A_part_left_without_commit_dooms_the_whole(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        await Should.ThrowAsync<InvalidOperationException>(() => app.In(async services =>
        {
            var db = services.GetRequiredService<Db>();
            await using var whole = await db.BeginWrite();
            await db.Execute("INSERT INTO setting (name, value) VALUES ('a', '1')");
            await using (await db.BeginWrite()) { }
            await whole.Commit();
        }));
        (await app.Column("SELECT name FROM setting WHERE name = 'a'")).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task After_a_failed_transaction_the_next_writer_is_let_in(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        for (var i = 0; i < 3; i++)
            await Should.ThrowAsync<System.Data.Common.DbException>(() =>
                app.Execute("INSERT INTO setting (name, value) VALUES ('a', NULL)"));
        await app.Execute("INSERT INTO setting (name, value) VALUES ('a', '1')");
    }

    private static async Task Enter(WriteGate gate, List<int> entered, int number)
    {
        await gate.Enter(default);
        entered.Add(number);
        gate.Leave();
    }
}
