using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Entitlements.Gating;

/// <summary>A rule somebody asks about, and the plain rule that stands for it at present.</summary>
internal sealed record AskedRule(long Id, long PlainId, CampaignInfo Campaign);

/// <summary>The gate's rule said in SQL, for any number of rules of any campaigns: kept equal to
/// <see cref="Gate.Decide(IReadOnlyCollection{GrantFact}, IReadOnlyCollection{EndFact}, Audience, Asker, Instant, Dated)"/> by a property
/// test.</summary>
internal sealed class PageOfChecks(Db db, Clock clock, Books books)
{
    /// <summary>What one rule and one policy have in common: the first grant that opens, whether one did, whether there is any.</summary>
    private readonly record struct Row(long RuleId, AudienceKind Kind, Backlog Policy, long? GrantId, bool HadIt, bool IsMember);

    private readonly record struct Time(long RuleId, bool Opens, bool IsPaid, DatedSpan Span);

    public async Task<Dictionary<long, Reach>> Ask(long person, List<AskedRule> asked, CancellationToken ct)
    {
        (string, object?)[] who = [("person", person), ("wall", clock.Now()), ("scope", Scope(asked)), db.Keys(asked.Select(a => a.PlainId).Distinct())];
        var rows = await Rows(who, ct);
        // Only where a policy looks at the past is the past read.
        var looking = rows.Where(r => r.GrantId is not null && r.Policy.Kind is BacklogKind.SinceJoining or BacklogKind.AfterPaidMonths).ToList();
        var times = looking.Count == 0 ? [] : await Times(who, ct);
        var result = new Dictionary<long, Reach>();
        foreach (var rule in rows.GroupBy(r => r.RuleId))
        {
            var campaign = asked.First(a => a.PlainId == rule.Key).Campaign;
            var openings = new List<Opening>();
            foreach (var row in rule.Where(r => r.GrantId is not null).OrderBy(r => r.GrantId))
            {
                var now = row.Policy.Kind == BacklogKind.Everything ? Instant.MinValue : await books.Now(campaign.BookId, ct);
                openings.Add(new Opening(row.GrantId!.Value, row.Kind == AudienceKind.Members ? AccessReason.Member : AccessReason.Tier,
                    BacklogReach.Of(row.Policy, times.Where(t => t.RuleId == rule.Key && t.Opens).Select(t => t.Span),
                        times.Where(t => t.RuleId == rule.Key && t.IsPaid).Select(t => t.Span), now, campaign.Zone)));
            }
            result[rule.Key] = new Reach(openings, Closed([.. rule]));
        }
        return result;
    }

    private static Decision Closed(List<Row> rows) => new(false, rows.Exists(r => r.HadIt) ? AccessReason.Ended
        : !rows.Exists(r => r.IsMember) ? AccessReason.NotAMember
        : rows[0].Kind == AudienceKind.PaidMembers ? AccessReason.PaidTierNeeded : AccessReason.OtherTierNeeded, null);

    private async Task<List<Row>> Rows((string, object?)[] who, CancellationToken ct)
    {
        var rows = new List<Row>();
        await using var command = await db.Command($"""
            {With()}
            SELECT rule_id, kind, policy, months, MIN(CASE WHEN valid = 1 AND opens = 1 THEN id END),
                   MAX(CASE WHEN valid = 0 AND opens = 1 THEN 1 ELSE 0 END), MAX(CASE WHEN valid = 1 THEN 1 ELSE 0 END)
            FROM met GROUP BY rule_id, kind, policy, months
            """, ct, who);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add(new Row(reader.GetInt64(0), Columns.Enum<AudienceKind>(reader.GetString(1)),
                new Backlog(Columns.Enum<BacklogKind>(reader.GetString(2)), (int)reader.GetInt64(3)), GrantReader.Long(reader, 4),
                Number(reader, 5) == 1, Number(reader, 6) == 1));
        return rows;
    }

    private async Task<List<Time>> Times((string, object?)[] who, CancellationToken ct)
    {
        var times = new List<Time>();
        await using var command = await db.Command(
            $"{With()} SELECT rule_id, opens, paid, valid_from, until FROM met WHERE id IS NOT NULL AND (opens = 1 OR paid = 1)", ct,
            who);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            times.Add(new Time(reader.GetInt64(0), Number(reader, 1) == 1, Number(reader, 2) == 1,
                new DatedSpan(Instant.FromUnixTimeMilliseconds(reader.GetInt64(3)), Until(reader.GetInt64(4)))));
        return times;
    }

    /// <summary>The campaigns asked about and the books each lives in, as rows.</summary>
    private static string Scope(List<AskedRule> asked) =>
        JsonSerializer.Serialize(asked.Select(a => a.Campaign).DistinctBy(c => c.Id).Select(c => new[] { c.Id, c.BookId }));

    /// <summary>One text whoever asks and whatever for, so that it stays compiled.</summary>
    private string With()
    {
        var rows = new JsonRows(db.Engine);
        return $"""
            WITH scope (campaign_id, book_id) AS (SELECT {rows.Number(0)}, {rows.Number(1)} FROM {rows.From("scope")}),
            held AS (
                SELECT g.id, g.campaign_id, g.tier_id, g.valid_from, @wall + b.offset_ms AS present,
                       CASE WHEN g.tier_id IS NOT NULL AND g.source <> 'free' THEN 1 ELSE 0 END AS paid, {GrantReader.Until} AS until
                FROM scope s
                JOIN grant_entry g ON g.person_id = @person AND g.campaign_id = s.campaign_id AND g.book_id = s.book_id
                JOIN book b ON b.id = s.book_id),
            mine AS (
                SELECT h.id, h.campaign_id, h.tier_id, h.paid, h.valid_from, h.until, CASE WHEN h.present < h.until THEN 1 ELSE 0 END AS valid,
                       COALESCE(l.kind, 'everything') AS policy, COALESCE(l.months, 0) AS months
                FROM held h LEFT JOIN tier_backlog l ON l.tier_id = h.tier_id
                WHERE h.valid_from <= h.present AND h.valid_from < h.until),
            met AS (
                SELECT r.id AS rule_id, r.kind, m.id, m.valid, m.paid, m.valid_from, m.until,
                       CASE WHEN r.kind = 'members' THEN 'everything' ELSE COALESCE(m.policy, 'everything') END AS policy,
                       CASE WHEN r.kind = 'members' THEN 0 ELSE COALESCE(m.months, 0) END AS months,
                       CASE WHEN r.kind = 'members' OR (r.kind = 'paid_members' AND m.paid = 1)
                              OR (r.kind = 'tiers' AND t.tier_id IS NOT NULL) THEN 1 ELSE 0 END AS opens
                FROM access_rule r
                LEFT JOIN mine m ON m.campaign_id = r.campaign_id
                LEFT JOIN access_rule_tier t ON t.rule_id = r.id AND t.tier_id = m.tier_id
                WHERE {db.Among("r.id")})
            """;
    }

    private static long Number(DbDataReader row, int column) => Convert.ToInt64(row.GetValue(column), CultureInfo.InvariantCulture);

    private static Instant Until(long ms) => ms == long.MaxValue ? Instant.MaxValue : Instant.FromUnixTimeMilliseconds(ms);
}
