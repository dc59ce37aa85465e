using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Platform.Backups;

/// <summary>
/// Packs the data folder into one .tar.gz, also while the site runs: SQLite files are copied by SQLite itself as one consistent reading,
/// everything else is written once and never changed. The archive is read back and checked before it gets its name.
/// </summary>
public static class BackupWriter
{
    /// <summary>Files that belong to a running process, or are copies themselves.</summary>
    internal static bool IsLeftOut(string path) => path is "stipend.lock" or "stipend.pid" or LastBackup.Name
        || path.EndsWith("-wal", StringComparison.Ordinal) || path.EndsWith("-shm", StringComparison.Ordinal)
            || path.EndsWith("-journal", StringComparison.Ordinal)
        || path.EndsWith(".partial", StringComparison.Ordinal)
        || path.StartsWith("before-migration-", StringComparison.Ordinal) || path.StartsWith(BackupReader.Aside, StringComparison.Ordinal)
        || path.StartsWith(BackupReader.Staging, StringComparison.Ordinal);

    /// <summary>Writes and checks a backup.</summary>
    /// <param name="data">The data folder; on PostgreSQL the database itself is left to pg_dump.</param>
    /// <param name="file">The archive to make; must not exist.</param>
    /// <param name="now">The present, for the manifest.</param>
    /// <param name="ct">Stops it; nothing is left.</param>
    /// <exception cref="Refusal">Nothing to back up, the file exists, or the copy turned out damaged.</exception>
    public static async Task<BackupManifest> Write(DataOptions data, string file, Instant now, CancellationToken ct = default)
    {
        data.ShouldHaveData();
        if (Directory.Exists(file)) throw Refusal.Invalid("is_a_folder",
            $"{file} is a folder. Name the archive in it, such as {Path.Combine(file, "stipend.tar.gz")}.");
        if (File.Exists(file)) throw Refusal.Conflict("backup_exists",
            $"{file} exists. Choose another name; backups are never overwritten.");
        var partial = file + ".partial";
        var copies = Directory.CreateTempSubdirectory("stipend-backup-").FullName;
        try
        {
            var manifest = await Pack(data, partial, copies, now, ct);
            await BackupReader.Check(partial, Path.Combine(copies, "check"), ct);
            File.Move(partial, file);
            await Note(data, new LastBackup(now, Path.GetFullPath(file)), ct);
            return manifest;
        }
        finally
        {
            File.Delete(partial);
            Directory.Delete(copies, recursive: true);
        }
    }

    private static async Task Note(DataOptions data, LastBackup made, CancellationToken ct)
    {
        try
        {
            await File.WriteAllTextAsync(Path.Combine(data.Folder, LastBackup.Name), JsonSerializer.Serialize(made, Json.Options), ct);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            // The backup is made and sound; only the doctor will not know of it, as when a user who may just read the folder makes it.
        }
    }

    private static async Task<BackupManifest> Pack(DataOptions data, string partial, string copies, Instant now, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(partial))!);
        await using var stream = new FileStream(partial, Private(FileMode.Create));
        await using var packed = new GZipStream(stream, CompressionLevel.Fastest);
        await using var tar = new TarWriter(packed, TarEntryFormat.Pax);
        var files = new List<BackedUpFile>();
        IReadOnlyList<string> migrations = [];
        // The database first, and only then what it names is looked for: what comes in meanwhile is in the archive and named by nothing.
        var all = Directory.EnumerateFiles(data.Folder, "*", SearchOption.AllDirectories);
        var sources = all.Where(f => f.EndsWith(".db", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Concat(all.Where(f => !f.EndsWith(".db", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        foreach (var source in sources)
        {
            var path = Path.GetRelativePath(data.Folder, source).Replace('\\', '/');
            if (IsLeftOut(path) || Path.GetFullPath(source) == Path.GetFullPath(partial)) continue;
            if (!File.Exists(source)) continue; // it waited a day for its removal, which came just now
            var copy = source;
            if (path.EndsWith(".db", StringComparison.Ordinal))
            {
                copy = Path.Combine(copies, $"{files.Count}.db");
                await CopyDatabase(source, copy, ct);
                if (source == data.SqliteFile) migrations = await Migrations(copy, ct);
            }
            files.Add(await BackedUpFile.Of(path, copy, ct));
            await tar.WriteEntryAsync(copy, path, ct);
            if (copy != source) File.Delete(copy);
        }
        var manifest = new BackupManifest(BackupManifest.CurrentFormat, now, data.Engine == Engine.Sqlite ? "sqlite" : "postgres",
            migrations, files);
        using var text = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(manifest, Json.Options));
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, BackupManifest.Name) { DataStream = text }, ct);
        await packed.FlushAsync(ct);
        stream.Flush(flushToDisk: true);
        return manifest;
    }

    private static async Task CopyDatabase(string source, string copy, CancellationToken ct)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = source,
            Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = 60 }.ToString());
        await connection.OpenAsync(ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "VACUUM INTO $copy";
        command.Parameters.AddWithValue("$copy", copy);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<IReadOnlyList<string>> Migrations(string database, CancellationToken ct)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database,
            Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        await connection.OpenAsync(ct);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT module || '/' || name FROM schema_migration ORDER BY 1";
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<string>();
        while (await reader.ReadAsync(ct)) found.Add(reader.GetString(0));
        return found;
    }

    /// <summary>For this user alone: a backup holds keys and people's data.</summary>
    private static FileStreamOptions Private(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
