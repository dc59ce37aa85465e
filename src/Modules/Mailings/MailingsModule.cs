using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Mailings.Bouncing;
using Stipend.Mailings.Choosing;
using Stipend.Mailings.Contracts;
using Stipend.Mailings.Gathering;
using Stipend.Mailings.Keeping;
using Stipend.Mailings.Model;
using Stipend.Mailings.Sending;
using Stipend.Mailings.Watching;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;

namespace Stipend.Mailings;

/// <summary>The front door of Mailings: posts by mail, to each person once.</summary>
public static class MailingsModule
{
    public static IServiceCollection AddMailings(this IServiceCollection services)
    {
        services.AddModel<MailingsModel>("mailings");
        services.AddOptions<MailingsOptions>().BindConfiguration("Stipend:Mailings").ValidateDataAnnotations().ValidateOnStart();
        services.AddConsumer<PostPublished, GathersRecipients>().AddConsumer<PostReleased, GathersRecipients>()
            .AddConsumer<PostChanged, BreaksBatches>();
        services.AddSingleton<Mailer>().AddHostedService(s => s.GetRequiredService<Mailer>());
        services.AddScoped<MailingQueue>().AddScoped<ITakeOver, MailingQueue>().AddScoped<IErasesBook, MailingQueue>()
            .AddScoped<IPrunes, OldMailings>();
        services.AddScoped<Envelopes>().AddScoped<Bounces>().AddScoped<MailChoices>().AddScoped<MailingDesk>().AddSingleton<OffLinks>()
            .AddSingleton<ReturnPaths>().AddAtStart<ReturnPaths.LoadKey>();
        services.AddScoped<IPostPageSection, MailingOnPost>().AddSingleton(new StudioLink(StudioGroup.Posts, 36, "Mail", "mail"));
        services.AddScoped<BounceNotice>().AddScoped<IAccountNotice>(s => s.GetRequiredService<BounceNotice>());
        services.AddConsumer<AccountClosed, ForgetsPeople>().AddScoped<IExportsPersonalData, ExportsMailings>();
        return services;
    }

    public static IEndpointRouteBuilder MapMailings(this IEndpointRouteBuilder app)
    {
        ChoicePages.Map(app);
        OffPages.Map(app);
        MailingPages.Map(app);
        TakeBounce.Map(app);
        return app;
    }
}

/// <summary>Recipients are written in sets and read by key; there is nothing for EF to map.</summary>
internal sealed class MailingsModel : IModelPart
{
    public void Build(Tables tables) { }
}
