using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Vault.Checking;
using Stipend.Vault.Keeping;
using Stipend.Vault.Model;
using Stipend.Vault.Taking;

namespace Stipend.Vault.Resumable;

/// <summary>Uploads that survive a broken line, a closed laptop and a restart of the site: tus 1.0 over rows and files on their way in.</summary>
internal sealed class Uploads(Db db, Ids ids, Clock clock, VaultOptions options, Shelves shelves, Incoming incoming, Outbox outbox)
{
    /// <summary>Begins an upload; its first bytes may come along.</summary>
    public async Task<IResult> Create(Target target, HttpContext http, CancellationToken ct)
    {
        TusHeaders.Check(http);
        var length = TusHeaders.Number(http.Request, "Upload-Length")
            ?? throw new Refusal(400, "upload_length", "Send Upload-Length, the size of the file in bytes. It must be known when the upload begins.");
        var sent = TusHeaders.Visible(http.Request, "Upload-Metadata");
        var metadata = TusHeaders.Metadata(sent ?? "");
        var name = FileNames.Clean(metadata.GetValueOrDefault("filename") ?? metadata.GetValueOrDefault("name"));
        if (length == 0) throw Refusal.InvalidField("file", $"“{name}” is empty: it has 0 bytes. Choose the file again.");
        await shelves.CheckRoom(target.Campaign.Id, length, ct);
        if (http.Request.ContentLength > length) throw TooMany();
        var upload = new VaultUpload
        {
            Id = ids.Next(), CampaignId = target.Campaign.Id, UploaderId = http.RequireViewer().Id, HolderKind = target.Holder.Kind,
            HolderId = target.HolderId, Name = name, LengthBytes = length, Sha256 = metadata.GetValueOrDefault("sha256"), Metadata = sent,
            CreatedAt = clock.Now(), ExpiresAt = Expiry,
        };
        await using (var transaction = await db.BeginWrite(ct))
        {
            await shelves.CheckOpen(target.Campaign.Id, length, ct);
            await using (incoming.Open(upload.Id)) { /* the file is there before its row */ }
            db.VaultUploads.Add(upload);
            outbox.Enqueue(new ExpireUpload(upload.Id), upload.ExpiresAt);
            await transaction.Commit(ct);
        }
        http.Response.StatusCode = StatusCodes.Status201Created;
        http.Response.Headers.Location = $"/{target.Campaign.Vanity}/uploads/{upload.Id}";
        Describe(http, upload.ExpiresAt, null);
        if (TusHeaders.IsBytes(http.Request)) Describe(http, Expiry, await WriteFirst(upload, http, ct));
        return Results.Empty;
    }

    /// <summary>How far an upload has got. One whose bytes are all here and were not kept yet, since the site stopped just then, is kept now.</summary>
    public async Task<IResult> Status(long campaignId, long id, HttpContext http, CancellationToken ct)
    {
        TusHeaders.Check(http);
        var upload = await Find(campaignId, id, http, ct);
        if (upload.FileId is { } made && !await db.VaultFiles.AnyAsync(f => f.Id == made, ct))
        {
            await Forget(id, ct); // the file was removed since: whoever sends it again begins anew
            throw Refusal.NotFound("upload");
        }
        if (upload.OffsetBytes == upload.LengthBytes && upload.FileId is null)
            await using (var file = incoming.Open(id)) await Finish(upload, file, null, ct);
        http.Response.Headers.CacheControl = "no-store";
        if (upload.Metadata is { } metadata) http.Response.Headers["Upload-Metadata"] = metadata;
        http.Response.Headers["Upload-Length"] = upload.LengthBytes.ToString(CultureInfo.InvariantCulture);
        Describe(http, upload.ExpiresAt, upload.OffsetBytes);
        return Results.Empty;
    }

    /// <summary>Takes bytes from where the upload stands.</summary>
    public async Task<IResult> Append(long campaignId, long id, HttpContext http, CancellationToken ct)
    {
        TusHeaders.Check(http);
        if (!TusHeaders.IsBytes(http.Request)) throw new Refusal(415, "wrong_content_type", $"Send the bytes as {TusHeaders.Bytes}.");
        var upload = await Find(campaignId, id, http, ct);
        var offset = await Write(upload, TusHeaders.Number(http.Request, "Upload-Offset"), http, ct);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        Describe(http, Expiry, offset);
        return Results.Empty;
    }

