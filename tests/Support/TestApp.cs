using System.Data.Common;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using NodaTime.Text;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;

namespace Stipend.Support;

/// <summary>
/// The whole site in this process over a fresh database, on a clock the test moves. Messages run only when the test says so
/// (<see cref="Drain"/>, <see cref="TravelTo"/>), so that every step is deterministic.
/// </summary>
public sealed partial class TestApp : IAsyncDisposable
{
    private static readonly SemaphoreSlim s_templates = new(1, 1);
    private static string? s_sqliteTemplate, s_postgresTemplate;

    /// <summary>Every test's requests come from one address; limits are tested with limits of their own. Passwords are kept cheaply: at
    /// full strength they were a third of all the tests' work.</summary>
    private static readonly Dictionary<string, string?> s_roomyLimits = new()
    {
        ["Stipend:Accounts:SignInsPerAddress"] = "100000", ["Stipend:Accounts:MailsPerAddress"] = "100000",
            ["Stipend:Accounts:MailsPerPerson"] = "1000",
        ["Stipend:Http:WritesPerMinute"] = "100000", ["Stipend:Accounts:PasswordRounds"] = "1000",
    };

    private readonly WebApplication _app;
    private readonly string _folder;
    private readonly string? _database;
    private bool _isGuest;
    private readonly bool _listens;

    private TestApp(WebApplication app, string folder, string? database, ManualTime time, bool listens) =>
        (_app, _folder, _database, Time, _listens) = (app, folder, database, time, listens);

    public ManualTime Time { get; }
    public IServiceProvider Services => _app.Services;
    public string DataFolder => _folder;
    public string? Database => _database;

    /// <summary>Where the site is reached.</summary>
    public Uri Address => _listens ? new(_app.Urls.First()) : new("http://localhost");

    /// <summary>Starts a site on a fresh database of an engine.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="at">The date (noon UTC) or instant the clock shows.</param>
    /// <param name="adjust">Replaces what is outside: gateways, mail.</param>
    /// <param name="listens">Serves on a free port of the loopback address, for a browser, instead of in memory.</param>
    /// <param name="map">Maps endpoints of the test's own beside the site's.</param>
    public static async Task<TestApp> Start(
        Engine engine, string at = "2026-01-15", Action<WebApplicationBuilder>? adjust = null, bool listens = false,
        Action<IEndpointRouteBuilder>? map = null)
    {
        var folder = Directory.CreateTempSubdirectory("stipend-test-").FullName;
        var database = await FreshDatabase(engine, folder);
        var time = new ManualTime(Moment(at));
        var app = Build(folder, database, time, adjust, listens);
        map?.Invoke(app);
        await SiteHost.Prepare(app);
        await app.StartAsync();
        var started = new TestApp(app, folder, database, time, listens);
        if (listens) app.Services.GetRequiredService<SiteOptions>().PublicUrl = started.Address.GetLeftPart(UriPartial.Authority);
        return started;
    }

    /// <summary>A second process over the same data, on the same clock; dispose it before the first.</summary>
    public async Task<TestApp> StartBeside(Action<WebApplicationBuilder>? adjust = null)
    {
        var app = Build(_folder, _database, Time, adjust);
        await app.StartAsync();
        return new TestApp(app, _folder, _database, Time, listens: false) { _isGuest = true };
    }

    /// <summary>“2026-01-31” is noon UTC of that day; anything with a T is an ISO instant.</summary>
    public static Instant Moment(string text) => text.Contains('T')
        ? InstantPattern.ExtendedIso.Parse(text).Value
        : LocalDatePattern.Iso.Parse(text).Value.At(new LocalTime(12, 0)).InUtc().ToInstant();

