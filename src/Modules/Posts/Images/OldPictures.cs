using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Model;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Images;

/// <summary>The bytes of pictures may still lie where they were kept before the vault kept them.</summary>
internal sealed record BringOldPictures(long AfterId);

/// <summary>The file of a picture whose bytes are in the vault now, or of one that went.</summary>
internal sealed record DeleteOldPicture(long CampaignId, string Hash);

/// <summary>
/// Pictures from before the vault kept them: DATA/files/CAMPAIGN/xx/HASH. They are served from there until they are brought, byte for byte as their hash
/// says and without being held against rules that came later; the file goes a day after, since a backup under way may still want it.
/// </summary>
internal sealed class OldPictures(Db db, DataOptions data, Outbox outbox, Clock clock)
{
    public const int Batch = 50;
    private static readonly Duration s_grace = Duration.FromHours(24);

    /// <summary>Brings all there are, of one campaign or of all; answers those that cannot be.</summary>
    public async Task<IReadOnlyList<ScrubFinding>> Bring(IVault vault, long? campaignId, CancellationToken ct)
    {
        var (findings, after) = (new List<ScrubFinding>(), 0L);
        while (await Next(campaignId, after, ct) is { Count: > 0 } batch)
        {
            foreach (var image in batch)
                if (await TryBring(vault, image, ct) is { } fault)
                    findings.Add(new ScrubFinding("disk", $"files/{Place(image.CampaignId, image.Hash)}", fault, [NameOf(image)]));
            after = batch[^1].Id;
        }
        return findings;
    }

    public Task<List<PostImage>> Next(long? campaignId, long after, CancellationToken ct) => db.PostImages.AsNoTracking()
        .Where(i => i.FileId == null && i.Id > after && (campaignId == null || i.CampaignId == campaignId)).OrderBy(i => i.Id).Take(Batch).ToListAsync(ct);

    /// <summary>Brings one, or says why it stays where it is: a disk too full for it must not keep anybody from reading the rest.</summary>
    private async Task<string?> TryBring(IVault vault, PostImage image, CancellationToken ct)
    {
        try
        {
            return await Bring(vault, image, ct);
        }
        catch (Refusal refusal) when (refusal.Status == StatusCodes.Status507InsufficientStorage)
        {
            return "not brought, the disk is full";
        }
    }

    /// <summary>Brings one; null, or what is wrong with its bytes.</summary>
    public async Task<string?> Bring(IVault vault, PostImage image, CancellationToken ct)
    {
        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(PathOf(image.CampaignId, image.Hash), ct);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return await db.PostImages.AnyAsync(i => i.Id == image.Id && i.FileId == null, ct) ? "missing" : null; // brought while it was looked for
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "unreadable";
        }
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != image.Hash) return "damaged";
        using var content = new MemoryStream(bytes);
        await vault.Take(new NewFile(image.CampaignId, image.UploaderId, PictureFiles.KindName, image.Id, NameOf(image))
        {
            Known = new PictureHead(image.ContentType, image.WidthPx, image.HeightPx),
            Alongside = async file =>
            {
                if (!await Came(image, file, ct)) await vault.Release(image.CampaignId, file, ct); // somebody was faster, or it went
            },
        }, content, ct);
        return null;
    }

    /// <summary>The picture's bytes are a file of the vault from now on; false when they were already. Inside a transaction.</summary>
    public async Task<bool> Came(PostImage image, long file, CancellationToken ct)
    {
        if (await db.Execute("UPDATE post_image SET file_id = @file WHERE id = @id AND file_id IS NULL", ct, ("file", file), ("id", image.Id)) == 0) return false;
        Forget(image.CampaignId, image.Hash);
        return true;
    }

    /// <summary>The old file goes in a day. Inside a transaction.</summary>
    public void Forget(long campaignId, string hash) => outbox.Enqueue(new DeleteOldPicture(campaignId, hash), clock.Now() + s_grace);

    /// <exception cref="Refusal">Its bytes are not there.</exception>
    public IResult Give(PostImage image) => PathOf(image.CampaignId, image.Hash) is var path && File.Exists(path)
        ? Results.File(path, image.ContentType, enableRangeProcessing: true, entityTag: new EntityTagHeaderValue($"\"{image.Hash[..32]}\""))
        : throw new Refusal(503, "file_missing",
            "The bytes of this file are not in their store. Tell the operator, who finds out more with “stipend vault scrub”.");

    /// <summary>Where a picture's bytes lay.</summary>
    public string PathOf(long campaignId, string hash) => Path.Combine(data.Folder, "files", Place(campaignId, hash));

    private static string Place(long campaignId, string hash) => $"{campaignId}/{hash[..2]}/{hash}";

    private static string NameOf(PostImage image) => $"picture {image.Id}.{image.ContentType["image/".Length..]}";
}

/// <summary>Sees at the start whether there are pictures to bring; the bringing is a job.</summary>
internal sealed class FindsOldPictures(Db db, Outbox outbox, Clock clock) : IAtStart
{
    public async Task Start(CancellationToken ct)
    {
        if (!await db.PostImages.AnyAsync(i => i.FileId == null, ct)) return;
        await using var transaction = await db.BeginWrite(ct);
        outbox.Enqueue(new BringOldPictures(0), clock.Now());
        await transaction.Commit(ct);
    }
}

/// <summary>Brings them batch by batch, beside the serving. What cannot be brought a scrub names.</summary>
internal sealed class BringingOldPictures(OldPictures old, IVault vault, Db db, Progress progress, Outbox outbox, Clock clock) : IPerform<BringOldPictures>
{
    public async Task Perform(BringOldPictures message, MessageContext context, CancellationToken ct)
    {
        var batch = await old.Next(null, message.AfterId, ct);
        foreach (var image in batch)
        {
            await old.Bring(vault, image, ct);
            await progress.Made(context, ct);
        }
        if (batch.Count < OldPictures.Batch) return;
        await using var transaction = await db.BeginWrite(ct);
        outbox.Enqueue(new BringOldPictures(batch[^1].Id), clock.Now());
        await transaction.Commit(ct);
    }
}

/// <summary>Removes old files. Nothing is put there any more, so this may be late, and may be repeated.</summary>
internal sealed class DeletingOldPictures(OldPictures old) : IPerform<DeleteOldPicture>
{
    public Task Perform(DeleteOldPicture message, MessageContext context, CancellationToken ct)
    {
        var path = old.PathOf(message.CampaignId, message.Hash);
        if (Directory.Exists(Path.GetDirectoryName(path))) File.Delete(path);
        return Task.CompletedTask;
    }
}
