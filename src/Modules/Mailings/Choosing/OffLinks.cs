using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;

namespace Stipend.Mailings.Choosing;

/// <summary>
/// The sealed part of a link that stops mails: whose, of which campaign. It proves nothing else and works as long as the site's keys do: a mail may be
/// opened years later.
/// </summary>
internal sealed class OffLinks(IDataProtectionProvider protection)
{
    private readonly IDataProtector _protector = protection.CreateProtector("Stipend.Mailings.Off.1");

    public string For(long personId, long campaignId)
    {
        var said = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(said, personId);
        BinaryPrimitives.WriteInt64BigEndian(said.AsSpan(8), campaignId);
        return WebEncoders.Base64UrlEncode(_protector.Protect(said));
    }

    /// <exception cref="Refusal">It is not ours.</exception>
    public (long PersonId, long CampaignId) Read(string token)
    {
        try
        {
            var said = _protector.Unprotect(WebEncoders.Base64UrlDecode(token));
            if (said.Length == 16) return (BinaryPrimitives.ReadInt64BigEndian(said), BinaryPrimitives.ReadInt64BigEndian(said.AsSpan(8)));
        }
        catch (Exception error) when (error is CryptographicException or FormatException)
        {
            // refused below, in the same words
        }
        throw new Refusal(410, "link_over", "This link does not work any more. Sign in and choose your mails in your account.");
    }
}
