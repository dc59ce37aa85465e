using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Platform.Backups;

/// <summary>Unpacks and checks backups, and puts one in the place of a data folder.</summary>
public static class BackupReader
{
    /// <summary>Where a restore unpacks, inside the data folder so that moving is only renaming. Its presence means a restore did not
    /// end.</summary>
    public const string Staging = ".restoring";

    internal const string Aside = ".before-restore-";

    /// <summary>Unpacks an archive into a new folder and checks every hash and every database in it.</summary>
    /// <exception cref="Refusal">It is not a backup, or damaged.</exception>
    public static async Task<BackupManifest> Check(string file, string into, CancellationToken ct = default)
    {
        if (!File.Exists(file)) throw new Refusal(404, "no_file", $"There is no such file as {file}. Check its name.");
        Directory.CreateDirectory(into);
        try
        {
            await Unpack(file, into, ct);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw Damaged(file, $"it cannot be unpacked: {error.Message.TrimEnd('.')}");
        }
        var manifest = await Manifest(file, into, ct);
        var found = Directory.EnumerateFiles(into, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(into, f).Replace('\\', '/')).ToHashSet();
        if (!found.SetEquals(manifest.Files.Select(f => f.Path))) throw Damaged(file, "its files are not those its manifest names");
        foreach (var expected in manifest.Files)
        {
            var unpacked = Path.Combine(into, expected.Path);
            if (await BackedUpFile.Of(expected.Path, unpacked, ct) != expected) throw Damaged(file,
                $"{expected.Path} is not what was packed");
            if (expected.Path.EndsWith(".db", StringComparison.Ordinal) && await Fault(unpacked, ct) is { } fault) throw Damaged(file,
                $"{expected.Path}: {fault}");
        }
        return manifest;
    }

    /// <summary>
    /// Puts a backup in the place of a data folder that this process holds. It is unpacked and checked beside the old data before anything
    /// is
    /// touched; the old data is kept in a folder whose path is answered (null: there was none).
    /// </summary>
    /// <param name="file">The backup.</param>
    /// <param name="folder">The data folder, held.</param>
    /// <param name="force">Also when the folder has data.</param>
    /// <param name="known">The migrations this program knows, as module/name.</param>
    /// <param name="now">The present, to name the old data's folder.</param>
    /// <param name="ct">Stops it before anything is moved.</param>
    /// <exception cref="Refusal">Damaged, newer than the program, or the folder has data and there is no force.</exception>
    public static async Task<(BackupManifest Manifest, string? OldData)> Restore(
        string file, string folder, bool force, IReadOnlySet<string> known, Instant now, CancellationToken ct = default)
    {
        var staging = Path.Combine(folder, Staging);
        if (Directory.Exists(staging)) Recover(folder, staging);
        var old = Contents(folder);
        if (old.Count > 0 && !force)
            throw Refusal.Conflict("folder_not_empty",
                $"{folder} has data in it. Restore into an empty folder with --data DIR, or replace this one with --force (the old data is kept in a folder inside it).");
        var unpacked = Path.Combine(staging, "new");
        try
        {
            var manifest = await Check(file, unpacked, ct);
            if (manifest.Migrations.FirstOrDefault(m => !known.Contains(m)) is { } unknown)
                throw Refusal.Conflict("backup_ahead",
                    $"The backup was made by a newer program (it has migration {unknown}). Restore it with that one.");
            var aside = Path.Combine(folder, Aside + now.ToUnixTimeMilliseconds());
            MoveAll(folder, old, aside);
            MoveAll(unpacked, Directory.EnumerateFileSystemEntries(unpacked).Select(e => Path.GetFileName(e)!).ToList(), folder);
            return (manifest, old.Count > 0 ? aside : null);
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    /// <summary>What is wrong with a SQLite file by its own check; null when nothing.</summary>
    public static async Task<string?> Fault(string database, CancellationToken ct = default)
    {
        try
        {
            await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database,
                Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            await connection.OpenAsync(ct);
            foreach (var check in new[] { "PRAGMA integrity_check(1)", "PRAGMA foreign_key_check" })
            {
                await using var command = connection.CreateCommand();
                command.CommandText = check;
                if (await command.ExecuteScalarAsync(ct) is string said and not "ok") return $"SQLite says: {said}";
            }
            return null;
        }
        catch (SqliteException error)
        {
            return $"SQLite says: {error.Message}";
        }
    }

    /// <summary>A restore that was killed while moving: the old data goes back where it was.</summary>
    private static void Recover(string folder, string staging)
    {
        var aside = Directory.GetDirectories(folder, Aside + "*").OrderDescending(StringComparer.Ordinal).FirstOrDefault();
        if (aside is not null && Directory.Exists(Path.Combine(staging, "new")))
        {
            foreach (var entry in Contents(folder)) Directory.Move(Path.Combine(folder, entry),
                Path.Combine(Directory.CreateDirectory(Path.Combine(staging, "half")).FullName, entry));
            MoveAll(aside, Directory.EnumerateFileSystemEntries(aside).Select(e => Path.GetFileName(e)!).ToList(), folder);
            Directory.Delete(aside);
        }
        Directory.Delete(staging, recursive: true);
    }

    private static void MoveAll(string from, IReadOnlyList<string> entries, string to)
    {
        if (entries.Count > 0) Directory.CreateDirectory(to);
        foreach (var entry in entries)
        {
            var source = Path.Combine(from, entry);
            if (Directory.Exists(source)) Directory.Move(source, Path.Combine(to, entry));
            else File.Move(source, Path.Combine(to, entry));
        }
    }

    /// <summary>What counts as data: not the lock, nor earlier restores' leftovers.</summary>
    private static List<string> Contents(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFileSystemEntries(folder).Select(e => Path.GetFileName(e)!)
            .Where(e => e is not ("stipend.lock" or "stipend.pid" or Staging) && !e.StartsWith(Aside, StringComparison.Ordinal)).ToList()
        : [];

    private static async Task Unpack(string file, string into, CancellationToken ct)
    {
        await using var stream = File.OpenRead(file);
        await using var packed = new GZipStream(stream, CompressionMode.Decompress);
        await using var tar = new TarReader(packed);
        while (await tar.GetNextEntryAsync(cancellationToken: ct) is { } entry)
        {
            var target = Path.GetFullPath(Path.Combine(into, entry.Name));
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                || !target.StartsWith(Path.GetFullPath(into) + "/", StringComparison.Ordinal))
                throw new InvalidDataException($"the entry “{entry.Name}” is not a plain file inside it");
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await entry.ExtractToFileAsync(target, overwrite: false, ct);
        }
    }

    private static async Task<BackupManifest> Manifest(string file, string into, CancellationToken ct)
    {
        var path = Path.Combine(into, BackupManifest.Name);
        if (!File.Exists(path)) throw Damaged(file, "it has no manifest, so it is not one of ours or was cut off");
        try
        {
            var manifest = JsonSerializer.Deserialize<BackupManifest>(await File.ReadAllBytesAsync(path, ct), Json.Options);
            File.Delete(path);
            return manifest is { Format: BackupManifest.CurrentFormat } ? manifest
                : throw Damaged(file, "its manifest has a form this program does not know");
        }
        catch (JsonException)
        {
            throw Damaged(file, "its manifest cannot be read");
        }
    }

    private static Refusal Damaged(string file, string why) =>
        Refusal.Invalid("backup_damaged", $"{file} cannot be used: {why}. Nothing was changed; use another backup.");
}
