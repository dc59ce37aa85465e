using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Contracts;
using Stipend.DevTools.Demo;
using Stipend.DevTools.Erasing;
using Stipend.DevTools.Live;
using Stipend.DevTools.Model;
using Stipend.DevTools.Moving;
using Stipend.DevTools.Pages;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.DevTools;

/// <summary>The front door of DevTools.</summary>
public static class DevToolsModule
{
    public static IServiceCollection AddDevTools(this IServiceCollection services)
    {
        services.AddModel<DevToolsModel>("devtools");
        services.AddScoped<ISandboxes, Sandboxes>().AddScoped<IDemo, DemoWorld>();
        services.AddScoped<Standings>().AddScoped<OpenMove>().AddScoped<EraseSandbox>();
        services.AddConsumer<MoveSandbox, MoveClock>();
        services.AddScoped<IErasesBook, EraseMoves>();
        services.AddSingleton(new StudioLink(StudioGroup.Sandbox, 90, "Sandbox", "sandbox"));
        return services;
    }

    public static IEndpointRouteBuilder MapDevTools(this IEndpointRouteBuilder app)
    {
        SandboxPages.Map(app);
        DevPages.Map(app);
        return app;
    }
}
