using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Campaigns.Create;
using Stipend.Campaigns.Edit;
using Stipend.Campaigns.Front;
using Stipend.Campaigns.Model;
using Stipend.Campaigns.Page;
using Stipend.Campaigns.Studio;
using Stipend.Campaigns.Tiers;
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
        services.AddScoped<IBeforeAccountCloses, OwnerLeaves>();
        services.AddScoped<CampaignEditing>();
        services.AddScoped<TierEditing>();
        services.AddSingleton<BannerStore>();
        services.AddSingleton(new StudioLink(StudioGroup.View, 0, "View page", ""));
        services.AddSingleton(new StudioLink(StudioGroup.Page, 10, "Edit page", "edit"));
        services.AddSingleton(new StudioLink(StudioGroup.Page, 20, "Tiers", "tiers"));
        return services;
    }

    public static IEndpointRouteBuilder MapCampaigns(this IEndpointRouteBuilder app)
    {
        FrontPage.Map(app);
        CampaignPage.Map(app);
        CreateCampaign.Map(app);
        EditCampaign.Map(app);
        TierPages.Map(app);
        Dashboard.Map(app);
        return app;
    }
}
