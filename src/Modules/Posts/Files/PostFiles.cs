using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Model;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Files;

/// <summary>Posts hold files: a file is open to whom its post is open while that is published, and to nobody but the owner otherwise.</summary>
internal sealed class PostFiles(Db db) : IFileHolder
{
    public const string KindName = "post";

    public string Kind => KindName;

    public Task<bool> Exists(long campaignId, long holderId, CancellationToken ct) =>
        db.Posts.AnyAsync(p => p.Id == holderId && p.CampaignId == campaignId && p.DeletedAt == null, ct);

    public Task<HolderDoor?> Door(long campaignId, long holderId, CancellationToken ct) => db.Posts
        .Where(p => p.Id == holderId && p.CampaignId == campaignId && p.State == PostState.Published && p.PublishedAt != null && p.DeletedAt == null)
        .Select(p => new HolderDoor(p.RuleId, p.PublishedAt!.Value)).SingleOrDefaultAsync(ct);

    public string EditPath(CampaignInfo campaign, long holderId) => $"/{campaign.Vanity}/posts/{holderId}/edit";
}
