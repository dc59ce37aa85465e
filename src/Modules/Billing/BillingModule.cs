using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.Billing;

/// <summary>The front door of Billing.</summary>
public static class BillingModule
{
    public static IServiceCollection AddBilling(this IServiceCollection services) => services;

    public static IEndpointRouteBuilder MapBilling(this IEndpointRouteBuilder app) => app;
}
