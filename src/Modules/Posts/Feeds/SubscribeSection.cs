using Microsoft.AspNetCore.Components;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;
using Stipend.Posts.Collecting;
using Stipend.Posts.Podcasting;

namespace Stipend.Posts.Feeds;

/// <summary>“Subscribe in a reader” beside the posts: the public feed for everybody, an own address for who is signed in, and the podcasts. Reads
/// nothing of its own.</summary>
internal sealed class SubscribeSection(CollectionsOfPage collections, SiteOptions site, Kept kept) : ICampaignPageSection
{
    public SectionPlace Place => SectionPlace.Aside;
    public int Order => 50;

    public async Task<RenderFragment?> Load(CampaignPageRequest request, CancellationToken ct)
    {
        if (!request.Campaign.IsPublished) return null;
        var vanity = request.Campaign.Vanity;
        var podcasts = (await collections.Of(request.Campaign.Id, ct)).Where(c => c.IsPodcast)
            .Select(c => new SubscribeBox.Show(c.Title, $"/{vanity}/collections/{c.Slug}", site.Link(Podcast.PathOf(vanity, c.Id) + "/feed.xml")));
        var view = new SubscribeBox.View(vanity, request.Viewer is not null, new(podcasts));
        return await kept.Fragment<SubscribeBox>(view);
    }
}