    /// <summary>Gives an upload up.</summary>
    public async Task<IResult> Terminate(long campaignId, long id, HttpContext http, CancellationToken ct)
    {
        TusHeaders.Check(http);
        await Find(campaignId, id, http, ct);
        await Forget(id, ct);
        return Results.NoContent();
    }

    private Instant Expiry => clock.Now() + Duration.FromHours(options.UploadHours);

    private async Task<VaultUpload> Find(long campaignId, long id, HttpContext http, CancellationToken ct)
    {
        var (person, now) = (http.RequireViewer().Id, clock.Now());
        return await db.VaultUploads.AsNoTracking()
            .SingleOrDefaultAsync(u => u.Id == id && u.CampaignId == campaignId && u.UploaderId == person && u.ExpiresAt > now, ct)
            ?? throw Refusal.NotFound("upload");
    }

    /// <summary>What comes along with the beginning. Nobody was told the address yet: when this fails, it is as if nothing had begun.</summary>
    private async Task<long> WriteFirst(VaultUpload upload, HttpContext http, CancellationToken ct)
    {
        try
        {
            return await Write(upload, 0, http, ct);
        }
        catch (Exception)
        {
            incoming.Delete(upload.Id); // first: a full disk has room for the row's removal then
            await Forget(upload.Id, CancellationToken.None);
            throw;
        }
    }

    /// <summary>The new offset. What came before a line broke counts; a part with a checksum counts whole or not at all.</summary>
    private async Task<long> Write(VaultUpload known, long? offset, HttpContext http, CancellationToken ct)
    {
        var length = known.LengthBytes;
        using var checksum = Checksum.Of(http.Request.Headers["Upload-Checksum"].ToString());
        await using var file = incoming.Open(known.Id);
        // read again: another request may have written before this one held the file
        var upload = await db.VaultUploads.AsNoTracking().SingleOrDefaultAsync(u => u.Id == known.Id, ct) ?? throw Refusal.NotFound("upload");
        if (offset != upload.OffsetBytes)
            throw Refusal.Conflict("wrong_offset", $"This upload stands at {upload.OffsetBytes}. Ask for its Upload-Offset with HEAD and go on from there.");
        if (http.Request.ContentLength > length - offset)
            throw TooMany();
        if (offset == length) return length;
        file.StandAt(upload.OffsetBytes);
        using var keyed = offset == 0 ? Incoming.Keyed((await shelves.Open(upload.CampaignId, ct)).HashKey) : null;
        List<IncrementalHash> hashes = [.. new[] { keyed, checksum?.Hash }.OfType<IncrementalHash>()];
        try
        {
            await file.Receive(http.Request.Body, length, hashes, checksum is null ? at => Stands(upload.Id, at, CancellationToken.None) : null, ct);
            checksum?.Check();
            await Keep();
        }
        catch (Exception error)
        {
            var isFull = error.IsDiskTrouble || error is Refusal { Status: 507 };
            // a line broke, or the disk is nearly full: what came, came. One that is quite full takes no row that says so either.
            if (checksum is null && !error.IsDiskTrouble && error is not Refusal { Status: not 507 }) isFull |= !await KeepIfRoom();
            var kept = await GiveBack(upload.Id, file);
            if (isFull) throw Full(kept ?? 0, length);
            throw;
        }
        if (file.Length == length)
            await Finish(upload, file, keyed is null ? null : Convert.ToHexStringLower(keyed.GetHashAndReset()), ct);
        return file.Length;

        async Task Keep()
        {
            file.Flush();
            await Stands(upload.Id, file.Length, CancellationToken.None);
        }

        async Task<bool> KeepIfRoom()
        {
            try
            {
                await Keep();
                return true;
            }
            catch (Exception error) when (error.IsDiskTrouble)
            {
                return false;
            }
        }
    }

