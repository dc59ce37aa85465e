using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Stipend.Vault.Model;

namespace Stipend.Compliance.Stores;

/// <summary>
/// OpenStack Swift with its S3 interface, started from Debian's programs on loopback for the test process: four servers, one disk that is a folder,
/// one replica. It checks signatures as Amazon does.
/// </summary>
internal static class SwiftServer
{
    private const string Key = "vault:tester", Secret = "example_secret";
    private static readonly string[] s_servers = ["account", "container", "object", "proxy"];
    private static readonly Lazy<Task<string>> s_url = new(Start);

    public static bool IsAvailable => File.Exists("/usr/bin/swift-proxy-server");

    /// <summary>In CI nothing is skipped.</summary>
    public static bool MustBe => Environment.GetEnvironmentVariable("CI") == "true";

    public static string Missing => "Swift is not on this machine: apt-get install swift-proxy swift-account swift-container swift-object.";

    public static async Task<VaultOptions> Options() => new() { S3Url = await s_url.Value, S3Key = Key, S3Secret = Secret, S3Bucket = "none" };

    private static async Task<string> Start()
    {
        var folder = Directory.CreateTempSubdirectory("stipend-swift-").FullName;
        var ports = s_servers.Select(_ => FreePort()).ToArray();
        Directory.CreateDirectory(Path.Combine(folder, "devices", "one"));
        var processes = new List<Process>();
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            foreach (var process in processes)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit(5_000);
            }
            Directory.Delete(folder, recursive: true);
        };
        await File.WriteAllTextAsync(Path.Combine(folder, "swift.conf"), "[swift-hash]\nswift_hash_path_prefix = example\nswift_hash_path_suffix = example\n");
        await Run(folder, "/usr/bin/python3", "-c", Rings(folder, ports));
        for (var i = 0; i < s_servers.Length; i++)
        {
            var conf = Path.Combine(folder, $"{s_servers[i]}.conf");
            await File.WriteAllTextAsync(conf, Conf(s_servers[i], folder, ports[i]));
            processes.Add(Process.Start(Program(folder, $"/usr/bin/swift-{s_servers[i]}-server", conf))!);
        }
        await Answers(ports[^1], folder);
        return $"http://127.0.0.1:{ports[^1]}";
    }

    private static string Conf(string server, string folder, int port)
    {
        var head = $"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nuser = {Environment.UserName}\nswift_dir = {folder}\ndevices = {folder}/devices\nmount_check = false\nworkers = 0\nfallocate_reserve = 0\n";
        return server != "proxy"
            ? head + $"[pipeline:main]\npipeline = {server}-server\n[app:{server}-server]\nuse = egg:swift#{server}\nreplication_server = false\n"
            : head + $"""
              [pipeline:main]
              pipeline = catch_errors proxy-logging cache listing_formats s3api tempauth bulk slo dlo proxy-server
              [app:proxy-server]
              use = egg:swift#proxy
              account_autocreate = true
              [filter:catch_errors]
              use = egg:swift#catch_errors
              [filter:proxy-logging]
              use = egg:swift#proxy_logging
              [filter:cache]
              use = egg:swift#memcache
              memcache_servers = 127.0.0.1:9
              [filter:listing_formats]
              use = egg:swift#listing_formats
              [filter:s3api]
              use = egg:swift#s3api
              location = us-east-1
              min_segment_size = 5242880
              [filter:tempauth]
              use = egg:swift#tempauth
              user_vault_tester = {Secret} .admin
              [filter:bulk]
              use = egg:swift#bulk
              [filter:slo]
              use = egg:swift#slo
              [filter:dlo]
              use = egg:swift#dlo

              """;
    }

    /// <summary>One device in one zone; the ring files as the builder makes them, in one process instead of nine.</summary>
    private static string Rings(string folder, int[] ports) => $$"""
        import swift.common.ring.builder as b
        for name, port in (("account", {{ports[0]}}), ("container", {{ports[1]}}), ("object", {{ports[2]}})):
            ring = b.RingBuilder(2, 1, 0)
            ring.add_dev(dict(id=0, region=1, zone=1, ip="127.0.0.1", port=port, device="one", weight=1, meta="",
                replication_ip="127.0.0.1", replication_port=port))
            ring.rebalance(seed=1)
            ring.get_ring().save("{{folder}}/" + name + ".ring.gz")
        """;

    /// <summary>Ends by itself after a quarter of an hour, in case the tests are killed and cannot end it.</summary>
    private static ProcessStartInfo Program(string folder, string program, params string[] arguments) =>
        new("/bin/sh", ["-c", $"exec timeout 900 \"$0\" \"$@\" >>'{folder}/log' 2>&1", program, .. arguments]) { Environment = { ["SWIFT_DIR"] = folder }, WorkingDirectory = folder };

    private static async Task Run(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(Program(folder, program, arguments))!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await File.ReadAllTextAsync(Path.Combine(folder, "log"))}");
    }

    /// <summary>Waits until the proxy answers anything at all, at most half a minute.</summary>
    private static async Task Answers(int port, string folder)
    {
        using var client = new HttpClient();
        for (var i = 0; i < 300; i++)
        {
            try
            {
                using var answer = await client.GetAsync($"http://127.0.0.1:{port}/");
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
            }
        }
        throw new TimeoutException($"Swift did not start: {await File.ReadAllTextAsync(Path.Combine(folder, "log"))}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
