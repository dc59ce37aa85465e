using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Npgsql;
using Stipend.Platform.Data;
using Stipend.Support;

namespace Stipend.Faults.World;

/// <summary>
/// A copy of the template with a gateway of its own: the gateway is a process with its own store, and every call to it takes the
/// <see cref="Road"/>. Programs are started on it, and die.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly List<Child> _children = [];
    private bool _dropsDatabase;

    private Site(string folder, string? database, int patrons, SharedClock clock) =>
        (Folder, Database, Patrons, Clock) = (folder, database, patrons, clock);

    public string Folder { get; }
    public string? Database { get; }
    public int Patrons { get; }
    public SharedClock Clock { get; }
    public Road Road { get; private set; } = null!;
    public string GatewayFile => Path.Combine(Folder, "gateway", "test-gateway.db");
    public string DataFolder => Path.Combine(Folder, "data");
    public string DataFile => Path.Combine(DataFolder, "stipend.db");

    /// <param name="engine">The engine.</param>
    /// <param name="patrons">How many charges the run will have.</param>
    /// <param name="server">A server of the test's own instead of the shared one.</param>
    public static async Task<Site> Open(Engine engine, int patrons, Cluster? server = null)
    {
        var template = await Template.Of(engine, patrons);
        var folder = Directory.CreateTempSubdirectory("stipend-faults-").FullName;
        var keys = Directory.CreateDirectory(Path.Combine(folder, "data", "keys")).FullName;
        foreach (var key in Directory.GetFiles(Path.Combine(template.Folder, "keys"))) File.Copy(key, Path.Combine(keys, Path.GetFileName(key)));
        Directory.CreateDirectory(Path.Combine(folder, "gateway"));
        File.Copy(Path.Combine(template.Folder, "test-gateway.db"), Path.Combine(folder, "gateway", "test-gateway.db"));
        string? database = null;
        if (template.Database is null) File.Copy(Path.Combine(template.Folder, "stipend.db"), Path.Combine(folder, "data", "stipend.db"));
        else if (server is not null) database = await server.Take(template.Database);
        else database = await PostgresServer.CreateDatabase($"faults_{RandomNumberGenerator.GetHexString(16, lowercase: true)}", template.Database);
        var clock = new SharedClock(Path.Combine(folder, "clock"));
        clock.Set(Template.Eve + Duration.FromMinutes(2));
        var site = new Site(folder, database, patrons, clock) { _dropsDatabase = server is null && database is not null };
        await site.StartGateway();
        return site;
    }

    /// <summary>The gateway's process, and the road to it.</summary>
    public async Task StartGateway()
    {
        var gateway = Start([], "test-gateway", "--urls", "http://127.0.0.1:0", "--data", Path.GetDirectoryName(GatewayFile)!);
        var address = await gateway.Line("The test gateway is at ");
        Road = await Road.To(new Uri(address), await gateway.Line("Its key is "));
    }

    /// <summary>Starts the site (on PostgreSQL a worker of it); it has begun to work when this returns.</summary>
    public async Task<Child> Serve(params (string Name, string Value)[] settings)
    {
        var child = Start(settings, ["serve", "--urls", "http://127.0.0.1:0", .. Database is null ? [] : new[] { "--role", "worker" }, .. Where]);
        await child.Line("Stipend is at ");
        return child;
    }

    /// <summary>Runs a command on the site's data.</summary>
    public Child Command(params string[] arguments) => Start([], [.. arguments, .. Where]);

    public string[] Where => Database is null ? ["--data", DataFolder] : ["--data", DataFolder, "--database", Database];

    /// <summary>Rows of the site's database, read past the program.</summary>
    public async Task<List<T>> Rows<T>(string sql, Func<DbDataReader, T> read)
    {
        await using var connection = Connection();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(read(reader));
        return rows;
    }

    public async Task<long> Count(string from) => (await Rows($"SELECT COUNT(*) FROM {from}", r => r.GetInt64(0)))[0];

    /// <summary>The run is closed, no other is under way, and nothing of it waits for an answer of the gateway.</summary>
    public async Task<bool> IsDone() =>
        await Count($"billing_run WHERE bill_on = '{Template.BillOn}' AND state = 'closed'") == 1
        && await Count("billing_run WHERE state NOT IN ('closed', 'review')") == 0
        && await Count($"due_work w JOIN billing_run r ON r.id = w.run_id WHERE r.bill_on = '{Template.BillOn}' AND w.kind IN ('collect', 'check', 'action', 'quarantine')") == 0;

    /// <summary>Waits until the road has carried this many calls more; false when the site makes none.</summary>
    public Task<bool> CallsMore(int more = 1)
    {
        var before = Road.Calls;
        return Pause.Until(() => Task.FromResult(Road.Calls >= before + more), 8_000, everyMs: 3);
    }

    /// <summary>Waits until more results of attempts are in the books.</summary>
    public async Task ResultsMore()
    {
        var before = await Count("attempt_result");
        await Pause.Until(async () => await Count("attempt_result") > before || await IsDone(), 8_000);
    }

    /// <summary>The gateway forgets what it keeps for a day (answers by key), or for a month (its events).</summary>
    public void GatewayForgets(bool eventsToo)
    {
        using var connection = new SqliteConnection($"Data Source={GatewayFile};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM answer" + (eventsToo ? "; DELETE FROM event" : "");
        command.ExecuteNonQuery();
    }

    /// <summary>Changes a row of the site's database behind the program's back.</summary>
    public async Task Execute(string sql)
    {
        await using var connection = Connection();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Lets the site work, the clock running ahead to what it waits for whenever it rests, until all is done.</summary>
    public async Task Finish(int withinMs = 120_000)
    {
        for (var left = withinMs; left > 0; left -= 2_500)
        {
            if (await Pause.Until(IsDone, 2_500)) return;
            var due = (await Rows("SELECT COALESCE(MAX(due_at), 0) FROM due_work WHERE kind IN ('collect', 'check')", r => r.GetInt64(0)))[0];
            Clock.Set(Instant.Max(Clock.Now, Instant.FromUnixTimeMilliseconds(due)) + Duration.FromMinutes(6));
        }
        throw new TimeoutException($"The run does not end: {await Stuck()}\n{string.Join('\n', _children.Where(c => !c.HasExited).Select(c => c.Said))}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in _children) await child.DisposeAsync();
        await Road.DisposeAsync();
        Clock.Dispose();
        if (_dropsDatabase) await PostgresServer.DropDatabase(Database!);
        Directory.Delete(Folder, recursive: true);
    }

    private DbConnection Connection() => Database is null ? new SqliteConnection($"Data Source={DataFile};Pooling=false")
        : new NpgsqlConnection(Database + ";Pooling=false");

    private Child Start((string Name, string Value)[] settings, params string[] arguments)
    {
        (string, string)[] gateway = Road is null ? []
            : [("Stipend__TestGateway__Url", Road.Address.ToString()), ("Stipend__TestGateway__Key", Road.Key)];
        var child = Child.Start(Clock, [("DOTNET_TieredPGO", "0"), .. gateway, .. settings], arguments);
        _children.Add(child);
        return child;
    }

    private async Task<string> Stuck() =>
        string.Join("; ", (await Rows("SELECT kind, COUNT(*), MIN(due_at), MIN(lease_until) FROM due_work GROUP BY kind", r => $"{r.GetString(0)} {r.GetInt64(1)} due {r.GetInt64(2)} lease {r.GetInt64(3)}"))
            .Concat(await Rows("SELECT bill_on, state, COALESCE(note, '') FROM billing_run WHERE state <> 'closed'", r => $"run {r.GetString(0)} {r.GetString(1)} {r.GetString(2)}"))
            .Concat(await Rows("SELECT topic, status, attempts, COALESCE(last_error, '') FROM message WHERE status <> 'done' AND (status = 'parked' OR attempts > 0)",
                r => $"{r.GetString(0)} {r.GetString(1)} after {r.GetInt64(2)}: {r.GetString(3)}"))) + $" at {Clock.Now}";
}
