using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using NodaTime.Text;

namespace Stipend.Platform.Data;

/// <summary>How values are stored, the same on both engines: snake_case, instants as Unix milliseconds, dates as ISO text, enums as
/// snake_case text.</summary>
public static class Columns
{
    public static string Iso(LocalDate date) => LocalDatePattern.Iso.Format(date);
    public static LocalDate Date(string iso) => LocalDatePattern.Iso.Parse(iso).Value;

    /// <summary>PaidPosts → paid_posts.</summary>
    public static string Snake(string name)
    {
        var result = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsUpper(name[i]) && i > 0
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])))) result.Append('_');
            result.Append(char.ToLower(name[i], CultureInfo.InvariantCulture));
        }
        return result.ToString();
    }

    /// <summary>The stored text of an enum value.</summary>
    public static string Of<T>(T value) where T : struct, Enum => SnakeEnum<T>.ToText[value];

    /// <summary>The enum value of its stored text.</summary>
    public static T Enum<T>(string text) where T : struct, Enum => SnakeEnum<T>.FromText[text];

    /// <summary>How a value of this type is stored; null when the engine stores it as it is.</summary>
    internal static ValueConverter? ConverterOf(Type type) =>
        type == typeof(Instant) ? new InstantConverter()
        : type == typeof(LocalDate) ? new DateConverter()
        : type.IsEnum ? (ValueConverter)Activator.CreateInstance(typeof(SnakeEnumConverter<>).MakeGenericType(type))!
        : null;

    private sealed class InstantConverter() : ValueConverter<Instant, long>(i => i.ToUnixTimeMilliseconds(), ms =>
        Instant.FromUnixTimeMilliseconds(ms));
    private sealed class DateConverter() : ValueConverter<LocalDate, string>(d => Iso(d), s => Date(s));
    private sealed class SnakeEnumConverter<T>() : ValueConverter<T, string>(v => SnakeEnum<T>.ToText[v], s =>
        SnakeEnum<T>.FromText[s]) where T : struct, Enum;

    private static class SnakeEnum<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> ToText = System.Enum.GetValues<T>().ToDictionary(v => v, v => Snake(v.ToString()));
        public static readonly Dictionary<string, T> FromText = ToText.ToDictionary(p => p.Value, p => p.Key, StringComparer.Ordinal);
    }
}
