using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Posts.Read;

namespace Stipend.Posts.Search;

/// <summary>
/// Finds words in the posts of every campaign somebody is a member of, in a number of commands that does not grow with them. As on a campaign's own
/// search page, a closed post is found by its title and teaser alone.
/// </summary>
internal static class SearchLibrary
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/library/search", Show).RequireSignIn();

    internal static async Task<SearchLibraryPage.View> Handle(string? typed, string? after, long personId, Services s, CancellationToken ct)
    {
        var (query, cursor, text) = (SearchQuery.Parse(typed), SearchPosts.Cursor(after), typed?.Trim() ?? "");
        if (query.IsEmpty) return new SearchLibraryPage.View(text, [], null, true);
        var mine = await s.Gate.CampaignsOpenTo(personId, ct);
        var searched = (await s.Campaigns.FindMany(mine, ct)).Values.Where(c => c.IsPublished).Select(c => c.Id).ToList();
        if (searched.Count == 0) return new SearchLibraryPage.View(text, [], null, cursor is null);
        var open = await SearchPosts.OpenRules(searched, personId, s.Db, s.Gate, ct);
        var hits = await s.Index.Find(searched, open, query, cursor, SearchPosts.PageSize + 1, ct);
        var cards = await s.Reading.ByIds([.. hits.Take(SearchPosts.PageSize).Select(h => h.PostId)], personId, ct);
        return new SearchLibraryPage.View(text, await SearchPosts.Results(cards, query, s.Db, ct), SearchPosts.Next(hits), cursor is null);
    }

    /// <summary>What the search works with.</summary>
    internal sealed record Services(Db Db, ICampaigns Campaigns, IGate Gate, ISearchIndex Index, PostReading Reading);

    private static async Task<IResult> Show(string? q, string? after, HttpContext http, Services s, CancellationToken ct)
    {
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<SearchLibraryPage>(await Handle(q, after, http.RequireViewer().Id, s, ct));
    }
}
