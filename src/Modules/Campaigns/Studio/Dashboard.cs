using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;

namespace Stipend.Campaigns.Studio;

/// <summary>The campaigns I own, with their figures and their pages.</summary>
internal static class Dashboard
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/dashboard", Show).RequireSignIn();

    private static async Task<IResult> Show(HttpContext http, ICampaigns campaigns, IEnumerable<IDashboardFigures> sources,
        IEnumerable<StudioLink> links, CancellationToken ct)
    {
        var mine = await campaigns.OwnedBy(http.RequireViewer().Id, ct);
        var figures = mine.ToDictionary(c => c.Id, _ => new List<DashboardFigure>());
        if (mine.Count > 0)
            foreach (var source in sources.OrderBy(s => s.Order))
                foreach (var (campaign, more) in await source.Of(mine, ct)) figures[campaign].AddRange(more);
        return Pages.Show<DashboardView>(new DashboardView.View(
            mine.Select(c => new DashboardView.Entry(c, figures[c.Id])).ToList(),
            StudioLink.Grouped(links.Where(l => l.Path.Length > 0))));
    }
}
