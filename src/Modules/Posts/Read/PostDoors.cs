using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Posts.Model;

namespace Stipend.Posts.Read;

/// <summary>Published posts for what hangs on them.</summary>
internal sealed class PostDoors(Db db, ICampaigns campaigns, IGate gate) : IPostDoors
{
    public async Task<PostDoor?> Find(long postId, long? personId, CancellationToken ct)
    {
        var post = await db.Posts.AsNoTracking().Where(p => p.Id == postId && p.State == PostState.Published && p.DeletedAt == null)
            .Select(p => new { p.CampaignId, p.Title, p.Slug, p.RuleId, p.PublishedAt }).SingleOrDefaultAsync(ct);
        if (post is null || await campaigns.Find(post.CampaignId, ct) is not { } campaign) return null;
        if (!campaign.IsPublished && campaign.OwnerId != personId) return null;
        return new PostDoor(postId, campaign, post.Title, Post.PathOf(campaign.Vanity, postId, post.Slug), post.RuleId, post.PublishedAt!.Value,
            await gate.Check(personId, post.RuleId, post.PublishedAt.Value, ct));
    }
}
