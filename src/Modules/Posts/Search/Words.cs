using System.Globalization;
using System.Text;

namespace Stipend.Posts.Search;

/// <summary>A word of a text: folded, and where it stands in the original.</summary>
internal readonly record struct Word(string Folded, int Start, int Length);

/// <summary>
/// Cuts a text into the words both engines index: lower case, without accents, apostrophes dropped, each Chinese or Japanese character a
/// word of its own. A word holds letters, digits and marks only, so it needs no escaping in any query language.
/// </summary>
internal static class Words
{
    public const int MaxLength = 64;

    private static readonly Dictionary<char, string> s_special = new()
    {
        ['ß'] = "ss", ['ø'] = "o", ['đ'] = "d", ['ð'] = "d", ['ł'] = "l", ['æ'] = "ae", ['œ'] = "oe", ['ı'] = "i", ['þ'] = "th",
            ['ħ'] = "h", ['ς'] = "σ",
    };

    public static IEnumerable<string> Of(string text) => Cut(text).Select(w => w.Folded);

    public static IEnumerable<Word> Cut(string text)
    {
        var i = 0;
        while (i < text.Length)
        {
            if (!IsInside(text, i, out var width))
            {
                i += width;
                continue;
            }
            if (IsOwnWord(text, i))
            {
                yield return new Word(text.Substring(i, width).Normalize(NormalizationForm.FormKC), i, width);
                i += width;
                continue;
            }
            var start = i;
            while (i < text.Length && (IsInside(text, i, out width) && !IsOwnWord(text, i) || IsJoiner(text, i))) i += width;
            var folded = Fold(text[start..i]);
            if (folded.Length > 0) yield return new Word(folded, start, i - start);
        }
    }

    private static string Fold(string run)
    {
        var folded = new StringBuilder(run.Length);
        foreach (var rune in SafeRunes(run).Normalize(NormalizationForm.FormKD).EnumerateRunes())
        {
            if (IsDropped(rune.Value)) continue;
            var lower = Rune.ToLowerInvariant(rune);
            if (lower.IsBmp && s_special.TryGetValue((char)lower.Value, out var special)) folded.Append(special);
            else if (IsWordRune(lower)) folded.Append(lower.ToString());
        }
        var word = folded.ToString();
        if (word.Length <= MaxLength) return word;
        return word[..(char.IsHighSurrogate(word[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
    }

    // A lone surrogate cannot be normalised nor stored.
    private static string SafeRunes(string run)
    {
        if (!run.Any(char.IsSurrogate)) return run;
        var safe = new StringBuilder(run.Length);
        foreach (var rune in run.EnumerateRunes()) if (rune != Rune.ReplacementChar) safe.Append(rune.ToString());
        return safe.ToString();
    }

    private static bool IsInside(string text, int at, out int width)
    {
        width = 1;
        if (!Rune.TryGetRuneAt(text, at, out var rune)) return false;
        width = rune.Utf16SequenceLength;
        return IsWordRune(rune);
    }

    private static bool IsWordRune(Rune rune) => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.LetterNumber;

    private static bool IsJoiner(string text, int at) => text[at] is '\'' or '’' && at + 1 < text.Length && char.IsLetter(text[at + 1]);

    private static bool IsOwnWord(string text, int at) => Rune.TryGetRuneAt(text, at, out var rune)
        && rune.Value is >= 0x3040 and <= 0x30FF or >= 0x3400 and <= 0x4DBF or >= 0x4E00 and <= 0x9FFF or >= 0xF900 and <= 0xFAFF or >= 0x20000 and <= 0x3FFFF;

    // Accents, Hebrew points, Arabic vowel signs: written or left out at will.
    private static bool IsDropped(int code) =>
        code is >= 0x0300 and <= 0x036F or >= 0x0591 and <= 0x05C7 or >= 0x064B and <= 0x065F or 0x0670;
}
