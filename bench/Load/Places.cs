using Stipend.Faults.World;

namespace Stipend.Load;

/// <summary>Places for worlds on one engine: folders with a SQLite file, or databases of a PostgreSQL server of its own, as durable as a real one. They
/// are gone at the end.</summary>
internal sealed class Places : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stipend-bench-").FullName;
    private readonly Cluster? _cluster;
    private int _made;

    private Places(Cluster? cluster) => _cluster = cluster;

    public string Engine => _cluster is null ? "SQLite" : "PostgreSQL";
    public bool IsPostgres => _cluster is not null;

    public static async Task<Places> On(bool postgres) => new(postgres ? await Cluster.Start("-c shared_buffers=512MB -c max_wal_size=4GB") : null);

    public async Task<SiteSettings> New()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, $"{++_made}")).FullName;
        return Of(folder, _cluster is null ? null : await _cluster.Create($"b{_made}"));
    }

    public static SiteSettings Of(string folder, string? database = null) =>
        new() { DataFolder = folder, Database = database, RunsMessages = false, ServesPages = false };

    public async Task Drop(SiteSettings place)
    {
        if (_cluster is not null) await _cluster.Drop(place.Database!);
        Directory.Delete(place.DataFolder, recursive: true);
    }

    public void Dispose()
    {
        _cluster?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
