using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Apps.Webhooks;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Load;

/// <summary>How fast webhooks go out to a hundred receivers on this machine, and what reading a whole list saves over reading one by one.</summary>
internal static class WebhookBench
{
    private const int Receivers = 100, Slow = 1, Dead = 2;

    /// <summary>Each event goes to a hundred receivers. First all answer at once; then one takes ten seconds for each answer and one is dead, and
    /// the other 98 are timed.</summary>
    public static async Task<int> Deliver(bool postgres, int events)
    {
        using var places = await Places.On(postgres);
        foreach (var isTroubled in new[] { false, true })
        {
            await using var bench = await Bench.Start(await places.New());
            var (campaign, people) = await bench.Page("hooks", 100);
            var arrived = new ConcurrentDictionary<string, int>();
            await using var receiver = await Receive(arrived, isTroubled);
            for (var i = 0; i < Receivers; i++)
            {
                var uri = isTroubled && i == Dead ? "http://127.0.0.1:9/dead" : receiver.Urls.First() + $"/{i}";
                await bench.In(s => s.GetRequiredService<WebhookSubscriptions>().Add(campaign, null, string.Join(' ', Scopes.All), "https://stipend.example", uri,
                    ["members:update"], default));
            }
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < events; i++)
            {
                var person = people[i % people.Count];
                await bench.In(async s =>
                {
                    var db = s.GetRequiredService<Db>();
                    await using var transaction = await db.BeginWrite();
                    s.GetRequiredService<Outbox>().Publish(new MembershipsChanged(campaign.BookId, s.GetRequiredService<Clock>().Now(),
                        [new MembershipChange(campaign.Id, person, MembershipChangeKind.Changed)]), campaign.BookId, "memberships");
                    await transaction.Commit();
                });
            }
            var healthy = Enumerable.Range(0, Receivers).Where(i => !isTroubled || i is not (Slow or Dead)).Select(i => $"/{i}").ToList();
            while (healthy.Any(path => arrived.GetValueOrDefault(path) < events)) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            var seconds = watch.Elapsed.TotalSeconds;
            Console.WriteLine($"{places.Engine}, {events} events, {Receivers} receivers{(isTroubled ? ", one dead, one of 10 s" : "")}: "
                + $"{healthy.Count * events} deliveries to the others in {seconds:0.00} s = {healthy.Count * events / seconds:0}/s");
        }
        return 0;
    }

    /// <summary>Members of a page through the API: a list of all against one request each.</summary>
    public static async Task<int> Members(bool postgres, int members)
    {
        using var places = await Places.On(postgres);
        await using var bench = await Bench.Start(await places.New());
        var (campaign, _) = await bench.Page("list", members);
        using var http = new HttpClient { BaseAddress = new Uri(bench.Address) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await bench.Token(campaign));
        const string Fields = "include=user,currently_entitled_tiers&fields[member]=full_name,email,patron_status,currently_entitled_amount_cents&fields[user]=full_name";
        var (ids, first) = (new List<string>(), "");
        double Best(List<double> rounds) => rounds.Min();
        var (listed, single) = (new List<double>(), new List<double>());
        for (var round = 0; round < 3; round++)
        {
            var watch = Stopwatch.StartNew();
            first = await http.GetStringAsync(new Uri($"/api/oauth2/v2/campaigns/{campaign.Id}/members?{Fields}", UriKind.Relative));
            listed.Add(watch.Elapsed.TotalMilliseconds);
            ids = System.Text.Json.JsonDocument.Parse(first).RootElement.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()!).ToList();
            watch.Restart();
            foreach (var id in ids) await http.GetStringAsync(new Uri($"/api/oauth2/v2/members/{id}?{Fields}", UriKind.Relative));
            single.Add(watch.Elapsed.TotalMilliseconds);
        }
        Console.WriteLine($"{places.Engine}, {ids.Count} members: one by one {Best(single):0} ms, as a list {Best(listed):0} ms = {Best(single) / Best(listed):0.0} times (bar 20)");
        return 0;
    }

    private static async Task<WebApplication> Receive(ConcurrentDictionary<string, int> arrived, bool isTroubled)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(async http =>
        {
            if (isTroubled && http.Request.Path == $"/{Slow}")
                await Task.Delay(TimeSpan.FromSeconds(9.9), TimeProvider.System, http.RequestAborted);
            await http.Request.Body.CopyToAsync(Stream.Null);
            arrived.AddOrUpdate(http.Request.Path!, 1, (_, n) => n + 1);
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>A site in this process that runs its messages and serves its API.</summary>
    private sealed class Bench(WebApplication app) : IAsyncDisposable
    {
        public string Address => app.Urls.First();

        public static async Task<Bench> Start(SiteSettings place)
        {
            var app = SiteHost.Build(place with { RunsMessages = true, ServesPages = true, Urls = ["http://127.0.0.1:0"] }, builder =>
            {
                builder.Logging.SetMinimumLevel(LogLevel.Error);
                builder.Configuration["Stipend:Http:AllowedPrivateNetworks"] = "127.0.0.0/8";
                builder.Configuration["Stipend:Apps:RequestsPerToken"] = builder.Configuration["Stipend:Apps:RequestsPerClient"] = "1000000";
            });
            await SiteHost.Prepare(app);
            if (place.Database is null) await SiteHost.TakeOver(app);
            await app.StartAsync();
            return new Bench(app);
        }

        /// <summary>A page with so many free members.</summary>
        public async Task<(CampaignInfo, List<long>)> Page(string vanity, int members)
        {
            var campaign = await In(async s =>
            {
                var owner = await s.GetRequiredService<IPeople>().Add(new NewAccount($"{vanity}@example.org", "Ada"));
                return await s.GetRequiredService<ICampaigns>().Create(new NewCampaign(owner, vanity, "Ada makes", "Songs", "EUR", "Europe/Berlin",
                    BillingModel.MonthlyAnniversary, 1, Sandbox: false, Published: true));
            });
            var invited = await In(s => s.GetRequiredService<IPeople>().InviteMany(Enumerable.Range(0, members)
                .Select(i => new NewPerson(string.Create(CultureInfo.InvariantCulture, $"m{i}@example.org"), $"Member {i}")).ToList()));
            var people = invited.Values.Select(p => p.Id).ToList();
            await In(async s =>
            {
                await s.GetRequiredService<IMemberships>().Import(campaign.Id, people.ConvertAll(p =>
                    new ImportedMembership(p, null, 0, MembershipStatus.Free, null, null, 0, PledgeCap.None, "bench")));
                return 0;
            });
            return (campaign, people);
        }

        public Task<string> Token(CampaignInfo campaign) => In(async s =>
        {
            var db = s.GetRequiredService<Db>();
            var client = new OauthClient
            {
                Id = s.GetRequiredService<Ids>().Next(), PublicId = "bench", SecretHash = [1], CampaignId = campaign.Id, OwnerId = campaign.OwnerId,
                Name = "Bench", ApiVersion = 2, CreatedAt = s.GetRequiredService<Clock>().Now(),
            };
            db.Add(client);
            return (await s.GetRequiredService<Tokens>().IssueToCreator(client, default)).Access;
        });

        public async Task In(Func<IServiceProvider, Task> work) => await In(async s =>
        {
            await work(s);
            return 0;
        });

        public async Task<T> In<T>(Func<IServiceProvider, Task<T>> work)
        {
            await using var scope = app.Services.CreateAsyncScope();
            return await work(scope.ServiceProvider);
        }

        public async ValueTask DisposeAsync()
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
