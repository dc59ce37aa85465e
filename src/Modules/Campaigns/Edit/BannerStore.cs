using Stipend.Platform.Data;

namespace Stipend.Campaigns.Edit;

/// <summary>Keeps banners and logos as files in the data folder. What a file is, its first bytes say, not its name: SVG and everything else that may
/// carry script is refused.</summary>
internal sealed class BannerStore(DataOptions data, Ids ids)
{
    public const int MaxBytes = 5 * 1024 * 1024;

    private string Folder => Path.Combine(data.Folder, "files", "banners");

    /// <summary>Stores an upload under a new name and answers the name.</summary>
    /// <param name="field">“banner” or “logo”: what a refusal is about.</param>
    /// <param name="upload">Its bytes.</param>
    /// <param name="length">How many there are.</param>
    /// <param name="ct">Cancels the storing.</param>
    /// <exception cref="Refusal">Empty, too large, or not a picture of the four kinds.</exception>
    public async Task<string> Save(string field, Stream upload, long length, CancellationToken ct)
    {
        if (length > MaxBytes) throw Refusal.InvalidField(field, field == "logo"
            ? "A logo has at most 5 MB. Make it smaller and send it again." : "A banner has at most 5 MB. Make it smaller and send it again.");
        using var bytes = new MemoryStream();
        await upload.CopyToAsync(bytes, ct);
        var kind = Kind(bytes.ToArray().AsSpan())
            ?? throw Refusal.InvalidField(field, field == "logo"
                ? "A logo is a PNG, JPEG, WebP or GIF picture; this file is none of them. Save it as one of these and send it again."
                : "A banner is a PNG, JPEG, WebP or GIF picture; this file is none of them. Save it as one of these and send it again.");
        Directory.CreateDirectory(Folder);
        var name = $"{ids.Next()}.{kind}";
        var temporary = Path.Combine(Folder, name + ".part");
        await File.WriteAllBytesAsync(temporary, bytes.ToArray(), ct);
        File.Move(temporary, Path.Combine(Folder, name));
        return name;
    }

    /// <summary>Removes a picture nobody refers to any more; a missing one is no error.</summary>
    public void Remove(string? name)
    {
        if (name is not null && PathOf(name) is { } path) File.Delete(path);
    }

    /// <summary>The file of a name, when the name is one of ours and the file is there.</summary>
    public string? PathOf(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot < 1 || !name[..dot].All(char.IsAsciiDigit) || Type(name[(dot + 1)..]) is null) return null;
        var path = Path.Combine(Folder, name);
        return File.Exists(path) ? path : null;
    }

    /// <summary>The media type of a stored kind.</summary>
    public static string? Type(string kind) => kind switch
    {
        "png" => "image/png", "jpg" => "image/jpeg", "webp" => "image/webp", "gif" => "image/gif", _ => null,
    };

    /// <summary>What the first bytes say a file is; null when none of ours.</summary>
    internal static string? Kind(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) ? "png"
        : bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "jpg"
        : bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8) ? "gif"
        : bytes.Length > 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8) ? "webp"
        : null;
}
