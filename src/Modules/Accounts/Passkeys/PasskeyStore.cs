using System.Globalization;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Model;
using Stipend.Platform.Data;

namespace Stipend.Accounts.Passkeys;

/// <summary>
/// As much of a user store as the framework's passkey handler asks for: finding a person by id and their passkeys. Everything else about
/// accounts is ours, so everything else here says no.
/// </summary>
internal sealed class PasskeyStore(Db db) : IUserPasskeyStore<Person>
{
    public Task<Person?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        long.TryParse(userId, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? db.People.AsNoTracking()
                .SingleOrDefaultAsync(p => p.Id == id && p.ClosedAt == null && p.ConfirmedAt != null, cancellationToken)
            : Task.FromResult<Person?>(null);

    public async Task<IList<UserPasskeyInfo>> GetPasskeysAsync(Person user, CancellationToken cancellationToken) =>
        [.. (await db.Passkeys.AsNoTracking().Where(p => p.PersonId == user.Id).ToListAsync(cancellationToken)).Select(Info)];

    public Task<Person?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken) =>
        (from k in db.Passkeys where k.CredentialId == credentialId join p in db.People on k.PersonId equals p.Id where p.ClosedAt == null select p)
        .AsNoTracking().SingleOrDefaultAsync(cancellationToken);

    public async Task<UserPasskeyInfo?> FindPasskeyAsync(Person user, byte[] credentialId, CancellationToken cancellationToken) =>
        await db.Passkeys.AsNoTracking()
            .SingleOrDefaultAsync(p => p.PersonId == user.Id && p.CredentialId == credentialId, cancellationToken) is { } found
            ? Info(found) : null;

    private static UserPasskeyInfo Info(Passkey key) =>
        new(key.CredentialId, key.PublicKey, key.CreatedAt.ToDateTimeOffset(), (uint)key.SignCount,
        key.Transports.Split(',', StringSplitOptions.RemoveEmptyEntries), key.IsUserVerified, key.IsBackupEligible, key.IsBackedUp, [],
            []) { Name = key.Name };

    public Task<string> GetUserIdAsync(Person user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Id.ToString(CultureInfo.InvariantCulture));
    public Task<string?> GetUserNameAsync(Person user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Name);
    public Task<Person?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) => Task.FromResult<Person?>(null);
    public Task<string?> GetNormalizedUserNameAsync(Person user, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task SetUserNameAsync(Person user, string? userName, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task SetNormalizedUserNameAsync(Person user, string? normalizedName, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
    public Task<IdentityResult> CreateAsync(Person user, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<IdentityResult> UpdateAsync(Person user, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<IdentityResult> DeleteAsync(Person user, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task AddOrUpdatePasskeyAsync(Person user, UserPasskeyInfo passkey, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
    public Task RemovePasskeyAsync(Person user, byte[] credentialId, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public void Dispose()
    {
        // the context belongs to the request
    }
}
