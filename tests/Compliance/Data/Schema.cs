using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Data;
using Stipend.Support;

namespace Stipend.Compliance.Data;

/// <summary>A column as a database has it. Kinds: integer, text, bytes, bool (an integer on SQLite).</summary>
internal sealed record Column(string Table, string Name, string Kind, bool IsNullable);

/// <summary>Reads what tables a database really has.</summary>
internal static class Schema
{
    /// <summary>Full-text search is each engine's own; its compliance suite holds the two together.</summary>
    public static bool IsSearch(Column column) =>
        column.Table.Contains("search", StringComparison.Ordinal) || column.Name.Contains("search", StringComparison.Ordinal);

    public static Task<List<Column>> Read(TestApp app, Engine engine) => app.In(async services =>
    {
        await using var command = await services.GetRequiredService<Db>().Command(engine == Engine.Sqlite
            ? """
              SELECT t.name, c.name, c.type, CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN 0 ELSE 1 END
              FROM sqlite_schema t JOIN pragma_table_info(t.name) c
              WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'schema_migration'
              """
            : """
              SELECT c.table_name, c.column_name, c.data_type, CASE c.is_nullable WHEN 'YES' THEN 1::bigint ELSE 0::bigint END
              FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
              WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name <> 'schema_migration'
              """);
        await using var reader = await command.ExecuteReaderAsync();
        var columns = new List<Column>();
        while (await reader.ReadAsync())
            columns.Add(new Column(reader.GetString(0), reader.GetString(1), Kind(reader.GetString(2)), reader.GetInt64(3) == 1));
        return columns;
    });

    /// <summary>What a property is stored as; bool counts as integer, as SQLite has it.</summary>
    public static string Kind(IProperty property)
    {
        var type = property.GetTypeMapping().Converter?.ProviderClrType ?? property.ClrType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return "text";
        if (type == typeof(byte[])) return "bytes";
        if (type == typeof(long) || type == typeof(int) || type == typeof(short) || type == typeof(bool)) return "integer";
        return type.Name;
    }

    private static string Kind(string type) => type.ToLowerInvariant() switch
    {
        "integer" or "bigint" or "boolean" => "integer",
        "text" => "text",
        "blob" or "bytea" => "bytes",
        var other => other,
    };
}
