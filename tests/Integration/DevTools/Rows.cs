using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Data;
using Stipend.Support;

namespace Stipend.Integration.DevTools;

/// <summary>How many rows tables hold, read from the schema so that a new table is seen by itself.</summary>
internal static class Rows
{
    extension(TestApp app)
    {
        /// <summary>Rows per table that belong to a book; tables without any are left out.</summary>
        public Task<SortedDictionary<string, long>> RowsOfBook(long bookId) => app.In(async services =>
        {
            var db = services.GetRequiredService<Db>();
            var found = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (var table in await Tables(db, "book_id"))
                if (await Count(db, $"SELECT COUNT(*) FROM {table} WHERE book_id = {bookId}") is > 0 and var rows) found[table] = rows;
            return found;
        });

        /// <summary>Rows of every table.</summary>
        public Task<SortedDictionary<string, long>> AllRows() => app.In(async services =>
        {
            var db = services.GetRequiredService<Db>();
            var found = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (var table in await Tables(db, null)) found[table] = await Count(db, $"SELECT COUNT(*) FROM {table}");
            return found;
        });
    }

    private static async Task<List<string>> Tables(Db db, string? column)
    {
        var sql = db.Engine == Engine.Sqlite
            ? "SELECT DISTINCT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' "
              + $"AND m.sql NOT LIKE 'CREATE VIRTUAL%' AND m.name NOT LIKE 'sqlite_%'"
              + $"{(column is null ? "" : $" AND c.name = '{column}'")}"
            : "SELECT DISTINCT t.table_name FROM information_schema.tables t JOIN information_schema.columns c "
              + "USING (table_schema, table_name) WHERE t.table_schema = 'public' "
              + $"AND t.table_type = 'BASE TABLE'{(column is null ? "" : $" AND c.column_name = '{column}'")}";
        await using var command = await db.Command(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var tables = new List<string>();
        while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        return tables;
    }

    private static async Task<long> Count(Db db, string sql)
    {
        await using var command = await db.Command(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
