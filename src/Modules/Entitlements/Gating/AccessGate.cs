using System.Data.Common;
using System.Globalization;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Entitlements.Gating;

/// <summary>The gate over the database: rules, one check by the pure function, and many by one query.</summary>
internal sealed class AccessGate(Db db, Clock clock, Books books, ICampaigns campaigns, AccessRules rules, GrantReader grants) : IGate
{
    public Task<long> Rule(long campaignId, Audience audience, CancellationToken ct) => rules.Rule(campaignId, audience, ct);

    public async Task<IReadOnlyDictionary<long, Audience>> Audiences(IReadOnlyCollection<long> ruleIds, CancellationToken ct) =>
        (await rules.Load(ruleIds, ct)).ToDictionary(r => r.Key, r => r.Value.Audience);

    public async Task<Decision> Check(long? personId, long ruleId, CancellationToken ct)
    {
        var rule = (await rules.Load([ruleId], ct)).GetValueOrDefault(ruleId) ?? throw Refusal.NotFound("rule");
        if (rule.Audience.Kind == AudienceKind.Public) return Gate.Decide([], [], rule.Audience, Asker.Visitor, Instant.MinValue);
        if (personId is not { } person) return Gate.Decide([], [], rule.Audience, Asker.Visitor, Instant.MinValue);
        var campaign = await campaigns.Find(rule.CampaignId, ct) ?? throw Refusal.NotFound("campaign");
        var (mine, ends) = await grants.Of(campaign.BookId, person, campaign.Id, ct);
        return Gate.Decide(mine, ends, rule.Audience, campaign.OwnerId == person ? Asker.Owner : Asker.SignedIn,
            await books.Now(campaign.BookId, ct));
    }

    public async Task<IReadOnlyDictionary<long, Decision>> CheckPage(long? personId, IReadOnlyCollection<long> ruleIds,
        IReadOnlyDictionary<long, CampaignInfo>? known, CancellationToken ct)
    {
        var loaded = await rules.Load(ruleIds, ct);
        var result = new Dictionary<long, Decision>(loaded.Count);
        if (personId is not { } person)
        {
            foreach (var (id, rule) in loaded) result[id] = Gate.Decide([], [], rule.Audience, Asker.Visitor, Instant.MinValue);
            return result;
        }
        var asked = new List<(long RuleId, CampaignInfo Campaign)>();
        var gated = loaded.Values.Where(r => r.Audience.Kind != AudienceKind.Public).Select(r => r.CampaignId).Distinct().ToList();
        var homes = known is not null && gated.TrueForAll(known.ContainsKey) ? known : await campaigns.FindMany(gated, ct);
        foreach (var (id, rule) in loaded)
        {
            var campaign = homes.GetValueOrDefault(rule.CampaignId);
            if (rule.Audience.Kind == AudienceKind.Public || campaign?.OwnerId == person)
                result[id] = Gate.Decide([], [], rule.Audience, Asker.Owner, Instant.MinValue);
            else if (campaign is not null) asked.Add((id, campaign));
        }
        if (asked.Count > 0) await AskMany(person, asked, result, ct);
        return result;
    }

    /// <summary>The gate's rule said in SQL, for any number of rules of any campaigns: kept equal to <see cref="Gate.Decide"/> by a
    /// property test.</summary>
    private async Task AskMany(long person, List<(long RuleId, CampaignInfo Campaign)> asked, Dictionary<long, Decision> result,
        CancellationToken ct)
    {
        var scope = string.Join(", ", asked.Select(a => a.Campaign).DistinctBy(c => c.Id)
            .Select(c => string.Create(CultureInfo.InvariantCulture, $"({c.Id}, {c.BookId})")));
        var ids = string.Join(", ", asked.Select(a => a.RuleId.ToString(CultureInfo.InvariantCulture)));
        await using var command = await db.Command($"""
            WITH scope (campaign_id, book_id) AS (VALUES {scope}),
            held AS (
                SELECT g.id, g.campaign_id, g.tier_id, g.valid_from, @wall + b.offset_ms AS present,
                       CASE WHEN g.tier_id IS NOT NULL AND g.source <> 'free' THEN 1 ELSE 0 END AS paid, {GrantReader.Until} AS until
                FROM scope s
                JOIN grant_entry g ON g.person_id = @person AND g.campaign_id = s.campaign_id AND g.book_id = s.book_id
                JOIN book b ON b.id = s.book_id),
            mine AS (
                SELECT id, campaign_id, tier_id, paid, CASE WHEN present < until THEN 1 ELSE 0 END AS valid
                FROM held WHERE valid_from <= present AND valid_from < until),
            met AS (
                SELECT r.id AS rule_id, r.kind, m.id, m.valid,
                       CASE WHEN r.kind = 'members' OR (r.kind = 'paid_members' AND m.paid = 1)
                              OR (r.kind = 'tiers' AND t.tier_id IS NOT NULL) THEN 1 ELSE 0 END AS opens
                FROM access_rule r
                LEFT JOIN mine m ON m.campaign_id = r.campaign_id
                LEFT JOIN access_rule_tier t ON t.rule_id = r.id AND t.tier_id = m.tier_id
                WHERE r.id IN ({ids}))
            SELECT rule_id, kind, MIN(CASE WHEN valid = 1 AND opens = 1 THEN id END),
                   MAX(CASE WHEN valid = 0 AND opens = 1 THEN 1 ELSE 0 END), MAX(CASE WHEN valid = 1 THEN 1 ELSE 0 END)
            FROM met GROUP BY rule_id, kind
            """, ct, ("person", person), ("wall", clock.Now()));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) result[reader.GetInt64(0)] = Read(reader);
    }

    private static Decision Read(DbDataReader row)
    {
        var kind = Columns.Enum<AudienceKind>(row.GetString(1));
        if (!row.IsDBNull(2)) return new(true, kind == AudienceKind.Members ? AccessReason.Member : AccessReason.Tier, row.GetInt64(2));
        var (hadIt, isMember) = (row.GetInt64(3) == 1, row.GetInt64(4) == 1);
        return new(false, hadIt ? AccessReason.Ended
            : !isMember ? AccessReason.NotAMember
            : kind == AudienceKind.PaidMembers ? AccessReason.PaidTierNeeded : AccessReason.OtherTierNeeded, null);
    }

    public async Task<IReadOnlyList<long>> CampaignsOpenTo(long personId, CancellationToken ct)
    {
        var found = new List<(long Campaign, long Book)>();
        await using (var command = await db.Command($"""
            SELECT DISTINCT g.campaign_id, g.book_id FROM grant_entry g JOIN book b ON b.id = g.book_id
            WHERE g.person_id = @person AND g.valid_from <= @wall + b.offset_ms AND @wall + b.offset_ms < {GrantReader.Until}
            """, ct, ("person", personId), ("wall", clock.Now())))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct)) found.Add((reader.GetInt64(0), reader.GetInt64(1)));
        }
        var homes = await campaigns.FindMany(found.Select(f => f.Campaign).Distinct().ToList(), ct);
        return found.Where(f => homes.GetValueOrDefault(f.Campaign)?.BookId == f.Book).Select(f => f.Campaign).Order().ToList();
    }
}
