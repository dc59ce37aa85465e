using System.Collections.Concurrent;
using System.Globalization;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Entitlements.Gating;

/// <summary>A stored audience of a campaign.</summary>
internal sealed record KnownRule(long CampaignId, Audience Audience);

/// <summary>Rules never change, so what was read once is kept; bounded, since a site may have many.</summary>
internal sealed class RuleCache
{
    private const int Limit = 50_000;
    private readonly ConcurrentDictionary<long, KnownRule> _known = new();

    public KnownRule? Find(long id) => _known.GetValueOrDefault(id);

    public void Keep(long id, KnownRule rule)
    {
        if (_known.Count >= Limit) _known.Clear();
        _known[id] = rule;
    }
}

/// <summary>Writes and reads audiences; equal ones of a campaign share one row through a canonical key.</summary>
internal sealed class AccessRules(Db db, Ids ids, ICampaigns campaigns, RuleCache cache)
{
    /// <inheritdoc cref="IGate.Rule"/>
    public async Task<long> Rule(long campaignId, Audience audience, CancellationToken ct)
    {
        var tiers = audience.Kind == AudienceKind.Tiers ? audience.TierIds.Distinct().Order().ToList() : [];
        if (audience.Kind == AudienceKind.Tiers) await CheckTiers(campaignId, tiers, ct);
        var kind = Columns.Of(audience.Kind);
        var key = tiers.Count == 0 ? kind : $"{kind}:{string.Join(',', tiers.Select(t => t.ToString(CultureInfo.InvariantCulture)))}";
        if (await Find(campaignId, key, ct) is { } known) return known;

        await using var transaction = await db.BeginWrite(ct);
        var id = ids.Next();
        var isMine = await db.Execute(
            "INSERT INTO access_rule (id, campaign_id, kind, key) VALUES (@id, @campaign, @kind, @key) ON CONFLICT DO NOTHING", ct,
            ("id", id), ("campaign", campaignId), ("kind", kind), ("key", key)) == 1;
        if (!isMine) id = await Find(campaignId, key, ct) ?? throw new InvalidOperationException("The rule in the way cannot be found.");
        foreach (var tier in isMine ? tiers : [])
            await db.Execute("INSERT INTO access_rule_tier (rule_id, tier_id) VALUES (@rule, @tier)", ct, ("rule", id), ("tier", tier));
        await transaction.Commit(ct);
        return id;
    }

    /// <summary>The rules of the ids that exist: from memory, the rest in one command.</summary>
    public async Task<Dictionary<long, KnownRule>> Load(IReadOnlyCollection<long> ruleIds, CancellationToken ct)
    {
        var result = new Dictionary<long, KnownRule>(ruleIds.Count);
        var missing = new List<long>();
        foreach (var id in ruleIds.Distinct())
        {
            if (cache.Find(id) is { } known) result[id] = known;
            else missing.Add(id);
        }
        if (missing.Count == 0) return result;
        var rows = new Dictionary<long, (long Campaign, AudienceKind Kind, List<long> Tiers)>();
        await using var command = await db.Command($"""
            SELECT r.id, r.campaign_id, r.kind, t.tier_id FROM access_rule r LEFT JOIN access_rule_tier t ON t.rule_id = r.id
            WHERE r.id IN ({string.Join(", ", missing.Select(m => m.ToString(CultureInfo.InvariantCulture)))}) ORDER BY r.id, t.tier_id
            """, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (!rows.TryGetValue(reader.GetInt64(0), out var row))
                rows[reader.GetInt64(0)] = row = (reader.GetInt64(1), Columns.Enum<AudienceKind>(reader.GetString(2)), []);
            if (GrantReader.Long(reader, 3) is { } tier) row.Tiers.Add(tier);
        }
        foreach (var (id, row) in rows)
        {
            var rule = result[id] = new KnownRule(row.Campaign, new Audience(row.Kind, row.Tiers));
            if (!db.InTransaction) cache.Keep(id, rule); // inside a transaction it may yet be rolled back
        }
        return result;
    }

    private async Task CheckTiers(long campaignId, List<long> tiers, CancellationToken ct)
    {
        if (tiers.Count == 0) throw new Refusal(422, "no_tier_chosen", "Choose at least one tier, or open it to all members.",
            Field("Choose at least one tier."));
        var own = (await campaigns.Tiers(campaignId, ct)).Select(t => t.Id).ToHashSet();
        if (!tiers.All(own.Contains))
            throw new Refusal(422, "tier_of_another_campaign",
                "A chosen tier does not belong to this campaign. Choose among its own tiers.",
                Field("Choose among this campaign's tiers."));
    }

    private static Dictionary<string, string> Field(string message) => new() { ["tiers"] = message };

    private async Task<long?> Find(long campaignId, string key, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT id FROM access_rule WHERE campaign_id = @campaign AND key = @key", ct,
            ("campaign", campaignId), ("key", key));
        return await command.ExecuteScalarAsync(ct) as long?;
    }
}
