using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;

namespace Stipend.Load;

/// <summary>
/// The campaign page with 20 posts, the home feed and an open post with ten comments as a signed-in patron, loaded by wrk over loopback, each in turns
/// with the reference page in the same run: A B A B A B.
/// </summary>
internal static class PageBench
{
    public static async Task<int> Run(string? referenceFolder, string? only)
    {
        var folder = Directory.CreateTempSubdirectory("stipend-bench-").FullName;
        var cookie = await SetUp(folder);
        var post = await Seed(folder);
        using var site = await Site.Start(folder);
        using var reference = referenceFolder is null ? null : await StartReference(referenceFolder);
        if (reference is not null) Load(ReferencePage, null, 3);
        foreach (var (name, path) in new[] { ("campaign", "/bench"), ("home", "/home"), ("post", post) })
            if (only is null || only == name) await Page(site, path, cookie, reference is not null);
        reference?.Kill(entireProcessTree: true);
        return 0;
    }

    private static async Task Page(Site site, string path, string cookie, bool hasReference)
    {
        using (var client = new HttpClient())
        {
            client.DefaultRequestHeaders.Add("Cookie", cookie);
            var html = await client.GetStringAsync(site.Address + path);
            Console.WriteLine($"{path}: {html.Length / 1000.0:0.0} kB, {Regex.Count(html, "Post number")} mentions of posts, {Regex.Count(html, "Comment number")} "
                + $"of comments, signed in: {html.Contains("sign-out", StringComparison.Ordinal)}");
        }
        WarmUp(site.Address + path, cookie);
        var (ours, theirs) = (new List<double>(), new List<double>());
        var (busy, served) = (TimeSpan.Zero, 0.0);
        for (var i = 0; i < 3; i++)
        {
            var before = site.Busy;
            ours.Add(Load(site.Address + path, cookie, 8));
            (busy, served) = (busy + site.Busy - before, served + ours[^1] * 8);
            if (hasReference) theirs.Add(Load(ReferencePage, null, 8));
        }
        ours.Sort();
        theirs.Sort();
        Console.WriteLine($"{path}: median {ours[1]:0} requests/s ({string.Join(", ", ours.Select(r => $"{r:0}"))}); resident {site.Resident / 1e6:0} MB; processor {busy.TotalMilliseconds / served:0.00} ms a page");
        if (theirs.Count > 0) Console.WriteLine($"reference: median {theirs[1]:0} requests/s ({string.Join(", ", theirs.Select(r => $"{r:0}"))}); ratio {ours[1] / theirs[1]:0.0}, bar 10");
    }

    /// <summary>Loads the page until three rounds in a row gain nothing: the runtime compiles what is hot better and better for a while.</summary>
    private static void WarmUp(string page, string cookie)
    {
        var (best, idle) = (0.0, 0);
        for (var round = 0; round < 20 && idle < 3; round++)
        {
            var rate = Load(page, cookie, 5);
            idle = rate > best * 1.03 ? 0 : idle + 1;
            best = Math.Max(best, rate);
        }
    }

    private const string ReferencePage = "http://127.0.0.1:8091/c/5/as/7";

