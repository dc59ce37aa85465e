using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Posts.Model;

namespace Stipend.Posts.Images;

/// <summary>A picture, to whom a published post that shows it is open, and to the campaign's owner; above a paywall line to everybody. To
/// everybody else it does not exist.</summary>
internal static class ServeImage
{
    internal static void Map(IEndpointRouteBuilder app) =>
        app.MapMethods("/media/{id:long}", [HttpMethods.Get, HttpMethods.Head], Serve).AllowAnyone();

    /// <summary>The picture and whether everybody may see it. In a campaign that is a draft nobody but its owner may.</summary>
    internal static async Task<(PostImage Image, bool IsPublic)> Handle(long id, long? personId, Db db, IGate gate, ICampaigns campaigns,
        CancellationToken ct)
    {
        var image = await db.PostImages.AsNoTracking().SingleOrDefaultAsync(i => i.Id == id, ct) ?? throw Refusal.NotFound("picture");
        var campaign = await campaigns.Find(image.CampaignId, ct) ?? throw Refusal.NotFound("picture");
        if (campaign.OwnerId != personId && !campaign.IsPublished) throw Refusal.NotFound("picture");
        var shown = await db.PostImageUses.Where(u => u.ImageId == id)
            .Join(db.Posts.Where(p => p.State == PostState.Published && p.DeletedAt == null), u => u.PostId, p => p.Id,
                (u, p) => new { p.RuleId, p.PublishedAt, u.IsOpen })
                .Distinct().ToListAsync(ct);
        if (shown.Exists(s => s.IsOpen)) return (image, true);
        if (shown.Count > 0)
        {
            var reaches = await gate.Reaches(personId, shown.Select(p => p.RuleId).Distinct().ToList(), ct: ct);
            var decisions = shown.ConvertAll(p => reaches[p.RuleId].At(p.PublishedAt!.Value));
            if (decisions.Exists(d => d is { IsOpen: true, Reason: AccessReason.Public })) return (image, true);
            if (decisions.Exists(d => d.IsOpen)) return (image, false);
        }
        return campaign.OwnerId == personId ? (image, false) : throw Refusal.NotFound("picture");
    }

    private static async Task<IResult> Serve(long id, HttpContext http, Db db, IGate gate, ICampaigns campaigns, ImageStore store,
        CancellationToken ct)
    {
        var (image, isPublic) = await Handle(id, http.Viewer()?.Id, db, gate, campaigns, ct);
        return await Answer(image, isPublic, http, store, ct);
    }

    internal static Task<IResult> Answer(PostImage image, bool isPublic, HttpContext http, ImageStore store, CancellationToken ct)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = isPublic ? "public, max-age=300" : "private, no-store";
        headers.XContentTypeOptions = "nosniff";
        // The page a browser makes around a picture it is sent to is styled inline, to fit the window; there is nothing else in it.
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture,
            $"inline; filename=\"{image.Id}.{image.ContentType["image/".Length..]}\"");
        return store.Give(image, http, ct);
    }
}
