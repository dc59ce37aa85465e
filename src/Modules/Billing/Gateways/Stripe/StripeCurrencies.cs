namespace Stipend.Billing.Gateways.Stripe;

/// <summary>
/// How Stripe counts an amount, currency by currency: its decimals are not always the currency's own. Written from Stripe's page on
/// currencies; what is not listed has two decimals and no published minimum.
/// </summary>
internal static class StripeCurrencies
{
    private static readonly HashSet<string> s_zeroDecimals = new(
        ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"], StringComparer.Ordinal);

    // The card networks take no third decimal: the last digit must be 0.
    private static readonly HashSet<string> s_threeDecimals = new(["BHD", "JOD", "KWD", "OMR", "TND"], StringComparer.Ordinal);

    // No decimals in daily life, yet sent with two for the sake of old programs: always a multiple of 100 there, whole units here.
    private static readonly HashSet<string> s_wholeOfTwo = new(["ISK", "UGX"], StringComparer.Ordinal);

    // The smallest charge Stripe accepts, in its own minor units.
    private static readonly Dictionary<string, long> s_minimum = new(StringComparer.Ordinal)
    {
        ["AED"] = 200, ["AUD"] = 50, ["BGN"] = 100, ["BRL"] = 50, ["CAD"] = 50, ["CHF"] = 50, ["CZK"] = 1500, ["DKK"] = 250, ["EUR"] = 50,
        ["GBP"] = 30, ["HKD"] = 400, ["HUF"] = 17_500, ["INR"] = 50, ["JPY"] = 50, ["MXN"] = 1000, ["MYR"] = 200, ["NOK"] = 300,
        ["NZD"] = 50, ["PLN"] = 200, ["RON"] = 200, ["SEK"] = 300, ["SGD"] = 50, ["THB"] = 1000, ["USD"] = 50,
    };

    /// <summary>What a charge may be, in our minor units.</summary>
    public static GatewayLimits Limits(Currency currency)
    {
        var factor = Factor(currency);
        var minimum = s_minimum.GetValueOrDefault(currency.Code);
        return new GatewayLimits((minimum + factor - 1) / factor, s_threeDecimals.Contains(currency.Code) ? 10 : 1);
    }

    /// <summary>An amount as Stripe writes it.</summary>
    public static long ToStripe(Money money) => checked(money.Minor * Factor(money.Currency));

    /// <summary>An amount of Stripe's in our minor units.</summary>
    /// <exception cref="FormatException">It is no whole number of them.</exception>
    public static long ToMinor(long amount, Currency currency) => amount % Factor(currency) == 0
        ? amount / Factor(currency)
        : throw new FormatException($"{amount} is not a whole amount of {currency}");

    /// <summary>What Stripe kept, in our minor units, half up: unlike an amount it may be a part of one.</summary>
    public static long FeeToMinor(long fee, Currency currency) => checked(fee + Factor(currency) / 2) / Factor(currency);

    private static int Exponent(string code) => s_zeroDecimals.Contains(code) ? 0 : s_threeDecimals.Contains(code) ? 3 : 2;

    /// <summary>Stripe's units in one of ours. Stripe never has fewer decimals than we do; a currency where it had would be a bug here.</summary>
    private static long Factor(Currency currency) => (Exponent(currency.Code) - currency.Exponent) switch
    {
        0 => 1,
        2 when s_wholeOfTwo.Contains(currency.Code) => 100,
        _ => throw new InvalidOperationException($"The decimals of {currency} at Stripe are not known."),
    };
}
