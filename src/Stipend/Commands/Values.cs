using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Stipend.Commands;

/// <summary>Reads the values of options with a sentence of ours when they are wrong.</summary>
internal static class Values
{
    /// <summary>A calendar day, YYYY-MM-DD.</summary>
    public static LocalDate? Day(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (NodaTime.Text.LocalDatePattern.Iso.Parse(text) is { Success: true } day) return day.Value;
        result.AddError($"“{text}” is not a date. Write it like 2026-12-01.");
        return null;
    }

    /// <summary>A whole number within bounds; zero after an error.</summary>
    public static Func<ArgumentResult, int> Whole(string option, int least, int most) => result =>
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        result.AddError($"“{text}” is not right for {option}: give a whole number from {least} to {most}.");
        return 0;
    };

    /// <summary>One of a few words.</summary>
    public static Func<ArgumentResult, string> Word(string option, params string[] words) => result =>
    {
        var text = result.Tokens[0].Value;
        if (!words.Contains(text)) result.AddError($"“{text}” is not right for {option}: use one of {string.Join(", ", words)}.");
        return text;
    };
}
