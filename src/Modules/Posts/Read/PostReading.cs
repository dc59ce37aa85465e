using System.Data.Common;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Model;

namespace Stipend.Posts.Read;

/// <summary>Pages of posts with the gate applied: a fixed number of commands however many posts. What is closed is dropped here, before any
/// page sees it.</summary>
internal sealed class PostReading(Db db, IGate gate, ICampaigns campaigns)
{
    private const string Columns = "id, campaign_id, title, slug, teaser, excerpt, cover_image_id, rule_id, published_at, preview_excerpt, is_cover_open";

    private readonly record struct Row(
        long Id, long CampaignId, string Title, string Slug, string Teaser, string Excerpt, long? CoverImageId, long RuleId, Instant At,
        string PreviewExcerpt, bool IsCoverOpen);

    /// <summary>The published posts of a campaign, newest first.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="tiers">Its tiers, when they are known already.</param>
    /// <param name="viewerId">The reader, or null for a visitor.</param>
    /// <param name="after">The end of the page before.</param>
    /// <param name="take">Posts at most.</param>
    /// <param name="ct">Cancels the reading.</param>
    public async Task<PostPage> OfCampaign(CampaignInfo campaign, IReadOnlyList<TierInfo>? tiers, long? viewerId, PostCursor after,
        int take, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            SELECT {Columns} FROM post
            WHERE campaign_id = @campaign AND state = 'published' AND deleted_at IS NULL AND (published_at, id) < (@at, @id)
            ORDER BY published_at DESC, id DESC LIMIT @take
            """, ct, ("campaign", campaign.Id), ("at", after.At), ("id", after.Id), ("take", take + 1));
        var rows = await Read(command, ct);
        return await Cards(rows, take, viewerId, new Dictionary<long, CampaignInfo> { [campaign.Id] = campaign }, tiers, false, ct);
    }

    /// <summary>The published posts of every campaign a person is a member of, newest first.</summary>
    public async Task<PostPage> OfMemberships(long personId, PostCursor after, int take, CancellationToken ct)
    {
        var ids = await gate.CampaignsOpenTo(personId, ct);
        var found = ids.Count == 0 ? new Dictionary<long, CampaignInfo>() : (await campaigns.FindMany(ids, ct))
            .Where(c => c.Value.IsPublished).ToDictionary(c => c.Key, c => c.Value);
        if (found.Count == 0) return new PostPage([], null);
        await using var command = await db.Command($"""
            SELECT {Columns} FROM post WHERE id IN (
              SELECT id FROM post
              WHERE campaign_id IN ({SqlList.Of(found.Keys)})
                AND state = 'published' AND deleted_at IS NULL AND (published_at, id) < (@at, @id)
              ORDER BY published_at DESC, id DESC LIMIT @take)
            ORDER BY published_at DESC, id DESC
            """, ct, ("at", after.At), ("id", after.Id), ("take", take + 1));
        return await Cards(await Read(command, ct), take, personId, found, null, true, ct);
    }

    /// <summary>A campaign's posts by id, in the order given; those no longer published are left out.</summary>
    public async Task<IReadOnlyList<PostCard>> ByIds(CampaignInfo campaign, IReadOnlyList<long> ids, long? viewerId, CancellationToken ct)
    {
        if (ids.Count == 0) return [];
        var rows = await Published(ids, campaign.Id, ct);
        return (await Cards(rows, rows.Count, viewerId, new Dictionary<long, CampaignInfo> { [campaign.Id] = campaign }, null, false, ct)).Cards;
    }

    /// <summary>Posts of any campaigns by id, in the order given; those no longer published are left out.</summary>
    public async Task<IReadOnlyList<PostCard>> ByIds(IReadOnlyList<long> ids, long viewerId, CancellationToken ct)
    {
        if (ids.Count == 0) return [];
        var rows = await Published(ids, null, ct);
        var found = (await campaigns.FindMany([.. rows.Select(r => r.CampaignId).Distinct()], ct))
            .Where(c => c.Value.IsPublished || c.Value.OwnerId == viewerId).ToDictionary(c => c.Key, c => c.Value);
        rows.RemoveAll(r => !found.ContainsKey(r.CampaignId));
        return (await Cards(rows, rows.Count, viewerId, found, null, true, ct)).Cards;
    }

    private async Task<List<Row>> Published(IReadOnlyList<long> ids, long? campaignId, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            SELECT {Columns} FROM post
            WHERE {db.Among("id")} AND state = 'published' AND deleted_at IS NULL {(campaignId is null ? "" : "AND campaign_id = @campaign")}
            """, ct, campaignId is { } campaign ? [db.Keys(ids), ("campaign", campaign)] : [db.Keys(ids)]);
        var byId = (await Read(command, ct)).ToDictionary(r => r.Id);
        return [.. ids.Where(byId.ContainsKey).Select(i => byId[i])];
    }

    private async Task<PostPage> Cards(
        List<Row> rows, int take, long? viewerId, IReadOnlyDictionary<long, CampaignInfo> found, IReadOnlyList<TierInfo>? tiers,
            bool nameCampaign, CancellationToken ct)
    {
        if (rows.Count == 0) return new PostPage([], null);
        var rules = rows.Select(r => r.RuleId).Distinct().ToList();
        var reaches = await gate.Reaches(viewerId, rules, found, ct);
        var audiences = await gate.Audiences(rules, ct);
        var byCampaign = (tiers ?? await campaigns.TiersOf([.. rows.Select(r => r.CampaignId).Distinct()], ct)).GroupBy(t => t.CampaignId)
            .ToDictionary(g => g.Key, g => g.ToList());
        var cards = new List<PostCard>(take);
        foreach (var row in rows.Take(take))
        {
            var campaign = found[row.CampaignId];
            var itsTiers = byCampaign.GetValueOrDefault(row.CampaignId, []);
            var audience = audiences[row.RuleId];
            var decision = reaches[row.RuleId].At(row.At);
            cards.Add(new PostCard(
                row.Id, Post.PathOf(campaign.Vanity, row.Id, row.Slug), row.Title, decision.IsOpen ? row.Excerpt
                    : row.Teaser.Length > 0 ? row.Teaser : row.PreviewExcerpt,
                (decision.IsOpen || row.IsCoverOpen) && row.CoverImageId is { } cover ? $"/media/{cover}" : null, row.At, campaign.Zone,
                    AudienceLabel.Of(audience, itsTiers),
                decision.IsOpen ? null : LockInfo.Of(decision.Reason, audience, campaign, itsTiers), nameCampaign ? campaign : null));
        }
        return new PostPage(cards, rows.Count > take ? new PostCursor(rows[take - 1].At, rows[take - 1].Id) : null);
    }

    private static async Task<List<Row>> Read(DbCommand command, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<Row>();
        while (await reader.ReadAsync(ct)) rows.Add(RowOf(reader));
        return rows;
    }

    private static Row RowOf(DbDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5),
        row.IsDBNull(6) ? null : row.GetInt64(6), row.GetInt64(7), Instant.FromUnixTimeMilliseconds(row.GetInt64(8)),
        row.GetString(9), row.GetBoolean(10));
}
