using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Vault.Checking;
using Stipend.Vault.Contracts;
using Stipend.Vault.Keeping;
using Stipend.Vault.Model;
using Stipend.Vault.Stores;

namespace Stipend.Vault.Taking;

/// <summary>A whole file on the disk, looked at, about to be kept.</summary>
internal sealed record Arrived(long CampaignId, long UploaderId, string HolderKind, long HolderId, string Name, string Path, long SizeBytes,
    string Hash, FileFacts Facts, long? UploadId)
{
    /// <summary>Kept although it may be more than the campaign may have, as what was there before it was counted.</summary>
    public bool IsBeyondQuota { get; init; }

    /// <summary>Called with the file's id before the transaction ends.</summary>
    public Func<long, Task>? Alongside { get; init; }
}

/// <summary>
/// Rows and references: files come and go in short transactions that wait for each other campaign by campaign, so bytes are counted once, never
/// beyond the quota, and go exactly when the last file that has them went.
/// </summary>
internal sealed class Shelves(Db db, Ids ids, Clock clock, VaultOptions options, Outbox outbox, DiskStore disk,
    IncomingDisk incoming, IEnumerable<IFileHolder> holders)
{
    /// <summary>Bytes stay for so long after their last file went: downloads end, and a backup under way finds what its rows name.</summary>
    public static readonly Duration Grace = Duration.FromHours(24);

    private const int MostOpen = 20;

    /// <summary>A campaign's shelf, made when it has none.</summary>
    public async Task<VaultShelf> Open(long campaignId, CancellationToken ct)
    {
        if (await Find(campaignId, ct) is { } shelf) return shelf;
        await db.Execute("""
            INSERT INTO vault_shelf (campaign_id, hash_key, store, used_bytes) VALUES (@campaign, @key, @store, 0)
            ON CONFLICT (campaign_id) DO NOTHING
            """, ct, ("campaign", campaignId), ("key", RandomNumberGenerator.GetHexString(64, lowercase: true)), ("store", options.Store));
        return (await Find(campaignId, ct))!;
    }

    public Task<VaultShelf?> Find(long campaignId, CancellationToken ct) =>
        db.VaultShelves.AsNoTracking().SingleOrDefaultAsync(s => s.CampaignId == campaignId, ct);

    /// <summary>A name for an object, never given twice: what removes an object late can hit no other.</summary>
    public string NewKey(long campaignId, string hash) => $"{campaignId}/{hash[..2]}/{hash}.{ids.Next()}";

    public long QuotaOf(VaultShelf? shelf) => shelf?.QuotaBytes ?? options.QuotaBytes;

    /// <summary>The early no, before bytes are sent for nothing; the one that counts is in <see cref="Keep"/>.</summary>
    /// <exception cref="Refusal">Too large for the site, for what the campaign has left, or for the disk.</exception>
    public async Task CheckRoom(long campaignId, long bytes, CancellationToken ct)
    {
        CheckSize(bytes);
        var shelf = await Open(campaignId, ct);
        if (shelf.UsedBytes + bytes > QuotaOf(shelf)) throw OverQuota(shelf);
        incoming.CheckRoom(bytes);
    }

    /// <exception cref="Refusal">Too large for the site, whosever it is.</exception>
    public void CheckSize(long bytes)
    {
        if (bytes > options.MaxFileBytes)
            throw new Refusal(413, "file_too_large", $"A file can have at most {Sizes.Words(options.MaxFileBytes)}; this has {Sizes.Words(bytes)}. Make it smaller, or split it.");
    }

    /// <summary>What is on its way counts as if it were here, and there is an end to how much may be: else beginnings fill the disk. Inside the
    /// transaction that begins the upload.</summary>
    /// <exception cref="Refusal">Too many uploads are open, or they would be over the quota together.</exception>
    public async Task CheckOpen(long campaignId, long bytes, CancellationToken ct)
    {
        var (shelf, now) = (await Queue(campaignId, ct), clock.Now());
        var open = await db.VaultUploads.Where(u => u.CampaignId == campaignId && u.FileId == null && u.ExpiresAt > now).Select(u => u.LengthBytes)
            .ToListAsync(ct);
        if (open.Count >= MostOpen)
            throw Refusal.Conflict("too_many_uploads", $"{MostOpen} uploads are under way already. Finish one or give it up first.");
        if (shelf.UsedBytes + open.Sum() + bytes > QuotaOf(shelf)) throw OverQuota(shelf);
    }

    /// <summary>Keeps a file that has arrived; its bytes become an object unless the campaign has them. The file on the disk is used up, or
    /// still there when this throws.</summary>
    /// <exception cref="Refusal">Over the quota, or the holder has too many files.</exception>
    public async Task<VaultFile> Keep(Arrived arrived, CancellationToken ct)
    {
        await Open(arrived.CampaignId, ct);
        string? adopted = null;
        VaultFile file;
        try
        {
            await using var transaction = await db.BeginWrite(ct);
            var shelf = await Queue(arrived.CampaignId, ct);
            if (arrived.UploadId is { } done && await Became(done, ct) is { } known) return known;
            if (!await holders.Single(h => h.Kind == arrived.HolderKind).Exists(arrived.CampaignId, arrived.HolderId, ct))
                throw Refusal.NotFound(arrived.HolderKind); // deleted while the bytes were on their way
            if (await db.VaultFiles.CountAsync(f => f.HolderKind == arrived.HolderKind && f.HolderId == arrived.HolderId, ct) >= options.MaxFilesPerPost)
                throw Refusal.Conflict("too_many_files", $"There are {options.MaxFilesPerPost} files here already, and more do not fit. Remove one first.");
            var blob = await db.VaultBlobs.AsNoTracking().SingleOrDefaultAsync(b => b.CampaignId == arrived.CampaignId && b.Hash == arrived.Hash, ct);
            if (blob is null)
            {
                if (!arrived.IsBeyondQuota && shelf.UsedBytes + arrived.SizeBytes > QuotaOf(shelf)) throw OverQuota(shelf);
                blob = await AddBlob(arrived, ct);
                adopted = blob.ObjectKey;
            }
            else if (blob.Damage is not null)
            {
                await db.Execute("UPDATE vault_blob SET store = @disk, damage = NULL WHERE id = @id", ct, ("disk", DiskStore.StoreName), ("id", blob.Id));
                adopted = blob.ObjectKey; // the same bytes, sound
            }
            if (adopted is not null) disk.Adopt(adopted, arrived.Path);
            if (adopted is not null && shelf.Store != DiskStore.StoreName) outbox.Enqueue(new MoveBlob(blob.Id, shelf.Store), clock.Now());
            file = AddFile(arrived, blob.Id);
            outbox.Publish(new FileTaken(file.Id));
            await db.SaveChangesAsync(ct);
            if (arrived.UploadId is { } upload)
                await db.Execute("UPDATE vault_upload SET file_id = @file WHERE id = @id", ct, ("file", file.Id), ("id", upload));
            if (arrived.Alongside is { } alongside) await alongside(file.Id);
            await transaction.Commit(ct);
        }
        catch (Exception) when (adopted is not null && !File.Exists(arrived.Path))
        {
            if (!await IsNamed(adopted)) File.Move(disk.PathOf(adopted), arrived.Path); // nothing was kept: the upload is as it was
            throw;
        }
        File.Delete(arrived.Path);
        return file;
    }

    /// <summary>A commit may have happened although its answer never came. When that cannot be asked either, the bytes stay: a scrub finds what nothing
    /// names.</summary>
    private async Task<bool> IsNamed(string key)
    {
        try
        {
            return await db.VaultBlobs.AsNoTracking().AnyAsync(b => b.ObjectKey == key, CancellationToken.None);
        }
        catch (DbException)
        {
            return true;
        }
    }

    /// <summary>Lets all files of a holder go. Joins the caller's transaction.</summary>
    public async Task ReleaseAll(long campaignId, string holderKind, long holderId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await Queue(campaignId, ct); // first: a file that arrives now is seen, or sees that its holder is gone
        await Release(campaignId, await db.VaultFiles.Where(f => f.CampaignId == campaignId && f.HolderKind == holderKind && f.HolderId == holderId)
            .Select(f => f.Id).ToListAsync(ct), ct);
        await transaction.Commit(ct);
    }

    /// <summary>Lets files go, and the bytes nothing else has. Joins the caller's transaction.</summary>
    public async Task Release(long campaignId, IReadOnlyCollection<long> fileIds, CancellationToken ct)
    {
        if (fileIds.Count == 0) return;
        await using var transaction = await db.BeginWrite(ct);
        await Queue(campaignId, ct);
        var blobs = await db.VaultFiles.Where(f => f.CampaignId == campaignId && fileIds.Contains(f.Id)).Select(f => f.BlobId).Distinct().ToListAsync(ct);
        foreach (var id in fileIds)
        {
            if (await db.Execute("DELETE FROM vault_file WHERE id = @id AND campaign_id = @campaign", ct, ("id", id), ("campaign", campaignId)) > 0)
                await db.Execute("DELETE FROM play_position WHERE file_id = @id", ct, ("id", id));
        }
        foreach (var id in blobs) await Drop(campaignId, id, ct);
        await transaction.Commit(ct);
    }

    private async Task Drop(long campaignId, long blobId, CancellationToken ct)
    {
        var blob = await db.VaultBlobs.AsNoTracking().SingleAsync(b => b.Id == blobId, ct);
        if (await db.VaultFiles.AnyAsync(f => f.BlobId == blobId, ct)) return;
        foreach (var small in await db.VaultThumbs.AsNoTracking().Where(t => t.BlobId == blobId).ToListAsync(ct))
        {
            await db.Execute("DELETE FROM vault_thumb WHERE blob_id = @id", ct, ("id", blobId));
            Doom(DiskStore.StoreName, small.ObjectKey, clock.Now() + Grace);
        }
        if (await db.Execute("DELETE FROM vault_blob WHERE id = @id AND NOT EXISTS (SELECT 1 FROM vault_file WHERE blob_id = @id)", ct, ("id", blobId)) == 0) return;
        await db.Execute("UPDATE vault_shelf SET used_bytes = used_bytes - @size WHERE campaign_id = @campaign", ct, ("size", blob.SizeBytes), ("campaign", campaignId));
        Doom(blob.Store, blob.ObjectKey, clock.Now() + Grace);
    }

    /// <summary>Nothing names an object any more; it goes at a time. Inside a transaction.</summary>
    public void Doom(string store, string key, Instant at)
    {
        db.VaultDoomed.Add(new VaultDoomed { ObjectKey = key, Store = store, DueAt = at });
        outbox.Enqueue(new DeleteObject(store, key), at);
    }

    /// <summary>From here to the end of the transaction nobody else changes this campaign's files.</summary>
    private async Task<VaultShelf> Queue(long campaignId, CancellationToken ct)
    {
        await db.Execute("UPDATE vault_shelf SET used_bytes = used_bytes WHERE campaign_id = @campaign", ct, ("campaign", campaignId));
        return (await Find(campaignId, ct))!;
    }

    private async Task<VaultFile?> Became(long uploadId, CancellationToken ct)
    {
        var fileId = await db.VaultUploads.Where(u => u.Id == uploadId).Select(u => u.FileId).SingleOrDefaultAsync(ct);
        return fileId is null ? null : await db.VaultFiles.AsNoTracking().SingleOrDefaultAsync(f => f.Id == fileId, ct);
    }

    private async Task<VaultBlob> AddBlob(Arrived arrived, CancellationToken ct)
    {
        var blob = new VaultBlob
        {
            Id = ids.Next(), CampaignId = arrived.CampaignId, Hash = arrived.Hash, SizeBytes = arrived.SizeBytes, Store = DiskStore.StoreName,
            ObjectKey = NewKey(arrived.CampaignId, arrived.Hash), CreatedAt = clock.Now(),
        };
        db.VaultBlobs.Add(blob);
        await db.SaveChangesAsync(ct); // before the file that refers to it
        await db.Execute("UPDATE vault_shelf SET used_bytes = used_bytes + @size WHERE campaign_id = @campaign", ct, ("size", arrived.SizeBytes),
            ("campaign", arrived.CampaignId));
        return blob;
    }

    private VaultFile AddFile(Arrived arrived, long blobId)
    {
        var file = new VaultFile
        {
            Id = ids.Next(), CampaignId = arrived.CampaignId, BlobId = blobId, HolderKind = arrived.HolderKind, HolderId = arrived.HolderId,
            UploaderId = arrived.UploaderId, Name = arrived.Name, Kind = arrived.Facts.Type.Kind, ContentType = arrived.Facts.Type.ContentType,
            WidthPx = arrived.Facts.WidthPx, HeightPx = arrived.Facts.HeightPx, CreatedAt = clock.Now(),
        };
        db.VaultFiles.Add(file);
        return file;
    }

    private Refusal OverQuota(VaultShelf shelf) => new(413, "over_quota",
        $"This campaign uses {Sizes.Words(shelf.UsedBytes)} of its {Sizes.Words(QuotaOf(shelf))}, and this does not fit in. Remove something first, or ask the operator for more.");
}
