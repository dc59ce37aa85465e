using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Stipend.Posts.Writing;

/// <summary>A part of a text as its page draws it.</summary>
public abstract record TextBlock;

/// <summary>Safe HTML. A list or quote around a gallery may begin in one of these and end in another.</summary>
internal sealed record ProseBlock(string Html) : TextBlock;

/// <summary>Pictures that stand together.</summary>
internal sealed record GalleryBlock(IReadOnlyList<GalleryPicture> Pictures) : TextBlock;

/// <summary>A picture of a gallery. <see cref="Alt"/>: what the writer says of it, perhaps nothing.</summary>
internal sealed record GalleryPicture(string Src, string Alt, int Width, int Height);

/// <summary>A link to a video that stands alone. <see cref="Title"/>: the link's words, when it has any but its address.</summary>
internal sealed record VideoBlock(VideoLink Video, string? Title) : TextBlock;

/// <summary>
/// Cuts a post's safe HTML for its page: lines that hold nothing but pictures, two or more of them, are a gallery; a line that holds nothing but a
/// link to a known video is that video. What is kept, mailed and fed stays plain pictures and links, and texts of any age are shown alike.
/// </summary>
internal static partial class TextBlocks
{
    /// <param name="html">Of <see cref="SafeHtml"/> alone: it encodes every quote and bracket of what people typed, so that these patterns
    /// find tags and never what looks like one.</param>
    /// <param name="peerTubes">Hosts of PeerTube the operator trusts.</param>
    public static IReadOnlyList<TextBlock> Of(string html, IReadOnlySet<string> peerTubes)
    {
        var (blocks, prose, at) = (new List<TextBlock>(), new StringBuilder(), 0);
        foreach (Match paragraph in Paragraph().Matches(html))
        {
            if (Cut(paragraph.Groups[1].Value, peerTubes) is not { } parts) continue;
            prose.Append(html, at, paragraph.Index - at);
            foreach (var part in parts)
            {
                if (part is ProseBlock text)
                {
                    prose.Append(text.Html);
                    continue;
                }
                Flush();
                blocks.Add(part);
            }
            at = paragraph.Index + paragraph.Length;
        }
        prose.Append(html, at, html.Length - at);
        Flush();
        return blocks;

        void Flush()
        {
            if (prose.Length > 0) blocks.Add(new ProseBlock(prose.ToString()));
            prose.Clear();
        }
    }

    /// <summary>A paragraph's parts; null when it is words alone.</summary>
    private static List<TextBlock>? Cut(string paragraph, IReadOnlySet<string> peerTubes)
    {
        if (!paragraph.Contains("<img ", StringComparison.Ordinal) && !paragraph.Contains("<a ", StringComparison.Ordinal)) return null;
        var (parts, words, run) = (new List<TextBlock>(), new List<string>(), new List<string>());
        var depth = 0; // inside of emphasis that spans lines nothing is cut
        foreach (var line in paragraph.Split('\n'))
        {
            var bare = Bare(line);
            if (depth == 0 && Pictures().IsMatch(bare))
            {
                run.Add(line);
                continue;
            }
            EndRun();
            if (depth == 0 && Video(bare, peerTubes) is { } video)
            {
                EndWords();
                parts.Add(video);
                continue;
            }
            words.Add(line);
            depth += Tag().Matches(line).Sum(t => t.Value[1] == '/' ? -1 : 1);
        }
        EndRun();
        if (parts.Count == 0) return null;
        EndWords();
        return parts;

        void EndRun()
        {
            var pictures = run.SelectMany(l => Picture().Matches(l)).Select(Of).ToList();
            if (pictures.Count > 1)
            {
                EndWords();
                parts.Add(new GalleryBlock(pictures));
            }
            else words.AddRange(run);
            run.Clear();
        }

        void EndWords()
        {
            if (Bare(string.Join('\n', words)) is { Length: > 0 } text) parts.Add(new ProseBlock($"<p>{text}</p>"));
            words.Clear();
        }
    }

    /// <summary>A line without a break at its end.</summary>
    private static string Bare(string line)
    {
        var bare = line.Trim();
        return bare.EndsWith("<br>", StringComparison.Ordinal) ? bare[..^4].TrimEnd() : bare;
    }

    private static GalleryPicture Of(Match picture) => new(picture.Groups[1].Value, WebUtility.HtmlDecode(picture.Groups[2].Value),
        int.Parse(picture.Groups[3].ValueSpan, CultureInfo.InvariantCulture), int.Parse(picture.Groups[4].ValueSpan, CultureInfo.InvariantCulture));

    private static VideoBlock? Video(string line, IReadOnlySet<string> peerTubes)
    {
        if (Link().Match(line) is not { Success: true } link) return null;
        var words = WebUtility.HtmlDecode(link.Groups[2].Value).Trim();
        var isBare = words.Contains("://", StringComparison.Ordinal) || words.StartsWith("www.", StringComparison.OrdinalIgnoreCase);
        // Markdown leaves a last underscore out of a bare address, and one video in sixty-four has it there.
        var (address, rest) = (WebUtility.HtmlDecode(link.Groups[1].Value), link.Groups[3].Value);
        return (rest.Length == 0 || isBare) && VideoLinks.Find(address + rest, peerTubes) is { } video
            ? new VideoBlock(video, isBare || words.Length == 0 ? null : words) : null;
    }

    private const string Image = """<img src="(/media/[0-9]+)" alt="([^"]*)" width="([0-9]+)" height="([0-9]+)" loading="lazy" decoding="async">""";

    [GeneratedRegex("<p>(.*?)</p>", RegexOptions.Singleline)]
    private static partial Regex Paragraph();

    [GeneratedRegex(Image)]
    private static partial Regex Picture();

    [GeneratedRegex(@"\A" + Image + @"(?:\s*" + Image + @")*\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Pictures();

    [GeneratedRegex("""\A<a href="([^"]+)" rel="nofollow ugc noopener">([^<]*)</a>(_{0,3})\z""")]
    private static partial Regex Link();

    [GeneratedRegex("</?(?:a|em|strong|del|code)[ >]")]
    private static partial Regex Tag();
}
