using System.Net;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.EmphasisExtras;

namespace Stipend.Posts.Writing;

/// <summary>A post's text made ready to show.</summary>
/// <param name="Html">Safe HTML.</param>
/// <param name="Plain">The words alone, one block a line.</param>
/// <param name="Excerpt">The first words of running text, cut between two.</param>
/// <param name="Images">Pictures shown, in order, each once.</param>
internal sealed record RenderedText(string Html, string Plain, string Excerpt, IReadOnlyList<long> Images)
{
    /// <summary>What stands above the paywall line, for everybody; null when there is no such line.</summary>
    public RenderedText? Preview { get; init; }
}

/// <summary>Width and height of a picture in pixels.</summary>
internal readonly record struct PixelSize(int Width, int Height);

/// <summary>Markdown to safe HTML: raw HTML is off in Markdown, and what comes out passes an allow-list all the same.</summary>
internal static partial class PostText
{
    private const int ExcerptLength = 280;

    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder()
        .DisableHtml().UsePipeTables().UseEmphasisExtras(EmphasisExtraOptions.Strikethrough).UseAutoLinks().UseTaskLists().Build();

    /// <summary>Ids of pictures a text names, known or not.</summary>
    public static IReadOnlyList<long> ImagesNamed(string markdown) =>
        MediaAddress().Matches(markdown).Select(m => long.TryParse(m.Groups[1].ValueSpan, out var id) ? id : 0).Where(id => id > 0)
            .Distinct().ToList();

    /// <param name="markdown">As written.</param>
    /// <param name="sizes">The pictures that may be shown; others are left out.</param>
    /// <exception cref="Refusal">The text is nested too deeply to draw.</exception>
    public static RenderedText Render(string markdown, IReadOnlyDictionary<long, PixelSize>? sizes = null) =>
        Split(markdown) is var (above, below)
            ? Part($"{above}\n\n{below}", sizes) with { Preview = Part(above, sizes) } // above alone: nothing below may show in it, not even a link
            : Part(markdown, sizes);

    /// <summary>The text as its writer looks at it while writing: with a line where it closes.</summary>
    public static string Draft(string markdown, IReadOnlyDictionary<long, PixelSize> sizes, string line) =>
        Split(markdown) is var (above, below)
            ? $"{Part(above, sizes).Html}<p class=\"paywall-line\">{WebUtility.HtmlEncode(line)}</p>{Part(below, sizes).Html}"
            : Part(markdown, sizes).Html;

    private static RenderedText Part(string markdown, IReadOnlyDictionary<long, PixelSize>? sizes)
    {
        var html = Guarded(() => Markdown.ToHtml(markdown, s_pipeline));
        var safe = SafeHtml.Clean(html, sizes ?? new Dictionary<long, PixelSize>());
        return new RenderedText(safe.Html, safe.Plain, Excerpt(safe.Lead), safe.Images);
    }

    private static (string Above, string Below)? Split(string markdown) => Guarded(() => Paywall.Split(markdown, s_pipeline));

    private static T Guarded<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (ArgumentException error) when (error.Message.Contains("nested", StringComparison.OrdinalIgnoreCase))
        {
            throw Refusal.InvalidField("markdown", "The text has lists or quotes nested too deeply. Flatten them a little.");
        }
    }

    private static string Excerpt(string lead)
    {
        var flat = string.Join(' ', lead.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (flat.Length <= ExcerptLength) return flat;
        var cut = flat.LastIndexOf(' ', ExcerptLength);
        if (cut < ExcerptLength / 2) cut = char.IsHighSurrogate(flat[ExcerptLength - 1]) ? ExcerptLength - 1 : ExcerptLength;
        return flat[..cut].TrimEnd(',', ';', ':', '.', ' ') + "…";
    }

    [GeneratedRegex(@"/media/([0-9]{1,19})")]
    private static partial Regex MediaAddress();
}
