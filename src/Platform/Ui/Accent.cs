using System.Globalization;

namespace Stipend.Platform.Ui;

/// <summary>
/// A campaign's own colour, made safe to read: the nearest shade that keeps 4.5 : 1 against the page in the light theme and in the
/// dark one, and the text colour that can be read on it. Any colour a creator picks gives a usable page.
/// </summary>
public static class Accent
{
    private static readonly Rgb s_light = new(242, 235, 225);
    private static readonly Rgb s_dark = new(43, 38, 47);
    private static readonly Rgb s_white = new(255, 255, 255);
    private static readonly Rgb s_ink = new(26, 21, 28);

    /// <summary>True for six hexadecimal digits, with or without a leading #.</summary>
    public static bool IsColour(string? text) =>
        text is not null && text.TrimStart('#') is { Length: 6 } hex && hex.All(char.IsAsciiHexDigit);

    /// <summary>The address of the style sheet for a colour; null when it is none.</summary>
    public static string? Href(string? colour) => IsColour(colour) ? $"/accent/{colour!.TrimStart('#').ToLowerInvariant()}.css" : null;

    /// <summary>The style sheet that gives a page this accent, light and dark.</summary>
    internal static string Css(string hex)
    {
        var colour = Rgb.Parse(hex.TrimStart('#'));
        var light = Until(colour, s_light, new Rgb(0, 0, 0));
        var dark = Until(colour, s_dark, s_white);
        return $$"""
            @layer tokens {
              :root { --accent-light: {{light}}; --on-accent-light: {{TextOn(light)}}; --accent-dark: {{dark}}; --on-accent-dark: {{TextOn(dark)}}; --brand: {{colour}}; --on-brand: {{TextOn(colour)}}; }
            }
            """;
    }

    /// <summary>Contrast by WCAG 2: 1 to 21.</summary>
    internal static double Contrast(Rgb a, Rgb b)
    {
        var (high, low) = a.Luminance > b.Luminance ? (a, b) : (b, a);
        return (high.Luminance + 0.05) / (low.Luminance + 0.05);
    }

    internal static Rgb TextOn(Rgb background) => Contrast(background, s_white) >= 4.5 ? s_white
        : Contrast(background, s_ink) >= 4.5 ? s_ink : new Rgb(0, 0, 0); // what white cannot be read on, black can

    private static Rgb Until(Rgb colour, Rgb page, Rgb towards)
    {
        for (var step = 0; step <= 50; step++)
        {
            var mixed = colour.Mix(towards, step * 2);
            if (Contrast(mixed, page) >= 4.5) return mixed;
        }
        return towards;
    }

    /// <summary>A colour in sRGB.</summary>
    internal readonly record struct Rgb(byte R, byte G, byte B)
    {
        internal static Rgb Parse(string hex) => new(Part(hex, 0), Part(hex, 2), Part(hex, 4));

        internal double Luminance => 0.2126 * Linear(R) + 0.7152 * Linear(G) + 0.0722 * Linear(B);

        internal Rgb Mix(Rgb other, int percent) => new(Mixed(R, other.R, percent), Mixed(G, other.G, percent), Mixed(B, other.B, percent));

        public override string ToString() => $"#{R:x2}{G:x2}{B:x2}";

        private static byte Part(string hex, int at) => byte.Parse(hex.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

        private static byte Mixed(byte a, byte b, int percent) => (byte)((a * (100 - percent) + b * percent) / 100);

        private static double Linear(byte part)
        {
            var s = part / 255.0;
            return s <= 0.04045 ? s / 12.92 : Math.Pow((s + 0.055) / 1.055, 2.4);
        }
    }
}
