using Microsoft.AspNetCore.Components;
using Stipend.Campaigns.Contracts;

namespace Stipend.Posts.Feeds;

/// <summary>“Subscribe in a reader” beside the posts: the public feed for everybody, an own address for who is signed in. Reads
/// nothing.</summary>
internal sealed class SubscribeSection : ICampaignPageSection
{
    public SectionPlace Place => SectionPlace.Aside;
    public int Order => 50;

    public Task<RenderFragment?> Load(CampaignPageRequest request, CancellationToken ct)
    {
        if (!request.Campaign.IsPublished) return Task.FromResult<RenderFragment?>(null);
        var view = new SubscribeBox.View(request.Campaign.Vanity, request.Viewer is not null);
        return Task.FromResult<RenderFragment?>(builder =>
        {
            builder.OpenComponent<SubscribeBox>(0);
            builder.AddComponentParameter(1, nameof(SubscribeBox.Model), view);
            builder.CloseComponent();
        });
    }
}
