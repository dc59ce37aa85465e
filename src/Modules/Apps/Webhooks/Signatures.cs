using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stipend.Apps.Webhooks;

/// <summary>
/// Proof that a delivery is this site's, in two ways from one secret: the old one existing receivers check (MD5 over the body alone, with the secret's text
/// as key), and that of Standard Webhooks, which also covers id and time and so stops replays.
/// </summary>
internal static class Signatures
{
    private const string Prefix = "whsec_";

    public static string NewSecret() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "What receivers written for Patreon check; HMAC-MD5 has no practical forgery.")]
    public static string Old(string secret, ReadOnlySpan<byte> body) =>
        Convert.ToHexStringLower(HMACMD5.HashData(Encoding.UTF8.GetBytes(secret), body));

    public static string Standard(string secret, string id, long timestampSeconds, byte[] body)
    {
        var key = Convert.FromBase64String(secret[Prefix.Length..]);
        byte[] signed = [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestampSeconds}.")), .. body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed));
    }
}
