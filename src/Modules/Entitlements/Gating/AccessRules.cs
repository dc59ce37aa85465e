using System.Collections.Concurrent;
using System.Globalization;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Entitlements.Gating;

/// <summary>A later step of a stored release.</summary>
internal sealed record KnownStep(Instant From, long RuleId, Audience Audience);

/// <summary>A stored audience of a campaign, or a release in steps.</summary>
internal sealed record KnownRule(long CampaignId, long FirstRuleId, Audience First, IReadOnlyList<KnownStep> Later)
{
    /// <summary>Whom it is for at an instant, and the plain rule that says so.</summary>
    public (long RuleId, Audience Audience) At(Instant at) =>
        Later.LastOrDefault(s => s.From <= at) is { } step ? (step.RuleId, step.Audience) : (FirstRuleId, First);

    public Release AsRelease() => new(First, Later.Select(s => new ReleaseStep(s.From, s.Audience)).ToList());
}

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

    /// <inheritdoc cref="IGate.Rule(long, Release, CancellationToken)"/>
    public async Task<long> Rule(long campaignId, Release release, CancellationToken ct)
    {
        if (release.Fault() is { } fault) throw new Refusal(422, "not_a_waterfall", fault, new Dictionary<string, string> { ["release"] = fault });
        await using var transaction = await db.BeginWrite(ct);
        var first = await Rule(campaignId, release.First, ct);
        var id = first;
        if (release.Later.Count > 0)
        {
            var steps = new List<(Instant From, long Rule)>();
            foreach (var step in release.Later) steps.Add((step.From, await Rule(campaignId, step.Audience, ct)));
            id = await Keep(campaignId, first, steps, ct);
        }
        await transaction.Commit(ct);
        return id;
    }

    private async Task<long> Keep(long campaignId, long first, List<(Instant From, long Rule)> steps, CancellationToken ct)
    {
        var key = string.Create(CultureInfo.InvariantCulture,
            $"{first};{string.Join(';', steps.Select(s => $"{s.From.ToUnixTimeMilliseconds()}={s.Rule}"))}");
        var id = ids.Next();
        if (await db.Execute("INSERT INTO release_rule (id, campaign_id, first_rule_id, key) VALUES (@id, @campaign, @first, @key) ON CONFLICT DO NOTHING",
            ct, ("id", id), ("campaign", campaignId), ("first", first), ("key", key)) == 1)
        {
            foreach (var (from, rule) in steps)
                await db.Execute("INSERT INTO release_step (release_id, from_at, rule_id) VALUES (@id, @from, @rule)", ct, ("id", id),
                    ("from", from), ("rule", rule));
            return id;
        }
        await using var command = await db.Command("SELECT id FROM release_rule WHERE campaign_id = @campaign AND key = @key", ct,
            ("campaign", campaignId), ("key", key));
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>The rules of the ids that exist: from memory, the rest in one command, and two more when some are releases.</summary>
    public async Task<Dictionary<long, KnownRule>> Load(IReadOnlyCollection<long> ruleIds, CancellationToken ct)
    {
        var result = await Plain(ruleIds, ct);
        var releases = ruleIds.Where(id => !result.ContainsKey(id)).Distinct().ToList();
        if (releases.Count == 0) return result;
        var rows = new List<(long Id, long Campaign, long First, Instant From, long Rule)>();
        await using (var command = await db.Command($"""
            SELECT r.id, r.campaign_id, r.first_rule_id, s.from_at, s.rule_id FROM release_rule r JOIN release_step s ON s.release_id = r.id
            WHERE {db.Among("r.id")} ORDER BY r.id, s.from_at
            """, ct, db.Keys(releases)))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                rows.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), Instant.FromUnixTimeMilliseconds(reader.GetInt64(3)),
                    reader.GetInt64(4)));
        var plain = await Plain(rows.SelectMany(r => new[] { r.First, r.Rule }).Distinct().ToList(), ct);
        foreach (var release in rows.GroupBy(r => (r.Id, r.Campaign, r.First)))
        {
            var rule = result[release.Key.Id] = new KnownRule(release.Key.Campaign, release.Key.First, plain[release.Key.First].First,
                release.Select(s => new KnownStep(s.From, s.Rule, plain[s.Rule].First)).ToList());
            if (!db.InTransaction) cache.Keep(release.Key.Id, rule);
        }
        return result;
    }

    private async Task<Dictionary<long, KnownRule>> Plain(IReadOnlyCollection<long> ruleIds, CancellationToken ct)
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
            WHERE {db.Among("r.id")} ORDER BY r.id, t.tier_id
            """, ct, db.Keys(missing));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (!rows.TryGetValue(reader.GetInt64(0), out var row))
                rows[reader.GetInt64(0)] = row = (reader.GetInt64(1), Columns.Enum<AudienceKind>(reader.GetString(2)), []);
            if (GrantReader.Long(reader, 3) is { } tier) row.Tiers.Add(tier);
        }
        foreach (var (id, row) in rows)
        {
            var rule = result[id] = new KnownRule(row.Campaign, id, new Audience(row.Kind, row.Tiers), []);
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
