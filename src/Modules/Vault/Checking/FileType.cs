using System.Text;
using Stipend.Vault.Contracts;

namespace Stipend.Vault.Checking;

/// <summary>What a file is by its first bytes, and the endings such files have.</summary>
/// <param name="ContentType">What it is served as.</param>
/// <param name="Words">For people: “an MP3 recording”.</param>
/// <param name="Extensions">Endings that say this.</param>
internal sealed record FileType(FileKind Kind, string ContentType, string Words, params string[] Extensions)
{
    public static readonly FileType Png = new(FileKind.Image, "image/png", "a PNG picture", "png");
    public static readonly FileType Jpeg = new(FileKind.Image, "image/jpeg", "a JPEG picture", "jpg", "jpeg", "jpe", "jfif");
    public static readonly FileType Gif = new(FileKind.Image, "image/gif", "a GIF picture", "gif");
    public static readonly FileType WebP = new(FileKind.Image, "image/webp", "a WebP picture", "webp");
    public static readonly FileType Mp3 = new(FileKind.Audio, "audio/mpeg", "an MP3 recording", "mp3");
    public static readonly FileType Aac = new(FileKind.Audio, "audio/aac", "an AAC recording", "aac");
    public static readonly FileType Flac = new(FileKind.Audio, "audio/flac", "a FLAC recording", "flac");
    public static readonly FileType Wav = new(FileKind.Audio, "audio/wav", "a WAV recording", "wav", "wave");
    public static readonly FileType OggAudio = new(FileKind.Audio, "audio/ogg", "an Ogg recording", "ogg", "oga", "opus");
    public static readonly FileType OggVideo = new(FileKind.Video, "video/ogg", "an Ogg film", "ogv", "ogg");
    public static readonly FileType M4A = new(FileKind.Audio, "audio/mp4", "an M4A recording", "m4a", "m4b", "mp4");
    public static readonly FileType Mp4 = new(FileKind.Video, "video/mp4", "an MP4 film", "mp4", "m4v", "m4a", "m4b");
    public static readonly FileType Mov = new(FileKind.Video, "video/quicktime", "a QuickTime film", "mov", "qt");
    public static readonly FileType WebM = new(FileKind.Video, "video/webm", "a WebM film", "webm", "weba");
    public static readonly FileType Matroska = new(FileKind.Video, "video/x-matroska", "a Matroska film", "mkv", "mka");
    public static readonly FileType Pdf = new(FileKind.Attachment, "application/pdf", "a PDF", "pdf");
    public static readonly FileType Zip = new(FileKind.Attachment, "application/zip", "a ZIP archive", "zip");
    public static readonly FileType WebPage = new(FileKind.Attachment, "application/octet-stream", "a web page", "html", "htm", "xhtml");
    public static readonly FileType Drawing = new(FileKind.Attachment, "application/octet-stream", "an SVG drawing", "svg");
    public static readonly FileType Other = new(FileKind.Attachment, "application/octet-stream", "a file");

    /// <summary>What pages show as a picture.</summary>
    public static readonly IReadOnlyList<FileType> Pictures = [Png, Jpeg, Gif, WebP];

    /// <summary>Types whose endings must not lie. Anything else may be called as it likes; it is only ever downloaded.</summary>
    private static readonly FileType[] s_claims = [Png, Jpeg, Gif, WebP, Mp3, Aac, Flac, Wav, OggAudio, OggVideo, M4A, Mp4, Mov, WebM,
        Matroska, Pdf, Zip];

    /// <summary>Only what a browser shows or plays without running anything in it.</summary>
    public bool IsShownInline => Kind != FileKind.Attachment;

    /// <summary>By the first bytes alone.</summary>
    public static FileType Of(ReadOnlySpan<byte> b)
    {
        if (b.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A])) return Png;
        if (b.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return Jpeg;
        if (b.StartsWith("GIF87a"u8) || b.StartsWith("GIF89a"u8)) return Gif;
        if (b.Length >= 12 && b.StartsWith("RIFF"u8)) return b[8..12].SequenceEqual("WEBP"u8) ? WebP : b[8..12].SequenceEqual("WAVE"u8) ? Wav : Other;
        if (b.StartsWith("ID3"u8)) return Mp3;
        if (b.StartsWith("fLaC"u8)) return Flac;
        if (b.StartsWith("OggS"u8)) return b[..Math.Min(b.Length, 64)].IndexOf("theora"u8) >= 0 ? OggVideo : OggAudio;
        if (b.Length >= 12 && b[4..8].SequenceEqual("ftyp"u8)) return Brand(b[8..12]);
        if (b.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3])) return b[..Math.Min(b.Length, 64)].IndexOf("webm"u8) >= 0 ? WebM : Matroska;
        if (b.StartsWith("%PDF-"u8)) return Pdf;
        if (b.StartsWith("PK\x03\x04"u8) || b.StartsWith("PK\x05\x06"u8)) return Zip;
        if (b.Length >= 2 && b[0] == 0xFF && (b[1] & 0xF6) == 0xF0) return Aac;
        if (b.Length >= 3 && b[0] == 0xFF && (b[1] & 0xE6) == 0xE2 && b[2] >> 4 is not (0 or 15)) return Mp3; // layer III, a bit rate there is
        return Markup(b);
    }

    /// <summary>A name and its bytes together.</summary>
    /// <exception cref="Refusal">The ending says one thing and the bytes another.</exception>
    public static FileType Of(ReadOnlySpan<byte> head, string name)
    {
        var (found, extension) = (Of(head), FileNames.Extension(name));
        var claims = s_claims.Where(t => t.Extensions.Contains(extension)).OrderBy(t => Array.IndexOf(t.Extensions, extension)).ToArray();
        if (claims.Length == 0 || claims.Contains(found)) return found;
        var it = found == Other ? "its bytes are something else" : $"its bytes are {found.Words}";
        throw Refusal.InvalidField("file", $"“{name}” says it is {claims[0].Words}, but {it}. Give it its right ending, or save it again as what it should be.");
    }

    private static FileType Brand(ReadOnlySpan<byte> brand) => brand.StartsWith("M4A"u8) || brand.StartsWith("M4B"u8) ? M4A
        : brand.SequenceEqual("qt  "u8) ? Mov
        : brand.SequenceEqual("avif"u8) || brand.SequenceEqual("heic"u8) || brand.SequenceEqual("mif1"u8) ? Other : Mp4;

    /// <summary>What a browser would run if it were told to show it.</summary>
    private static FileType Markup(ReadOnlySpan<byte> b)
    {
        var head = Encoding.Latin1.GetString(b[..Math.Min(b.Length, 1024)]);
        if (head.Contains("<svg", StringComparison.OrdinalIgnoreCase)) return Drawing;
        return head.Contains("<html", StringComparison.OrdinalIgnoreCase) || head.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || head.Contains("<script", StringComparison.OrdinalIgnoreCase) ? WebPage : Other;
    }
}
