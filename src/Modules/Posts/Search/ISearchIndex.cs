using Stipend.Entitlements.Contracts;

namespace Stipend.Posts.Search;

/// <summary>A published post as the index sees it. The teaser goes on with what stands above the paywall line: both are everybody's.</summary>
internal sealed record SearchDocument(long PostId, long CampaignId, long RuleId, Instant PublishedAt, string Title, string Teaser,
    string Body);

/// <summary>A rule under which posts that came out in some spans of time are open to the reader.</summary>
internal sealed record OpenRule(long RuleId, IReadOnlyList<DatedSpan> Spans)
{
    /// <summary>A rule that opens everything under it.</summary>
    public static OpenRule Whole(long ruleId) => new(ruleId, [new DatedSpan(Instant.MinValue, Instant.MaxValue)]);
}

/// <summary>A found post. Hits in the title come first, then newer before older.</summary>
internal readonly record struct SearchHit(long PostId, bool InTitle, Instant PublishedAt);

/// <summary>
/// Full text of the published posts of campaigns. The text of a post is searched only under rules that are open to the reader; title and
/// teaser, which everybody sees, under all: a closed text cannot be guessed by searching for it.
/// </summary>
internal interface ISearchIndex
{
    /// <summary>Adds or replaces a post; joins the caller's transaction.</summary>
    Task Put(SearchDocument document, CancellationToken ct = default);

    /// <summary>Forgets a post; joins the caller's transaction.</summary>
    Task Remove(long postId, CancellationToken ct = default);

    /// <param name="campaignIds">The campaigns searched, as one: hits in titles first, whichever they are of.</param>
    /// <param name="openRules">Rules whose posts of these spans are searched whole.</param>
    /// <param name="query">Not empty.</param>
    /// <param name="after">The last hit of the page before.</param>
    /// <param name="take">Hits at most.</param>
    /// <param name="ct">Cancels the search.</param>
    Task<IReadOnlyList<SearchHit>> Find(
        IReadOnlyCollection<long> campaignIds, IReadOnlyCollection<OpenRule> openRules, SearchQuery query, SearchHit? after, int take,
            CancellationToken ct = default);
}
