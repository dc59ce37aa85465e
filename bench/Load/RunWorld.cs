using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Billing.Runs;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Load;

/// <summary>
/// A site with many pledges due on one day: 1–4 a patron (2.5 on average), three currencies, a fifth of them per creation with two posts and a cap
/// of two, one patron in twenty declines. The gateway answers at once, in this process.
/// </summary>
internal sealed class RunWorld : IAsyncDisposable
{
    internal const string Zone = "Europe/Berlin";
    private static readonly LocalDate s_day = new(2026, 2, 1);
    private static readonly Currency[] s_currencies = [Currency.Of("EUR"), Currency.Of("USD"), Currency.Of("JPY")];
    private readonly WebApplication _app;

    private RunWorld(WebApplication app, SiteSettings place) => (_app, Place) = (app, place);

    public SiteSettings Place { get; }
    public IServiceProvider Services => _app.Services;

    /// <summary>A seeded world in a place that has nothing yet.</summary>
    public static async Task<RunWorld> Create(long pledges, SiteSettings place, IPaymentGateway? gateway = null, int workers = 2)
    {
        var world = await Open(place, gateway, workers);
        await world.In(services => Seed(services, pledges));
        return world;
    }

    /// <summary>A place as it is: its tables with nothing in them, or what somebody left there.</summary>
    public static async Task<RunWorld> Open(SiteSettings place, IPaymentGateway? gateway = null, int workers = 2)
    {
        var app = SiteHost.Build(place, builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Error);
            builder.Configuration["Stipend:Billing:Workers"] = workers.ToString(CultureInfo.InvariantCulture);
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(new FixedTime(Instant.FromUtc(2026, 2, 1, 6, 0))));
            builder.Services.Replace(ServiceDescriptor.Singleton(gateway ?? new InstantGateway()));
        });
        await SiteHost.Prepare(app);
        if (place.Database is null) await SiteHost.TakeOver(app);
        return new RunWorld(app, place);
    }

    /// <summary>The rows of a table in the order of its key, in chunks.</summary>
    public async IAsyncEnumerable<List<object[]>> Rows(string table, string[] columns, int chunk)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        await using var command = await scope.ServiceProvider.GetRequiredService<Db>().Command($"SELECT {string.Join(", ", columns)} FROM {table} ORDER BY 1, 2");
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<object[]>(chunk);
        while (await reader.ReadAsync())
        {
            var row = new object[columns.Length];
            reader.GetValues(row);
            rows.Add(row);
            if (rows.Count < chunk) continue;
            yield return rows;
            rows = new(chunk);
        }
        if (rows.Count > 0) yield return rows;
    }

    /// <summary>Opens, plans and collects the run as the messages would, or goes on with it, and says when each phase ended.</summary>
    public async Task<(TimeSpan Planned, TimeSpan Collected)> Bill()
    {
        var stopwatch = TimeProvider.System;
        var start = stopwatch.GetTimestamp();
        var context = new MessageContext(1, Book.Live, Instant.FromUtc(2026, 2, 1, 6, 0), 1);
        if (await Number("SELECT COUNT(*) FROM billing_run") == 0) await In(async services =>
        {
            var db = services.GetRequiredService<Db>();
            await using var transaction = await db.BeginWrite();
            await services.GetRequiredService<OpenRunHandler>().Handle(new OpenRun(Book.Live, Zone, s_day), context, default);
            await transaction.Commit();
        });
        var run = await Number("SELECT id FROM billing_run");
        await In(services => services.GetRequiredService<RunPlanner>().Perform(new PlanRun(run), context, default));
        var planned = stopwatch.GetElapsedTime(start);
        await In(services => services.GetRequiredService<RunCollector>().Perform(new CollectRun(run), context, default));
        var collected = stopwatch.GetElapsedTime(start);
        var state = await Text("SELECT state FROM billing_run");
        return state == "closed" ? (planned, collected) : throw new InvalidOperationException($"the run is {state}: {await Text("SELECT note FROM billing_run")}");
    }

    public async Task<T> In<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    public Task In(Func<IServiceProvider, Task> work) => In(async services => { await work(services); return 0; });

    public Task<long> Number(string sql) => In(async services =>
    {
        await using var command = await services.GetRequiredService<Db>().Command(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), null);
    });

    public Task<string?> Text(string sql) => In(async services =>
    {
        await using var command = await services.GetRequiredService<Db>().Command(sql);
        return await command.ExecuteScalarAsync() as string;
    });

    private static async Task Seed(IServiceProvider services, long pledges)
    {
        var db = services.GetRequiredService<Db>();
        var started = Instant.FromUtc(2026, 1, 10, 12, 0);
        const int Posts = 2;
        await using var transaction = await db.BeginWrite();
        // The same walk for each table: pledge i belongs to a patron with 1, 2, 3 or 4 of them.
        IEnumerable<(long Pledge, long Patron, long Payee)> Walk()
        {
            for (long pledge = 1, patron = 1; pledge <= pledges; patron++)
                for (var n = 0; n < 1 + patron % 4 && pledge <= pledges; n++, pledge++)
                    yield return (pledge, patron, (patron * 7 + n) % 200 + 1);
        }
        static bool PerCreation(long payee) => payee % 5 == 0;
        await Bulk("pledge", ["id", "book_id", "patron_id", "payee_id", "model", "zone_id", "anchor_month", "anchor_day", "started_at", "started_on", "started_no"],
            Walk(), (w, p) =>
            {
                w.Int(p.Pledge); w.Int(Book.Live); w.Int(p.Patron); w.Int(p.Payee); w.Text(PerCreation(p.Payee) ? "per_creation" : "monthly_upfront");
                w.Text(Zone); w.Int(2026 * 12); w.Int(1); w.At(started); w.Text("2026-01-10"); w.Int(p.Pledge);
            });
        await Bulk("pledge_version", ["pledge_id", "seq", "at", "applies_from", "amount_minor", "currency", "cap_posts", "description"], Walk(), (w, p) =>
        {
            w.Int(p.Pledge); w.Int(1); w.At(started); w.At(started); w.Int(300 + p.Pledge % 900); w.Text(CurrencyOf(p.Payee));
            w.Int(PerCreation(p.Payee) ? Posts : (long?)null); w.Text($"Payee {p.Payee}");
        });
        var patrons = await Last(db);
        await Bulk("payment_method", ["id", "book_id", "person_id", "gateway", "customer_ref", "method_ref", "label", "is_default", "created_at", "fingerprint"],
            Enumerable.Range(1, (int)patrons).Select(i => (long)i), (w, patron) =>
            {
                w.Int(patron); w.Int(Book.Live); w.Int(patron); w.Text("bench"); w.Text($"cus_{patron}");
                w.Text(patron % 20 == 0 ? $"declines_{patron}" : $"pays_{patron}"); w.Text("Card"); w.Bool(true); w.At(started); w.Text($"card_{patron}");
            });
        var posts = Enumerable.Range(1, 200).Where(p => PerCreation(p))
            .SelectMany(p => Enumerable.Range(0, Posts + 1).Select(n => (Payee: (long)p, Post: (long)p * 10 + n))).ToList();
        await Bulk("paid_post", ["post_id", "book_id", "payee_id", "title", "published_at", "undo_until"], posts, (w, p) =>
        {
            w.Int(p.Post); w.Int(Book.Live); w.Int(p.Payee); w.Text($"Song {p.Post}"); w.At(started + Duration.FromDays(1)); w.At(started + Duration.FromDays(2));
        });
        var accruals = Walk().Where(p => PerCreation(p.Payee)).SelectMany(p => Enumerable.Range(0, Posts + 1).Select(n => (p.Pledge, p.Payee, N: n)));
        await Bulk("accrual", ["pledge_id", "post_id", "kind", "amount_minor", "currency", "published_at"], accruals, (w, a) =>
        {
            w.Int(a.Pledge); w.Int(a.Payee * 10 + a.N); w.Text(a.N < Posts ? "due" : "capped"); w.Int(a.N < Posts ? 300 + a.Pledge % 900 : 0);
            w.Text(CurrencyOf(a.Payee)); w.At(started + Duration.FromDays(1));
        });
        await Bulk("pending_accrual", ["pledge_id", "post_id"], accruals.Where(a => a.N < Posts), (w, a) => { w.Int(a.Pledge); w.Int(a.Payee * 10 + a.N); });
        await transaction.Commit();
        await db.Execute(db.Engine == Engine.Sqlite ? "PRAGMA optimize" : "ANALYZE");

        async Task Bulk<T>(string table, string[] columns, IEnumerable<T> rows, Action<BulkWriter, T> write)
        {
            await using var writer = await db.BulkInsert(table, columns);
            foreach (var row in rows)
            {
                write(writer, row);
                writer.EndRow();
            }
            await writer.Complete();
        }
    }

    private static string CurrencyOf(long payee) => s_currencies[payee % 10 < 6 ? 0 : payee % 10 < 9 ? 1 : 2].Code;

    private static async Task<long> Last(Db db)
    {
        await using var command = await db.Command("SELECT MAX(patron_id) FROM pledge");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Npgsql.NpgsqlConnection.ClearAllPools();
    }

    private sealed class FixedTime(Instant now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now.ToDateTimeOffset();
    }
}
