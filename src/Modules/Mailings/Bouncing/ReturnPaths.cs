using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using MimeKit;
using Stipend.Accounts.Contracts;
using Stipend.Mailings.Contracts;

namespace Stipend.Mailings.Bouncing;

/// <summary>
/// The addresses mails come back to when a server farther on cannot deliver them: the site's, with whose mail it was and a proof. The proof is made of
/// the address that was written to. So a report that was made up marks nobody, and neither does one about an address the person has no more.
/// </summary>
internal sealed class ReturnPaths(IOptions<MailingsOptions> options)
{
    private readonly string? _address = options.Value.BounceAddress, _secret = options.Value.BounceSecret;

    public bool IsOn => _address is not null && _secret is not null;

    /// <summary>“bounces+2a-0123456789abcdef0123@example.net”; null when mails come back to nobody who reads them.</summary>
    public string? For(long personId, string address) => !IsOn ? null
        : _address!.Insert(_address.LastIndexOf('@'), string.Create(CultureInfo.InvariantCulture, $"+{personId:x}-{Proof(personId, address)}"));

    /// <summary>Whose mail it was that came back to one of these addresses, with the proof that is still to be checked.</summary>
    public (long PersonId, string Path)? Whose(MimeMessage report)
    {
        var (start, end) = (_address![.._address!.LastIndexOf('@')] + "+", _address![_address!.LastIndexOf('@')..]);
        var path = report.To.Mailboxes.Select(m => m.Address)
            .Concat(report.Headers.Where(h => h.Field is "Delivered-To" or "X-Original-To" or "Envelope-To").Select(h => h.Value.Trim().Trim('<', '>')))
            .FirstOrDefault(a => a.StartsWith(start, StringComparison.OrdinalIgnoreCase) && a.EndsWith(end, StringComparison.OrdinalIgnoreCase)
                && a.Length > start.Length + end.Length);
        return path is not null && path[start.Length..^end.Length].Split('-') is [var id, _]
            && long.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var person) ? (person, path) : null;
    }

    public bool Fits(string path, long personId, string address) => IsEqual(path.ToLowerInvariant(), For(personId, address)!.ToLowerInvariant());

    public bool IsSecret(string authorization) => IsEqual(authorization, $"Bearer {_secret}");

    private static bool IsEqual(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    private string Proof(long personId, string address) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(_secret!),
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"return path {personId} {EmailAddress.Normalise(address)}"))).AsSpan(0, 10));
}
