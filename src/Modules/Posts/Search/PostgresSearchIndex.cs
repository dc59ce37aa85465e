using System.Globalization;
using System.Text;
using Stipend.Platform.Data;

namespace Stipend.Posts.Search;

/// <summary>The index on tsvector and GIN. Vectors and queries are written out by the program, so no dictionary or parser of the server has
/// a say.</summary>
internal sealed class PostgresSearchIndex(Db db) : ISearchIndex
{
    private const int MaxPosition = 16_000;
    private const int MaxPositionsPerWord = 200;

    public async Task Put(SearchDocument document, CancellationToken ct = default) => await db.Execute("""
        INSERT INTO post_search (post_id, campaign_id, rule_id, published_at, words) VALUES (@id, @campaign, @rule, @at, @words::tsvector)
        ON CONFLICT (post_id) DO UPDATE SET rule_id = excluded.rule_id, published_at = excluded.published_at, words = excluded.words
        """, ct, ("id", document.PostId), ("campaign", document.CampaignId), ("rule", document.RuleId), ("at", document.PublishedAt), ("words", Vector(document)));

    public async Task Remove(long postId, CancellationToken ct = default) =>
        await db.Execute("DELETE FROM post_search WHERE post_id = @id", ct, ("id", postId));

    public async Task<IReadOnlyList<SearchHit>> Find(
        IReadOnlyCollection<long> campaignIds, IReadOnlyCollection<OpenRule> openRules, SearchQuery query, SearchHit? after, int take,
            CancellationToken ct = default)
    {
        await using var command = await db.Command(SearchSql.Page($"""
            SELECT d.post_id, d.published_at, (d.words @@ @title::tsquery)::int AS in_title
            FROM post_search d
            WHERE {SearchSql.Within(campaignIds)}
              AND (d.words @@ @head::tsquery OR ({SearchSql.Open(openRules)} AND d.words @@ @whole::tsquery))
            """), ct, [("title", Query(query, "A")), ("head", Query(query, "AB")), ("whole", Query(query, "ABC")), .. SearchSql.After(after, take)]);
        return await SearchSql.Read(command, ct);
    }

    private static string Query(SearchQuery query, string weights) => string.Join(" & ", query.Clauses.Select(c =>
        "(" + string.Join(" <-> ", c.Words.Select((w, i) => $"'{w}':{(c.IsPrefix && i == c.Words.Count - 1 ? "*" : "")}{weights}")) + ")"));

    private static string Vector(SearchDocument document)
    {
        var positions = new Dictionary<string, List<(int Position, char Weight)>>(StringComparer.Ordinal);
        var next = 1;
        foreach (var (text, weight) in new[] { (document.Title, 'A'), (document.Teaser, 'B'), (document.Body, 'C') })
        {
            foreach (var word in Words.Of(text))
            {
                if (!positions.TryGetValue(word, out var list)) positions[word] = list = [];
                if (list.Count < MaxPositionsPerWord) list.Add((Math.Min(next, MaxPosition), weight));
                next++;
            }
            next += 10; // no phrase runs from one part into the next
        }
        var vector = new StringBuilder();
        foreach (var (word, list) in positions)
            vector.Append('\'').Append(word).Append("':")
                .AppendJoin(',', list.Select(p => p.Position.ToString(CultureInfo.InvariantCulture) + p.Weight)).Append(' ');
        return vector.ToString();
    }
}
