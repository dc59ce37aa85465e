using System.Globalization;

namespace Stipend.Platform.Ui;

/// <summary>Writes an amount as a culture does, from integers only: grouping, decimal sign, place of the currency sign.</summary>
internal static class MoneyText
{
    private static readonly Dictionary<string, string> s_signs = new(StringComparer.Ordinal)
    {
        ["EUR"] = "€", ["USD"] = "$", ["GBP"] = "£", ["JPY"] = "¥", ["INR"] = "₹", ["KRW"] = "₩", ["BRL"] = "R$", ["CAD"] = "CA$",
        ["AUD"] = "A$", ["NZD"] = "NZ$", ["ILS"] = "₪", ["UAH"] = "₴", ["VND"] = "₫", ["MXN"] = "MX$",
    };

    internal static string Write(Money money, CultureInfo culture)
    {
        var format = culture.NumberFormat;
        var number = Number(money, culture);
        var sign = s_signs.GetValueOrDefault(money.Currency.Code, money.Currency.Code);
        var after = format.CurrencyPositivePattern is 1 or 3;
        var spaced = after || char.IsLetter(sign[^1]) || format.CurrencyPositivePattern == 2;
        var gap = spaced ? "\u00a0" : "";
        var text = after ? number + gap + sign : sign + gap + number;
        return money.Minor < 0 ? "−" + text : text;
    }

    private static string Number(Money money, CultureInfo culture)
    {
        var plain = (money.Minor < 0 ? -money : money).Amount();
        var dot = plain.IndexOf('.', StringComparison.Ordinal);
        var whole = long.Parse(dot < 0 ? plain : plain[..dot], CultureInfo.InvariantCulture).ToString("N0", culture);
        return dot < 0 ? whole : whole + culture.NumberFormat.CurrencyDecimalSeparator + plain[(dot + 1)..];
    }
}
