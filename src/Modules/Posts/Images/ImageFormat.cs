using System.Buffers.Binary;
using System.Text;

namespace Stipend.Posts.Images;

/// <summary>A picture's kind and size, read from its bytes and never from its name.</summary>
internal readonly record struct ImageFormat(string ContentType, int Width, int Height)
{
    private const int MaxSide = 20_000;

    private static ReadOnlySpan<byte> PngMagic => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];
    private static ReadOnlySpan<byte> JpegMagic => [0xFF, 0xD8, 0xFF];

    /// <exception cref="Refusal">Not a PNG, JPEG, WebP or GIF, damaged, or larger than a screen can use.</exception>
    public static ImageFormat Sniff(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) throw Refusal.InvalidField("picture", "The file is empty. Choose a picture and try again.");
        var (type, size) = Read(bytes);
        if (type is null) throw Refusal.InvalidField("picture", $"{Guess(bytes)} Pictures can be PNG, JPEG, WebP or GIF.");
        if (size is not { } s || s.Width <= 0 || s.Height <= 0)
            throw Refusal.InvalidField("picture",
                "The picture is damaged or cut off. Save it again with your picture program and try once more.");
        if (s.Width > MaxSide || s.Height > MaxSide)
            throw Refusal.InvalidField("picture",
                $"The picture has {s.Width} × {s.Height} pixels; at most {MaxSide:N0} on a side. Make it smaller and try again.");
        return new ImageFormat(type, s.Width, s.Height);
    }

    private static (string?, (int Width, int Height)?) Read(ReadOnlySpan<byte> b)
    {
        if (b.StartsWith(PngMagic)) return ("image/png", Png(b));
        if (b.StartsWith(JpegMagic)) return ("image/jpeg", Jpeg(b));
        if (b.StartsWith("GIF87a"u8) || b.StartsWith("GIF89a"u8))
            return ("image/gif", b.Length < 14 ? null
                : (BinaryPrimitives.ReadUInt16LittleEndian(b[6..]), BinaryPrimitives.ReadUInt16LittleEndian(b[8..])));
        if (b.Length >= 16 && b.StartsWith("RIFF"u8) && b[8..12].SequenceEqual("WEBP"u8)) return ("image/webp", WebP(b));
        return (null, null);
    }

    private static (int, int)? Png(ReadOnlySpan<byte> b) => b.Length >= 45 && b[12..16].SequenceEqual("IHDR"u8)
        ? ((int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(b[16..]), int.MaxValue),
            (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(b[20..]), int.MaxValue))
        : null;

    private static (int, int)? WebP(ReadOnlySpan<byte> b)
    {
        if (b.Length < 30) return null;
        if (b[12..16].SequenceEqual("VP8 "u8))
            return (BinaryPrimitives.ReadUInt16LittleEndian(b[26..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(b[28..]) & 0x3FFF);
        if (b[12..16].SequenceEqual("VP8L"u8))
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(b[21..]);
            return ((int)(bits & 0x3FFF) + 1, (int)((bits >> 14) & 0x3FFF) + 1);
        }
        return b[12..16].SequenceEqual("VP8X"u8) ? (1 + (b[24] | b[25] << 8 | b[26] << 16), 1 + (b[27] | b[28] << 8 | b[29] << 16)) : null;
    }

    /// <summary>Walks the segments to the frame header, which holds the size.</summary>
    private static (int, int)? Jpeg(ReadOnlySpan<byte> b)
    {
        for (var at = 2; at + 9 < b.Length;)
        {
            if (b[at] != 0xFF) return null;
            var marker = b[at + 1];
            if (marker == 0xFF) { at++; continue; }
            if (marker is 0x01 or >= 0xD0 and <= 0xD8) { at += 2; continue; }
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                return (BinaryPrimitives.ReadUInt16BigEndian(b[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(b[(at + 5)..]));
            if (marker is 0xD9 or 0xDA) return null;
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(b[(at + 2)..]);
        }
        return null;
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
