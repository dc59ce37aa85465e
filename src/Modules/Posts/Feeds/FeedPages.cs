using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;
using Stipend.Posts.Model;
using Stipend.Posts.Podcasting;

namespace Stipend.Posts.Feeds;

/// <summary>A person's feed readers: set one up (its addresses are shown once), see when each was used, take one back.</summary>
internal static class FeedPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/account/feeds", (HttpContext http, Db db, CancellationToken ct) => Draw(FormState.Empty, http, db, ct)).RequireSignIn();
        app.MapPost("/account/feeds", Add).RequireSignIn();
        app.MapPost("/account/feeds/{id:long}/remove", Remove).RequireSignIn();
    }

    private static async Task<IResult> Draw(FormState form, HttpContext http, Db db, CancellationToken ct)
    {
        var me = http.RequireViewer().Id;
        var rows = await db.FeedTokens.AsNoTracking().Where(t => t.PersonId == me).OrderBy(t => t.Id)
            .Select(t => new FeedsPage.Row(t.Id, t.Name, t.CreatedAt, t.LastUsedAt)).ToListAsync(ct);
        return Pages.Show<FeedsPage>(new FeedsPage.View(rows, form));
    }

    private static Task<IResult> Add(HttpContext http, Db db, FeedTokens tokens, ICampaigns campaigns, Podcasts podcasts, IGate gate,
        SiteOptions site, CancellationToken ct) => FormInput.Submit(http, async input =>
        {
            var name = input.Required("name", FeedToken.MaxName);
            input.Check();
            var me = http.RequireViewer().Id;
            var secret = await tokens.Make(me, name, ct);
            var feeds = await Addresses(me, input.Raw("campaign"), secret, campaigns, podcasts, gate, site, ct);
            http.Response.Headers.CacheControl = "no-store"; // shown once, in this very answer
            http.Response.Headers["Referrer-Policy"] = "no-referrer";
            return Pages.Show<FeedAddressesPage>(new FeedAddressesPage.View(name, feeds));
        }, state => Draw(state, http, db, ct));

    /// <summary>The addresses of every campaign that is open to the person, the one they came from first.</summary>
    private static async Task<IReadOnlyList<FeedAddressesPage.Feed>> Addresses(long me, string cameFrom, string secret, ICampaigns campaigns,
        Podcasts podcasts, IGate gate, SiteOptions site, CancellationToken ct)
    {
        var found = (await campaigns.FindMany(await gate.CampaignsOpenTo(me, ct), ct)).Values.Where(c => c.IsPublished).ToList();
        if (cameFrom.Length > 0 && !found.Exists(c => c.Vanity == cameFrom) && await campaigns.FindByVanity(cameFrom, ct) is { } here
            && (here.IsPublished || here.OwnerId == me)) found.Add(here);
        var offered = await podcasts.Offered(found.ConvertAll(c => c.Id), ct);
        return found.OrderByDescending(c => c.Vanity == cameFrom).ThenBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => new FeedAddressesPage.Feed(c.Name, site.Link($"/feeds/{secret}/{c.Vanity}.xml"), site.Link($"/feeds/{secret}/{c.Vanity}.json"),
                offered[c.Id].Select(p => new FeedAddressesPage.Show(p.Title, site.Link(Podcast.PathOf(c.Vanity, p.Id, secret) + ".xml"))).ToList()))
            .ToList();
    }

    private static async Task<IResult> Remove(long id, HttpContext http, FeedTokens tokens, CancellationToken ct)
    {
        if (!await tokens.Remove(http.RequireViewer().Id, id, ct)) throw Refusal.NotFound("reader");
        http.Flashes("Removed. That reader gets nothing more.");
        return Pages.SeeOther("/account/feeds");
    }
}
