using System.Data.Common;
using System.Globalization;
using Stipend.Platform.Data;

namespace Stipend.Posts.Search;

/// <summary>What the two engines' searches share: order, paging, reading.</summary>
internal static class SearchSql
{
    public static string Page(string found) => $"""
        SELECT post_id, published_at, in_title FROM ({found}) AS found
        WHERE (in_title, published_at, post_id) < (@after_title, @after_at, @after_id)
        ORDER BY in_title DESC, published_at DESC, post_id DESC LIMIT @take
        """;

    public static (string, object?)[] After(SearchHit? after, int take) =>
    [
        ("after_title", after is { } hit ? (hit.InTitle ? 1 : 0) : 2),
            ("after_at", after?.PublishedAt.ToUnixTimeMilliseconds() ?? long.MaxValue),
        ("after_id", after?.PostId ?? long.MaxValue), ("take", take),
    ];

    /// <summary>The campaigns searched, as a condition on <c>d</c>; numbers only, so nothing to escape.</summary>
    public static string Within(IReadOnlyCollection<long> campaignIds) => campaignIds.Count == 0 ? "1 = 0"
        : $"d.campaign_id IN ({string.Join(", ", campaignIds.Select(c => c.ToString(CultureInfo.InvariantCulture)))})";

    /// <summary>What is open, as a condition on <c>d</c>; numbers only, so nothing to escape.</summary>
    public static string Open(IReadOnlyCollection<OpenRule> rules)
    {
        var whole = rules.Where(r => r.Spans is [{ From: var from, Until: var until }] && from == Instant.MinValue && until == Instant.MaxValue).ToList();
        var parts = rules.Except(whole).SelectMany(r => r.Spans.Select(s => string.Create(CultureInfo.InvariantCulture,
            $"(d.rule_id = {r.RuleId} AND d.published_at >= {Ms(s.From)} AND d.published_at < {Ms(s.Until)})"))).ToList();
        if (whole.Count > 0) parts.Add($"d.rule_id IN ({SqlList.Of(whole.Select(r => r.RuleId))})");
        return parts.Count == 0 ? "1 = 0" : $"({string.Join(" OR ", parts)})";
    }

    private static long Ms(Instant at) => at == Instant.MinValue ? 0 : at == Instant.MaxValue ? long.MaxValue : at.ToUnixTimeMilliseconds();

    public static async Task<IReadOnlyList<SearchHit>> Read(DbCommand command, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        var hits = new List<SearchHit>();
        while (await reader.ReadAsync(ct))
            hits.Add(new SearchHit(reader.GetInt64(0), Convert.ToInt64(reader.GetValue(2), CultureInfo.InvariantCulture) != 0,
                Instant.FromUnixTimeMilliseconds(reader.GetInt64(1))));
        return hits;
    }
}
