using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Notifications.Contracts;
using Stipend.Notifications.Reading;
using Stipend.Notifications.Telling;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;

namespace Stipend.Notifications;

/// <summary>The front door of Notifications: what people are told in the app.</summary>
public static class NotificationsModule
{
    public static IServiceCollection AddNotifications(this IServiceCollection services)
    {
        services.AddModel<NotificationsModel>("notifications");
        services.AddScoped<INotifications, Teller>();
        services.AddConsumer<PostPublished, TellsOfPosts>().AddConsumer<PostReleased, TellsOfPosts>()
            .AddConsumer<PostChanged, FollowsPosts>();
        services.AddScoped<Pruning>().AddScoped<IPrunes, Pruning>();
        services.AddConsumer<AccountClosed, ForgetsWhatWasTold>();
        services.AddScoped<IErasesBook, ErasingNotifications>().AddScoped<IExportsPersonalData, ExportsNotifications>();
        return services;
    }

    public static IEndpointRouteBuilder MapNotifications(this IEndpointRouteBuilder app)
    {
        NotificationPages.Map(app);
        return app;
    }
}

/// <summary>Notifications are written in sets and read by key; there is nothing for EF to map.</summary>
internal sealed class NotificationsModel : IModelPart
{
    public void Build(Tables tables) { }
}
