using System.Buffers.Binary;
using System.IO.Compression;
using Stipend.Vault.Contracts;

namespace Stipend.Vault.Checking;

/// <summary>What is known of a file from its bytes: what it is, and the size of a picture.</summary>
internal sealed record FileFacts(FileType Type, int? WidthPx, int? HeightPx)
{
    private const long MaxPixels = 150_000_000; // phones make 108 million
    private const long MaxUnpacked = 1L << 30;
    private const int MaxRatio = 100;
    private const uint MaxContentsBytes = 16 * 1024 * 1024;
    private const int HeadBytes = 1024 * 1024, TailBytes = 66 * 1024;

    /// <summary>Reads what it needs of a file, never all of it.</summary>
    /// <exception cref="Refusal">Empty, cut off, not what its name says, or a bomb.</exception>
    public static FileFacts Read(FileStream file, string name)
    {
        if (file.Length == 0) throw Wrong($"“{name}” is empty: it has 0 bytes. Choose the file again.");
        var head = Part(file, 0, HeadBytes);
        var type = FileType.Of(head, name);
        if (IsCutOff(type, file, head)) throw Wrong($"“{name}” is damaged or cut off: it begins as {type.Words} and does not end as one. Save it again and try once more.");
        if (type == FileType.Zip) CheckArchive(file, name);
        if (type.Kind != FileKind.Image) return new FileFacts(type, null, null);
        if (PictureHead.Read(head) is not { Width: > 0, Height: > 0 } size) throw Wrong($"“{name}” is damaged or cut off: its size cannot be read. Save it again and try once more.");
        if ((long)size.Width * size.Height > MaxPixels)
            throw Wrong($"“{name}” would unpack to {size.Width:N0} × {size.Height:N0} pixels, more than a screen can use. Make it smaller and try again.");
        return new FileFacts(type, size.Width, size.Height);
    }

    /// <summary>Of a picture that was looked at before.</summary>
    public static FileFacts Of(PictureHead picture) => new(FileType.Pictures.Single(t => t.ContentType == picture.ContentType), picture.Width, picture.Height);

    private static Refusal Wrong(string sentence) => Refusal.InvalidField("file", sentence);

    private static bool IsCutOff(FileType type, FileStream file, byte[] head)
    {
        if (type == FileType.Mp4 || type == FileType.M4A || type == FileType.Mov) return !BoxesEnd(file);
        if (type == FileType.WebP || type == FileType.Wav)
            return BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4)) is var said and not (0 or uint.MaxValue) && said + 8L > file.Length + 1;
        if (type == FileType.Png) return !PictureEnd.HasPng(file);
        if (type == FileType.Jpeg) return !PictureEnd.HasJpeg(file, Tail(file));
        if (type == FileType.Gif) return !PictureEnd.HasGif(Tail(file));
        var ending = type == FileType.Pdf ? "%%EOF"u8 : type == FileType.Zip ? "PK\x05\x06"u8 : [];
        return !ending.IsEmpty && Tail(file).AsSpan().LastIndexOf(ending) < 0;
    }

    /// <summary>An MP4 is boxes that say their length: the last must end where the file ends, and the table of contents must be there.</summary>
    private static bool BoxesEnd(FileStream file)
    {
        var (at, hasContents) = (0L, false);
        for (var boxes = 0; at + 8 <= file.Length && boxes < 10_000; boxes++)
        {
            var box = Part(file, at, 16);
            long size = BinaryPrimitives.ReadUInt32BigEndian(box);
            if (size == 1 && box.Length == 16) size = BinaryPrimitives.ReadInt64BigEndian(box.AsSpan(8));
            if (size == 0) size = file.Length - at; // to the end
            hasContents |= box.AsSpan(4, 4).SequenceEqual("moov"u8);
            if (size < 8 || size > file.Length - at) return false;
            at += size;
        }
        return hasContents;
    }

    /// <summary>An archive is never unpacked here, but whoever downloads it will.</summary>
    private static void CheckArchive(FileStream file, string name)
    {
        var tail = Tail(file);
        var end = tail.AsSpan().LastIndexOf("PK\x05\x06"u8);
        if (end < 0 || end + 22 > tail.Length) throw Wrong($"“{name}” is damaged or cut off. Save it again and try once more.");
        var (disk, count) = (BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(end + 4)), BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(end + 10)));
        var start = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(end + 16));
        // The reader believes the place and, in the larger format, a count beside it; only from the place does it follow how much it will read.
        if (disk == ushort.MaxValue || count == ushort.MaxValue || start == uint.MaxValue || file.Length - tail.Length + end - start > MaxContentsBytes)
            throw Wrong($"“{name}” holds too many files to look at. Pack them into fewer archives.");
        try
        {
            file.Position = 0;
            using var archive = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            var unpacked = archive.Entries.Sum(e => Math.Clamp(e.Length, 0, 1L << 40)); // a list this long holds fewer than half a million
            if (unpacked > MaxUnpacked && unpacked / Math.Max(1, file.Length) > MaxRatio)
                throw Wrong($"“{name}” would unpack to {unpacked >> 20:N0} MB from {file.Length >> 10:N0} KB, as only a trap does. Pack it again from its files.");
        }
        catch (InvalidDataException)
        {
            throw Wrong($"“{name}” is damaged: its list of contents cannot be read. Pack it again and try once more.");
        }
    }

    private static byte[] Tail(FileStream file) => Part(file, Math.Max(0, file.Length - TailBytes), TailBytes);

    private static byte[] Part(FileStream file, long at, int length)
    {
        var bytes = new byte[(int)Math.Min(length, file.Length - at)];
        file.Position = at;
        file.ReadExactly(bytes);
        return bytes;
    }
}
