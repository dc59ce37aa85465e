namespace Stipend.TestGateway;

/// <summary>The gateway's own knowledge of currencies, and what it keeps of a payment: 2.9 % half up, plus a fixed part.</summary>
internal static class Fees
{
    private const int FixedOfTwoDecimals = 30;

    // Lower-case codes, as the gateway writes them; the value is the fixed part of the fee in minor units, near thirty US cents.
    private static readonly Dictionary<string, int> s_fixed = new(StringComparer.Ordinal)
    {
        ["clp"] = 270, ["isk"] = 40, ["jpy"] = 40, ["krw"] = 400, ["ugx"] = 1100, ["vnd"] = 7000, ["xaf"] = 180, ["xof"] = 180,
        ["bhd"] = 110, ["jod"] = 210, ["kwd"] = 90, ["omr"] = 115, ["tnd"] = 900,
    };

    private static readonly HashSet<string> s_twoDecimals = new((
        "aed ars aud bgn brl cad chf cny cop czk dkk egp eur gbp hkd huf idr ils inr kes mad mxn myr ngn nok nzd pen php pln ron rsd " +
        "sar sek sgd thb try twd uah usd uyu zar").Split(' '), StringComparer.Ordinal);

    private static readonly HashSet<string> s_threeDecimals = new(["bhd", "jod", "kwd", "omr", "tnd"], StringComparer.Ordinal);

    internal static bool Knows(string currency) => s_twoDecimals.Contains(currency) || s_fixed.ContainsKey(currency);

    internal static int Exponent(string currency) =>
        s_twoDecimals.Contains(currency) ? 2 : s_threeDecimals.Contains(currency) ? 3 : 0;

    /// <summary>The fee of a captured amount, in its minor units; never more than the amount itself.</summary>
    internal static long Of(long amountMinor, string currency)
    {
        var share = (long)(((Int128)amountMinor * 29 + 500) / 1000);
        var fix = s_fixed.GetValueOrDefault(currency, FixedOfTwoDecimals);
        return Math.Min(checked(share + fix), amountMinor);
    }

    /// <summary>The amount for a person: “5.00 EUR”, “500 JPY”.</summary>
    internal static string Text(long amountMinor, string currency)
    {
        var exponent = Exponent(currency);
        var digits = amountMinor.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(exponent + 1, '0');
        var amount = exponent == 0 ? digits : $"{digits[..^exponent]}.{digits[^exponent..]}";
        return $"{amount} {currency.ToUpperInvariant()}";
    }
}
