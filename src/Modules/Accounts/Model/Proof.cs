using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Views;
using Stipend.Platform.Data;

namespace Stipend.Accounts.Model;

/// <summary>Asks signed-in people to prove themselves again before what a stolen session must not do. Call outside a transaction: a wrong
/// try counts even when all else is rolled back.</summary>
internal sealed class Proof(Db db, Clock clock, Passwords passwords, AttemptGuard guard)
{
    private static readonly Duration s_fresh = Duration.FromMinutes(15);

    /// <summary>Whether a person proved to be themselves in this browser so lately that nobody else is likely to sit there.</summary>
    public static bool IsFresh(CurrentSession session, Instant now) => now - session.ProvenAt <= s_fresh;

    public async Task<ProofField.Ask> Need(CurrentSession session, CancellationToken ct)
    {
        if (await db.Credentials.AnyAsync(c =>
            c.PersonId == session.PersonId && c.PasswordHash != null, ct)) return ProofField.Ask.Password;
        return IsFresh(session, clock.Now()) ? ProofField.Ask.Nothing : ProofField.Ask.FreshSignIn;
    }

    /// <exception cref="Refusal">wrong_password, sign_in_again, or too many tries.</exception>
    public async Task Require(CurrentSession session, string typed, CancellationToken ct)
    {
        var hash = await db.Credentials.Where(c => c.PersonId == session.PersonId).Select(c => c.PasswordHash).SingleOrDefaultAsync(ct);
        if (hash is null)
        {
            if (!IsFresh(session, clock.Now()))
                throw Refusal.Invalid("sign_in_again",
                    "For this we must be sure it is you. Sign out, sign in again, and come back within 15 minutes.");
            return;
        }
        var key = $"proof:{session.PersonId}";
        await guard.Take(key, ct);
        if (typed.Length > Passwords.MaxLength || !passwords.Verify(hash, typed, out _)) throw Refusal.InvalidField("current_password",
            "This is not your password.");
        await guard.Right(key, ct);
    }
}
