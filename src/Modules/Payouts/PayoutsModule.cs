using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Campaigns.Contracts;

namespace Stipend.Payouts;

/// <summary>The front door of Payouts: what creators have earned and are owed.</summary>
public static class PayoutsModule
{
    public static IServiceCollection AddPayouts(this IServiceCollection services) => services
        .AddSingleton(new StudioLink(StudioGroup.Earnings, 40, "Earnings", "earnings"))
        .AddScoped<IDashboardFigures, Earnings.EarningsFigures>();

    public static IEndpointRouteBuilder MapPayouts(this IEndpointRouteBuilder app)
    {
        Earnings.EarningsPages.Map(app);
        return app;
    }
}
