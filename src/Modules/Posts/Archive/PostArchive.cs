using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Posts.Model;

namespace Stipend.Posts.Archive;

/// <summary>Reads published posts whole, without the gate.</summary>
internal sealed class PostArchive(Db db) : IPostArchive
{
    public async Task<IReadOnlyList<PublishedPost>> Page(CampaignInfo campaign, PostPageRequest page, CancellationToken ct)
    {
        var posts = Published.Where(p => p.CampaignId == campaign.Id);
        if (page.PlaceAt is { } at)
            posts = page.Oldest ? posts.Where(p => p.PublishedAt > at || (p.PublishedAt == at && p.Id > page.PlaceId))
                : posts.Where(p => p.PublishedAt < at || (p.PublishedAt == at && p.Id < page.PlaceId));
        posts = page.Oldest ? posts.OrderBy(p => p.PublishedAt).ThenBy(p => p.Id)
            : posts.OrderByDescending(p => p.PublishedAt).ThenByDescending(p => p.Id);
        return (await posts.Take(page.Take).ToListAsync(ct)).ConvertAll(p => Of(p, campaign));
    }

    public Task<int> Count(long campaignId, CancellationToken ct) => Published.CountAsync(p => p.CampaignId == campaignId, ct);

    public async Task<IReadOnlyDictionary<long, int>> Counts(IReadOnlyCollection<long> campaignIds, CancellationToken ct) =>
        await Published.Where(p => campaignIds.Contains(p.CampaignId)).GroupBy(p => p.CampaignId).Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(c => c.Key, c => c.Count, ct);

    public Task<long?> CampaignOf(long postId, CancellationToken ct) =>
        Published.Where(p => p.Id == postId).Select(p => (long?)p.CampaignId).FirstOrDefaultAsync(ct);

    public async Task<PublishedPost?> Find(CampaignInfo campaign, long postId, CancellationToken ct) =>
        await Published.FirstOrDefaultAsync(p => p.Id == postId && p.CampaignId == campaign.Id, ct) is { } post ? Of(post, campaign) : null;

    public async Task<PostStamp?> Stamp(long campaignId, long postId, CancellationToken ct) =>
        await Published.Where(p => p.Id == postId && p.CampaignId == campaignId).Select(p => new { p.Version, p.RuleId, p.PublishedAt })
            .FirstOrDefaultAsync(ct) is { } p ? new PostStamp(p.Version, p.RuleId, p.PublishedAt!.Value) : null;

    private IQueryable<Post> Published => db.Posts.AsNoTracking().Where(p => p.State == PostState.Published && p.DeletedAt == null);

    internal static PublishedPost Of(Post p, CampaignInfo campaign) => new(p.Id, p.CampaignId, p.AuthorId, p.Title, p.Html,
        p.Charge == ChargeState.Charged, p.RuleId, p.PublishedAt!.Value, p.Path(campaign.Vanity)) { Version = p.Version };
}
