using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Posts.Library;

/// <summary>How many posts are out and how many wait, on the dashboard: one command for all campaigns.</summary>
internal sealed class PostFigures(Db db) : IDashboardFigures
{
    public int Order => 50;

    public async Task<IReadOnlyDictionary<long, IReadOnlyList<DashboardFigure>>> Of(IReadOnlyList<CampaignInfo> campaigns,
        CancellationToken ct)
    {
        var counts = campaigns.ToDictionary(c => c.Id, _ => (Published: 0L, Scheduled: 0L));
        if (counts.Count == 0) return new Dictionary<long, IReadOnlyList<DashboardFigure>>();
        await using var command = await db.Command($"""
            SELECT campaign_id, SUM(CASE WHEN state = 'published' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'scheduled' THEN 1 ELSE 0 END)
            FROM post WHERE campaign_id IN ({SqlList.Of(counts.Keys)}) AND deleted_at IS NULL
            GROUP BY campaign_id
            """, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) counts[reader.GetInt64(0)] = (reader.GetInt64(1), reader.GetInt64(2));
        return counts.ToDictionary(c => c.Key, c => (IReadOnlyList<DashboardFigure>)
        [
            new DashboardFigure("Posts", c.Value.Published, "posts"),
            .. c.Value.Scheduled > 0 ? [new DashboardFigure("Scheduled posts", c.Value.Scheduled, "posts?state=scheduled")]
                : Array.Empty<DashboardFigure>(),
        ]);
    }
}
