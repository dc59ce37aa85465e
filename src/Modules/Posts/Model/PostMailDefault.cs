using Stipend.Platform.Data;
using Stipend.Posts.Contracts;

namespace Stipend.Posts.Model;

/// <summary>A row only where a campaign's posts stay on the site.</summary>
internal sealed class PostMailDefault(Db db) : IPostMail
{
    public async Task<bool> ByMail(long campaignId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT 1 FROM post_mail_off WHERE campaign_id = @campaign", ct, ("campaign", campaignId));
        return await command.ExecuteScalarAsync(ct) is null;
    }

    public Task SetByMail(long campaignId, bool byMail, CancellationToken ct) => db.Execute(byMail
        ? "DELETE FROM post_mail_off WHERE campaign_id = @campaign"
        : "INSERT INTO post_mail_off (campaign_id) VALUES (@campaign) ON CONFLICT DO NOTHING", ct, ("campaign", campaignId));
}
