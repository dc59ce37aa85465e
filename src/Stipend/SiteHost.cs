using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Stipend.Accounts;
using Stipend.Apps;
using Stipend.Billing;
using Stipend.Campaigns;
using Stipend.Comments;
using Stipend.DevTools;
using Stipend.Entitlements;
using Stipend.Imports;
using Stipend.Ledger;
using Stipend.Mailings;
using Stipend.Memberships;
using Stipend.Notifications;
using Stipend.Operations;
using Stipend.Payouts;
using Stipend.Platform;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Platform.Telemetry;
using Stipend.Platform.Ui;
using Stipend.Posts;
using Stipend.Vault;

namespace Stipend;

/// <summary>What a start of the site is given.</summary>
public sealed record SiteSettings
{
    public required string DataFolder { get; init; }

    /// <summary>A PostgreSQL connection string, or null for SQLite in the data folder.</summary>
    public string? Database { get; init; }
    public string[] Urls { get; init; } = ["http://localhost:5000"];

    /// <summary>Runs messages and jobs in this process.</summary>
    public bool RunsMessages { get; init; } = true;

    /// <summary>Serves pages. A command does not.</summary>
    public bool ServesPages { get; init; } = true;
}

/// <summary>Composes the site from its modules: one place that knows all of them and their order.</summary>
public static class SiteHost
{
    /// <summary>Builds the site without starting it. Tests replace the clock and the outside in <paramref name="adjust"/>.</summary>
    public static WebApplication Build(SiteSettings settings, Action<WebApplicationBuilder>? adjust = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddEnvironmentVariables();
        if (settings.ServesPages) builder.WebHost.UseUrls(settings.Urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
            (kestrel.AddServerHeader, kestrel.Limits.MaxRequestBodySize, kestrel.Limits.MaxResponseBufferSize) =
                (false, WebLimits.BodyBytes, WebLimits.ResponseBufferBytes));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.DataProtection",
                LogLevel.Error) // it warns that keys lie unencrypted; the folder is this user's alone
            .AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Critical) // what it logs it also throws
            .AddFilter("System.Net.Http", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical); // a start that fails it also throws
        // Off altogether, since it puts the path of each request into the scope of every line, and a path may hold a sign-in link.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        var services = builder.Services;
        if (!settings.ServesPages) services.Configure<ConsoleLoggerOptions>(o =>
            o.LogToStandardErrorThreshold = LogLevel.Trace); // output is the command's
        var data = new DataOptions { Folder = Path.GetFullPath(settings.DataFolder), Postgres = settings.Database };
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new PumpOptions(settings.RunsMessages));
        services.AddPlatform(data, builder.Configuration, typeof(SiteHost).Assembly);
        services.AddLedger().AddAccounts().AddCampaigns().AddEntitlements().AddBilling().AddMemberships().AddVault().AddPosts().AddNotifications()
            .AddMailings().AddComments().AddImports().AddPayouts().AddApps().AddOperations().AddDevTools();
        adjust?.Invoke(builder);

        var app = builder.Build();
        if (settings.ServesPages) Pipeline(app);
        return app;
    }

    /// <summary>Brings the database up and runs the modules' start tasks.</summary>
    public static async Task Prepare(WebApplication app, CancellationToken ct = default)
    {
        await using var scope = app.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<Migrator>().Run(ct);
        foreach (var start in scope.ServiceProvider.GetServices<IAtStart>()) await start.Start(ct);
    }

    /// <summary>Frees what a process before this one held when it died. Only for who holds the data folder, and after <see cref="Prepare"/>.</summary>
    public static async Task TakeOver(WebApplication app, CancellationToken ct = default)
    {
        await using var scope = app.Services.CreateAsyncScope();
        foreach (var held in scope.ServiceProvider.GetServices<ITakeOver>()) await held.TakeOver(ct);
    }

    /// <summary>
    /// Renders a page for nobody, so that the first visitor does not wait for the compiler; run it beside <see cref="Prepare"/>, which
    /// keeps one core busy. Touches no data.
    /// </summary>
    public static Task WarmUp(WebApplication app) => Task.Run(async () =>
    {
        await using var scope = app.Services.CreateAsyncScope();
        var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider, Request = { Scheme = "http", Host = new("localhost") } };
        await Pages.Show<ProblemPage>(new ProblemPage.View(404, "Nobody sees this.", null)).ExecuteAsync(http);
    }, app.Lifetime.ApplicationStopping);

    private static void Pipeline(WebApplication app)
    {
        app.UsePlatform();
        app.UseApiPaths();
        app.UseRouting();
        app.UseRequestSignals();
        app.UseProblems();
        app.UseApiAnswers();
        app.UseForgeryGuard();
        app.UseAccounts();
        app.UseAccessRules();
        app.UseApps();
        app.UseRateLimiter();
        app.UseIdempotency();
        var pages = app.MapGroup("").DisableAntiforgery(); // the forgery guard above is ours (ADR 0006)
        pages.MapPlatform();
        pages.MapLedger().MapAccounts().MapCampaigns().MapEntitlements().MapBilling().MapMemberships().MapVault().MapPosts().MapNotifications()
            .MapMailings().MapComments().MapImports().MapPayouts().MapApps().MapOperations().MapDevTools();
    }
}
