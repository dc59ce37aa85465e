using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Posts.Collecting;
using Stipend.Posts.Compose;
using Stipend.Posts.Contracts;
using Stipend.Posts.Drafts;
using Stipend.Posts.Feeds;
using Stipend.Posts.Files;
using Stipend.Posts.Images;
using Stipend.Posts.Library;
using Stipend.Posts.Model;
using Stipend.Posts.Podcasting;
using Stipend.Posts.Polls;
using Stipend.Posts.Read;
using Stipend.Posts.Search;
using Stipend.Posts.Shelf;
using Stipend.Posts.Tagging;
using Stipend.Vault.Contracts;

namespace Stipend.Posts;

/// <summary>The front door of Posts.</summary>
public static class PostsModule
{
    public static IServiceCollection AddPosts(this IServiceCollection services)
    {
        services.AddModel<PostsDb>("posts").AddScoped<PostQueries>();
        services.AddSingleton(s =>
            s.GetRequiredService<IConfiguration>().GetSection("Stipend:Posts").Get<PostsOptions>() ?? new PostsOptions());
        services.AddScoped<ISearchIndex>(s => s.GetRequiredService<DataOptions>().Engine == Engine.Sqlite
            ? ActivatorUtilities.CreateInstance<SqliteSearchIndex>(s)
            : ActivatorUtilities.CreateInstance<PostgresSearchIndex>(s));
        services.AddScoped<ComposePost.Services>().AddScoped<PostWriting>().AddScoped<Publishing>().AddScoped<ImageStore>().AddScoped<OldPictures>()
            .AddScoped<PostReading>().AddScoped<SearchLibrary.Services>().AddScoped<Releasing>().AddScoped<Revisions>().AddScoped<Tags>().AddScoped<PollStore>()
            .AddScoped<Collections>().AddScoped<IPostCollections>(s => s.GetRequiredService<Collections>()).AddScoped<CollectionPages.Studio>()
            .AddScoped<CollectionsOfPage>().AddScoped<Podcasts>().AddScoped<PodcastPages.Studio>().AddScoped<IPostMail, PostMailDefault>();
        services.AddScoped<IPostDoors, PostDoors>();
        services.AddScoped<IPosts, PostsContract>().AddScoped<IPostArchive, Archive.PostArchive>().AddScoped<IPostSearch, PostSearch>();
        services.AddScoped<IErasesBook, ErasePostCharges>().AddScoped<IFileHolder, PostFiles>().AddScoped<IFileHolder, PictureFiles>()
            .AddScoped<IFeedEnclosures, PostEnclosures>();
        services.AddScoped<ICampaignPageSection, CampaignFeed>().AddScoped<IFrontPageSection, FrontFeed>();
        services.AddScoped<IDashboardFigures, PostFigures>().AddSingleton(new StudioLink(StudioGroup.Posts, 30, "Posts", "posts"));
        services.AddScoped<ICampaignPageSection, CollectionsOnCampaign>().AddScoped<IPostPageSection, CollectionsOnPost>()
            .AddSingleton(new StudioLink(StudioGroup.Posts, 32, "Collections", "collections")).AddSingleton(new StudioLink(StudioGroup.Posts, 33, "Podcasts", "podcasts"));
        services.AddAtStart<FindsOldPictures>().AddConsumer<BringOldPictures, BringingOldPictures>().AddConsumer<DeleteOldPicture, DeletingOldPictures>()
            .AddScoped<IPrunes, UnnamedPictures>();
        services.AddConsumer<PublishScheduled, ScheduledPublisher>().AddConsumer<ReleaseStepDue, Releasing>();
        services.AddScoped<FeedTokens>().AddScoped<IFeedTokens>(s => s.GetRequiredService<FeedTokens>());
        services.AddScoped<IPostPageSection, PollOnPost>().AddConsumer<AccountClosed, ForgetsVotes>();
        services.AddScoped<SavedPosts>().AddScoped<Followed>().AddScoped<IPostPageSection, SaveOnPost>().AddConsumer<AccountClosed, SavedPosts>();
        services.AddScoped<IExportsPersonalData, SavedPosts>();
        services.AddScoped<FeedItems>().AddScoped<FeedEpisodes>().AddScoped<ServeFeed.Site>().AddSingleton<FeedPace>();
        services.AddScoped<ICampaignPageSection, SubscribeSection>().AddScoped<IExportsPersonalData, ExportsFeedReaders>();
        services.AddConsumer<AccountClosed, ForgetsFeedReaders>();
        return services;
    }

    public static IEndpointRouteBuilder MapPosts(this IEndpointRouteBuilder app)
    {
        ComposePost.Map(app);
        PreviewText.Map(app);
        UploadImage.Map(app);
        PublishPost.Map(app);
        RemovePost.Map(app);
        PostLibrary.Map(app);
        ReadPost.Map(app);
        HomeFeed.Map(app);
        SearchPosts.Map(app);
        ServeImage.Map(app);
        ServeFeed.Map(app);
        ServePodcast.Map(app);
        FeedPages.Map(app);
        RevisionPages.Map(app);
        TagPages.Map(app);
        VotePages.Map(app);
        CollectionPages.Map(app);
        PodcastPages.Map(app);
        SaveOnPost.Map(app);
        ShelfPages.Map(app);
        return app;
    }
}
