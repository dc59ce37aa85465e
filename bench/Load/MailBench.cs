using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Mailings.Sending;
using Stipend.Mailings.Watching;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;
using Stipend.Support;

namespace Stipend.Load;

/// <summary>
/// A post by mail to many members, against an SMTP server in this program that counts. First undisturbed; then the sending process is killed again and
/// again, and what the server got is held against what the site believes.
/// </summary>
internal static class MailBench
{
    private const string Text = """
        A new song is out, and here is how it came to be.

        ## The first idea

        It began on a **train** with four notes and a window. I wrote them down, lost them, and found them again in [an older post](/bench/posts/1).

        - first the bass
        - then the drums, twice
        - last of all the voice

        > It is shorter than I thought, and longer than it should be.

        Thank you for making this possible. The files are below the post on the site.
        """;

    public static async Task<int> Run(bool postgres, int people, int kills)
    {
        using var places = await Places.On(postgres);
        await using (var sink = new SmtpSink { KeepsHeadersOnly = true })
        {
            var place = await Seed(places, people);
            var watch = Stopwatch.StartNew();
            using var child = Child(place, sink.Port);
            var said = await child.StandardOutput.ReadToEndAsync();
            await child.WaitForExitAsync();
            var within = double.Parse(said.Split(' ')[0], CultureInfo.InvariantCulture);
            Console.WriteLine($"{places.Engine}: undisturbed, {sink.Mails.Count} mails to {Distinct(sink)} of {people} people over {sink.Connections} connections in {within:0.0} s "
                + $"= {people / within:0}/s (with the start of the process {watch.Elapsed.TotalSeconds:0.0} s); peak {said.Split(' ')[1].Trim()} MB");
            await places.Drop(place);
            if (kills > 0) await Kill(places, people, kills, watch.Elapsed.TotalSeconds);
        }
        return 0;
    }

    private static async Task Kill(Places places, int people, int kills, double undisturbed)
    {
        await using var sink = new SmtpSink { KeepsHeadersOnly = true };
        var place = await Seed(places, people);
        var (random, made, watch) = (new Random(7), 0, Stopwatch.StartNew());
        while (true)
        {
            using var child = Child(place, sink.Port);
            var ended = child.WaitForExitAsync();
            // By what has arrived and not by time: a process that is killed before it sends proves nothing.
            var until = made < kills ? (long)(people * (made + 0.2 + 0.6 * random.NextDouble()) / kills) : long.MaxValue;
            while (!ended.IsCompleted && sink.Mails.Count < until) await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            if (!ended.IsCompleted)
            {
                child.Kill();
                made++;
            }
            await ended;
            if (child.ExitCode == 0) break;
        }
        var seconds = watch.Elapsed.TotalSeconds;
        var (sent, unknown, other) = await States(place);
        var arrived = sink.Mails.GroupBy(m => m.Header("Message-ID")!).ToDictionary(g => g.Key, g => g.Count());
        var twice = arrived.Values.Count(n => n > 1);
        var unknownArrived = unknown.Count(arrived.ContainsKey);
        var forgotten = people - arrived.Count - unknown.Count(name => !arrived.ContainsKey(name));
        Console.WriteLine($"{places.Engine}: {made} kills, {seconds:0.0} s (undisturbed {undisturbed:0.0} s): arrived {arrived.Count}, twice {twice}, sent by the site's books {sent}, "
            + $"unknown {unknown.Count} (of which arrived {unknownArrived}), forgotten {forgotten}, in another state {other}, "
            + $"said sent and not arrived {sent - (arrived.Count - unknownArrived)}");
        await using (var app = await Open(place, sink.Port))
            await In(app, async s => await s.GetRequiredService<MailingDesk>().SendUnknownAgain(await Campaign(s), await Post(s), default));
        using (var child = Child(place, sink.Port)) await child.WaitForExitAsync();
        Console.WriteLine($"{places.Engine}: the unknown sent once more by hand: {Distinct(sink)} of {people} people have it, {sink.Mails.Count - Distinct(sink)} a second time under the same Message-ID");
    }

    /// <summary>Sends what is due from a folder and ends: the process that is killed.</summary>
    public static async Task<int> Send(string folder, string port, string? database)
    {
        await using var app = await Open(Places.Of(folder, database), int.Parse(port, CultureInfo.InvariantCulture));
        await using (var scope = app.Services.CreateAsyncScope())
            foreach (var held in scope.ServiceProvider.GetServices<ITakeOver>()) await held.TakeOver(default); // there is no other process
        var watch = Stopwatch.StartNew();
        await app.Services.GetRequiredService<Mailer>().SendDue();
        Console.WriteLine($"{watch.Elapsed.TotalSeconds.ToString(CultureInfo.InvariantCulture)} {Site.PeakOf(Environment.ProcessId) / 1_000_000}");
        return 0;
    }

