using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Posts.Files;
using Stipend.Posts.Model;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Read;

/// <summary>One post. The text is fetched only after the gate has said yes; a draft exists for its creator alone.</summary>
internal static class ReadPost
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/{vanity}/posts/{post}", Show).AllowAnyone();

    internal static async Task<ReadPostPage.View> Handle(
        string vanity, long postId, long? viewerId, Db db, Books books, ICampaigns campaigns, IGate gate, IVault vault,
        CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("campaign");
        var isOwner = viewerId == campaign.OwnerId;
        var post = await db.Posts.AsNoTracking().Where(p => p.Id == postId && p.CampaignId == campaign.Id && p.DeletedAt == null)
            .Where(p => p.State == PostState.Published || isOwner)
            .Select(p => new { p.Id, p.Slug, p.Title, p.Teaser, p.State, p.PublishedAt, p.PublishAt, p.EditedAt, p.RuleId })
            .SingleOrDefaultAsync(ct);
        if (post is null || (!campaign.IsPublished && !isOwner)) throw Refusal.NotFound("post");
        var decision = isOwner ? new Decision(true, AccessReason.Owner, null) : await gate.Check(viewerId, post.RuleId, ct);
        var audience = (await gate.Audiences([post.RuleId], ct))[post.RuleId];
        var tiers = await campaigns.Tiers(campaign.Id, ct);
        var html = decision.IsOpen ? await db.Posts.Where(p => p.Id == postId).Select(p => p.Html).SingleAsync(ct) : null;
        return new ReadPostPage.View(
            campaign, post.Id, Post.PathOf(campaign.Vanity, post.Id, post.Slug), post.Title, post.Teaser, post.State, post.PublishedAt
                ?? post.PublishAt, post.EditedAt, html,
            decision.Reason, AudienceLabel.Of(audience, tiers), decision.IsOpen ? null
                : LockInfo.Of(decision.Reason, audience, campaign, tiers), isOwner, await books.Now(campaign.BookId, ct),
            await vault.FilesOf(PostFiles.KindName, postId, ct));
    }

    private static async Task<IResult> Show(
        string vanity, string post, HttpContext http, Db db, Books books, ICampaigns campaigns, IGate gate, IVault vault,
        CancellationToken ct)
    {
        var dash = post.IndexOf('-', StringComparison.Ordinal);
        if (!long.TryParse(dash < 0 ? post : post[..dash], NumberStyles.None, CultureInfo.InvariantCulture,
            out var id)) throw Refusal.NotFound("post");
        var view = await Handle(vanity, id, http.Viewer()?.Id, db, books, campaigns, gate, vault, ct);
        if (view.Path != $"/{vanity}/posts/{post}") return Results.LocalRedirect(view.Path);
        if (view.Audience.Kind != AudienceKind.Public || view.IsOwner) http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<ReadPostPage>(view);
    }
}
