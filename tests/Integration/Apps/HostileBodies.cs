using System.Text;

namespace Stipend.Integration.Apps;

/// <summary>Makes bodies nobody would send in good faith.</summary>
internal sealed class HostileBodies(SeededRandom random, string campaignId, string clientId)
{
    private static readonly string[] s_names =
    [
        "data", "type", "id", "attributes", "relationships", "campaign", "uri", "triggers", "paused", "title", "text", "audience", "tiers",
        "charge", "publishAt", "name", "redirect_uris", "version", "grant_type", "code", "redirect_uri", "client_id", "client_secret", "refresh_token", "teaser", "\\ud800",
    ];

    private readonly string[] _values =
    [
        "null", "true", "-1", "1e999", "12345678901234567890", "\"\"", "\"webhook\"", $"\"{campaignId}\"", "\"https://site.example/\"",
        "[\"members:create\"]", "[]", "[null]", "{}", "\"tiers\"", "\"2026-13-45\"", "\"\\ud800\"", "\"\\u0000\"", "\"9999-12-31T23:59:59Z\"", "\"members\"",
        "\"oauth-client\"", "\"authorization_code\"", "\"refresh_token\"", $"\"{clientId}\"", "\"0001-01-01T00:00:00+14:00\"", "[[[[]]]]", "0.1e-400",
    ];

    /// <summary>A document of known names and odd values, nested at most so deep.</summary>
    public string Made(int depth) => depth == 0 || random.Below(3) == 0 ? _values[random.Below(_values.Length)]
        : "{" + string.Join(',', Enumerable.Range(0, 1 + random.Below(4)).Select(_ => $"\"{s_names[random.Below(s_names.Length)]}\":{Made(depth - 1)}")) + "}";

    /// <summary>A body that would be taken, a little wrong, so that it gets past the first check.</summary>
    public string Near(string good)
    {
        for (var n = 1 + random.Below(3); n > 0; n--)
        {
            var at = random.Below(good.Length);
            good = random.Below(4) switch
            {
                0 => good.Remove(at, Math.Min(good.Length - at, 1 + random.Below(8))) + " ",
                1 => good.Insert(at, _values[random.Below(_values.Length)]),
                2 => good[..at] + (char)random.Below(0xFFFF) + good[(at + 1)..],
                _ => good.Replace($"\"{s_names[random.Below(s_names.Length)]}\"", $"\"{s_names[random.Below(s_names.Length)]}\"", StringComparison.Ordinal),
            };
        }
        return good;
    }

    /// <summary>Bits turned inside the texts of a body, anywhere in one that is no JSON.</summary>
    public byte[] Flipped(string good)
    {
        var (bytes, inside, isText) = (Encoding.UTF8.GetBytes(good), new List<int>(), good[0] != '{');
        for (var at = 0; at < bytes.Length; at++)
        {
            if (bytes[at] == (byte)'"') isText = !isText;
            else if (isText) inside.Add(at);
        }
        for (var n = 1 + random.Below(3); n > 0; n--) bytes[inside[random.Below(inside.Count)]] ^= (byte)(1 << random.Below(8));
        return bytes;
    }
}
