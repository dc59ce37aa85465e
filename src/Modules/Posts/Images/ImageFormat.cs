using System.Text;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Images;

/// <summary>A picture's kind and size, read from its bytes and never from its name.</summary>
internal readonly record struct ImageFormat(string ContentType, int Width, int Height)
{
    private const int MaxSide = 20_000;

    /// <exception cref="Refusal">Not a PNG, JPEG, WebP or GIF, damaged, or larger than a screen can use.</exception>
    public static ImageFormat Sniff(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) throw Refusal.InvalidField("picture", "The file is empty. Choose a picture and try again.");
        if (PictureHead.Read(bytes) is not { } head) throw Refusal.InvalidField("picture", $"{Guess(bytes)} Pictures can be PNG, JPEG, WebP or GIF.");
        if (head.Width <= 0 || head.Height <= 0)
            throw Refusal.InvalidField("picture",
                "The picture is damaged or cut off. Save it again with your picture program and try once more.");
        if (head.Width > MaxSide || head.Height > MaxSide)
            throw Refusal.InvalidField("picture",
                $"The picture has {head.Width} × {head.Height} pixels; at most {MaxSide:N0} on a side. Make it smaller and try again.");
        return new ImageFormat(head.ContentType, head.Width, head.Height);
    }

    private static string Guess(ReadOnlySpan<byte> bytes)
    {
        var head = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 512)]).TrimStart('ï', '»', '¿', ' ', '\t', '\r', '\n');
        if (head.StartsWith("<svg", StringComparison.OrdinalIgnoreCase) || head.Contains("<svg", StringComparison.OrdinalIgnoreCase))
            return "This is an SVG drawing, which can carry programs; export it as PNG.";
        if (head.StartsWith('<')) return "This is a web page, not a picture.";
        return head.StartsWith("%PDF", StringComparison.Ordinal) ? "This is a PDF, not a picture."
            : "This file is not a picture we can show.";
    }
}
