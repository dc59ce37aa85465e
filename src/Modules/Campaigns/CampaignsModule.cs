using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Campaigns.Contracts;
using Stipend.Campaigns.Model;
using Stipend.Platform.Data;

namespace Stipend.Campaigns;

/// <summary>The front door of Campaigns.</summary>
public static class CampaignsModule
{
    public static IServiceCollection AddCampaigns(this IServiceCollection services)
    {
        services.AddModel<CampaignsModel>("campaigns");
        services.AddScoped<CampaignDirectory>();
        services.AddScoped<ICampaigns>(provider => provider.GetRequiredService<CampaignDirectory>());
        return services;
    }

    public static IEndpointRouteBuilder MapCampaigns(this IEndpointRouteBuilder app) => app;
}
