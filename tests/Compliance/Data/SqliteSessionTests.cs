using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Data;

public sealed class SqliteSessionTests
{
    private const string Sql = "SELECT @value";

    [Fact]
    public async Task A_text_used_before_keeps_its_statement_and_none_of_its_values()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var kept = await app.In(async s =>
        {
            var db = s.GetRequiredService<Db>();
            (await Ask(db, 1)).Value.ShouldBe(1L);
            var (first, firstValue) = await Ask(db, 2);
            var (second, secondValue) = await Ask(db, 3);
            (firstValue, secondValue).ShouldBe((2L, 3L));
            second.ShouldBeSameAs(first);
            second.Parameters.Count.ShouldBe(0);
            return second;
        });
        await app.In(async s => (await Ask(s.GetRequiredService<Db>(), 4)).Command.ShouldBeSameAs(kept, "the next request has the same connection"));
    }

    [Fact]
    public async Task The_same_text_inside_itself_is_a_statement_of_its_own()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        await app.In(async s =>
        {
            var db = s.GetRequiredService<Db>();
            await Ask(db, 1);
            await using var outer = await db.Command(Sql, default, ("value", 5L));
            await using var reader = await outer.ExecuteReaderAsync();
            (await reader.ReadAsync()).ShouldBeTrue();
            (await Ask(db, 6)).Value.ShouldBe(6L);
            reader.GetInt64(0).ShouldBe(5);
            return 0;
        });
    }

    private static async Task<(SqliteCommand Command, object? Value)> Ask(Db db, long value)
    {
        await using var command = await db.Command(Sql, default, ("value", value));
        return ((SqliteCommand)command, await command.ExecuteScalarAsync());
    }
}
