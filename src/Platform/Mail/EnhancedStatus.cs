using System.Text.RegularExpressions;

namespace Stipend.Platform.Mail;

/// <summary>The code mail servers begin their words with, and write into reports (RFC 3463).</summary>
public static partial class EnhancedStatus
{
    /// <summary>Whether a refusal for good speaks of the recipient's address itself: 5.1 is addresses, 5.1.7 and 5.1.8 the sender's. Null: it has no such
    /// code.</summary>
    public static bool? IsNoAddress(string words) => Code().Match(words) is { Success: true } code
        ? code.Groups[1].Value == "1" && code.Groups[2].Value is not ("7" or "8") : null;

    [GeneratedRegex(@"^\s*#?5\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Code();
}
