using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stipend.Billing.Gateways;

/// <summary>
/// Tells whether a webhook's raw body was signed by the gateway, and lately: <c>t=SECONDS,v1=HEX</c>, HMAC-SHA256 over <c>SECONDS.BODY</c>.
/// </summary>
internal static class GatewaySignature
{
    internal const string Header = "Gateway-Signature";
    private static readonly Duration s_tolerance = Duration.FromMinutes(5);

    internal static bool IsGenuine(ReadOnlySpan<byte> body, string? header, string secret, Instant now)
    {
        if (header is null || header.Length > 1000) return false;
        var parts = header.Split(',', StringSplitOptions.TrimEntries);
        var time = parts.FirstOrDefault(part => part.StartsWith("t=", StringComparison.Ordinal))?[2..];
        if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253_402_300_799)
            return false;
        var age = now - Instant.FromUnixTimeSeconds(seconds);
        if (age > s_tolerance || age < -s_tolerance) return false;
        byte[] signed = [.. Encoding.ASCII.GetBytes(time + "."), .. body];
        var expected = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed)));
        return parts.Where(part => part.StartsWith("v1=", StringComparison.Ordinal))
            .Any(part => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(part[3..]), expected));
    }
}
