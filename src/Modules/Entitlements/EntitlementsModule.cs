using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Entitlements.Gating;
using Stipend.Entitlements.Granting;
using Stipend.Entitlements.Why;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Entitlements;

/// <summary>The front door of Entitlements.</summary>
public static class EntitlementsModule
{
    public static IServiceCollection AddEntitlements(this IServiceCollection services)
    {
        services.AddModel<EntitlementsModel>("entitlements");
        services.AddSingleton<RuleCache>();
        services.AddScoped<GrantReader>();
        services.AddScoped<AccessRules>();
        services.AddScoped<PageOfChecks>();
        services.AddScoped<Backlogs>().AddScoped<IBacklogs>(s => s.GetRequiredService<Backlogs>());
        services.AddScoped<EntitlementStream>();
        services.AddScoped<IGate, AccessGate>();
        services.AddScoped<IGrants, Grants>();
        services.AddScoped<IErasesBook, ErasingGrants>();
        services.AddSingleton(new StudioLink(StudioGroup.Page, 25, "Older posts", "backlog"));
        services.AddScoped<IWhy, Explaining>();
        services.AddScoped<IExplains, ExplainingGrants>();
        services.AddConsumer<SweepEntitlements, SweepingEntitlements>();
        return services;
    }

    public static IEndpointRouteBuilder MapEntitlements(this IEndpointRouteBuilder app)
    {
        WhyPages.Map(app);
        OlderPosts.BacklogPages.Map(app);
        return app;
    }
}

/// <summary>Grants are read and written by set-based SQL alone; there is nothing for EF to map.</summary>
internal sealed class EntitlementsModel : IModelPart
{
    public void Build(Tables tables) { }
}
