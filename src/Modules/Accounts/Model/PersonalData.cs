using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Accounts.Model;

/// <summary>
/// Seals personal data at rest, each field under its own purpose, and makes the blind index by which an address is found:
/// HMAC-SHA256 under a key made once per site, itself sealed. Neither can be read from a copy of the database alone.
/// </summary>
internal sealed class PersonalData(IDataProtectionProvider provider)
{
    private readonly IDataProtector _email = provider.CreateProtector("stipend.accounts.email");
    private readonly IDataProtector _totp = provider.CreateProtector("stipend.accounts.totp");
    private readonly IDataProtector _key = provider.CreateProtector("stipend.accounts.email_index_key");
    private byte[]? _indexKey;

    public byte[] SealEmail(string email) => _email.Protect(Encoding.UTF8.GetBytes(email.Trim()));
    public string OpenEmail(byte[] cipher) => Encoding.UTF8.GetString(_email.Unprotect(cipher));
    public byte[] SealTotp(byte[] secret) => _totp.Protect(secret);
    public byte[] OpenTotp(byte[] cipher) => _totp.Unprotect(cipher);

    /// <summary>The key under which an address is found, without regard to letter case.</summary>
    public string Index(string email)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_indexKey ?? throw new InvalidOperationException("The index key is loaded at start."),
            Encoding.UTF8.GetBytes(EmailAddress.Normalise(email)), hash);
        return Base64Url.EncodeToString(hash);
    }

    /// <summary>Reads the site's index key, making it the first time.</summary>
    internal sealed class LoadKey(Db db, PersonalData data) : IAtStart
    {
        private const string Setting = "accounts.email_index_key";

        public async Task Start(CancellationToken ct)
        {
            var made = Convert.ToBase64String(data._key.Protect(RandomNumberGenerator.GetBytes(32)));
            if (await db.Setting(Setting, ct) is not { } kept)
            {
                await db.Execute("INSERT INTO setting (name, value) VALUES (@name, @value) ON CONFLICT DO NOTHING", ct, ("name", Setting),
                    ("value", made));
                kept = (await db.Setting(Setting, ct))!; // another process may have been first
            }
            try
            {
                data._indexKey = data._key.Unprotect(Convert.FromBase64String(kept));
            }
            catch (CryptographicException)
            {
                throw Refusal.Conflict("keys_missing",
                    "The key files of this site are missing or belong to another site, so mail addresses cannot be read. "
                    + "Put the “keys” folder of the same backup beside the database.");
            }
        }
    }
}

/// <summary>Values of the site-wide setting table.</summary>
internal static class Settings
{
    extension(Db db)
    {
        public async Task<string?> Setting(string name, CancellationToken ct)
        {
            await using var command = await db.Command("SELECT value FROM setting WHERE name = @name", ct, ("name", name));
            return await command.ExecuteScalarAsync(ct) as string;
        }

        public Task<int> SaveSetting(string name, string value, CancellationToken ct) =>
            db.Execute("INSERT INTO setting (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                ct, ("name", name), ("value", value));

        public Task<int> DropSetting(string name, CancellationToken ct) =>
            db.Execute("DELETE FROM setting WHERE name = @name", ct, ("name", name));
    }
}
