using System.Text.RegularExpressions;
using Markdig;
using Markdig.Syntax;

namespace Stipend.Posts.Writing;

/// <summary>
/// The line in a text above which everybody may read. Markdown's own parser says where it is: a line of a paragraph that stands in no list, quote,
/// table or code. Anywhere else it is no such line, and the whole text stays closed.
/// </summary>
internal static partial class Paywall
{
    public const string Line = "[[paywall]]";

    /// <summary>The text above the first such line and the text below it; null when the text has none.</summary>
    public static (string Above, string Below)? Split(string markdown, MarkdownPipeline pipeline)
    {
        if (!markdown.Contains(Line, StringComparison.OrdinalIgnoreCase)) return null;
        foreach (var paragraph in Markdown.Parse(markdown, pipeline).OfType<ParagraphBlock>())
        {
            var at = paragraph.Span.Start == 0 ? 0 : markdown.LastIndexOf('\n', paragraph.Span.Start - 1) + 1;
            while (at <= paragraph.Span.End && at < markdown.Length)
            {
                var end = markdown.IndexOf('\n', at) is var newline and >= 0 ? newline + 1 : markdown.Length;
                if (Marker().IsMatch(markdown[at..end])) return (markdown[..at], markdown[end..]);
                at = end;
            }
        }
        return null;
    }

    [GeneratedRegex(@"^ {0,3}\[\[paywall\]\]\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Marker();
}
