using Shouldly;
using Stipend.Platform.Ui;
using Xunit;

namespace Stipend.Unit.Ui;

public sealed class AccentTests
{
    [Fact]
    public void Every_colour_becomes_one_that_can_be_read_in_both_themes()
    {
        // every 17th step of each channel: 4,096 colours from black to white
        for (var r = 0; r < 256; r += 17)
            for (var g = 0; g < 256; g += 17)
                for (var b = 0; b < 256; b += 17)
                {
                    var css = Accent.Css($"{r:x2}{g:x2}{b:x2}");
                    foreach (var ground in new[] { "faf6f0", "fffdfb", "ffffff", "f2ebe1" }) // paper, surface, raised, sunken
                        Contrast(Value(css, "--accent-light"), ground).ShouldBeGreaterThanOrEqualTo(4.5);
                    foreach (var ground in new[] { "17131a", "211b25", "2b242f", "110d13" })
                        Contrast(Value(css, "--accent-dark"), ground).ShouldBeGreaterThanOrEqualTo(4.5);
                    Contrast(Value(css, "--brand"), Value(css, "--on-brand")).ShouldBeGreaterThanOrEqualTo(4.5);
                    Contrast(Value(css, "--accent-light"), Value(css, "--on-accent-light")).ShouldBeGreaterThanOrEqualTo(4.5);
                    Contrast(Value(css, "--accent-dark"), Value(css, "--on-accent-dark")).ShouldBeGreaterThanOrEqualTo(4.5);
                }
    }

    [Fact]
    public void A_colour_that_already_reads_well_is_left_alone() => Value(Accent.Css("6d2a5b"), "--accent-light").ShouldBe("6d2a5b");

    [Theory]
    [InlineData("#6d2a5b", true)]
    [InlineData("6D2A5B", true)]
    [InlineData("red", false)]
    [InlineData("6d2a5g", false)]
    [InlineData("6d2a5b}body{}", false)]
    [InlineData(null, false)]
    public void Only_six_hexadecimal_digits_are_a_colour(string? text, bool expected) => Accent.IsColour(text).ShouldBe(expected);

    private static string Value(string css, string name) =>
        css[(css.IndexOf(name + ": #", StringComparison.Ordinal) + name.Length + 3)..][..6];

    private static double Contrast(string a, string b) => Accent.Contrast(Accent.Rgb.Parse(a), Accent.Rgb.Parse(b));
}
