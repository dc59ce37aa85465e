using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stipend.Accounts.Model;

/// <summary>Time-based one-time codes (RFC 6238): HMAC-SHA1, 30 seconds, six digits, as every authenticator app has them.</summary>
internal static class Totp
{
    private const int StepSeconds = 30;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(20);

    /// <summary>The time step a code belongs to, one step of clock difference allowed either way; null: wrong, or of a step not after
    /// <paramref name="lastStep"/>.</summary>
    public static long? Match(byte[] secret, string code, Instant now, long lastStep)
    {
        var typed = new string([.. code.Where(c => !char.IsWhiteSpace(c))]);
        if (typed.Length != 6) return null;
        var present = now.ToUnixTimeSeconds() / StepSeconds;
        long? matched = null;
        for (var step = present - 1; step <= present + 1; step++)
            if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Code(secret, step)), Encoding.UTF8.GetBytes(typed))
                && step > lastStep) matched = step;
        return matched;
    }

    /// <summary>The code of the step an instant falls in.</summary>
    public static string CodeAt(byte[] secret, Instant at) => Code(secret, at.ToUnixTimeSeconds() / StepSeconds);

    /// <summary>What the QR code says.</summary>
    public static string Uri(byte[] secret, string site, string account) =>
        $"otpauth://totp/{System.Uri.EscapeDataString($"{site}:{account}")}?secret={Text(secret)}&issuer={System.Uri.EscapeDataString(site)}";

    /// <summary>The secret as text to type, base 32.</summary>
    public static string Text(ReadOnlySpan<byte> secret)
    {
        var text = new StringBuilder(secret.Length * 8 / 5 + 1);
        var (buffer, bits) = (0, 0);
        foreach (var b in secret)
        {
            buffer = (buffer << 8) | b;
            for (bits += 8; bits >= 5; bits -= 5) text.Append(Base32[(buffer >> (bits - 5)) & 31]);
            buffer &= (1 << bits) - 1;
        }
        if (bits > 0) text.Append(Base32[(buffer << (5 - bits)) & 31]);
        return text.ToString();
    }

    private static string Code(byte[] secret, long step)
    {
        Span<byte> message = stackalloc byte[8], hash = stackalloc byte[20];
        BinaryPrimitives.WriteInt64BigEndian(message, step);
#pragma warning disable CA5350 // RFC 6238's default; authenticator apps offer no other, and HMAC does not need collision resistance
        HMACSHA1.HashData(secret, message, hash);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[19] & 15)..]) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}
