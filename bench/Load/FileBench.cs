using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Posts.Contracts;

namespace Stipend.Load;

/// <summary>
/// One large file up and down over loopback: megabytes a second against a plain copy that reaches the disk, and against nginx giving the same file,
/// in turns; and how much memory the site takes meanwhile.
/// </summary>
internal static class FileBench
{
    private const int Rounds = 5;

    /// <summary>A post of a campaign with a session of its owner.</summary>
    private sealed record World(string Cookie, long Post);

    public static async Task<int> Upload(int megabytes)
    {
        var folder = Directory.CreateTempSubdirectory("stipend-bench-").FullName;
        try
        {
            var world = await SetUp(folder);
            using var site = await Site.Start(folder);
            using var client = Client(site, world);
            var source = MakeFile(Path.Combine(folder, "source.bin"), megabytes);
            await Send(client, world, MakeFile(Path.Combine(folder, "small.bin"), 20)); // what is hot is compiled
            var idle = await Idle(site);
            var (ours, copies) = (new List<double>(), new List<double>());
            for (var i = 0; i < Rounds; i++)
            {
                Touch(source, i); // other bytes each time, so that none are known
                copies.Add(megabytes / Copy(source, Path.Combine(folder, "copy.bin")).TotalSeconds);
                ours.Add(megabytes / (await Send(client, world, source)).TotalSeconds);
            }
            Report("upload", ours, "plain copy with fsync", copies, 0.5);
            Console.WriteLine($"memory: idle {idle / 1e6:0} MB, highest {site.Peak / 1e6:0} MB, {(site.Peak - idle) / 1e6:+0;-0} MB, bar +50");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static async Task<int> Download(int megabytes)
    {
        var folder = Directory.CreateTempSubdirectory("stipend-bench-").FullName;
        try
        {
            var world = await SetUp(folder);
            using var site = await Site.Start(folder);
            using var client = Client(site, world);
            var source = MakeFile(Path.Combine(folder, "source.bin"), megabytes);
            await Send(client, world, source);
            var url = await Find(client, world);
            var port = Site.FreePort();
            using var nginx = Nginx(folder, port);
            Fetch(url, world.Cookie);
            Fetch($"http://127.0.0.1:{port}/source.bin", null);
            var idle = await Idle(site);
            var (ours, theirs) = (new List<double>(), new List<double>());
            for (var i = 0; i < Rounds; i++)
            {
                ours.Add(megabytes / Fetch(url, world.Cookie).TotalSeconds);
                theirs.Add(megabytes / Fetch($"http://127.0.0.1:{port}/source.bin", null).TotalSeconds);
            }
            nginx.Kill(entireProcessTree: true);
            Report("download", ours, "nginx", theirs, 0.6);
            Console.WriteLine($"memory: idle {idle / 1e6:0} MB, highest {site.Peak / 1e6:0} MB, {(site.Peak - idle) / 1e6:+0;-0} MB, bar +50");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Report(string what, List<double> ours, string other, List<double> theirs, double bar)
    {
        ours.Sort();
        theirs.Sort();
        Console.WriteLine($"{what}: median {ours[Rounds / 2]:0} MB/s ({string.Join(", ", ours.Select(r => $"{r:0}"))}); {other}: median {theirs[Rounds / 2]:0} MB/s ({string.Join(", ", theirs.Select(r => $"{r:0}"))}); ratio {ours[Rounds / 2] / theirs[Rounds / 2]:0.00}, bar {bar}");
    }

    /// <summary>Makes the operator through the setup page and a campaign of theirs with an open post.</summary>
    private static async Task<World> SetUp(string folder)
    {
        var cookie = await PageBench.SetUp(folder);
        await using var app = SiteHost.Build(new SiteSettings { DataFolder = folder, RunsMessages = false, ServesPages = false },
            builder => builder.Logging.SetMinimumLevel(LogLevel.Error));
        await SiteHost.Prepare(app);
        await using var scope = app.Services.CreateAsyncScope();
        var owner = (await scope.ServiceProvider.GetRequiredService<IPeople>().FindByEmail("lin@example.com"))!.Id;
        var campaign = await scope.ServiceProvider.GetRequiredService<ICampaigns>().Create(new NewCampaign(owner, "bench", "Bench", "Files", "EUR",
            "Europe/Berlin", BillingModel.MonthlyUpfront, 1, false, true));
        return new World(cookie, await scope.ServiceProvider.GetRequiredService<IPosts>()
            .Publish(new NewPost(campaign.Id, owner, "Files", "x", Audience.PaidMembers, false, null)));
    }

    private static HttpClient Client(Site site, World world)
    {
        var client = new HttpClient { BaseAddress = new(site.Address), Timeout = TimeSpan.FromMinutes(5) };
        client.DefaultRequestHeaders.Add("Cookie", world.Cookie);
        client.DefaultRequestHeaders.Add("Tus-Resumable", "1.0.0");
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        return client;
    }

    private static async Task<TimeSpan> Send(HttpClient client, World world, string file)
    {
        await using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/bench/uploads/post/{world.Post}") { Content = new StreamContent(content, 256 * 1024) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        request.Headers.Add("Upload-Length", $"{content.Length}");
        request.Headers.Add("Upload-Metadata", $"filename {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Path.GetFileName(file)))}");
        var clock = Stopwatch.StartNew();
        using var answer = await client.SendAsync(request);
        if ((int)answer.StatusCode != 201) throw new InvalidOperationException($"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return clock.Elapsed;
    }

    /// <summary>The address of the file on the post's page.</summary>
    private static async Task<string> Find(HttpClient client, World world)
    {
        var html = await client.GetStringAsync($"/bench/posts/{world.Post}/edit");
        return client.BaseAddress + System.Text.RegularExpressions.Regex.Match(html, "/media/\\d+/source\\.bin").Value.TrimStart('/');
    }

    private static TimeSpan Fetch(string url, string? cookie)
    {
        string[] header = cookie is null ? [] : ["-H", $"Cookie: {cookie}"];
        var clock = Stopwatch.StartNew();
        using var curl = Process.Start("curl", ["-sf", "-o", "/dev/null", "--max-time", "120", .. header, url]);
        curl.WaitForExit();
        return curl.ExitCode == 0 ? clock.Elapsed : throw new InvalidOperationException($"{url}: curl ended with {curl.ExitCode}");
    }

    private static Process Nginx(string folder, int port)
    {
        var conf = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(conf, $"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; user root; worker_processes 2; events {{ }}\nhttp {{ access_log off; sendfile on; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}");
        return Process.Start("nginx", ["-c", conf]);
    }

    private static string MakeFile(string path, int megabytes)
    {
        using var file = File.Create(path);
        var block = new byte[1_000_000];
        new Random(megabytes).NextBytes(block);
        for (var i = 0; i < megabytes; i++)
        {
            BitConverter.TryWriteBytes(block, i);
            file.Write(block);
        }
        file.Flush(flushToDisk: true);
        return path;
    }

    private static void Touch(string path, int round)
    {
        using var file = new FileStream(path, FileMode.Open);
        file.WriteByte((byte)(200 + round));
        file.Flush(flushToDisk: true);
    }

    private static TimeSpan Copy(string from, string to)
    {
        var clock = Stopwatch.StartNew();
        using (var source = File.OpenRead(from))
        using (var target = new FileStream(to, FileMode.Create))
        {
            source.CopyTo(target, 256 * 1024);
            target.Flush(flushToDisk: true);
        }
        var took = clock.Elapsed;
        File.Delete(to);
        return took;
    }

    /// <summary>What the site holds when nobody asks; its highest so far is forgotten.</summary>
    private static async Task<long> Idle(Site site)
    {
        await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System, CancellationToken.None);
        site.ForgetPeak();
        return site.Resident;
    }
}
