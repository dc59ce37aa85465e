using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Answers;
using Stipend.Apps.Clients;
using Stipend.Apps.Connected;
using Stipend.Apps.Contracts;
using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Apps.Own;
using Stipend.Apps.Sites;
using Stipend.Apps.Webhooks;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;

namespace Stipend.Apps;

/// <summary>The front door of Apps: programs that act in people's names, by the API clients written for Patreon speak.</summary>
public static class AppsModule
{
    public static IServiceCollection AddApps(this IServiceCollection services)
    {
        services.AddModel<AppsModel>("apps");
        services.AddOptions<AppsOptions>().BindConfiguration("Stipend:Apps").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ApiLimits>().AddScoped<Tokens>().AddScoped<V2.Reads>().AddScoped<V1.FirstReads>().AddScoped<AppPages.Services>();
        services.AddScoped<AppRegistry>().AddScoped<SiteApprovals>().AddScoped<TokenEndpoint.Known>();
        services.AddScoped<Payloads>().AddScoped<WebhookSubscriptions>().AddScoped<DeliveryQueue>().AddScoped<ITakeOver, DeliveryQueue>()
            .AddScoped<IErasesBook, DeliveryQueue>().AddScoped<IPrunes, DeliveryQueue>().AddScoped<IPrunes, Tokens>()
            .AddSingleton<Courier>().AddHostedService(s => s.GetRequiredService<Courier>());
        services.AddConsumer<MembershipsChanged, FanOut>().AddConsumer<PostChanged, FanOut>();
        services.AddScoped<WebhookPages.Services>().AddScoped<AccessTokens>().AddScoped<OwnApi.Services>();
        services.AddSingleton(new StudioLink(StudioGroup.Connections, 60, "Apps", "apps")).AddSingleton(new StudioLink(StudioGroup.Connections, 61, "Webhooks", "webhooks"));
        services.AddConsumer<AccountClosed, ForgetsPeople>().AddScoped<IExportsPersonalData, ExportsApps>()
            .AddScoped<IExportsPersonalData, ExportsTokens>();
        return services;
    }

    /// <summary>Before routing: the many spellings of an API address become one.</summary>
    public static IApplicationBuilder UseApiPaths(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Request.Path = ApiPaths.Canonical(context.Request.Path);
        return next(context);
    });

    /// <summary>Around everything an API request meets: its errors are answered in its own words.</summary>
    public static IApplicationBuilder UseApiAnswers(this IApplicationBuilder app) => app.Use((context, next) => ApiAnswers.Run(context, next));

    /// <summary>After sign-in: who came from an app to join goes back to it, and an access token says who asks.</summary>
    public static IApplicationBuilder UseApps(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        await Admission.Admit(context);
        await BecomePatron.GoOn(context, next);
        Admission.Explain(context);
    });

    public static IEndpointRouteBuilder MapApps(this IEndpointRouteBuilder app)
    {
        Authorize.Map(app);
        BecomePatron.Map(app);
        TokenEndpoint.Map(app);
        V2.Endpoints.Map(app);
        V2.WebhookEndpoints.Map(app);
        V2.ClientEndpoints.Map(app);
        ConnectSite.Map(app);
        V1.FirstEndpoints.Map(app);
        AppPages.Map(app);
        WebhookPages.Map(app);
        ConnectedApps.Map(app);
        TokenPages.Map(app);
        OwnApi.Map(app);
        Reference.Map(app);
        Pictures.Avatars.Map(app);
        Addresses.OldAddresses.Map(app);
        return app;
    }
}
