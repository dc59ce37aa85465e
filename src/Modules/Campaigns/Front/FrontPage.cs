using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Campaigns.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Campaigns.Front;

/// <summary>The site's front page: what concerns the viewer, then every published campaign, newest first.</summary>
internal static class FrontPage
{
    private const int PageSize = 24;

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/", Show).AllowAnyone();

    private static async Task<IResult> Show(HttpContext http, Db db, IEnumerable<IFrontPageSection> sections, CancellationToken ct)
    {
        var before = long.TryParse(http.Request.Query["before"], out var id) && id > 0 ? id : long.MaxValue;
        var fragments = new List<RenderFragment>();
        if (before == long.MaxValue)
            foreach (var section in sections.OrderBy(s => s.Order))
                if (await section.Load(http.Viewer(), http.Request.Query, ct) is { } fragment) fragments.Add(fragment);
        var (entries, older) = await Directory(before, db, ct);
        return Pages.Show<FrontPageView>(new FrontPageView.View(entries, older, before == long.MaxValue, http.Viewer() is not null,
            fragments));
    }

    /// <summary>A page of the directory: two commands, whatever it holds. Sandboxes are listed too, marked as such: a page is looked at
    /// before it goes live.</summary>
    internal static async Task<(List<FrontPageView.Entry> Entries, long? Older)> Directory(long before, Db db, CancellationToken ct)
    {
        var found = await db.Campaigns.AsNoTracking().Where(c => c.IsPublished && c.Id < before).OrderByDescending(c => c.Id)
            .Take(PageSize + 1).ToListAsync(ct);
        var page = found.Take(PageSize).ToList();
        var ids = page.ConvertAll(c => c.Id);
        var cheapest = await (from tier in db.Tiers.AsNoTracking()
                              where ids.Contains(tier.CampaignId) && !tier.IsRetired
                              join price in db.TierPrices on new { TierId = tier.Id, Seq = tier.PriceVersion }
                                  equals new { price.TierId, price.Seq }
                              group price.PriceMinor by tier.CampaignId into prices
                              select new { CampaignId = prices.Key, Least = prices.Min() })
                                  .ToDictionaryAsync(p => p.CampaignId, p => p.Least, ct);
        var entries = page.ConvertAll(c => new FrontPageView.Entry(CampaignDirectory.Info(c),
            cheapest.TryGetValue(c.Id, out var least) ? new Money(least, Currency.Of(c.CurrencyCode)) : null));
        return (entries, found.Count > PageSize ? page[^1].Id : null);
    }
}