    /// <summary>Cuts off what no row says is here, so that a full disk has room again; answers what one says. Null: it cannot be asked now, and nothing
    /// is cut off.</summary>
    private async Task<long?> GiveBack(long id, Incoming.Writing file)
    {
        try
        {
            var kept = await db.VaultUploads.Where(u => u.Id == id).Select(u => (long?)u.OffsetBytes).SingleOrDefaultAsync(CancellationToken.None);
            if (kept is { } offset) file.CutTo(offset);
            return kept;
        }
        catch (Exception error) when (error is DbException or IOException)
        {
            return null;
        }
    }

    private static Refusal TooMany() =>
        new(413, "too_many_bytes", "More bytes came than the upload was said to have. Start it again with the size the file has now.");

    private static Refusal Full(long kept, long length) => new(507, "disk_full", kept == 0
        ? "The disk of this site is full, so nothing of this file was kept. Ask the operator to make room, then send it again."
        : $"The disk of this site is full, so only the first {Sizes.Words(kept)} of {Sizes.Words(length)} are kept. Once the operator has made room, the upload goes on from there.");

    private Task<int> Stands(long id, long offset, CancellationToken ct) => db.Execute(
        "UPDATE vault_upload SET offset_bytes = @offset, expires_at = @expires WHERE id = @id", ct, ("offset", offset), ("expires", Expiry), ("id", id));

    /// <summary>All bytes are here: looked at, then kept. What is refused is refused for good.</summary>
    private async Task Finish(VaultUpload upload, Incoming.Writing file, string? hash, CancellationToken ct)
    {
        var path = incoming.PathOf(upload.Id);
        var shelf = await shelves.Open(upload.CampaignId, ct);
        try
        {
            hash ??= await file.Hash(shelf.HashKey, ct);
            if (upload.Sha256 is { } said && said != await file.Sha256(ct))
                throw new Refusal(460, "checksum", "The file is not the one its checksum was made of: it changed while it was uploaded. Upload it again.");
            await shelves.Keep(new Arrived(upload.CampaignId, upload.UploaderId, upload.HolderKind, upload.HolderId, upload.Name, path, upload.LengthBytes,
                hash, file.Look(upload.Name), upload.Id), ct);
        }
        catch (Refusal refusal) when (refusal.Status is 404 or 422 or 460)
        {
            await Forget(upload.Id, CancellationToken.None);
            throw;
        }
    }

    private async Task Forget(long id, CancellationToken ct)
    {
        await db.Execute("DELETE FROM vault_upload WHERE id = @id", ct, ("id", id));
        incoming.Delete(id);
    }

    private static void Describe(HttpContext http, Instant expires, long? offset)
    {
        http.Response.Headers["Upload-Expires"] = expires.ToDateTimeUtc().ToString("R", CultureInfo.InvariantCulture);
        if (offset is { } at) http.Response.Headers["Upload-Offset"] = at.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What a part must hash to: <c>sha1 base64</c>.</summary>
    private sealed class Checksum(IncrementalHash hash, string expected) : IDisposable
    {
        public IncrementalHash Hash => hash;

        public static Checksum? Of(string header)
        {
            if (header.Length == 0) return null;
            var algorithm = header.Split(' ') is [var name, _] ? name switch
            {
                "sha256" => HashAlgorithmName.SHA256, "sha1" => HashAlgorithmName.SHA1, "md5" => HashAlgorithmName.MD5, _ => default,
            } : default;
            return algorithm.Name is null ? throw new Refusal(400, "checksum_algorithm", $"Upload-Checksum names one of {TusHeaders.Algorithms}, a space, and the hash in base64.")
                : new Checksum(IncrementalHash.CreateHash(algorithm), header.Split(' ')[1]);
        }

        /// <exception cref="Refusal">460: other bytes came.</exception>
        public void Check()
        {
            if (Convert.ToBase64String(hash.GetHashAndReset()) != expected)
                throw new Refusal(460, "checksum", "These bytes are not those the checksum was made of. They were not taken; send the part again.");
        }

        public void Dispose() => hash.Dispose();
    }
}
