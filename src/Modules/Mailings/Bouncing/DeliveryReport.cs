using System.Text.RegularExpressions;
using MimeKit;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Mail;

namespace Stipend.Mailings.Bouncing;

/// <summary>What a report about a mail says of each recipient (RFC 3464). It may speak of several: only what it says of one address is about that.</summary>
internal static partial class DeliveryReport
{
    /// <summary>The report's words when it says that this address is none; null when it says no such thing.</summary>
    public static string? DeadAddress(MimeMessage report, string address) => report.BodyParts.OfType<MessageDeliveryStatus>()
        .SelectMany(s => s.StatusGroups)
        .Where(g => (IsOf(g["Final-Recipient"], address) || IsOf(g["Original-Recipient"], address))
            && string.Equals(g["Action"]?.Trim(), "failed", StringComparison.OrdinalIgnoreCase) && IsNoAddress(g))
        .Select(g => g["Diagnostic-Code"] ?? g["Status"] ?? "").FirstOrDefault();

    /// <summary>“rfc822; kim@example.org”.</summary>
    private static bool IsOf(string? recipient, string address) => recipient?.Split(';', 2) is [var type, var value]
        && type.Trim().ToUpperInvariant() is "RFC822" or "UTF-8"
        && EmailAddress.Normalise(value.Trim().Trim('<', '>')) == EmailAddress.Normalise(address);

    private static bool IsNoAddress(HeaderList group)
    {
        var status = group["Status"]?.Trim() ?? "";
        // Exim says 5.0.0 of whatever failed; what the other server said is in its words alone.
        if ((status.Length == 0 || status.Split(' ')[0] == "5.0.0") && group["Diagnostic-Code"] is { } words)
            status = Reply().Match(words) is { Success: true } reply ? words[reply.Length..] : "";
        return EnhancedStatus.IsNoAddress(status) == true;
    }

    /// <summary>What stands before the code of a server farther on: “smtp; 550-”.</summary>
    [GeneratedRegex(@"^\s*smtp\s*;\s*5\d\d[\s-]+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Reply();
}
