using System.Numerics;
using Shouldly;
using Stipend.Kernel;
using Xunit;

namespace Stipend.Unit.Kernel;

public sealed class MoneyTests
{
    private static readonly Currency s_eur = Currency.Of("EUR"), s_jpy = Currency.Of("JPY"), s_kwd = Currency.Of("KWD");

    [Theory]
    [InlineData("EUR", "5", 500)]
    [InlineData("EUR", "5.00", 500)]
    [InlineData("EUR", "5,00", 500)]
    [InlineData("EUR", "5,5", 550)]
    [InlineData("EUR", " 0.05 ", 5)]
    [InlineData("EUR", ".5", 50)]
    [InlineData("EUR", "5.", 500)]
    [InlineData("EUR", "0", 0)]
    [InlineData("EUR", "0007", 700)]
    [InlineData("EUR", "9999999999999.99", 999999999999999)]
    [InlineData("JPY", "500", 500)]
    [InlineData("JPY", "500.00", 500)]
    [InlineData("KWD", "1.234", 1234)]
    [InlineData("KWD", "1,5", 1500)]
    public void Reads_what_a_person_types(string currency, string text, long minor) =>
        Money.Parse(text, Currency.Of(currency)).ShouldBe(new Money(minor, Currency.Of(currency)));

    [Theory]
    [InlineData("EUR", "", "amount_unreadable")]
    [InlineData("EUR", ".", "amount_unreadable")]
    [InlineData("EUR", "-5", "amount_unreadable")]
    [InlineData("EUR", "five", "amount_unreadable")]
    [InlineData("EUR", "5 EUR", "amount_unreadable")]
    [InlineData("EUR", "1.000,50", "amount_unreadable")]
    [InlineData("EUR", "1e3", "amount_unreadable")]
    [InlineData("EUR", "٥", "amount_unreadable")]
    [InlineData("EUR", "0.001", "amount_too_precise")]
    [InlineData("JPY", "5.5", "amount_too_precise")]
    [InlineData("KWD", "1.2345", "amount_too_precise")]
    [InlineData("EUR", "1,000", "amount_too_precise")]
    [InlineData("JPY", "1.000", "amount_too_precise")]
    [InlineData("EUR", "10000000000000.00", "amount_too_large")]
    [InlineData("EUR", "99999999999999999999999", "amount_too_large")]
    public void Refuses_what_could_be_misread(string currency, string text, string code)
    {
        var refusal = Should.Throw<Refusal>(() => Money.Parse(text, Currency.Of(currency)));
        refusal.Code.ShouldBe(code);
        refusal.Status.ShouldBe(422);
    }

    [Theory]
    [InlineData("EUR", 500, "5.00")]
    [InlineData("EUR", 5, "0.05")]
    [InlineData("EUR", -5, "-0.05")]
    [InlineData("EUR", 0, "0.00")]
    [InlineData("JPY", 500, "500")]
    [InlineData("JPY", -1, "-1")]
    [InlineData("KWD", 1234, "1.234")]
    [InlineData("EUR", long.MaxValue, "92233720368547758.07")]
    [InlineData("EUR", long.MinValue, "-92233720368547758.08")]
    public void Writes_all_decimals_of_its_currency(string currency, long minor, string text) =>
        new Money(minor, Currency.Of(currency)).Amount().ShouldBe(text);

    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        Seeds.Run(20_000, random =>
        {
            var currency = Currency.Of(Currency.Known.ElementAt(random.Next(Currency.Known.Count)));
            var money = new Money(random.NextInt64(0, 1_000_000_000_000_000), currency);
            Money.Parse(money.Amount(), currency).ShouldBe(money);
        });
    }

    [Fact]
    public void Sums_that_do_not_fit_throw_instead_of_wrapping()
    {
        var most = new Money(long.MaxValue, s_eur);
        var least = new Money(long.MinValue, s_eur);
        var cent = new Money(1, s_eur);
        Should.Throw<OverflowException>(() => most + cent);
        Should.Throw<OverflowException>(() => least - cent);
        Should.Throw<OverflowException>(() => -least);
        Should.Throw<OverflowException>(() => most * 2);
        Should.Throw<OverflowException>(() => most.BasisPointsHalfUp(10_001));
        most.BasisPointsHalfUp(10_000).ShouldBe(most);
    }

    [Fact]
    public void Two_currencies_never_mix()
    {
        var (euro, yen, dinar) = (new Money(1, s_eur), new Money(1, s_jpy), new Money(1, s_kwd));
        Should.Throw<InvalidOperationException>(() => euro + yen);
        Should.Throw<InvalidOperationException>(() => euro - dinar);
        Should.Throw<InvalidOperationException>(() => euro < yen);
        Should.Throw<InvalidOperationException>(() => euro >= dinar);
        Should.Throw<InvalidOperationException>(() => euro.CompareTo(yen));
        euro.Equals(yen).ShouldBeFalse();
    }

    [Theory]
    [InlineData(1000, 1000, 100)]
    [InlineData(1005, 1000, 101)]
    [InlineData(1004, 1000, 100)]
    [InlineData(-1005, 1000, -101)]
    [InlineData(-1004, 1000, -100)]
    [InlineData(1, 4999, 0)]
    [InlineData(1, 5000, 1)]
    [InlineData(0, 1900, 0)]
    public void A_rate_rounds_half_up_away_from_zero(long minor, int basisPoints, long expected) =>
        new Money(minor, s_eur).BasisPointsHalfUp(basisPoints).Minor.ShouldBe(expected);

    [Fact]
    public void A_rate_is_within_half_a_minor_unit_of_exact()
    {
        Seeds.Run(100_000, random =>
        {
            var minor = Seeds.Long(random);
            var rate = random.Next(0, 10_001);
            var rounded = (BigInteger)new Money(minor, s_eur).BasisPointsHalfUp(rate).Minor;
            var error = BigInteger.Abs(rounded * 10_000 - (BigInteger)minor * rate);
            (error * 2 <= 10_000).ShouldBeTrue($"{rate} bp of {minor} was {rounded}");
        });
    }

    [Theory]
    [InlineData("eur")]
    [InlineData(" EUR ")]
    [InlineData("Eur")]
    public void A_currency_is_found_in_either_case(string code) => Currency.Of(code).ShouldBe(s_eur);

    [Theory]
    [InlineData("XYZ")]
    [InlineData("")]
    [InlineData("EURO")]
    [InlineData(null)]
    public void An_unknown_currency_is_refused(string? code)
    {
        Currency.TryOf(code, out _).ShouldBeFalse();
        Should.Throw<Refusal>(() => Currency.Of(code!)).Code.ShouldBe("unknown_currency");
    }

    [Fact]
    public void Every_known_currency_has_none_two_or_three_decimals()
    {
        foreach (var currency in Currency.Known.Select(Currency.Of))
        {
            currency.Exponent.ShouldBeOneOf(0, 2, 3);
            currency.MinorPerMajor.ShouldBe((long)BigInteger.Pow(10, currency.Exponent));
        }
        Should.Throw<InvalidOperationException>(() => default(Currency).Code);
    }
}
