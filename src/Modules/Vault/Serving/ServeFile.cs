using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Vault.Contracts;
using Stipend.Vault.Keeping;
using Stipend.Vault.Model;
using Stipend.Vault.Stores;

namespace Stipend.Vault.Serving;

/// <summary>
/// A file, to whom what holds it is open, and to the campaign's owner; to everybody else it does not exist. Ranges, tags and HEAD are the
/// framework's; several ranges at once are answered with the whole file.
/// </summary>
internal static class ServeFile
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/media/{id:long}/{name}", [HttpMethods.Get, HttpMethods.Head], Serve).AllowAnyone();
        app.MapPost("/media/{id:long}/link", Link).RequireSignIn();
    }

    /// <summary>A file that is open, and whether to everybody.</summary>
    internal sealed record Opened(VaultFile File, VaultBlob Blob, bool IsPublic);

    /// <summary>What asking takes.</summary>
    internal sealed class Door(Db db, IGate gate, ICampaigns campaigns, IEnumerable<IFileHolder> holders, OldCopies copies)
    {
        /// <summary>What is read where it can be had.</summary>
        public OldCopies Copies => copies;

        /// <exception cref="Refusal">There is no such file, or it is closed to this person: the same answer.</exception>
        public async Task<Opened> Ask(long id, long? personId, CancellationToken ct)
        {
            if (await Find(id, db, ct) is not { } found || await campaigns.Find(found.File.CampaignId, ct) is not { } campaign) throw Refusal.NotFound("file");
            var isOwner = campaign.OwnerId == personId;
            if (!isOwner && !campaign.IsPublished) throw Refusal.NotFound("file");
            var holder = holders.SingleOrDefault(h => h.Kind == found.File.HolderKind) ?? throw Refusal.NotFound("file");
            if (await holder.Door(campaign.Id, found.File.HolderId, ct) is { } door
                && await gate.Check(personId, door.RuleId, door.PublishedAt, ct) is { IsOpen: true } decision)
                return new Opened(found.File, found.Blob, decision.Reason == AccessReason.Public);
            return isOwner ? new Opened(found.File, found.Blob, false) : throw Refusal.NotFound("file");
        }
    }

    internal sealed record LinkAnswer(string Url, Instant Until);

    private static Task<IResult> Serve(long id, string name, HttpContext http, Door door, SignedLinks links, ObjectStores stores, Db db,
        CancellationToken ct)
    {
        var token = http.Request.Query["link"].ToString();
        return Answer(http, id, token.Length > 0 ? links.PersonOf(token, id) : http.Viewer()?.Id, door, stores, db, ct);
    }

    internal static async Task<IResult> Answer(HttpContext http, long id, long? personId, Door door, ObjectStores stores, Db db, CancellationToken ct)
    {
        var (file, blob, isPublic) = await door.Ask(id, personId, ct);
        Head(http, file, isPublic, http.Request.Query.ContainsKey("download"));
        return await Bytes(http, file, blob, stores, door.Copies, db, ct);
    }

    /// <summary>A file's bytes to whom somebody else let in.</summary>
    internal static async Task<IResult> Give(HttpContext http, long id, ObjectStores stores, OldCopies copies, Db db, CancellationToken ct)
    {
        var found = await Find(id, db, ct) ?? throw Refusal.NotFound("file");
        return await Bytes(http, found.File, found.Blob, stores, copies, db, ct);
    }

    private sealed record Found(VaultFile File, VaultBlob Blob);

    private static Task<Found?> Find(long id, Db db, CancellationToken ct) => db.VaultFiles.AsNoTracking().Where(f => f.Id == id)
        .Join(db.VaultBlobs.AsNoTracking(), f => f.BlobId, b => b.Id, (f, b) => new Found(f, b)).SingleOrDefaultAsync(ct);

    private static async Task<IResult> Bytes(HttpContext http, VaultFile file, VaultBlob blob, ObjectStores stores, OldCopies copies, Db db,
        CancellationToken ct)
    {
        if (!http.Request.Headers.Range.ToString().StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
            http.Request.Headers.Remove("Range"); // another unit asks for nothing
        if (http.Request.Query.ContainsKey("small") && await db.VaultThumbs.AsNoTracking().SingleOrDefaultAsync(t => t.BlobId == blob.Id, ct) is { } small)
            return Results.Stream(new ObjectReading(stores[DiskStore.StoreName], small.ObjectKey, small.SizeBytes), VaultThumb.ContentType,
                entityTag: new EntityTagHeaderValue($"\"{blob.Hash[..31]}-\""), enableRangeProcessing: true);
        var content = copies.Read(blob);
        var tag = new EntityTagHeaderValue($"\"{blob.Hash[..32]}\"");
        if (WholeFile.IsAsked(http.Request)) return new WholeFile(content, file.ContentType, file.CreatedAt, tag);
        return Results.Stream(content, file.ContentType, lastModified: file.CreatedAt.ToDateTimeOffset(), entityTag: tag, enableRangeProcessing: true);
    }

    /// <summary>A link for a player or a download program that has no session.</summary>
    private static async Task<IResult> Link(long id, HttpContext http, Door door, SignedLinks links, SiteOptions site, CancellationToken ct)
    {
        var person = http.RequireViewer().Id;
        var (file, _, _) = await door.Ask(id, person, ct);
        var (token, until) = links.For(id, person);
        return Results.Json(new LinkAnswer(site.Link($"/media/{id}/{Uri.EscapeDataString(file.Name)}?link={token}"), until), statusCode: StatusCodes.Status201Created);
    }

    private static void Head(HttpContext http, VaultFile file, bool isPublic, bool download)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = isPublic ? "public, max-age=300" : "private, no-cache"; // a player asks again, and the gate with it
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Referrer-Policy"] = "no-referrer";
        var inline = !download && file.Kind != FileKind.Attachment;
        var disposition = new ContentDispositionHeaderValue(inline ? "inline" : "attachment");
        disposition.SetHttpFileName(file.Name);
        headers.ContentDisposition = disposition.ToString();
    }
}
