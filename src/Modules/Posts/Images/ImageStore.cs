using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Posts.Model;

namespace Stipend.Posts.Images;

/// <summary>Keeps pictures under DATA/files/CAMPAIGN/xx/HASH; the same bytes of one campaign are one file and one row.</summary>
internal sealed class ImageStore(Db db, DataOptions data, Ids ids, Books books, PostsOptions options)
{
    /// <summary>Takes a picture in; answers the row, which may have been there before.</summary>
    /// <exception cref="Refusal">Too large, empty, or not a picture.</exception>
    public async Task<PostImage> Add(CampaignInfo campaign, long uploaderId, Stream content, long length, CancellationToken ct)
    {
        if (length > options.MaxImageBytes) throw TooLarge();
        var bytes = new byte[length];
        await content.ReadExactlyAsync(bytes, ct);
        var format = ImageFormat.Sniff(bytes);
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (await Find(campaign.Id, hash, ct) is { } known) return known;
        await Write(campaign.Id, hash, bytes, ct);
        var image = new PostImage
        {
            Id = ids.Next(), CampaignId = campaign.Id, UploaderId = uploaderId, Hash = hash, ContentType = format.ContentType,
                SizeBytes = bytes.Length,
            WidthPx = format.Width, HeightPx = format.Height, CreatedAt = await books.Now(campaign.BookId, ct),
        };
        db.PostImages.Add(image);
        try
        {
            await db.SaveChangesAsync(ct);
            return image;
        }
        catch (DbUpdateException error) when (error.IsDuplicate)
        {
            return (await Find(campaign.Id, hash, ct))!; // the same picture was sent twice at once
        }
    }

    /// <summary>Where a picture's bytes lie.</summary>
    public string PathOf(long campaignId, string hash) => Path.Combine(data.Folder, "files", $"{campaignId}", hash[..2], hash);

    public long MaxBytes => options.MaxImageBytes;

    public Refusal TooLarge() =>
        new(413, "picture_too_large",
            $"A picture can have at most {options.MaxImageBytes / (1024 * 1024)} MB. Make it smaller and try again.");

    private Task<PostImage?> Find(long campaignId, string hash, CancellationToken ct) =>
        db.PostImages.AsNoTracking().SingleOrDefaultAsync(i => i.CampaignId == campaignId && i.Hash == hash, ct);

    /// <summary>The file is whole before it has its name, so a crash leaves no half picture.</summary>
    private async Task Write(long campaignId, string hash, byte[] bytes, CancellationToken ct)
    {
        var path = PathOf(campaignId, hash);
        if (File.Exists(path)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = $"{path}.{ids.Next()}.part";
        try
        {
            await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await file.WriteAsync(bytes, ct);
                file.Flush(flushToDisk: true);
            }
            File.Move(part, path, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }
}
