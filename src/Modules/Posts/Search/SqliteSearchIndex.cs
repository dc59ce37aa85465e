using Stipend.Platform.Data;

namespace Stipend.Posts.Search;

/// <summary>The index on FTS5.</summary>
internal sealed class SqliteSearchIndex(Db db) : ISearchIndex
{
    public async Task Put(SearchDocument document, CancellationToken ct = default)
    {
        await using var transaction = await db.BeginWrite(ct);
        await Remove(document.PostId, ct);
        await db.Execute("INSERT INTO post_search (post_id, campaign_id, rule_id, published_at) VALUES (@id, @campaign, @rule, @at)", ct,
            ("id", document.PostId), ("campaign", document.CampaignId), ("rule", document.RuleId), ("at", document.PublishedAt));
        await db.Execute("INSERT INTO post_search_words (rowid, scope, title, teaser, body) VALUES (@id, @scope, @title, @teaser, @body)", ct,
            ("id", document.PostId), ("scope", Scope(document.CampaignId)), ("title", Join(document.Title)),
                ("teaser", Join(document.Teaser)), ("body", Join(document.Body)));
        await transaction.Commit(ct);
    }

    public async Task Remove(long postId, CancellationToken ct = default)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (await db.Execute("DELETE FROM post_search WHERE post_id = @id", ct, ("id", postId)) > 0)
            await db.Execute("DELETE FROM post_search_words WHERE rowid = @id", ct, ("id", postId));
        await transaction.Commit(ct);
    }

    public async Task<IReadOnlyList<SearchHit>> Find(
        IReadOnlyCollection<long> campaignIds, IReadOnlyCollection<OpenRule> openRules, SearchQuery query, SearchHit? after, int take,
            CancellationToken ct = default)
    {
        var wanted = string.Join(" AND ", query.Clauses.Select(c => $"\"{string.Join(' ', c.Words)}\"{(c.IsPrefix ? " *" : "")}"));
        var scope = $"scope : ({string.Join(" OR ", campaignIds.Select(c => $"\"{Scope(c)}\"").DefaultIfEmpty("\"none\""))}) AND ";
        await using var command = await db.Command(SearchSql.Page($"""
            SELECT d.post_id, d.published_at,
                   d.post_id IN (SELECT rowid FROM post_search_words WHERE post_search_words MATCH @title) AS in_title
            FROM post_search d
            WHERE {SearchSql.Within(campaignIds)}
              AND (d.post_id IN (SELECT rowid FROM post_search_words WHERE post_search_words MATCH @head)
                OR ({SearchSql.Open(openRules)} AND d.post_id IN (SELECT rowid FROM post_search_words WHERE post_search_words MATCH @whole)))
            """), ct, [("title", $"{scope}{{title}} : ({wanted})"), ("head", $"{scope}{{title teaser}} : ({wanted})"),
            ("whole", $"{scope}{{title teaser body}} : ({wanted})"), .. SearchSql.After(after, take)]);
        return await SearchSql.Read(command, ct);
    }

    private static string Scope(long campaignId) => $"c{campaignId}";
    private static string Join(string text) => string.Join(' ', Words.Of(text));
}
