using System.Text.RegularExpressions;
using Stipend.Ledger.Model;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Verifying;

/// <summary>Compares the triggers and unique keys in the database's catalog with the migrations they came from.</summary>
internal static partial class Guards
{
    private const string PostgresTriggers = """
        SELECT t.tgname, CAST(t.tgenabled AS text), c.relname, p.proname, p.prosrc
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal AND c.relnamespace = CAST(current_schema() AS regnamespace)
        """;

    public static async Task Check(BookView view, Findings findings, CancellationToken ct)
    {
        var migrations = Squeeze(string.Join('\n',
            Migrator.Load([new MigrationSource("ledger", typeof(LedgerTables).Assembly)], view.Engine).Select(m => m.Sql)));
        var found = view.Engine == Engine.Sqlite ? await InSqlite(view, migrations, ct) : await InPostgres(view, migrations, ct);
        foreach (Match match in Expected().Matches(migrations))
        {
            var name = match.Groups["name"].Value;
            if (!found.TryGetValue(name, out var isRight)) findings.Add(Findings.Guards, $"{name} is missing");
            else if (!isRight) findings.Add(Findings.Guards, $"{name} was changed or switched off");
        }
    }

    private static async Task<Dictionary<string, bool>> InSqlite(BookView view, string migrations, CancellationToken ct)
    {
        var found = new Dictionary<string, bool>(StringComparer.Ordinal);
        await view.Each("SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL",
            row => found[row.GetString(0)] = migrations.Contains(Squeeze(row.GetString(1)) + ";", StringComparison.Ordinal), ct);
        return found;
    }

    private static async Task<Dictionary<string, bool>> InPostgres(BookView view, string migrations, CancellationToken ct)
    {
        var found = new Dictionary<string, bool>(StringComparer.Ordinal);
        await view.Each(PostgresTriggers, row =>
        {
            var (name, enabled, table) = (row.GetString(0), row.GetString(1), row.GetString(2));
            var (function, body) = (row.GetString(3), row.GetString(4));
            var declared = Regex.IsMatch(migrations,
                $@"CREATE TRIGGER {Regex.Escape(name)} [^;]* ON {Regex.Escape(table)} [^;]*EXECUTE FUNCTION {Regex.Escape(function)}\(\)");
            found[name] = enabled is "O" or "A" && declared && migrations.Contains($"$$ {Squeeze(body)} $$", StringComparison.Ordinal);
        }, ct);
        await view.Each("SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            + "WHERE i.indisunique AND c.relnamespace = CAST(current_schema() AS regnamespace)",
            row => found[row.GetString(0)] = row.GetBoolean(1), ct);
        return found;
    }

    private static string Squeeze(string sql) => Space().Replace(Comment().Replace(sql, ""), " ").Trim();

    [GeneratedRegex(@"CREATE (TRIGGER|UNIQUE INDEX) (?<name>\w+) ")]
    private static partial Regex Expected();

    [GeneratedRegex(@"--[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
