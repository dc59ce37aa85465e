using System.Globalization;

namespace Stipend.Platform.Ui;

/// <summary>
/// Speaks to one reader: words in their language, amounts, numbers and times in their culture and zone. The English sentence is the
/// key, so a missing translation shows English. Arguments of type <see cref="Money"/>, <see cref="Instant"/>, <see cref="LocalDate"/>
/// and numbers are formatted for the reader: <c>L["Join for {0} per month", price]</c>.
/// </summary>
public sealed class Localizer(Catalogue catalogue, CultureInfo culture, DateTimeZone zone)
{
    /// <summary>English, UTC: for places without a reader, such as commands.</summary>
    public static Localizer English { get; } = new(Catalogue.English, CultureInfo.GetCultureInfo("en"), DateTimeZone.Utc);

    /// <summary>For what is written to somebody who is not there: a mail.</summary>
    /// <param name="language">Two letters; one without words here, or null, is English.</param>
    public static Localizer In(string? language) => language is not null && language != "en" && Catalogue.Of(language) is { } catalogue
        ? new Localizer(catalogue, CultureInfo.GetCultureInfo(language), DateTimeZone.Utc) : English;

    /// <summary>The two-letter language of the words.</summary>
    public string Language => catalogue.Language;

    /// <summary>How dates, numbers and amounts are written; may be more exact than the language (en-GB).</summary>
    public CultureInfo Culture { get; } = culture;

    /// <summary>The reader's time zone.</summary>
    public DateTimeZone Zone { get; } = zone;

    /// <summary>The sentence in the reader's language, its {0}, {1} … filled.</summary>
    public string this[string english, params object?[] arguments]
    {
        get
        {
            var sentence = catalogue.Find(english);
            return arguments.Length == 0 ? sentence : string.Format(Culture, sentence, Array.ConvertAll(arguments, Written));
        }
    }

    /// <summary>Chooses between the sentence for one and the sentence for many; {0} is the number.</summary>
    public string Count(long number, string one, string many) => this[number == 1 ? one : many, number];

    /// <summary>“€5.00”, “5,00 €”, “¥500”: the amount as the reader's culture writes it, always with its currency.</summary>
    public string Money(Money money) => MoneyText.Write(money, Culture);

    /// <summary>“1 March 2026”, the year always shown.</summary>
    public string Date(LocalDate date) => Written(date)!.ToString()!;

    /// <summary>The calendar day of an instant in the reader's zone.</summary>
    public string Date(Instant at) => Date(at.InZone(Zone).Date);

    /// <summary>Day and time of an instant in the reader's zone: “1 March 2026, 14:30”.</summary>
    public string DateTime(Instant at) => Time(at, Zone);

    /// <summary>Day and time of an instant in another zone, its abbreviation added.</summary>
    public string DateTimeIn(Instant at, DateTimeZone zone)
        => $"{Time(at, zone)} {at.InZone(zone).GetZoneInterval().Name} ({zone.Id})";

    /// <summary>“March 2026”.</summary>
    public string Month(YearMonth month) => month.OnDayOfMonth(1).ToDateTimeUnspecified().ToString("Y", Culture);

    /// <summary>A whole number with the reader's thousands separator.</summary>
    public string Number(long number) => number.ToString("N0", Culture);

    private string Time(Instant at, DateTimeZone zone)
    {
        var local = at.InZone(zone).LocalDateTime;
        return $"{Date(local.Date)}, {local.ToDateTimeUnspecified().ToString("t", Culture)}";
    }

    private object? Written(object? argument) => argument switch
    {
        Money money => Money(money),
        Instant at => DateTime(at),
        LocalDate date => date.ToDateTimeUnspecified().ToString(DatePattern(Culture), Culture),
        long number => Number(number),
        int number => Number(number),
        _ => argument,
    };

    /// <summary>The culture's long date without its weekday.</summary>
    private static string DatePattern(CultureInfo culture)
        => culture.DateTimeFormat.LongDatePattern.Replace("dddd", "", StringComparison.Ordinal).Trim(' ', ',', '.', '،');
}
