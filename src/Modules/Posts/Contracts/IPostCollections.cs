using Stipend.Campaigns.Contracts;

namespace Stipend.Posts.Contracts;

/// <summary>Posts put into an order by a program: the demo, importers.</summary>
public interface IPostCollections
{
    /// <summary>Makes a collection of a campaign's posts in this order; answers the end of its address.</summary>
    /// <exception cref="Refusal">A post is not this campaign's, or there are too many.</exception>
    Task<string> Make(CampaignInfo campaign, string title, string description, IReadOnlyList<long> postIds, CancellationToken ct = default);
}
