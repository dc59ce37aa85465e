using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Security;

namespace Stipend.Accounts.Model;

/// <summary>Hashes and judges passwords: PBKDF2-HMAC-SHA512 by the framework's hasher, at the work factor OWASP states, raised on
/// sign-in.</summary>
internal sealed class Passwords
{
    public const int MinLength = 10, MaxLength = 200;

    private readonly PasswordHasher<Person> _hasher;
    private readonly Lazy<string> _nobody;

    public Passwords(IOptions<AccountsOptions> options)
    {
        _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = options.Value.PasswordRounds }));
        _nobody = new(() => Hash(Secret.Make()));
    }

    public string Hash(string password) => _hasher.HashPassword(null!, Canonical(password));

    /// <summary>Whether a password is right. Without a hash the same work is done and the answer is no, so that time tells
    /// nothing.</summary>
    public bool Verify(string? hash, string password, out bool needsRehash)
    {
        var result = _hasher.VerifyHashedPassword(null!, hash ?? _nobody.Value, Canonical(password));
        needsRehash = result == PasswordVerificationResult.SuccessRehashNeeded;
        return hash is not null && result != PasswordVerificationResult.Failed;
    }

    /// <summary>What is wrong with a new password, in a sentence; null when it will do.</summary>
    public static string? Fault(string password, string email, string name)
    {
        if (password.Length < MinLength) return $"At least {MinLength} characters; a few words in a row are easy to remember.";
        if (password.Length > MaxLength) return $"At most {MaxLength} characters.";
        var plain = password.ToLowerInvariant();
        var local = email.Split('@')[0].ToLowerInvariant();
        if (string.Equals(password, email, StringComparison.OrdinalIgnoreCase) || (local.Length >= 4 && Rest(plain, local) < 4)
            || (name.Length >= 4 && Rest(plain, name.ToLowerInvariant()) < 4))
            return "Do not use your address or name as the password.";
        return CommonPasswords.Contains(plain) ? "This password is among the first that are tried. Choose another." : null;
    }

    /// <summary>One form for a text that keyboards compose differently, so that a password works on every device.</summary>
    private static string Canonical(string password)
    {
        try
        {
            return password.Normalize(System.Text.NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            return password; // half a character: taken as it is
        }
    }

    private static int Rest(string password, string part) =>
        password.Contains(part, StringComparison.Ordinal) ? password.Length - part.Length : int.MaxValue;
}
