using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Posts.Model;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Images;

/// <summary>Pictures of texts: a row here that says whose it is and how large, bytes in the vault. The same bytes of one campaign are one row.</summary>
internal sealed class ImageStore(Db db, IVault vault, OldPictures old, Ids ids, Books books, PostsOptions options)
{
    /// <summary>Takes a picture in; answers the row, which may have been there before. Bytes that were damaged since are mended by the same ones.</summary>
    /// <exception cref="Refusal">Too large, empty, not a picture, damaged, not what its name says, or over the campaign's quota.</exception>
    public async Task<PostImage> Add(CampaignInfo campaign, long uploaderId, string name, Stream content, long length, CancellationToken ct)
    {
        if (length > options.MaxImageBytes) throw TooLarge();
        var bytes = new byte[length];
        await content.ReadExactlyAsync(bytes, ct);
        var format = ImageFormat.Sniff(bytes);
        var now = await books.Now(campaign.BookId, ct);
        var image = new PostImage
        {
            Id = ids.Next(), CampaignId = campaign.Id, UploaderId = uploaderId, Hash = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            ContentType = format.ContentType, SizeBytes = bytes.Length, WidthPx = format.Width, HeightPx = format.Height,
            CreatedAt = now, LookedAt = now,
        };
        var kept = image;
        try
        {
            using var whole = new MemoryStream(bytes);
            await vault.Take(new NewFile(campaign.Id, uploaderId, PictureFiles.KindName, image.Id, name)
            {
                Alongside = async file => kept = await Keep(image, file, ct),
            }, whole, ct);
        }
        catch (Refusal refusal) when (refusal.Fields.TryGetValue("file", out var wrong))
        {
            throw Refusal.InvalidField("picture", wrong);
        }
        return kept;
    }

    /// <summary>The same out of a page's form, which comes back with what was typed whatever is wrong with the picture.</summary>
    public async Task<PostImage> Add(CampaignInfo campaign, long uploaderId, IFormFile file, CancellationToken ct)
    {
        try
        {
            await using var content = file.OpenReadStream();
            return await Add(campaign, uploaderId, file.FileName, content, file.Length, ct);
        }
        catch (Refusal refusal) when (refusal.Status is StatusCodes.Status413PayloadTooLarge or StatusCodes.Status507InsufficientStorage)
        {
            throw Refusal.InvalidField("picture", refusal.Message);
        }
    }

    /// <summary>Answers with the bytes of a picture; whom to has been made sure of.</summary>
    public Task<IResult> Give(PostImage image, HttpContext http, CancellationToken ct) =>
        image.FileId is { } file ? vault.Give(http, file, ct) : Task.FromResult(old.Give(image));

    public long MaxBytes => options.MaxImageBytes;

    public Refusal TooLarge() =>
        new(413, "picture_too_large",
            $"A picture can have at most {options.MaxImageBytes / (1024 * 1024)} MB. Make it smaller and try again.");

    /// <summary>The row of a file the vault is just taking in. Whoever else sends this campaign's files waits for the end of the transaction, so what is
    /// found here stays.</summary>
    private async Task<PostImage> Keep(PostImage image, long file, CancellationToken ct)
    {
        image.FileId = file;
        if (await db.PostImages.AsNoTracking().SingleOrDefaultAsync(i => i.CampaignId == image.CampaignId && i.Hash == image.Hash, ct) is not { } known)
        {
            db.PostImages.Add(image);
            await db.SaveChangesAsync(ct);
            return image;
        }
        await db.Execute("UPDATE post_image SET unnamed_since = NULL WHERE id = @id", ct, ("id", known.Id));
        if (known.FileId is null) await old.Came(known, file, ct);
        else await vault.Release(image.CampaignId, file, ct); // its bytes stay, since the known one has them
        return known;
    }
}
