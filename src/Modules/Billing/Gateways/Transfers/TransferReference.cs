using System.Globalization;

namespace Stipend.Billing.Gateways.Transfers;

/// <summary>The reference a payer writes on a transfer: a creditor reference (ISO 11649), whose check digits tell a bank or a person of a
/// mistyped digit or letter.</summary>
internal static class TransferReference
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    public static string Of(long chargeId)
    {
        var text = "";
        for (var rest = chargeId; rest > 0; rest /= 36) text = Digits[(int)(rest % 36)] + text;
        return $"RF{98 - Remainder(text + "RF00"):D2}{text}";
    }

    /// <summary>Whether a typed reference is whole; spaces and letter case do not matter.</summary>
    public static bool IsValid(string typed)
    {
        var text = Clean(typed);
        return text.Length is > 4 and <= 25 && text.StartsWith("RF", StringComparison.Ordinal) && text.All(Digits.Contains)
            && Remainder(text[4..] + text[..4]) == 1;
    }

    public static string Clean(string typed) => string.Concat(typed.Where(c => !char.IsWhiteSpace(c))).ToUpperInvariant();

    /// <summary>As people can read it out: in groups of four.</summary>
    public static string Spaced(string reference) => string.Join(' ', reference.Chunk(4).Select(c => new string(c)));

    /// <summary>Modulo 97 of the text with each letter as two digits (A = 10).</summary>
    private static int Remainder(string text) => text.Aggregate(0, (left, c) =>
        Digits.IndexOf(c, StringComparison.Ordinal).ToString(CultureInfo.InvariantCulture).Aggregate(left, (r, d) => (r * 10 + d - '0') % 97));
}
