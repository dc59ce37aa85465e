using System.Globalization;
using Shouldly;
using Stipend.Platform.Ui;
using Xunit;

namespace Stipend.Unit.Ui;

public sealed class LocalizerTests
{
    private const char Nbsp = '\u00a0';

    [Theory]
    [InlineData("en", 123456, "EUR", "€1,234.56")]
    [InlineData("de", 123456, "EUR", "1.234,56_€")]
    [InlineData("en", 500, "JPY", "¥500")]
    [InlineData("en", 1234567, "KWD", "KWD_1,234.567")]
    [InlineData("en", 5, "USD", "$0.05")]
    [InlineData("en", -100, "EUR", "−€1.00")]
    [InlineData("de", -100, "EUR", "−1,00_€")]
    [InlineData("en", 0, "EUR", "€0.00")]
    [InlineData("de", 700, "CHF", "7,00_CHF")]
    [InlineData("en", long.MaxValue, "EUR", "€92,233,720,368,547,758.07")]
    public void An_amount_is_written_as_the_reader_writes_it(string culture, long minor, string currency, string expected)
        => Of(culture).Money(new Money(minor, Currency.Of(currency))).ShouldBe(expected.Replace('_', Nbsp));

    [Fact]
    public void Arguments_are_formatted_for_the_reader()
    {
        var price = new Money(500, Currency.Of("EUR"));

        Of("en")["Join for {0} until {1}, {2} seats", price, new LocalDate(2026, 3, 1), 1200L]
            .ShouldBe("Join for €5.00 until March 1, 2026, 1,200 seats");
        Of("de")["Join for {0} until {1}, {2} seats", price, new LocalDate(2026, 3, 1), 1200L]
            .ShouldBe($"Join for 5,00{Nbsp}€ until 1. März 2026, 1.200 seats");
    }

    [Fact]
    public void A_sentence_without_translation_stays_English_and_braces_without_arguments_stay()
    {
        Of("de")["Nobody has translated {this}"].ShouldBe("Nobody has translated {this}");
        Of("de")["Sign in"].ShouldBe("Anmelden");
    }

    [Theory]
    [InlineData(0, "0 members")]
    [InlineData(1, "1 member")]
    [InlineData(1204, "1,204 members")]
    public void One_and_many_are_different_sentences(long number, string expected)
        => Of("en").Count(number, "{0} member", "{0} members").ShouldBe(expected);

    [Fact]
    public void A_moment_is_told_in_the_readers_zone_and_in_the_campaigns()
    {
        var at = Instant.FromUtc(2026, 3, 28, 23, 30);
        var berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];

        Of("en-GB", berlin).DateTime(at).ShouldBe("29 March 2026, 00:30");
        Of("en-GB", berlin).Date(at).ShouldBe("29 March 2026");
        Of("en-GB").DateTimeIn(at, berlin).ShouldBe("29 March 2026, 00:30 CET (Europe/Berlin)");
    }

    private static Localizer Of(string culture, DateTimeZone? zone = null)
        => new(Catalogue.Of(culture[..2])!, CultureInfo.GetCultureInfo(culture), zone ?? DateTimeZone.Utc);
}
