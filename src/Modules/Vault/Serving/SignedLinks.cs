using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Stipend.Vault.Model;

namespace Stipend.Vault.Serving;

/// <summary>
/// A link that says, sealed, which file it is for, in whose name, and until when. It opens nothing by itself: the gate is asked for that person at
/// every request, so it dies with the entitlement, at the latest with its time.
/// </summary>
internal sealed class SignedLinks(IDataProtectionProvider protection, Clock clock, VaultOptions options)
{
    private readonly IDataProtector _protector = protection.CreateProtector("Stipend.Vault.Link.1");

    public (string Token, Instant Until) For(long fileId, long personId)
    {
        var until = clock.Now() + Duration.FromMinutes(options.LinkMinutes);
        var said = new byte[24];
        BinaryPrimitives.WriteInt64BigEndian(said, fileId);
        BinaryPrimitives.WriteInt64BigEndian(said.AsSpan(8), personId);
        BinaryPrimitives.WriteInt64BigEndian(said.AsSpan(16), until.ToUnixTimeMilliseconds());
        return (WebEncoders.Base64UrlEncode(_protector.Protect(said)), until);
    }

    /// <summary>In whose name the link asks.</summary>
    /// <exception cref="Refusal">It is not ours, for another file, or over.</exception>
    public long PersonOf(string token, long fileId)
    {
        try
        {
            var said = _protector.Unprotect(WebEncoders.Base64UrlDecode(token));
            if (said.Length == 24 && BinaryPrimitives.ReadInt64BigEndian(said) == fileId
                && clock.Now().ToUnixTimeMilliseconds() < BinaryPrimitives.ReadInt64BigEndian(said.AsSpan(16)))
                return BinaryPrimitives.ReadInt64BigEndian(said.AsSpan(8));
        }
        catch (Exception error) when (error is CryptographicException or FormatException or DecoderFallbackException)
        {
            // refused below, in the same words
        }
        throw new Refusal(410, "link_over", "This link is over or was changed. Open the post again and take a new one.");
    }
}
