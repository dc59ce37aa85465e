using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Stipend.Support;

/// <summary>
/// One PostgreSQL server for the test process: the one named by STIPEND_TEST_POSTGRES, or a private cluster started from the binaries on
/// this machine.
/// Its durability is off (a test may lose its data), so figures never come from it.
/// </summary>
public static class PostgresServer
{
    private static readonly Lazy<string?> s_connection = new(Start);

    /// <summary>Why there is no server, when there is none.</summary>
    public static string Missing => "PostgreSQL is not on this machine: apt-get install postgresql, or set STIPEND_TEST_POSTGRES.";

    public static bool IsAvailable =>
        Environment.GetEnvironmentVariable("STIPEND_TEST_POSTGRES") is { Length: > 0 } || Binary("initdb") is not null;

    /// <summary>Connection string to the server's maintenance database.</summary>
    public static string ConnectionString => s_connection.Value ?? throw new InvalidOperationException(Missing);

    /// <summary>Where a server program is: on the PATH or in Debian's versioned folder.</summary>
    public static string? Binary(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(
            Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending()
                .Select(d => Path.Combine(d, "bin")) : [])
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static string? Start()
    {
        if (Environment.GetEnvironmentVariable("STIPEND_TEST_POSTGRES") is { Length: > 0 } given) return given;
        if (Binary("initdb") is not { } initdb || Binary("postgres") is null) return null;
        var folder = Directory.CreateTempSubdirectory("stipend-pg-").FullName;
        var asRoot = Environment.UserName == "root";
        if (asRoot) Run("chown", "postgres", folder);
        var port = FreePort();
        Run(asRoot, initdb, "-D", Path.Combine(folder, "data"), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
            "--no-sync");
        Run(asRoot, Binary("pg_ctl")!, "-D", Path.Combine(folder, "data"), "-w", "-l", Path.Combine(folder, "log"), "-o",
            $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300",
            "start");
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            Run(asRoot, Binary("pg_ctl")!, "-D", Path.Combine(folder, "data"), "-m", "immediate", "stop");
            Directory.Delete(folder, recursive: true);
        };
        return $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres";
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Run(bool asPostgres, string program, params string[] arguments)
    {
        if (asPostgres) Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", program, .. arguments]);
        else Run(program, arguments);
    }

    private static void Run(string program, params string[] arguments)
    {
        // Output is not piped: the server would inherit the pipe and the wait for its end would never return.
        using var process = Process.Start(new ProcessStartInfo("/bin/sh",
            ["-c", "exec \"$0\" \"$@\" >/dev/null 2>&1", program, .. arguments]) { WorkingDirectory = "/tmp" })!;
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    /// <summary>A new empty database; answers its connection string.</summary>
    public static async Task<string> CreateDatabase(string name, string? template = null)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = template is null ? $"CREATE DATABASE {name}" : $"CREATE DATABASE {name} TEMPLATE {template}";
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name, MaxPoolSize = 20 }.ToString();
    }

    public static async Task DropDatabase(string connectionString)
    {
        await using (var pooled = new NpgsqlConnection(connectionString)) NpgsqlConnection.ClearPool(pooled);
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connectionString).Database} WITH (FORCE)";
        await command.ExecuteNonQueryAsync();
    }
}
