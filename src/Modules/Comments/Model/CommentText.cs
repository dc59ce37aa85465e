using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Stipend.Comments.Model;

/// <summary>A piece of a comment: words, or an address that is one.</summary>
public readonly record struct TextPart(string Text, string? Href);

/// <summary>
/// A comment is words and nothing else: no markup is read, so none can be written. Kept are letters, line breaks and web addresses; what turns
/// the reading order around or piles marks over lines is dropped.
/// </summary>
internal static partial class CommentText
{
    private const int MostMarks = 4;

    /// <summary>The text as it is kept.</summary>
    public static string Clean(string typed)
    {
        var clean = new StringBuilder(typed.Length);
        var marks = 0;
        foreach (var rune in typed.ReplaceLineEndings("\n").Normalize(NormalizationForm.FormC).EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            marks = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark ? marks + 1 : 0;
            if (rune.Value != '\n' && category == UnicodeCategory.Control && rune.Value != '\t') continue;
            if (rune == Rune.ReplacementChar || marks > MostMarks || TurnsAround(rune.Value)) continue;
            clean.Append(rune.ToString());
        }
        return ManyBreaks().Replace(clean.ToString(), "\n\n").Trim();
    }

    /// <summary>The words and the addresses among them, in order.</summary>
    public static IReadOnlyList<TextPart> Parts(string body)
    {
        var parts = new List<TextPart>();
        var from = 0;
        foreach (Match match in Address().Matches(body))
        {
            var typed = match.Value.TrimEnd('.', ',', ';', ':', '!', '?', ')', ']', '’', '”', '“');
            if (!Uri.TryCreate(typed, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0) continue;
            if (match.Index > from) parts.Add(new TextPart(body[from..match.Index], null));
            parts.Add(new TextPart(typed, uri.AbsoluteUri));
            from = match.Index + typed.Length;
        }
        if (from < body.Length) parts.Add(new TextPart(body[from..], null));
        return parts;
    }

    /// <summary>Whether a text has one of a filter's lines as whole words, without regard to letter case and accents.</summary>
    public static bool Has(string body, string filter)
    {
        var words = $" {Folded(body)} ";
        return filter.Split('\n').Select(Folded).Any(line => line.Length > 0 && words.Contains($" {line} ", StringComparison.Ordinal));
    }

    private static string Folded(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var rune in text.Normalize(NormalizationForm.FormKD).EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune)) folded.Append(Rune.ToLowerInvariant(rune).ToString());
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.Format)) folded.Append(' ');
        }
        return string.Join(' ', folded.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private static bool TurnsAround(int code) => code is >= 0x202A and <= 0x202E or >= 0x2066 and <= 0x2069 or 0xFEFF;

    [GeneratedRegex(@"https?://[^\s<>""']{1,1000}", RegexOptions.IgnoreCase)]
    private static partial Regex Address();

    [GeneratedRegex(@"\n\s*\n\s*\n+")]
    private static partial Regex ManyBreaks();
}