    /// <summary>Makes the operator through the setup page; answers the session cookie.</summary>
    internal static async Task<string> SetUp(string folder)
    {
        using var site = await Site.Start(folder);
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["site"] = "Bench", ["name"] = "Lin Chen", ["email"] = "lin@example.com", ["password"] = "three words together",
        });
        var answer = await client.PostAsync(site.SetupLink ?? throw new InvalidOperationException("The site printed no setup link."), form);
        return string.Join("; ", answer.Headers.GetValues("Set-Cookie").Select(c => c.Split(';')[0]));
    }

    /// <summary>A campaign with three tiers, 20 posts of mixed audience with tags, most of them in a collection, and the patron in the middle tier; ten
    /// comments on one that is open to them, whose address this answers.</summary>
    private static async Task<string> Seed(string folder)
    {
        await using var app = SiteHost.Build(new SiteSettings { DataFolder = folder, RunsMessages = false, ServesPages = false },
            builder => builder.Logging.SetMinimumLevel(LogLevel.Error));
        await SiteHost.Prepare(app);
        await using var scope = app.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var people = services.GetRequiredService<IPeople>();
        var owner = (await people.InviteMany([new NewPerson("ada@example.com", "Ada Marsh")])).Values.Single().Id;
        var patron = (await people.FindByEmail("lin@example.com"))!.Id;
        var campaigns = services.GetRequiredService<ICampaigns>();
        var campaign = await campaigns.Create(new NewCampaign(owner, "bench", "Bench", "Posts", "EUR", "Europe/Berlin",
            BillingModel.MonthlyUpfront, 1, false, true));
        var tiers = new List<TierInfo>();
        for (var i = 1; i <= 3; i++) tiers.Add(await campaigns.AddTier(campaign.Id, $"Tier {i}", "", i * 300));
        await services.GetRequiredService<IGrants>()
            .Open([new NewGrant(Book.Live, patron, campaign.Id, tiers[1].Id, GrantSource.Paid, Instant.FromUtc(2025, 1, 1, 0, 0), null,
            "bench", 1)]);
        var text = string.Concat(Enumerable.Repeat("lorem ipsum ", 80));
        var posts = new List<long>();
        for (var i = 0; i < 20; i++)
        {
            var audience = (i % 4) switch { 0 => Audience.Public, 1 => Audience.Tiers(tiers[0].Id, tiers[1].Id, tiers[2].Id), 2 =>
                Audience.Tiers(tiers[1].Id, tiers[2].Id), _ => Audience.Tiers(tiers[2].Id) };
            posts.Add(await services.GetRequiredService<IPosts>()
                .Publish(new NewPost(campaign.Id, owner, $"Post number {i}", text, audience, false, null)));
        }
        await services.GetRequiredService<IPostCollections>().Make(campaign, "A series", "In order", [.. posts.Take(15)]);
        await services.GetRequiredService<MessageRunner>().RunDue(CancellationToken.None);
        var db = services.GetRequiredService<Db>();
        foreach (var (place, tag) in new[] { "letters", "songs" }.Index())
            await db.Execute($"INSERT INTO post_tag (post_id, key, campaign_id, name, place) SELECT id, '{tag}', campaign_id, '{tag}', {place} FROM post");
        var open = posts[18]; // for the two upper tiers
        for (var i = 1; i <= 10; i++)
            await db.Execute($"""
                INSERT INTO comment (id, book_id, campaign_id, post_id, parent_id, author_id, body, state, created_at)
                VALUES ({i}, 1, {campaign.Id}, {open}, {(i % 3 == 0 ? i - 1 : "NULL")}, {(i % 2 == 0 ? owner : patron)}, 'Comment number {i}', 'shown', {i})
                """);
        return $"/bench/posts/{open}-post-number-18";
    }

    private static async Task<Process> StartReference(string folder)
    {
        var process = Process.Start(new ProcessStartInfo("bash", [Path.Combine(folder, "run.sh"), "page", "2000"])
        {
            RedirectStandardOutput = true, Environment = { ["SECONDS_UP"] = "900" },
        })!;
        process.BeginOutputReadLine();
        using var client = new HttpClient();
        for (var i = 0; i < 300; i++)
        {
            try
            {
                Console.WriteLine($"reference page: {(await client.GetStringAsync(ReferencePage)).Length / 1000.0:0.0} kB");
                return process;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1_000), TimeProvider.System, CancellationToken.None);
            }
        }
        throw new TimeoutException("The reference stack did not start.");
    }

    /// <summary>Requests per second over a bounded time, by wrk with 16 connections.</summary>
    private static double Load(string url, string? cookie, int seconds)
    {
        string[] header = cookie is null ? [] : ["-H", $"Cookie: {cookie}"];
        using var wrk = Process.Start(new ProcessStartInfo("wrk",
            ["-t1", "-c16", $"-d{seconds}s", .. header, url]) { RedirectStandardOutput = true })!;
        var output = wrk.StandardOutput.ReadToEnd();
        wrk.WaitForExit();
        if (output.Contains("Non-2xx",
            StringComparison.Ordinal)) throw new InvalidOperationException($"{url} did not answer 200:\n{output}");
        return double.Parse(Regex.Match(output, @"Requests/sec:\s+([\d.]+)").Groups[1].Value, null);
    }
}
