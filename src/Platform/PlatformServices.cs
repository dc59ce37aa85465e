using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;
using Stipend.Platform.Telemetry;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;

namespace Stipend.Platform;

/// <summary>Everything technical the modules share.</summary>
public static class PlatformServices
{
    public static IServiceCollection AddPlatform(this IServiceCollection services, DataOptions data, IConfiguration configuration,
        Assembly assets)
    {
        services.AddSingleton<Clock>();
        services.AddSingleton(provider => new Ids(provider.GetRequiredService<Clock>(), RandomNumberGenerator.GetInt32(1024)));
        services.TryAddSingleton<IRandom>(_ => new SeededRandom(RandomNumberGenerator.GetInt32(int.MaxValue)));
        services.AddData(data);
        services.AddSingleton(new MigrationSource("platform", typeof(PlatformServices).Assembly));
        services.AddMessaging();
        services.AddScoped<Books>();
        services.AddSingleton<TimeTravel>();
        services.AddSingleton(_ => configuration.GetSection("Stipend:Site").Get<SiteOptions>() ?? new SiteOptions());
        services.AddMail();
        services.AddDataProtection().SetApplicationName("stipend").PersistKeysToFileSystem(new DirectoryInfo(data.KeysFolder));
        services.AddHttpContextAccessor();
        services.AddWebLimits();
        services.AddTelemetry();
        services.AddUi(assets);
        services.ConfigureHttpJsonOptions(o =>
            { foreach (var converter in Json.Options.Converters) o.SerializerOptions.Converters.Add(converter); });
        return services;
    }

    /// <summary>Middleware that comes before routing.</summary>
    public static IApplicationBuilder UsePlatform(this IApplicationBuilder app)
    {
        app.UseProxyHeaders();
        app.UseResponseCompression();
        app.UseSecurityHeaders();
        return app;
    }

    public static IEndpointRouteBuilder MapPlatform(this IEndpointRouteBuilder app)
    {
        app.MapUi();
        app.MapGet("/health/live", () => Results.Text("live")).AllowAnyone();
        app.MapGet("/health/ready", Health.Ready).AllowAnyone();
        app.MapGet("/health/concerns", Health.Concerns).AllowAnyone();
        MailboxPages.Map(app);
        return app;
    }
}
