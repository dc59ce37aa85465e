using System.Security.Cryptography;

namespace Stipend.Platform.Backups;

/// <summary>What a backup holds; the last entry of the archive, <c>manifest.json</c>. Paths are relative to the data folder, with
/// slashes.</summary>
/// <param name="Format">1.</param>
/// <param name="MadeAt">When it was begun.</param>
/// <param name="Engine">“sqlite”: the data file is inside; “postgres”: the database is not, only files and keys.</param>
/// <param name="Migrations">What the database had seen, as module/name.</param>
/// <param name="Files">Every file with size in bytes and SHA-256 in hex.</param>
public sealed record BackupManifest(int Format, Instant MadeAt, string Engine, IReadOnlyList<string> Migrations,
    IReadOnlyList<BackedUpFile> Files)
{
    internal const string Name = "manifest.json";
    internal const int CurrentFormat = 1;
}

/// <summary>One file of a backup.</summary>
public sealed record BackedUpFile(string Path, long Size, string Sha256)
{
    internal static async Task<BackedUpFile> Of(string path, string file, CancellationToken ct)
    {
        await using var stream = File.OpenRead(file);
        return new BackedUpFile(path, stream.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct)));
    }
}

/// <summary>When the last good backup was made; kept beside the data as <c>last-backup.json</c>.</summary>
public sealed record LastBackup(Instant At, string File)
{
    public const string Name = "last-backup.json";
}
