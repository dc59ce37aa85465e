using Microsoft.AspNetCore.Components;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Ui;
using Stipend.Posts.Contracts;

namespace Stipend.Posts.Collecting;

/// <summary>The collections of the campaign whose page is drawn: read once for the sections that show them.</summary>
internal sealed class CollectionsOfPage(Collections collections)
{
    private (long Campaign, IReadOnlyList<Collection> Found)? _read;

    /// <summary>Those with something in them.</summary>
    public async Task<IReadOnlyList<Collection>> Of(long campaignId, CancellationToken ct)
    {
        if (_read is not { } read || read.Campaign != campaignId)
            _read = read = (campaignId, (await collections.Of(campaignId, ct)).Where(c => c.Posts > 0).ToList());
        return read.Found;
    }
}

/// <summary>The collections on a campaign's page, above the posts; one command.</summary>
internal sealed class CollectionsOnCampaign(CollectionsOfPage collections, Kept kept) : ICampaignPageSection
{
    private const int Shown = 4;

    public SectionPlace Place => SectionPlace.Main;
    public int Order => -10;

    public async Task<RenderFragment?> Load(CampaignPageRequest request, CancellationToken ct)
    {
        var found = await collections.Of(request.Campaign.Id, ct);
        if (found.Count == 0) return null;
        var view = new CollectionRow.View(request.Campaign.Vanity,
            new(found.Take(Shown).Select(c => new CollectionRow.Entry(c.Slug, c.Title, c.Posts))), found.Count > Shown);
        return await kept.Fragment<CollectionRow>(view);
    }
}

/// <summary>The way on from a post: what comes before and after it in each collection; one command.</summary>
internal sealed class CollectionsOnPost(Collections collections, Kept kept) : IPostPageSection
{
    public int Order => 50;

    public async Task<RenderFragment?> Load(PostSectionRequest request, CancellationToken ct)
    {
        var places = await collections.Places(request.Post.Campaign, request.Post.Id, ct);
        if (places.Count == 0) return null;
        return await kept.Fragment<CollectionWay>(new CollectionWay.View(request.Post.Campaign.Vanity, new(places)));
    }
}
