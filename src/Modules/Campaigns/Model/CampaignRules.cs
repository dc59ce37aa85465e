using System.Globalization;
using System.Text;
using Stipend.Campaigns.Contracts;

namespace Stipend.Campaigns.Model;

/// <summary>What a campaign's and a tier's fields may hold. Each rule answers what is wrong in one sentence, or null.</summary>
internal static class CampaignRules
{
    public const int NameLength = 80, SummaryLength = 200, AboutLength = 20_000, BenefitLength = 200, MaxBenefits = 20, MaxTiers = 50;

    // Currencies whose everyday prices have five digits and more; the ceiling for the others would refuse an honest tier.
    private static readonly HashSet<string> s_largeNumbers = new(StringComparer.Ordinal)
    {
        "ARS", "CLP", "COP", "HUF", "IDR", "ISK", "JPY", "KES", "KRW", "NGN", "RSD", "UGX", "VND", "XAF", "XOF",
    };

    public static string? Vanity(string vanity) => vanity switch
    {
        { Length: < 3 or > 40 } => "An address has 3 to 40 characters.",
        _ when !vanity.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            => "Use only small letters a–z, digits and hyphens.",
        ['-', ..] or [.., '-'] => "An address neither begins nor ends with a hyphen.",
        _ when vanity.All(char.IsAsciiDigit) => "An address needs at least one letter.",
        _ when ReservedNames.Contains(vanity) => $"“{vanity}” is used by the site itself. Choose another address.",
        _ => null,
    };

    public static string? Name(string name) => name.Length switch
    {
        0 => "A name is needed.",
        > NameLength => $"A name has at most {NameLength} characters.",
        _ => name.Any(char.IsControl) ? "A name is one line of plain text." : null,
    };

    public static string? Summary(string summary) => summary.Length > SummaryLength
        ? $"At most {SummaryLength} characters; this has {summary.Length}." : null;

    public static string? CurrencyCode(string code) => Currency.TryOf(code, out _) ? null
        : $"“{code}” is not a currency Stipend knows. Use a three-letter code such as EUR, USD or JPY.";

    public static string? Zone(string zoneId) => DateTimeZoneProviders.Tzdb.GetZoneOrNull(zoneId) is null
        ? $"“{zoneId}” is not a time zone. Use a name such as Europe/Lisbon or America/New_York." : null;

    public static string? BillDay(int day) => day is >= 1 and <= 31 ? null : "The billing day is a day of the month, 1 to 31.";

    /// <summary>Of a price; the amount itself was read by <see cref="Money.Parse"/>, which refuses signs and surplus decimals.</summary>
    public static string? Price(long priceMinor, Currency currency)
    {
        var most = new Money(checked((s_largeNumbers.Contains(currency.Code) ? 1_000_000_000 : 100_000) * currency.MinorPerMajor),
            currency);
        if (priceMinor < 0) return "A price is not negative.";
        if (priceMinor == 0) return "A tier costs something; people who join for free are on the free level and need no tier.";
        return priceMinor > most.Minor ? $"A tier costs at most {most}." : null;
    }

    public static string? Seats(int? seats) => seats is null or (> 0 and <= 1_000_000) ? null
        : "A limit of seats is a whole number from 1 to 1000000; leave it empty for no limit.";

    /// <summary>Benefits as they are stored: trimmed lines, empty ones dropped.</summary>
    public static string? Benefits(string benefits)
    {
        var lines = Tier.Lines(benefits);
        if (lines.Count > MaxBenefits) return $"A tier lists at most {MaxBenefits} benefits.";
        return lines.Any(l => l.Length > BenefitLength) ? $"A benefit has at most {BenefitLength} characters." : null;
    }

    /// <exception cref="Refusal">Some field is wrong; every wrong one is named.</exception>
    public static void Check(NewCampaign c) => Refuse(
        ("name", Name(c.Name)), ("vanity", Vanity(c.Vanity)), ("summary", Summary(c.Summary)), ("currency", CurrencyCode(c.CurrencyCode)),
        ("zone", Zone(c.ZoneId)), ("bill_day", BillDay(c.BillDay)));

    /// <exception cref="Refusal">At least one problem is given.</exception>
    public static void Refuse(params ReadOnlySpan<(string Field, string? Problem)> checks)
    {
        var wrong = new Dictionary<string, string>();
        foreach (var (field, problem) in checks)
            if (problem is not null) wrong.TryAdd(field, problem);
        if (wrong.Count > 0)
            throw new Refusal(422, wrong.Count == 1 ? "invalid_" + wrong.Keys.Single() : "invalid_form",
                wrong.Count == 1 ? wrong.Values.Single() : string.Join(" ", wrong.Values), wrong);
    }

    /// <summary>An address made from a name: “Ada Møller’s Studio” → “ada-mollers-studio”; empty when nothing of it can be used.</summary>
    public static string SuggestVanity(string name)
    {
        var result = new StringBuilder(40);
        foreach (var c in name.ToLowerInvariant().Replace("ø", "o").Replace("ß", "ss").Replace("æ", "ae").Replace("ł", "l")
            .Normalize(NormalizationForm.FormD))
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)) result.Append(c);
            else if (CharUnicodeInfo.GetUnicodeCategory(c) is not UnicodeCategory.NonSpacingMark && c is not ('\'' or '’')
                && result.Length > 0 && result[^1] != '-') result.Append('-');
            if (result.Length == 40) break;
        }
        var vanity = result.ToString().Trim('-');
        return Vanity(vanity) is null ? vanity : Vanity(vanity + "-makes") is null ? vanity + "-makes" : "";
    }
}
