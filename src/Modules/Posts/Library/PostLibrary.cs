using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;
using Stipend.Posts.Model;
using Stipend.Posts.Read;

namespace Stipend.Posts.Library;

/// <summary>A creator's posts: drafts, scheduled and published, each with what it charges.</summary>
internal static class PostLibrary
{
    internal const int PageSize = 30;

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/{vanity}/posts", Show).RequireSignIn();

    internal static async Task<LibraryPage.View> Handle(
        CampaignInfo campaign, PostState state, PostCursor after, Db db, Books books, IPosts posts, IGate gate, ICampaigns campaigns,
            CancellationToken ct)
    {
        var (at, id) = (after.At, after.Id);
        var query = db.Posts.AsNoTracking().Where(p => p.CampaignId == campaign.Id && p.State == state && p.DeletedAt == null);
        query = state switch
        {
            PostState.Published =>
                query.Where(p => p.PublishedAt < at || (p.PublishedAt == at && p.Id < id)).OrderByDescending(p => p.PublishedAt)
                .ThenByDescending(p => p.Id),
            PostState.Scheduled =>
                query.Where(p => p.PublishAt < at || (p.PublishAt == at && p.Id < id)).OrderByDescending(p => p.PublishAt)
                .ThenByDescending(p => p.Id),
            _ => query.Where(p => p.SavedAt < at || (p.SavedAt == at && p.Id < id)).OrderByDescending(p => p.SavedAt)
                .ThenByDescending(p => p.Id),
        };
        var rows = await query.Take(PageSize + 1)
            .Select(p => new { p.Id, p.Title, p.Slug, p.SavedAt, p.PublishAt, p.PublishedAt, p.Charge, p.UndoUntil, p.RuleId })
                .ToListAsync(ct);
        var audiences = await gate.Audiences(rows.Select(r => r.RuleId).Distinct().ToList(), ct);
        var tiers = await campaigns.Tiers(campaign.Id, ct);
        var items = rows.Take(PageSize).Select(r => new LibraryPage.Item(
            r.Id, r.Title, r.Slug,
                state switch { PostState.Published => r.PublishedAt!.Value, PostState.Scheduled => r.PublishAt!.Value, _ => r.SavedAt },
            r.PublishAt, r.Charge, r.UndoUntil, AudienceLabel.Of(audiences[r.RuleId], tiers))).ToList();
        return new LibraryPage.View(campaign, state, await posts.Counts(campaign.Id, ct), items, await books.Now(campaign.BookId, ct),
            rows.Count > PageSize ? new PostCursor(items[^1].At, items[^1].Id) : null, after.IsStart);
    }

    private static async Task<IResult> Show(
        string vanity, string? state, string? before, HttpContext http, Db db, Books books, IPosts posts, IGate gate, ICampaigns campaigns,
            CancellationToken ct)
    {
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
        var shown = state switch { "draft" => PostState.Draft, "scheduled" => PostState.Scheduled, _ => PostState.Published };
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<LibraryPage>(await Handle(campaign, shown, PostCursor.Parse(before), db, books, posts, gate, campaigns, ct));
    }
}
