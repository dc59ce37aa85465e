using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.Imports;

/// <summary>The front door of Imports.</summary>
public static class ImportsModule
{
    public static IServiceCollection AddImports(this IServiceCollection services) => services;

    public static IEndpointRouteBuilder MapImports(this IEndpointRouteBuilder app) => app;
}
