using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using MimeKit;
using Stipend.Accounts.Contracts;
using Stipend.Mailings.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Mailings.Bouncing;

/// <summary>
/// The addresses mails come back to when a server farther on cannot deliver them: the site's, with whose mail it was and a proof. The proof is made of
/// the address that was written to. So a report that was made up marks nobody, and neither does one about an address the person has no more.
/// Every reader sees theirs, so its key is a random one of the site's and none that somebody chose and could be guessed.
/// </summary>
internal sealed class ReturnPaths(IOptions<MailingsOptions> options, IDataProtectionProvider protection)
{
    private static readonly HashSet<string> s_delivered = new(StringComparer.OrdinalIgnoreCase) { "Delivered-To", "X-Original-To", "Envelope-To" };
    private readonly IDataProtector _protector = protection.CreateProtector("Stipend.Mailings.ReturnPath.1");
    private byte[]? _key;
    private readonly string? _address = options.Value.BounceAddress, _secret = options.Value.BounceSecret;

    public bool IsOn => _address is not null && _secret is not null;

    /// <summary>“bounces+2a-0123456789abcdef0123@example.net”; null when mails come back to nobody who reads them.</summary>
    public string? For(long personId, string address) => !IsOn ? null
        : _address!.Insert(_address.LastIndexOf('@'), string.Create(CultureInfo.InvariantCulture, $"+{personId:x}-{Proof(personId, address)}"));

    /// <summary>Whose mail it was that came back to one of these addresses, with the proof that is still to be checked.</summary>
    public (long PersonId, string Path)? Whose(HeaderList head)
    {
        var (start, end) = (_address![.._address!.LastIndexOf('@')] + "+", _address![_address!.LastIndexOf('@')..]);
        var path = head.Where(h => h.Id == HeaderId.To)
            .SelectMany(h => InternetAddressList.TryParse(h.RawValue, out var to) ? to.Mailboxes : []).Select(m => m.Address)
            .Concat(head.Where(h => s_delivered.Contains(h.Field)).Select(h => h.Value.Trim().Trim('<', '>')))
            .FirstOrDefault(a => a.StartsWith(start, StringComparison.OrdinalIgnoreCase) && a.EndsWith(end, StringComparison.OrdinalIgnoreCase)
                && a.Length > start.Length + end.Length);
        return path is not null && path[start.Length..^end.Length].Split('-') is [var id, _]
            && long.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var person) ? (person, path) : null;
    }

    public bool Fits(string path, long personId, string address) => IsEqual(path.ToLowerInvariant(), For(personId, address)!.ToLowerInvariant());

    public bool IsSecret(string authorization) => IsEqual(authorization, $"Bearer {_secret}");

    private static bool IsEqual(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    private string Proof(long personId, string address) => Convert.ToHexStringLower(HMACSHA256.HashData(
        _key ?? throw new InvalidOperationException("The key of return paths is loaded at start."),
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"return path {personId} {EmailAddress.Normalise(address)}"))).AsSpan(0, 10));

    /// <summary>Reads the site's key of return paths, making it the first time; in the database it is sealed.</summary>
    internal sealed class LoadKey(Db db, ReturnPaths paths) : IAtStart
    {
        private const string Setting = "mailings.return_path_key";

        public async Task Start(CancellationToken ct)
        {
            if (!paths.IsOn) return;
            if (await Kept(ct) is not { } kept)
            {
                await db.Execute("INSERT INTO setting (name, value) VALUES (@name, @value) ON CONFLICT DO NOTHING", ct, ("name", Setting),
                    ("value", Convert.ToBase64String(paths._protector.Protect(RandomNumberGenerator.GetBytes(32)))));
                kept = (await Kept(ct))!; // another process may have been first
            }
            try
            {
                paths._key = paths._protector.Unprotect(Convert.FromBase64String(kept));
            }
            catch (CryptographicException)
            {
                throw Refusal.Conflict("keys_missing", "Key files of this site are missing, so returned mails cannot be told from made-up ones. "
                    + "Put the “keys” folder of the same backup beside the database.");
            }
        }

        private async Task<string?> Kept(CancellationToken ct)
        {
            await using var command = await db.Command("SELECT value FROM setting WHERE name = @name", ct, ("name", Setting));
            return await command.ExecuteScalarAsync(ct) as string;
        }
    }
}
