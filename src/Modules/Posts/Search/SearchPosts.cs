using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Posts.Contracts;
using Stipend.Posts.Read;

namespace Stipend.Posts.Search;

/// <summary>Finds words in a campaign's posts. A closed post is found by its title and teaser alone, and shows no more.</summary>
internal static class SearchPosts
{
    internal const int PageSize = 20;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/search", Show).AllowAnyone();
        SearchLibrary.Map(app);
    }

    internal static async Task<SearchPage.View> Handle(
        string vanity, string? typed, string? after, long? viewerId, Db db, ICampaigns campaigns, IGate gate, ISearchIndex index,
            PostReading reading, CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("campaign");
        if (!campaign.IsPublished && campaign.OwnerId != viewerId) throw Refusal.NotFound("campaign");
        var query = SearchQuery.Parse(typed);
        var (cursor, text) = (Cursor(after), typed?.Trim() ?? "");
        if (query.IsEmpty) return new SearchPage.View(campaign, text, [], null, true);
        var hits = await index.Find([campaign.Id], await OpenRules([campaign.Id], viewerId, db, gate, ct), query, cursor, PageSize + 1, ct);
        var cards = await reading.ByIds(campaign, hits.Take(PageSize).Select(h => h.PostId).ToList(), viewerId, ct);
        return new SearchPage.View(campaign, text, await Results(cards, query, db, ct), Next(hits), cursor is null);
    }

    /// <summary>Cards with what was looked for marked in them.</summary>
    internal static async Task<IReadOnlyList<SearchResult>> Results(IReadOnlyList<PostCard> cards, SearchQuery query, Db db, CancellationToken ct)
    {
        var plain = await Plain(cards, db, ct);
        return [.. cards.Select(c => new SearchResult(c, Snippets.Whole(c.Title, query),
            plain.TryGetValue(c.Id, out var body) ? Snippets.Of(body, query) : Snippets.Whole(c.Text, query)))];
    }

    /// <summary>The rules of the campaigns' posts that open something to the reader.</summary>
    internal static async Task<List<OpenRule>> OpenRules(IReadOnlyCollection<long> campaignIds, long? viewerId, Db db, IGate gate, CancellationToken ct)
    {
        await using var command = await db.Command($"SELECT DISTINCT d.rule_id FROM post_search d WHERE {SearchSql.Within(campaignIds)}", ct);
        var rules = new List<long>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct)) rules.Add(reader.GetInt64(0));
        if (rules.Count == 0) return [];
        var reaches = await gate.Reaches(viewerId, rules, ct: ct);
        return rules.ConvertAll(r => new OpenRule(r, reaches[r].Spans)).FindAll(r => r.Spans.Count > 0);
    }

    /// <summary>The words a reader may see, to show where they match: all of an open post, of a closed one what stands above its paywall
    /// line, if it has one.</summary>
    private static async Task<Dictionary<long, string>> Plain(IReadOnlyList<PostCard> cards, Db db, CancellationToken ct)
    {
        var found = new Dictionary<long, string>();
        if (cards.Count == 0) return found;
        string Ids(bool open) => SqlList.Of(cards.Where(c => c.Lock is null == open).Select(c => c.Id));
        await using var command = await db.Command($"""
            SELECT id, plain FROM post WHERE id IN ({Ids(open: true)})
            UNION ALL SELECT id, TRIM(teaser || ' ' || preview_plain) FROM post WHERE id IN ({Ids(open: false)}) AND preview_plain <> ''
            """, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found[reader.GetInt64(0)] = reader.GetString(1);
        return found;
    }

    /// <summary>Where the next page begins; null when these were all.</summary>
    internal static string? Next(IReadOnlyList<SearchHit> hits) => hits.Count > PageSize ? Cursor(hits[PageSize - 1]) : null;

    private static string Cursor(SearchHit hit) => $"{(hit.InTitle ? 1 : 0)}-{new PostCursor(hit.PublishedAt, hit.PostId)}";

    internal static SearchHit? Cursor(string? text)
    {
        if (text is not (['0', '-', ..] or ['1', '-', ..])) return null;
        var at = PostCursor.Parse(text[2..]);
        return at.IsStart ? null : new SearchHit(at.Id, text[0] == '1', at.At);
    }

    private static async Task<IResult> Show(
        string vanity, string? q, string? after, HttpContext http, Db db, ICampaigns campaigns, IGate gate, ISearchIndex index,
            PostReading reading, CancellationToken ct)
    {
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<SearchPage>(await Handle(vanity, q, after, http.Viewer()?.Id, db, campaigns, gate, index, reading, ct));
    }
}

/// <summary>The search page's answer without the page.</summary>
internal sealed class PostSearch(Db db, ICampaigns campaigns, IGate gate, ISearchIndex index, PostReading reading) : IPostSearch
{
    public async Task<FoundPosts> Find(CampaignInfo campaign, string words, string? after, long? viewerId, CancellationToken ct)
    {
        var page = await SearchPosts.Handle(campaign.Vanity, words, after, viewerId, db, campaigns, gate, index, reading, ct);
        return new FoundPosts(page.Results.Select(r => new FoundPost(r.Card.Id, r.Card.Title, r.Card.Path, r.Card.At, r.Card.Lock is null,
            string.Concat(r.Snippet.Select(p => p.Text)))).ToList(), page.Next);
    }
}