    /// <summary>A browser-like client: keeps cookies, follows no redirects unless told.</summary>
    public HttpClient Client(bool followRedirects = false)
    {
        HttpMessageHandler inner = _listens ? new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }
            : _app.GetTestServer().CreateHandler();
        return new HttpClient(new CookieHandler(inner, followRedirects)) { BaseAddress = Address };
    }

    /// <summary>Runs work in a fresh scope, as a request or command would.</summary>
    public async Task<T> In<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    public async Task In(Func<IServiceProvider, Task> work)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        await work(scope.ServiceProvider);
    }

    /// <summary>Runs every due message and job until nothing is left.</summary>
    public Task<int> Drain() => _app.Services.GetRequiredService<MessageRunner>().RunDue(CancellationToken.None);

    /// <summary>Moves the wall clock forward, stopping at each due message of the real books on the way.</summary>
    public async Task TravelTo(string at)
    {
        var to = Moment(at);
        var runner = _app.Services.GetRequiredService<MessageRunner>();
        await Drain();
        for (var stops = 0; await runner.NextDue(Book.Live, CancellationToken.None) is { } next && next <= to; stops++)
        {
            if (stops > 100_000) throw new InvalidOperationException("The site keeps making work for itself.");
            if (next > Time.Now) Time.Now = next;
            if (await Drain() == 0 && next <= Time.Now) Time.Advance(Duration.FromMilliseconds(1));
        }
        Time.Now = to;
        await Drain();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_isGuest) return;
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (_database is not null) await PostgresServer.DropDatabase(_database);
        Directory.Delete(_folder, recursive: true);
    }

    private static WebApplication Build(string folder, string? database, ManualTime time, Action<WebApplicationBuilder>? adjust,
        bool listens = false) =>
        SiteHost.Build(new SiteSettings { DataFolder = folder, Database = database, RunsMessages = false, Urls = ["http://127.0.0.1:0"] },
            builder =>
        {
            if (!listens) builder.WebHost.UseTestServer();
            builder.Services.RemoveAll<TimeProvider>();
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Services.AddSingleton<IRandom>(new SeededRandom(7));
            builder.Services.AddSingleton<IInterceptor>(new ForgetfulSqlite());
            builder.Configuration.AddInMemoryCollection(s_roomyLimits);
            builder.Logging.SetMinimumLevel(LogLevel.Error);
            adjust?.Invoke(builder);
        });

    /// <summary>Migrates once per engine and test process, then copies: a fresh database costs milliseconds.</summary>
    private static async Task<string?> FreshDatabase(Engine engine, string folder)
    {
        await s_templates.WaitAsync();
        try
        {
            if (engine == Engine.Sqlite)
            {
                s_sqliteTemplate ??= await MakeTemplate(null);
                File.Copy(s_sqliteTemplate, Path.Combine(folder, "stipend.db"));
                return null;
            }
            s_postgresTemplate ??= await MakeTemplate(await PostgresServer.CreateDatabase($"template_{Environment.ProcessId}"));
            return await PostgresServer.CreateDatabase($"test_{RandomNumberGenerator.GetHexString(16, lowercase: true)}",
                s_postgresTemplate);
        }
        finally
        {
            s_templates.Release();
        }
    }

    private static async Task<string> MakeTemplate(string? database)
    {
        var folder = Directory.CreateTempSubdirectory("stipend-template-").FullName;
        await using (var app = Build(folder, database, new ManualTime(Moment("2026-01-01")), null))
        {
            await using var scope = app.Services.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<Migrator>().Run();
        }
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Npgsql.NpgsqlConnection.ClearAllPools();
        return database is null ? Path.Combine(folder, "stipend.db") : $"template_{Environment.ProcessId}";
    }

    /// <summary>As the test's PostgreSQL: what a test has written may be lost with the machine, so nothing waits for the disk.</summary>
    private sealed class ForgetfulSqlite : DbConnectionInterceptor
    {
        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            ConnectionOpened(connection, eventData);
            return Task.CompletedTask;
        }

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            if (connection is not Microsoft.Data.Sqlite.SqliteConnection) return;
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA synchronous = OFF";
            command.ExecuteNonQuery();
        }
    }

    private sealed class CookieHandler(HttpMessageHandler inner, bool followRedirects) : DelegatingHandler(inner)
    {
        private readonly CookieContainer _cookies = new();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var uri = request.RequestUri!;
            if (_cookies.GetCookieHeader(uri) is { Length: > 0 } cookie) request.Headers.TryAddWithoutValidation("Cookie", cookie);
            var response = await base.SendAsync(request, cancellationToken);
            if (response.Headers.TryGetValues("Set-Cookie", out var set))
                foreach (var header in set) _cookies.SetCookies(uri, header);
            if (!followRedirects || (int)response.StatusCode is not (301 or 302 or 303 or 307)
                || response.Headers.Location is not { } location) return response;
            return await SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(uri, location)), cancellationToken);
        }
    }
}
