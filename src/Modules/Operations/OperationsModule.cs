using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.Operations;

/// <summary>The front door of Operations.</summary>
public static class OperationsModule
{
    public static IServiceCollection AddOperations(this IServiceCollection services) => services;

    public static IEndpointRouteBuilder MapOperations(this IEndpointRouteBuilder app) => app;
}
