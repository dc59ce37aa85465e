using System.Globalization;

namespace Stipend.Kernel;

/// <summary>
/// An amount in integer minor units of one currency. Sums are checked for overflow; two currencies never mix.
/// There is no division: shares are made by <see cref="Allocation"/>.
/// </summary>
public readonly record struct Money(long Minor, Currency Currency) : IComparable<Money>
{
    public static Money Zero(Currency currency) => new(0, currency);
    public bool IsZero => Minor == 0;

    public static Money operator +(Money a, Money b) => new(checked(a.Minor + b.Minor), Same(a, b));
    public static Money operator -(Money a, Money b) => new(checked(a.Minor - b.Minor), Same(a, b));
    public static Money operator -(Money a) => new(checked(-a.Minor), a.Currency);
    public static Money operator *(Money a, long times) => new(checked(a.Minor * times), a.Currency);
    public static bool operator <(Money a, Money b) => a.CompareTo(b) < 0;
    public static bool operator >(Money a, Money b) => a.CompareTo(b) > 0;
    public static bool operator <=(Money a, Money b) => a.CompareTo(b) <= 0;
    public static bool operator >=(Money a, Money b) => a.CompareTo(b) >= 0;

    public int CompareTo(Money other)
    {
        _ = Same(this, other);
        return Minor.CompareTo(other.Minor);
    }

    /// <summary>
    /// A rate of this amount in basis points (1/100 of a percent), half up away from zero: the rule for fees and taxes.
    /// </summary>
    public Money BasisPointsHalfUp(int basisPoints) => new(HalfUp((Int128)Minor * basisPoints, 10_000), Currency);

    /// <summary>
    /// Reads an amount a person typed: “5”, “5.00”, “5,00”. Never rounds, and never takes a thousands separator for a decimal one: more
    /// decimals than the currency has is an error.
    /// </summary>
    /// <exception cref="Refusal">Not a number, negative, too many decimals or too large.</exception>
    public static Money Parse(string text, Currency currency)
    {
        var s = text.Trim().Replace(',', '.');
        var dot = s.IndexOf('.', StringComparison.Ordinal);
        var whole = dot < 0 ? s : s[..dot];
        var part = dot < 0 ? "" : s[(dot + 1)..];
        if (whole.Length + part.Length == 0 || !whole.All(char.IsAsciiDigit) || !part.All(char.IsAsciiDigit))
            throw Refusal.Invalid("amount_unreadable",
                $"“{text}” is not an amount. Write it like {new Money(5 * currency.MinorPerMajor, currency).Amount()}.");
        // “5.00” yen is five yen, but “1,000” euros might be meant as a thousand: zeros beyond two decimals are not waved through.
        if (part.TrimEnd('0').Length > currency.Exponent || part.Length > Math.Max(currency.Exponent, 2))
            throw Refusal.Invalid("amount_too_precise", currency.Exponent == 0
                ? $"{currency} has no decimals; “{text}” has. Write whole {currency}, without separators."
                : $"{currency} has {currency.Exponent} decimals; “{text}” has more. Write thousands without a separator.");
        var digits = (whole + part.PadRight(currency.Exponent, '0')[..currency.Exponent]).TrimStart('0');
        if (digits.Length > 15)
            throw Refusal.Invalid("amount_too_large", $"“{text}” is more than Stipend can bill.");
        return new Money(digits.Length == 0 ? 0 : long.Parse(digits, CultureInfo.InvariantCulture), currency);
    }

    /// <summary>The amount without its currency, with a point and all its decimals: “5.00”, “500” for yen.</summary>
    public string Amount()
    {
        var sign = Minor < 0 ? "-" : "";
        var abs = UInt128.CreateChecked(Int128.Abs(Minor)).ToString(CultureInfo.InvariantCulture).PadLeft(Currency.Exponent + 1, '0');
        return Currency.Exponent == 0 ? sign + abs : $"{sign}{abs[..^Currency.Exponent]}.{abs[^Currency.Exponent..]}";
    }

    /// <summary>The form for logs, commands and JSON-free text: “5.00 EUR”. Pages format for the reader through the localizer.</summary>
    public override string ToString() => $"{Amount()} {Currency.Code}";

    internal static long HalfUp(Int128 numerator, long denominator)
    {
        var (quotient, rest) = Int128.DivRem(Int128.Abs(numerator), denominator);
        if (rest * 2 >= denominator) quotient++;
        return checked((long)(numerator < 0 ? -quotient : quotient));
    }

    private static Currency Same(Money a, Money b) => a.Currency == b.Currency
        ? a.Currency
        : throw new InvalidOperationException($"{a.Currency} and {b.Currency} do not mix; exchange is an explicit journal.");
}
