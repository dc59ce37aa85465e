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
}
