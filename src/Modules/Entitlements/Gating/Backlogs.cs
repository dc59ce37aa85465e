using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Entitlements.Gating;

/// <summary>The backlog policies of tiers.</summary>
internal sealed class Backlogs(Db db) : IBacklogs
{
    public async Task<IReadOnlyDictionary<long, Backlog>> Of(long campaignId, CancellationToken ct)
    {
        var found = new Dictionary<long, Backlog>();
        await using var command = await db.Command("SELECT tier_id, kind, months FROM tier_backlog WHERE campaign_id = @campaign", ct,
            ("campaign", campaignId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found[reader.GetInt64(0)] = new Backlog(Columns.Enum<BacklogKind>(reader.GetString(1)), (int)reader.GetInt64(2));
        return found;
    }

    public async Task Set(TierInfo tier, Backlog backlog, CancellationToken ct)
    {
        var policy = backlog.Check();
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("DELETE FROM tier_backlog WHERE tier_id = @tier", ct, ("tier", tier.Id));
        if (policy.Kind != BacklogKind.Everything)
            await db.Execute("INSERT INTO tier_backlog (tier_id, campaign_id, kind, months) VALUES (@tier, @campaign, @kind, @months)", ct,
                ("tier", tier.Id), ("campaign", tier.CampaignId), ("kind", Columns.Of(policy.Kind)), ("months", policy.Months));
        await transaction.Commit(ct);
    }
}
