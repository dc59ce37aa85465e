using Stipend.Platform.Backups;

namespace Stipend.Platform.Data;

/// <summary>The database engine under the site.</summary>
public enum Engine { Sqlite, Postgres }

/// <summary>Where the site keeps its data. Without a connection string it is one SQLite file in the data folder.</summary>
public sealed record DataOptions
{
    /// <summary>Folder of the data file, uploads, keys and logs.</summary>
    public required string Folder { get; init; }

    /// <summary>A PostgreSQL connection string (<c>Host=…</c>), or null for the SQLite file.</summary>
    public string? Postgres { get; init; }

    public Engine Engine => Postgres is null ? Engine.Sqlite : Engine.Postgres;
    public string SqliteFile => Path.Combine(Folder, "stipend.db");
    public string KeysFolder => Path.Combine(Folder, "keys");

    /// <summary>For whoever reads a site that must be there. A PostgreSQL server answers for itself.</summary>
    /// <exception cref="Refusal"><c>no_data</c>: there is no data file in the folder, or it cannot be seen.</exception>
    public void ShouldHaveData()
    {
        if (Engine == Engine.Postgres || File.Exists(SqliteFile) || Directory.Exists(Path.Combine(Folder, BackupReader.Staging))) return;
        try
        {
            if (Directory.Exists(Folder)) _ = Directory.EnumerateFiles(Folder).FirstOrDefault();
        }
        catch (UnauthorizedAccessException)
        {
            throw Refusal.Forbidden($"The data folder {Folder} cannot be read by this user. Run the command as its owner, or let this user read it.");
        }
        throw Refusal.Invalid("no_data", $"There is no data file in {Folder}. Name the site's data folder with --data DIR.");
    }
}
