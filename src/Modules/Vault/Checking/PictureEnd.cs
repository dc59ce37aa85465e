using System.Buffers.Binary;

namespace Stipend.Vault.Checking;

/// <summary>Whether all of a picture is there, by its own marks and not by bytes that could as well be its colours.</summary>
internal static class PictureEnd
{
    private const int Steps = 100_000;

    /// <summary>A PNG is chunks that say their length, the last of them IEND.</summary>
    public static bool HasPng(FileStream file)
    {
        Span<byte> chunk = stackalloc byte[8];
        for (var (at, step) = (8L, 0); at + 12 <= file.Length && step < Steps; step++)
        {
            Read(file, at, chunk);
            if (chunk[4..].SequenceEqual("IEND"u8)) return true;
            at += 12L + BinaryPrimitives.ReadUInt32BigEndian(chunk);
        }
        return false;
    }

    /// <summary>A JPEG is segments that say their length, up to the first scan; the end mark counts only behind it, since the small preview that a
    /// camera puts before it has one too.</summary>
    public static bool HasJpeg(FileStream file, ReadOnlySpan<byte> tail)
    {
        Span<byte> segment = stackalloc byte[4];
        for (var (at, step) = (2L, 0); at + 4 <= file.Length && step < Steps; step++)
        {
            Read(file, at, segment);
            if (segment[0] != 0xFF) return false;
            if (segment[1] == 0xDA)
            {
                var end = tail.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]);
                return (end >= 0 && file.Length - tail.Length + end > at) || HasMarkAfter(file, at);
            }
            at += segment[1] is 0xFF ? 1 : segment[1] is 0x01 or >= 0xD0 and <= 0xD8 ? 2 : 2L + BinaryPrimitives.ReadUInt16BigEndian(segment[2..]);
        }
        return false;
    }

    /// <summary>Whether the end mark stands anywhere behind the first scan: a phone puts a film of seconds after its picture. Among a picture's colours
    /// the two bytes never stand together.</summary>
    private static bool HasMarkAfter(FileStream file, long at)
    {
        var (buffer, last) = (new byte[256 * 1024], false);
        file.Position = at;
        for (int read; (read = file.Read(buffer)) > 0; last = buffer[read - 1] == 0xFF)
            if ((last && buffer[0] == 0xD9) || buffer.AsSpan(0, read).IndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) >= 0) return true;
        return false;
    }

    /// <summary>A GIF ends with its trailer; what is filled up behind it does not count.</summary>
    public static bool HasGif(ReadOnlySpan<byte> tail) => tail.TrimEnd("\0\r\n"u8) is [.., 0x3B];

    private static void Read(FileStream file, long at, Span<byte> into)
    {
        file.Position = at;
        file.ReadExactly(into);
    }
}
