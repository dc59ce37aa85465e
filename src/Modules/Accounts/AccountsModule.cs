using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.Accounts;

/// <summary>The front door of Accounts.</summary>
public static class AccountsModule
{
    public static IServiceCollection AddAccounts(this IServiceCollection services) => services;

    /// <summary>Sets the viewer of each request from its session.</summary>
    public static IApplicationBuilder UseAccounts(this IApplicationBuilder app) => app;

    public static IEndpointRouteBuilder MapAccounts(this IEndpointRouteBuilder app) => app;
}
