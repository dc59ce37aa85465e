using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.Memberships;

/// <summary>The front door of Memberships.</summary>
public static class MembershipsModule
{
    public static IServiceCollection AddMemberships(this IServiceCollection services) => services;

    public static IEndpointRouteBuilder MapMemberships(this IEndpointRouteBuilder app) => app;
}
