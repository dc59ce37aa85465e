using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stipend.Payouts;

/// <summary>The front door of Payouts: what creators have earned and are owed.</summary>
public static class PayoutsModule
{
    public static IServiceCollection AddPayouts(this IServiceCollection services) => services;

    public static IEndpointRouteBuilder MapPayouts(this IEndpointRouteBuilder app)
    {
        Earnings.EarningsPages.Map(app);
        return app;
    }
}
