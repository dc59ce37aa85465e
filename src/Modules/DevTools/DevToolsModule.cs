using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.DevTools;

/// <summary>The front door of DevTools.</summary>
public static class DevToolsModule
{
    public static IServiceCollection AddDevTools(this IServiceCollection services) => services;

    public static IEndpointRouteBuilder MapDevTools(this IEndpointRouteBuilder app) => app;
}
