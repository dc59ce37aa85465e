using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Stipend.Billing.Collecting;
using Stipend.Billing.Gateways;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Simulation;

/// <summary>
/// The site's own composition, built once, without pages and without a pump: what a world replaces is the clock, the gateway, the mail
/// carrier and the moment of death. Each world gets a fresh copy of the migrated SQLite file.
/// </summary>
internal sealed class SimHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;
    private GatewayPace _pace = null!;

    private SimHost(WebApplication app, string folder, SimClock clock, SimRandom random, Crash crash, FaultyGateway gateway, SimMails mails) =>
        (_app, _folder, Clock, Random, Crash, Gateway, Mails) = (app, folder, clock, random, crash, gateway, mails);

    public SimClock Clock { get; }
    public SimRandom Random { get; }
    public Crash Crash { get; }
    public FaultyGateway Gateway { get; }
    public SimMails Mails { get; }
    public MessageRunner Runner => _app.Services.GetRequiredService<MessageRunner>();

    private string DataFile => Path.Combine(_folder, "stipend.db");
    private string Template => Path.Combine(_folder, "template.db");

    public static async Task<SimHost> Start()
    {
        var parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(); // in memory: a world costs no disk
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"stipend-sim-{Path.GetRandomFileName()}")).FullName;
        var (clock, random, crash, mails) = (new SimClock(), new SimRandom(), new Crash(), new SimMails());
        var gateway = new FaultyGateway(clock, crash);
        SimHost? host = null;
        var app = SiteHost.Build(new SiteSettings { DataFolder = folder, RunsMessages = false, ServesPages = false }, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Stipend:Billing:ConcurrentCalls"] = "1", // one after the other, so that a seed decides their order
            });
            builder.Services.RemoveAll<TimeProvider>().AddSingleton<TimeProvider>(clock);
            builder.Services.RemoveAll<IRandom>().AddSingleton<IRandom>(random);
            builder.Services.RemoveAll<IPaymentGateway>().AddSingleton<IPaymentGateway>(gateway);
            builder.Services.RemoveAll<ITestPayers>().AddSingleton<ITestPayers>(gateway);
            builder.Services.RemoveAll<IMailCarrier>().AddSingleton<IMailCarrier>(mails);
            builder.Services.RemoveAll<IAddressBook>().AddSingleton<IAddressBook>(mails);
            builder.Services.RemoveAll<GatewayPace>().AddTransient(_ => host!._pace);
            builder.Services.AddSingleton<IInterceptor>(crash);
        });
        host = new SimHost(app, folder, clock, random, crash, gateway, mails);
        await SiteHost.Prepare(app);
        await host.In(async s =>
        {
            await using var command = await s.GetRequiredService<Db>().Command("PRAGMA wal_checkpoint(TRUNCATE)");
            return await command.ExecuteNonQueryAsync();
        });
        SqliteConnection.ClearAllPools();
        File.Copy(host.DataFile, host.Template);
        return host;
    }

    /// <summary>Puts a fresh database in place and starts the clock, the mails and the gateway anew.</summary>
    public void Fresh(int seed, Instant start)
    {
        SqliteConnection.ClearAllPools();
        foreach (var suffix in new[] { "-wal", "-shm" }) File.Delete(DataFile + suffix);
        File.Copy(Template, DataFile, overwrite: true);
        Clock.Now = start;
        Random.Begin(seed);
        Mails.Left.Clear();
        Gateway.Fresh();
        Restart();
    }

    /// <summary>The process starts anew: what it kept in memory of how the gateway answers is gone, as after any start.</summary>
    public void Restart()
    {
        Crash.Restart();
        _pace = new GatewayPace(new Clock(Clock), NullLogger<GatewayPace>.Instance);
    }

    /// <summary>Keeps the last world's database, to look at it by hand.</summary>
    public void Keep(string file)
    {
        SqliteConnection.ClearAllPools();
        File.Copy(DataFile, file, overwrite: true);
        if (File.Exists(DataFile + "-wal")) File.Copy(DataFile + "-wal", file + "-wal", overwrite: true);
    }

    /// <summary>Runs work in a fresh scope, as a request would.</summary>
    public async Task<T> In<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Gateway.Dispose();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
