using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.Entitlements;

/// <summary>The front door of Entitlements.</summary>
public static class EntitlementsModule
{
    public static IServiceCollection AddEntitlements(this IServiceCollection services) => services;

    public static IEndpointRouteBuilder MapEntitlements(this IEndpointRouteBuilder app) => app;
}