    private static int Distinct(SmtpSink sink) => sink.Mails.Select(m => m.Header("Message-ID")).Distinct().Count();

    private static async Task<SiteSettings> Seed(Places places, int people)
    {
        var place = await places.New();
        await using var app = await Open(place, 9);
        var campaign = await In(app, async s =>
        {
            var owner = await s.GetRequiredService<IPeople>().Add(new NewAccount("ada@example.org", "Ada"));
            return await s.GetRequiredService<ICampaigns>().Create(new NewCampaign(owner, "bench", "Ada makes", "Songs", "EUR", "Europe/Berlin",
                BillingModel.MonthlyAnniversary, 1, Sandbox: false, Published: true));
        });
        foreach (var some in Enumerable.Range(0, people).Chunk(5_000))
            await In(app, async s =>
            {
                var db = s.GetRequiredService<Db>();
                await using var transaction = await db.BeginWrite();
                var invited = await s.GetRequiredService<IPeople>().InviteMany([.. some.Select(i =>
                    new NewPerson(string.Create(CultureInfo.InvariantCulture, $"m{i}@example.org"), $"Member {i}"))]);
                await db.Execute("UPDATE person SET confirmed_at = created_at WHERE confirmed_at IS NULL");
                await s.GetRequiredService<IGrants>().Open([.. invited.Values.Select(p => new NewGrant(campaign.BookId, p.Id, campaign.Id, null,
                    GrantSource.Free, Instant.FromUnixTimeSeconds(1), null, "bench", p.Id))]);
                await transaction.Commit();
            });
        await In(app, s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, campaign.OwnerId, "A new song", Text, Audience.Members, false, null)));
        var watch = Stopwatch.StartNew();
        await app.Services.GetRequiredService<MessageRunner>().RunDue(CancellationToken.None);
        Console.WriteLine($"{places.Engine}: {people} people written down in {watch.Elapsed.TotalSeconds:0.0} s, with all else that is told");
        return place;
    }

    private static async Task<WebApplication> Open(SiteSettings place, int port)
    {
        var app = SiteHost.Build(place, builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Error);
            builder.Configuration["Stipend:Mail:Host"] = "127.0.0.1";
            builder.Configuration["Stipend:Mail:Port"] = port.ToString(CultureInfo.InvariantCulture);
            builder.Configuration["Stipend:Mail:StartTls"] = "false";
            builder.Configuration["Stipend:Mailings:PerSecond"] = "100000";
            builder.Configuration["Stipend:Mailings:Connections"] = "8";
        });
        await SiteHost.Prepare(app);
        return app;
    }

    private static async Task<(int Sent, List<string> Unknown, int Other)> States(SiteSettings place)
    {
        await using var app = await Open(place, 9);
        return await In(app, async s =>
        {
            var (sent, unknown, other) = (0, new List<string>(), 0);
            await using var command = await s.GetRequiredService<Db>().Command("SELECT state, post_id, person_id FROM mailing_recipient");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                if (reader.GetString(0) == "sent") sent++;
                else if (reader.GetString(0) == "unknown") unknown.Add($"<post-{reader.GetInt64(1)}-{reader.GetInt64(2)}@localhost>");
                else other++;
            }
            return (sent, unknown, other);
        });
    }

    private static Task<long> Post(IServiceProvider s) => Number(s, "SELECT post_id FROM mailing");

    private static Task<long> Campaign(IServiceProvider s) => Number(s, "SELECT campaign_id FROM mailing");

    private static async Task<long> Number(IServiceProvider s, string sql)
    {
        await using var command = await s.GetRequiredService<Db>().Command(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task In(WebApplication app, Func<IServiceProvider, Task> work) => await In(app, async s =>
    {
        await work(s);
        return 0;
    });

    private static async Task<T> In<T>(WebApplication app, Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = app.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    private static Process Child(SiteSettings place, int port) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!,
        ["send", place.DataFolder, port.ToString(CultureInfo.InvariantCulture), .. place.Database is null ? Array.Empty<string>() : [place.Database]])
        { RedirectStandardOutput = true })!;
}
