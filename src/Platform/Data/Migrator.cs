using System.Data.Common;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Stipend.Platform.Data;

/// <summary>The SQL files of one module, embedded as <c>migrations/NNNN_name[.sqlite|.postgres].sql</c>. Modules migrate in the order they are registered.</summary>
public sealed record MigrationSource(string Module, Assembly Assembly);

/// <summary>One SQL file for one engine, its tokens filled in.</summary>
public sealed record Migration(string Module, string Name, string Sql, string Checksum);

/// <summary>
/// Applies the modules' forward-only SQL files in order, each in a transaction, under a lock, remembering name and checksum.
/// The SQLite file is copied first when it already holds data.
/// </summary>
public sealed class Migrator(Db db, DataOptions options, IEnumerable<MigrationSource> sources, Clock clock, ILogger<Migrator> log)
{
    private const long LockKey = 0x5354_4950; // any number no other program uses

    /// <summary>Brings the schema to this program's version; answers the files applied.</summary>
    /// <exception cref="Refusal">The database is ahead of the program, or an applied file was changed.</exception>
    public async Task<IReadOnlyList<string>> Run(CancellationToken ct = default)
    {
        var connection = await db.OpenConnection(ct);
        if (db.Engine == Engine.Postgres) await Sql(connection, $"SELECT pg_advisory_lock({LockKey})", ct);
        try
        {
            var applied = await Applied(connection, ct);
            var known = Load(sources, db.Engine);
            Check(applied, known);
            var todo = known.Where(m => !applied.ContainsKey((m.Module, m.Name))).ToList();
            if (todo.Count > 0 && applied.Count > 0 && db.Engine == Engine.Sqlite) await CopyFirst(connection, ct);
            foreach (var migration in todo) await Apply(connection, migration, ct);
            if (db.Engine == Engine.Sqlite && todo.Count > 0) await Sql(connection, "PRAGMA optimize", ct);
            return todo.ConvertAll(m => $"{m.Module}/{m.Name}");
        }
        finally
        {
            if (db.Engine == Engine.Postgres) await Sql(connection, $"SELECT pg_advisory_unlock({LockKey})", ct);
        }
    }

    /// <summary>Every migration of the sources for an engine, in order.</summary>
    public static List<Migration> Load(IEnumerable<MigrationSource> sources, Engine engine)
    {
        var (ours, other) = engine == Engine.Sqlite ? (".sqlite.sql", ".postgres.sql") : (".postgres.sql", ".sqlite.sql");
        return (from source in sources
                from resource in source.Assembly.GetManifestResourceNames().Order(StringComparer.Ordinal)
                where resource.StartsWith("migrations/", StringComparison.Ordinal) && !resource.EndsWith(other, StringComparison.Ordinal)
                let file = resource["migrations/".Length..]
                let name = file.EndsWith(ours, StringComparison.Ordinal) ? file[..^ours.Length] : file[..^".sql".Length]
                let text = Read(source.Assembly, resource)
                select new Migration(source.Module, name, Fill(text, engine), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))))).ToList();
    }

    /// <summary>Replaces the few tokens in which the engines differ.</summary>
    public static string Fill(string sql, Engine engine) => engine == Engine.Sqlite
        ? sql.Replace("{id}", "INTEGER").Replace("{int}", "INTEGER").Replace("{bool}", "INTEGER").Replace("{bytes}", "BLOB")
             .Replace("{true}", "1").Replace("{false}", "0").Replace("{strict}", "STRICT").Replace("{strict,clustered}", "STRICT, WITHOUT ROWID")
        : sql.Replace("{id}", "bigint").Replace("{int}", "bigint").Replace("{bool}", "boolean").Replace("{bytes}", "bytea")
             .Replace("{true}", "true").Replace("{false}", "false").Replace("{strict}", "").Replace("{strict,clustered}", "");

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static async Task<Dictionary<(string, string), string>> Applied(DbConnection connection, CancellationToken ct)
    {
        await Sql(connection, """
            CREATE TABLE IF NOT EXISTS schema_migration (
                module text NOT NULL, name text NOT NULL, checksum text NOT NULL, applied_at bigint NOT NULL, PRIMARY KEY (module, name))
            """, ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT module, name, checksum FROM schema_migration";
        await using var reader = await command.ExecuteReaderAsync(ct);
        var applied = new Dictionary<(string, string), string>();
        while (await reader.ReadAsync(ct)) applied[(reader.GetString(0), reader.GetString(1))] = reader.GetString(2);
        return applied;
    }

    private static void Check(Dictionary<(string, string), string> applied, List<Migration> known)
    {
        var byName = known.ToDictionary(m => (m.Module, m.Name), m => m.Checksum);
        foreach (var (key, checksum) in applied)
        {
            if (!byName.TryGetValue(key, out var mine))
                throw Refusal.Conflict("database_ahead", $"The database has migration {key.Item1}/{key.Item2}, which this program does not know: it is newer than the program. "
                    + "Start the newer program, or restore the backup made before the upgrade with “stipend restore FILE”.");
            if (mine != checksum)
                throw Refusal.Conflict("migration_changed", $"Migration {key.Item1}/{key.Item2} was changed after it was applied. Migrations are never edited; add a new one.");
        }
    }

    private async Task CopyFirst(DbConnection connection, CancellationToken ct)
    {
        var copy = Path.Combine(options.Folder, $"before-migration-{clock.Now().ToUnixTimeMilliseconds()}.db");
        await using var command = connection.CreateCommand();
        command.CommandText = "VACUUM INTO @file";
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("@file", copy);
        command.Parameters.Add(parameter);
        await command.ExecuteNonQueryAsync(ct);
        log.LogInformation("Copied the database to {Copy} before migrating", copy);
    }

    private async Task Apply(DbConnection connection, Migration migration, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        try
        {
            await Sql(connection, migration.Sql, ct, transaction);
        }
        catch (DbException error)
        {
            throw new InvalidOperationException($"Migration {migration.Module}/{migration.Name} failed: {error.Message}", error);
        }
        await Sql(connection, $"INSERT INTO schema_migration VALUES ('{migration.Module}', '{migration.Name}', '{migration.Checksum}', {clock.Now().ToUnixTimeMilliseconds()})", ct, transaction);
        await transaction.CommitAsync(ct);
    }

    private static async Task Sql(DbConnection connection, string sql, CancellationToken ct, DbTransaction? transaction = null)
    {
        await using var command = connection.CreateCommand();
        (command.CommandText, command.Transaction, command.CommandTimeout) = (sql, transaction, 600);
        await command.ExecuteNonQueryAsync(ct);
    }
}
