namespace Stipend.Kernel;

/// <summary>An ISO 4217 currency and how many decimals its minor unit has (JPY 0, EUR 2, KWD 3).</summary>
public readonly record struct Currency
{
    private static readonly Dictionary<string, byte> s_exponents = new(StringComparer.Ordinal)
    {
        ["AED"] = 2, ["ARS"] = 2, ["AUD"] = 2, ["BGN"] = 2, ["BRL"] = 2, ["CAD"] = 2, ["CHF"] = 2, ["CLP"] = 0, ["CNY"] = 2, ["COP"] = 2,
        ["CZK"] = 2, ["DKK"] = 2, ["EGP"] = 2, ["EUR"] = 2, ["GBP"] = 2, ["HKD"] = 2, ["HUF"] = 2, ["IDR"] = 2, ["ILS"] = 2, ["INR"] = 2,
        ["ISK"] = 0, ["JOD"] = 3, ["JPY"] = 0, ["KES"] = 2, ["KRW"] = 0, ["KWD"] = 3, ["MAD"] = 2, ["MXN"] = 2, ["MYR"] = 2, ["NGN"] = 2,
        ["NOK"] = 2, ["NZD"] = 2, ["BHD"] = 3, ["OMR"] = 3, ["PEN"] = 2, ["PHP"] = 2, ["PLN"] = 2, ["RON"] = 2, ["RSD"] = 2, ["SAR"] = 2,
        ["SEK"] = 2, ["SGD"] = 2, ["THB"] = 2, ["TND"] = 3, ["TRY"] = 2, ["TWD"] = 2, ["UAH"] = 2, ["UGX"] = 0, ["USD"] = 2, ["UYU"] = 2,
        ["VND"] = 0, ["XAF"] = 0, ["XOF"] = 0, ["ZAR"] = 2,
    };

    private readonly string? _code;

    private Currency(string code) => _code = code;

    /// <summary>The three-letter code, upper case.</summary>
    public string Code => _code ?? throw new InvalidOperationException("A default Currency has no code.");

    /// <summary>Decimals of the minor unit: 0, 2 or 3.</summary>
    public int Exponent => s_exponents[Code];

    /// <summary>Minor units in one major unit: 1, 100 or 1000.</summary>
    public long MinorPerMajor => Exponent switch { 0 => 1, 2 => 100, _ => 1000 };

    /// <summary>Every currency Stipend knows, by code.</summary>
    public static IReadOnlyCollection<string> Known { get; } = s_exponents.Keys.Order(StringComparer.Ordinal).ToArray();

    /// <summary>The currency of a code, in either letter case.</summary>
    /// <exception cref="Refusal">The code is not known.</exception>
    public static Currency Of(string code) => TryOf(code, out var currency)
        ? currency
        : throw Refusal.Invalid("unknown_currency",
            $"“{code}” is not a currency Stipend knows. Use a three-letter code such as EUR, USD or JPY.");

    /// <summary>Like <see cref="Of"/>, but answers false instead of throwing.</summary>
    public static bool TryOf(string? code, out Currency currency)
    {
        var upper = code?.Trim().ToUpperInvariant();
        var known = upper is not null && s_exponents.ContainsKey(upper);
        currency = known ? new Currency(upper!) : default;
        return known;
    }

    public override string ToString() => Code;
}
