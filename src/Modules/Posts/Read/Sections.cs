using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Posts.Read;

/// <summary>The posts on a campaign's page.</summary>
internal sealed class CampaignFeed(PostReading reading) : ICampaignPageSection
{
    internal const int PageSize = 20;
    internal const string Cursor = "posts-before";

    public SectionPlace Place => SectionPlace.Main;
    public int Order => 0;

    public async Task<RenderFragment?> Load(CampaignPageRequest request, CancellationToken ct)
    {
        var after = PostCursor.Parse(request.Query[Cursor]);
        var page = await reading.OfCampaign(request.Campaign, request.Tiers, request.Viewer?.Id, after, PageSize, ct);
        var view = new CampaignFeedView.View(request.Campaign, page, after.IsStart, request.IsOwner);
        return Section.Of<CampaignFeedView>(view);
    }
}

/// <summary>The newest of the home feed on the front page, for members.</summary>
internal sealed class FrontFeed(PostReading reading) : IFrontPageSection
{
    private const int PageSize = 5;

    public int Order => 0;

    public async Task<RenderFragment?> Load(Viewer? viewer, IQueryCollection query, CancellationToken ct)
    {
        if (viewer is null) return null;
        var page = await reading.OfMemberships(viewer.Id, PostCursor.Start, PageSize, ct);
        if (page.Cards.Count == 0) return null;
        return Section.Of<FrontFeedView>(page);
    }
}
