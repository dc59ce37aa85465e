using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Stipend.Support;

namespace Stipend.Faults.World;

/// <summary>A PostgreSQL server of the test's own, as durable as a real one, that is stopped in the middle of everything.</summary>
internal sealed class Cluster : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stipend-cluster-").FullName;
    private readonly int _port = FreePort();
    private readonly string[] _as = Environment.UserName == "root" ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : [];

    private readonly string _options;

    private Cluster(string options)
    {
        _options = options;
        if (_as.Length > 0) Run(["chown", "postgres", _folder]);
        Run([.. _as, Binary("initdb"), "-D", Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        Begin();
    }

    private string Data => Path.Combine(_folder, "data");

    public static Task<Cluster> Start(string options = "") => Task.Run(() => new Cluster(options));

    /// <summary>A new empty database; answers its connection string.</summary>
    public async Task<string> Create(string name)
    {
        await Execute($"CREATE DATABASE {name}");
        return $"Host=127.0.0.1;Port={_port};Username=postgres;Database={name}";
    }

    public Task Drop(string connection) => Execute($"DROP DATABASE {new NpgsqlConnectionStringBuilder(connection).Database} WITH (FORCE)");

    /// <summary>Takes a copy of a database of the shared server; answers its connection string.</summary>
    public Task<string> Take(string database) => Task.Run(() =>
    {
        var from = new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionString);
        Run(["/bin/sh", "-c", $"\"{Binary("pg_dump")}\" -h {from.Host} -p {from.Port} -U {from.Username} {database} | \"{Binary("psql")}\" -q -h 127.0.0.1 -p {_port} -U postgres postgres"]);
        return $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres";
    });

    /// <summary>Stops without a word to anybody, as kill -9 of every process of it, and starts again from what is on the disk.</summary>
    public Task Crash() => Task.Run(() =>
    {
        Run([.. _as, Binary("pg_ctl"), "-D", Data, "-m", "immediate", "stop"]);
        Begin();
    });

    public void Dispose()
    {
        Run([.. _as, Binary("pg_ctl"), "-D", Data, "-m", "immediate", "stop"]);
        Directory.Delete(_folder, recursive: true);
    }

    private void Begin() => Run([.. _as, Binary("pg_ctl"), "-D", Data, "-w", "-l", Path.Combine(_folder, "log"), "-o",
        $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={_folder} {_options}", "start"]);

    private async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string Binary(string name) => PostgresServer.Binary(name) ?? throw new InvalidOperationException(PostgresServer.Missing);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Run(string[] words)
    {
        // Output goes nowhere: the server would inherit a pipe, and waiting for its end would never return.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >/dev/null 2>&1", .. words]) { WorkingDirectory = "/" })!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{string.Join(' ', words)} ended with {process.ExitCode}.");
    }
}
