using System.Text.RegularExpressions;

namespace Stipend.Posts.Writing;

/// <summary>
/// The line in a text above which everybody may read. It is found as a line of its own outside of code; where there is doubt (a fence that is
/// never closed) there is none, and the whole text stays closed.
/// </summary>
internal static partial class Paywall
{
    /// <summary>As the composer writes it. The line that Ghost exports is understood too.</summary>
    public const string Line = "[[paywall]]";

    /// <summary>The text above the first such line and the text below it; null when the text has none.</summary>
    public static (string Above, string Below)? Split(string markdown)
    {
        var (at, fence) = (0, "");
        while (at < markdown.Length)
        {
            var end = markdown.IndexOf('\n', at) is var newline and >= 0 ? newline + 1 : markdown.Length;
            var line = markdown[at..end];
            if (Fence().Match(line) is { Success: true } mark)
            {
                if (fence.Length == 0) fence = mark.Groups[1].Value;
                else if (mark.Groups[1].Value.StartsWith(fence, StringComparison.Ordinal) && mark.Groups[2].Value.Trim().Length == 0) fence = "";
            }
            else if (fence.Length == 0 && Marker().IsMatch(line)) return (markdown[..at], markdown[end..]);
            at = end;
        }
        return null;
    }

    [GeneratedRegex(@"^ {0,3}(?:\[\[paywall\]\]|<!-- ?members-only ?-->)\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Marker();

    [GeneratedRegex(@"^[\s>]*(`{3,}|~{3,})(.*)$", RegexOptions.Singleline)]
    private static partial Regex Fence();
}
