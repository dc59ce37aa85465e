using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Comments.Contracts;
using Stipend.Comments.Model;
using Stipend.Comments.Moderating;
using Stipend.Comments.Talk;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;

namespace Stipend.Comments;

/// <summary>The front door of Comments: what readers write under posts, and keeping order there.</summary>
public static class CommentsModule
{
    public static IServiceCollection AddComments(this IServiceCollection services)
    {
        services.AddModel<CommentsModel>("comments");
        services.AddSingleton(s => s.GetRequiredService<IConfiguration>().GetSection("Stipend:Comments").Get<CommentsOptions>() ?? new CommentsOptions());
        services.AddScoped<CommentDesk>().AddScoped<CommentReading>().AddScoped<WriteComment.Services>();
        services.AddScoped<IPostPageSection, CommentsUnderPost>().AddSingleton(new StudioLink(StudioGroup.Posts, 35, "Comments", "comments"));
        services.AddConsumer<AccountClosed, ForgetsAuthors>();
        services.AddScoped<IErasesBook, ErasingComments>().AddScoped<IExportsPersonalData, ExportsComments>();
        return services;
    }

    public static IEndpointRouteBuilder MapComments(this IEndpointRouteBuilder app)
    {
        WriteComment.Map(app);
        ActOnComment.Map(app);
        ThreadPages.Map(app);
        Moderation.Map(app);
        return app;
    }
}
