using System.Buffers.Binary;

namespace Stipend.Vault.Contracts;

/// <summary>What a picture's first bytes say of it, whatever its name says: its content type, and its width and height in pixels, both 0
/// where they cannot be read.</summary>
public readonly record struct PictureHead(string ContentType, int Width, int Height)
{
    /// <summary>Null for what is not a PNG, JPEG, GIF or WebP.</summary>
    public static PictureHead? Read(ReadOnlySpan<byte> b)
    {
        (string, (int Width, int Height)?)? read = b switch
        {
            _ when b.StartsWith<byte>([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) => ("image/png", Png(b)),
            _ when b.StartsWith<byte>([0xFF, 0xD8, 0xFF]) => ("image/jpeg", Jpeg(b)),
            _ when b.StartsWith("GIF87a"u8) || b.StartsWith("GIF89a"u8) => ("image/gif", Gif(b)),
            _ when b.Length >= 16 && b.StartsWith("RIFF"u8) && b[8..12].SequenceEqual("WEBP"u8) => ("image/webp", WebP(b)),
            _ => null,
        };
        return read is var (type, size) ? new PictureHead(type, size?.Width ?? 0, size?.Height ?? 0) : null;
    }

    private static (int, int)? Png(ReadOnlySpan<byte> b) => b.Length >= 45 && b[12..16].SequenceEqual("IHDR"u8)
        ? (Int(BinaryPrimitives.ReadUInt32BigEndian(b[16..])), Int(BinaryPrimitives.ReadUInt32BigEndian(b[20..]))) : null;

    private static int Int(uint value) => (int)Math.Min(value, int.MaxValue);

    private static (int, int)? Gif(ReadOnlySpan<byte> b) =>
        b.Length < 14 ? null : (BinaryPrimitives.ReadUInt16LittleEndian(b[6..]), BinaryPrimitives.ReadUInt16LittleEndian(b[8..]));

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

    /// <summary>Walks the segments to the frame header. One that lies behind long metadata is not found, and then the size is unknown.</summary>
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
}
