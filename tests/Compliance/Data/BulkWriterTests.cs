using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Compliance.Messaging;
using Stipend.Kernel;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Compliance.Data;

public sealed class BulkWriterTests
{
    private static readonly string[] s_columns = ["id", "name", "note", "amount", "is_open", "bytes", "at", "day"];

    [Theory, OnEveryEngine]
    public async Task Every_kind_of_value_comes_back_as_it_was_written(Engine engine)
    {
        await using var app = await Start(engine);
        var at = Instant.FromUtc(2026, 2, 28, 23, 59, 59);
        await Write(app, async writer =>
        {
            writer.Int(long.MaxValue);
            writer.Text("Zoë 👩🏽‍🎨 ' \" \\ \t \n ﷽");
            writer.Null();
            writer.Int((long?)null);
            writer.Bool(true);
            writer.Bytes([0, 1, 255]);
            writer.At(at);
            writer.Date(new LocalDate(2026, 2, 28));
            writer.EndRow();
            writer.Int(long.MinValue);
            writer.Text("");
            writer.Text(null, nullable: true);
            writer.Int((long?)-5);
            writer.Bool(false);
            writer.Bytes([]);
            writer.At((Instant?)null);
            writer.Date(new LocalDate(1, 1, 1));
            writer.EndRow();
            (await writer.Complete()).ShouldBe(2);
        });
        var rows = await app.In(async services =>
        {
            await using var command = await services.GetRequiredService<Db>()
                .Command("SELECT id, name, note, amount, is_open, bytes, at, day FROM bulk ORDER BY id DESC");
            await using var reader = await command.ExecuteReaderAsync();
            var found = new List<object?[]>();
            while (await reader.ReadAsync())
                found.Add([reader.GetInt64(0), reader.GetString(1), await reader.IsDBNullAsync(2) ? null : reader.GetString(2),
                    await reader.IsDBNullAsync(3) ? null : reader.GetInt64(3),
                    reader.GetBoolean(4), Convert.ToHexString(reader.GetFieldValue<byte[]>(5)), await reader.IsDBNullAsync(6) ? null
                        : reader.GetInt64(6), reader.GetString(7)]);
            return found;
        });
        rows[0].ShouldBe([long.MaxValue, "Zoë 👩🏽‍🎨 ' \" \\ \t \n ﷽", null, null, true, "0001FF", at.ToUnixTimeMilliseconds(),
            "2026-02-28"]);
        rows[1].ShouldBe([long.MinValue, "", null, -5L, false, "", null, "0001-01-01"]);
    }

    [Theory, OnEveryEngine]
    public async Task Ten_thousand_rows_arrive_with_the_transaction_and_not_without_it(Engine engine)
    {
        await using var app = await Start(engine);
        await app.In(async services =>
        {
            var db = services.GetRequiredService<Db>();
            await using (await db.BeginWrite()) await Fill(db, 0, 10_000); // left without commit
        });
        (await Count(app)).ShouldBe("0");
        await app.In(async services =>
        {
            var db = services.GetRequiredService<Db>();
            await using var transaction = await db.BeginWrite();
            await Fill(db, 0, 10_000);
            await db.Execute("UPDATE bulk SET note = 'seen'"); // the connection is free again
            await transaction.Commit();
        });
        (await Count(app)).ShouldBe("10000");
        (await app.Column("SELECT COUNT(*) FROM bulk WHERE note = 'seen'")).ShouldBe(["10000"]);
    }

    [Theory, OnEveryEngine]
    public async Task A_duplicate_is_told_as_one_and_nothing_stays(Engine engine)
    {
        await using var app = await Start(engine);
        await Write(app, async writer => { Row(writer, 7); await writer.Complete(); });
        var error = await Should.ThrowAsync<Exception>(() => Write(app, async writer =>
        {
            for (var i = 0; i < 10; i++) Row(writer, i);
            await writer.Complete();
        }));
        error.IsDuplicate.ShouldBeTrue(error.ToString());
        (await Count(app)).ShouldBe("1");
    }

    [Theory, OnEveryEngine]
    public async Task A_null_where_none_may_be_is_an_error_and_no_duplicate(Engine engine)
    {
        await using var app = await Start(engine);
        var error = await Should.ThrowAsync<Exception>(() => Write(app, async writer =>
        {
            writer.Int(1);
            writer.Null();
            for (var i = 0; i < 2; i++) writer.Null();
            writer.Bool(true);
            for (var i = 0; i < 2; i++) writer.Null();
            writer.Text("2026-01-01");
            writer.EndRow();
            await writer.Complete();
        }));
        error.IsDuplicate.ShouldBeFalse();
        (await Count(app)).ShouldBe("0");
    }

    [Theory, OnEveryEngine]
    public async Task A_writer_that_was_never_completed_leaves_the_connection_usable(Engine engine)
    {
        await using var app = await Start(engine);
        await app.In(async services =>
        {
            var db = services.GetRequiredService<Db>();
            await using (await db.BeginWrite())
            {
                await using var writer = await db.BulkInsert("bulk", s_columns);
                Row(writer, 1);
            }
            await db.Execute("DELETE FROM bulk WHERE id = 99");
        });
        (await Count(app)).ShouldBe("0");
    }

    [Fact]
    public async Task Outside_a_transaction_there_is_no_bulk_writing()
    {
        await using var app = await Start(Engine.Sqlite);
        await Should.ThrowAsync<InvalidOperationException>(() =>
            app.In(s => (Task)s.GetRequiredService<Db>().BulkInsert("bulk", s_columns)));
    }

    private static async Task<TestApp> Start(Engine engine)
    {
        var app = await TestApp.Start(engine);
        await app.Execute(Migrator.Fill("""
            CREATE TABLE bulk (id {id} NOT NULL PRIMARY KEY, name text NOT NULL, note text, amount {int}, is_open {bool} NOT NULL, bytes {bytes}, at {int}, day text NOT NULL) {strict}
            """, engine));
        return app;
    }

    private static Task Write(TestApp app, Func<BulkWriter, Task> write) => app.In(async services =>
    {
        var db = services.GetRequiredService<Db>();
        await using var transaction = await db.BeginWrite();
        await using (var writer = await db.BulkInsert("bulk", s_columns)) await write(writer);
        await transaction.Commit();
    });

    private static async Task Fill(Db db, int from, int count)
    {
        await using var writer = await db.BulkInsert("bulk", s_columns);
        for (var i = 0; i < count; i++) Row(writer, from + i);
        (await writer.Complete()).ShouldBe(count);
    }

    private static void Row(BulkWriter writer, long id)
    {
        writer.Int(id);
        writer.Text($"No. {id}");
        writer.Null();
        writer.Int(id * 2);
        writer.Bool(id % 2 == 0);
        writer.Bytes([1]);
        writer.Null();
        writer.Text("2026-01-01");
        writer.EndRow();
    }

    private static async Task<string> Count(TestApp app) => (await app.Column("SELECT COUNT(*) FROM bulk"))[0];
}
