using System.Buffers;
using System.Globalization;
using System.Text;

namespace Stipend.Apps.Webhooks;

/// <summary>
/// JSON as a JavaScript engine prints it. Many receivers check the signature over <c>JSON.stringify</c> of what they parsed, so a character
/// written in another way would look like a forgery. The writer of .NET escapes some that JavaScript does not (emoji, for one), and in capitals.
/// </summary>
internal static class ScriptText
{
    /// <param name="json">Compact JSON, written with the relaxed encoder.</param>
    public static byte[] Of(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\u"u8) < 0) return json.ToArray();
        var text = new ArrayBufferWriter<byte>(json.Length);
        while (json.IndexOf((byte)'\\') is >= 0 and var at)
        {
            text.Write(json[..at]);
            if (json[at + 1] != 'u')
            {
                text.Write(json.Slice(at, 2));
                json = json[(at + 2)..];
                continue;
            }
            var unit = Unit(json[at..]);
            json = json[(at + 6)..];
            if (char.IsHighSurrogate(unit) && json.StartsWith("\\u"u8) && Unit(json) is var low && char.IsLowSurrogate(low))
            {
                Write(text, new Rune(unit, low));
                json = json[6..];
            }
            else if (unit < ' ' || char.IsSurrogate(unit)) text.Write(Encoding.ASCII.GetBytes($"\\u{(int)unit:x4}"));
            else Write(text, new Rune(unit));
        }
        text.Write(json);
        return text.WrittenSpan.ToArray();
    }

    private static char Unit(ReadOnlySpan<byte> escape) =>
        (char)ushort.Parse(Encoding.ASCII.GetString(escape.Slice(2, 4)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static void Write(ArrayBufferWriter<byte> text, Rune rune)
    {
        if (rune.Value is '"' or '\\') text.Write("\\"u8);
        text.Advance(rune.EncodeToUtf8(text.GetSpan(4)));
    }
}
