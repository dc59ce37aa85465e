using System.Buffers.Binary;

namespace Stipend.Vault.Checking;

/// <summary>Width and height in pixels, out of a picture's first bytes.</summary>
internal readonly record struct ImageSize(int Width, int Height)
{
    public static ImageSize? Read(FileType type, ReadOnlySpan<byte> b) =>
        type == FileType.Png ? Png(b) : type == FileType.Jpeg ? Jpeg(b) : type == FileType.WebP ? WebP(b)
        : b.Length < 10 ? null : new(BinaryPrimitives.ReadUInt16LittleEndian(b[6..]), BinaryPrimitives.ReadUInt16LittleEndian(b[8..]));

    private static ImageSize? Png(ReadOnlySpan<byte> b) => b.Length >= 33 && b[12..16].SequenceEqual("IHDR"u8)
        ? new(Int(BinaryPrimitives.ReadUInt32BigEndian(b[16..])), Int(BinaryPrimitives.ReadUInt32BigEndian(b[20..]))) : null;

    private static int Int(uint value) => (int)Math.Min(value, int.MaxValue);

    private static ImageSize? WebP(ReadOnlySpan<byte> b)
    {
        if (b.Length < 30) return null;
        if (b[12..16].SequenceEqual("VP8 "u8))
            return new(BinaryPrimitives.ReadUInt16LittleEndian(b[26..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(b[28..]) & 0x3FFF);
        if (b[12..16].SequenceEqual("VP8L"u8))
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(b[21..]);
            return new((int)(bits & 0x3FFF) + 1, (int)((bits >> 14) & 0x3FFF) + 1);
        }
        return b[12..16].SequenceEqual("VP8X"u8) ? new(1 + (b[24] | b[25] << 8 | b[26] << 16), 1 + (b[27] | b[28] << 8 | b[29] << 16)) : null;
    }

    /// <summary>Walks the segments to the frame header. One that lies behind long metadata is not found, and then the size is unknown.</summary>
    private static ImageSize? Jpeg(ReadOnlySpan<byte> b)
    {
        for (var at = 2; at + 9 < b.Length;)
        {
            if (b[at] != 0xFF) return null;
            var marker = b[at + 1];
            if (marker == 0xFF) { at++; continue; }
            if (marker is 0x01 or >= 0xD0 and <= 0xD8) { at += 2; continue; }
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                return new(BinaryPrimitives.ReadUInt16BigEndian(b[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(b[(at + 5)..]));
            if (marker is 0xD9 or 0xDA) return null;
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(b[(at + 2)..]);
        }
        return null;
    }
}
