using System.Globalization;
using System.Text;

namespace Stipend.Vault.Checking;

/// <summary>A name from somebody's machine, made safe to show, to put in a header and to save under.</summary>
internal static class FileNames
{
    public const int MaxLength = 120;

    /// <summary>The last part of a path, without control, direction and reserved characters; never empty, never hidden.</summary>
    public static string Clean(string? name)
    {
        var last = (name ?? "").Split('/', '\\')[^1];
        var kept = new StringBuilder(last.Length);
        foreach (var rune in last.EnumerateRunes()) // half a pair becomes U+FFFD
            kept.Append(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned ? "" :
                rune.Value is '<' or '>' or ':' or '"' or '|' or '?' or '*' or '%' or ';' ? "_" : rune.ToString());
        var clean = kept.ToString().Normalize(NormalizationForm.FormC).Trim(' ', '.');
        if (clean.Length == 0) return "file";
        return clean.Length <= MaxLength ? clean : Shortened(clean);
    }

    /// <summary>The ending in lower case without its dot; "" when there is none.</summary>
    public static string Extension(string name) => Path.GetExtension(name).TrimStart('.').ToLowerInvariant();

    /// <summary>The ending stays, since it says what the file is.</summary>
    private static string Shortened(string name)
    {
        var ending = Path.GetExtension(name) is { Length: <= 10 } known ? known : "";
        var cut = MaxLength - ending.Length;
        if (char.IsHighSurrogate(name[cut - 1])) cut--;
        return name[..cut].TrimEnd(' ', '.') + ending;
    }
}
