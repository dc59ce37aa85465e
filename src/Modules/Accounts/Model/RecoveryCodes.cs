using System.Security.Cryptography;
using Stipend.Platform.Data;
using Stipend.Platform.Security;

namespace Stipend.Accounts.Model;

/// <summary>Ten codes for the day the authenticator is lost, each good once: 80 random bits, kept as hashes.</summary>
internal sealed class RecoveryCodes(Db db)
{
    private const int Count = 10;

    /// <summary>Makes new codes; the older ones stop working.</summary>
    public async Task<IReadOnlyList<string>> Renew(long personId, CancellationToken ct)
    {
        await db.Execute("DELETE FROM recovery_code WHERE person_id = @id", ct, ("id", personId));
        var codes = Enumerable.Range(0, Count)
            .Select(_ =>
            string.Join('-', Totp.Text(RandomNumberGenerator.GetBytes(10)).ToLowerInvariant().Chunk(4).Select(c => new string(c))))
            .ToList();
        db.RecoveryCodes.AddRange(codes.Select(code => new RecoveryCode { PersonId = personId, CodeHash = Hash(code) }));
        return codes;
    }

    /// <summary>Uses a code up; false when it is not one of theirs.</summary>
    public async Task<bool> Use(long personId, string typed, CancellationToken ct) =>
        await db.Execute("DELETE FROM recovery_code WHERE person_id = @id AND code_hash = @hash", ct, ("id", personId),
            ("hash", Hash(typed))) > 0;

    private static byte[] Hash(string code) => Secret.Hash(new string([.. code.ToLowerInvariant().Where(char.IsLetterOrDigit)]));
}
