using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Accounts.Model;

/// <summary>What a person may do as a creator where the operator approves creators.</summary>
internal enum Creator { None, Asked, Approved, Refused }

/// <summary>A person. The id outlives the account: the ledger refers to it.</summary>
internal sealed class Person
{
    public const int MaxNameLength = 80;
    public const string FormerName = "Former member";

    public long Id { get; init; }
    public required string Name { get; set; }
    public bool IsOperator { get; set; }
    public Creator Creator { get; set; }
    public Instant CreatedAt { get; init; }

    /// <summary>When the person first proved the address is theirs; null: invited or signing up.</summary>
    public Instant? ConfirmedAt { get; set; }
    public Instant? ClosedAt { get; set; }
    public int Version { get; set; }

    /// <summary>A name fit to show: control characters out, white space folded, at most <see cref="MaxNameLength"/> long; never
    /// empty.</summary>
    public static string CleanName(string name)
    {
        var words = new string([.. name.Where(c =>
            !char.IsControl(c) && char.GetUnicodeCategory(c) != System.Globalization.UnicodeCategory.Format || c == '\u200d')])
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var clean = string.Join(' ', words);
        if (clean.Length > MaxNameLength) clean = clean[..(char.IsHighSurrogate(clean[MaxNameLength - 1]) ? MaxNameLength - 1
            : MaxNameLength)].TrimEnd();
        return clean.Length == 0 ? "Member" : clean;
    }
}

/// <summary>What tells who a person is, sealed; erased when the account closes.</summary>
internal sealed class PersonPii
{
    public long PersonId { get; init; }
    public required byte[] EmailCipher { get; set; }
    public required string EmailIndex { get; set; }

    /// <summary>The language the person last read the site in, two letters; null: not known.</summary>
    public string? Language { get; init; }
}

/// <summary>Password and authenticator of a person.</summary>
internal sealed class Credential
{
    public long PersonId { get; init; }
    public string? PasswordHash { get; set; }
    public Instant? PasswordChangedAt { get; set; }
    public byte[]? TotpCipher { get; set; }

    /// <summary>Set when the first code was right; before that the secret asks nobody for codes.</summary>
    public Instant? TotpConfirmedAt { get; set; }

    /// <summary>The last time step whose code was used, so that a code works once.</summary>
    public long TotpLastStep { get; set; }
}

internal sealed class RecoveryCode
{
    public long PersonId { get; init; }
    public required byte[] CodeHash { get; init; }
}

internal sealed class Passkey
{
    public required byte[] CredentialId { get; init; }
    public long PersonId { get; init; }
    public required string Name { get; set; }
    public required byte[] PublicKey { get; init; }
    public long SignCount { get; set; }

    /// <summary>Comma-separated hints of the browser: internal, usb, nfc …</summary>
    public required string Transports { get; init; }
    public bool IsUserVerified { get; set; }
    public bool IsBackupEligible { get; init; }
    public bool IsBackedUp { get; set; }
    public Instant CreatedAt { get; init; }
    public Instant? LastUsedAt { get; set; }
}

/// <summary>A signed-in browser.</summary>
internal sealed class Session
{
    public long Id { get; init; }
    public long PersonId { get; init; }
    public required byte[] TokenHash { get; init; }
    public required string Device { get; init; }
    public Instant CreatedAt { get; init; }

    /// <summary>When the person last proved to be themselves in this browser.</summary>
    public Instant ProvenAt { get; set; }
    public Instant LastUsedAt { get; set; }
    public Instant ExpiresAt { get; init; }
}

internal enum LinkPurpose { SignIn, SignUp, NewAddress }

/// <summary>A link mailed to a person, good for one use.</summary>
internal sealed class MailLink
{
    public long Id { get; init; }
    public required byte[] TokenHash { get; init; }
    public long PersonId { get; init; }
    public LinkPurpose Purpose { get; init; }
    public required byte[] BrowserHash { get; init; }
    public required string ReturnTo { get; init; }
    public string? Name { get; init; }
    public string? PasswordHash { get; init; }
    public byte[]? EmailCipher { get; init; }
    public string? EmailIndex { get; init; }
    public Instant CreatedAt { get; init; }
    public Instant ExpiresAt { get; init; }
    public Instant? UsedAt { get; set; }
}

internal sealed class AccountsModel : IModelPart
{
    public void Build(Tables tables)
    {
        tables.Map<Person>();
        tables.Map<PersonPii>(nameof(PersonPii.PersonId)).BelongsTo<Person>(nameof(PersonPii.PersonId));
        tables.Map<Credential>(nameof(Credential.PersonId)).BelongsTo<Person>(nameof(Credential.PersonId));
        tables.Map<RecoveryCode>(nameof(RecoveryCode.PersonId), nameof(RecoveryCode.CodeHash)).BelongsTo<Person>(nameof(RecoveryCode.PersonId));
        tables.Map<Passkey>(nameof(Passkey.CredentialId)).BelongsTo<Person>(nameof(Passkey.PersonId));
        tables.Map<Session>().BelongsTo<Person>(nameof(Session.PersonId));
        tables.Map<MailLink>();
    }
}

internal static class AccountsDb
{
    extension(Db db)
    {
        public DbSet<Person> People => db.Set<Person>();
        public DbSet<PersonPii> PersonalData => db.Set<PersonPii>();
        public DbSet<Credential> Credentials => db.Set<Credential>();
        public DbSet<RecoveryCode> RecoveryCodes => db.Set<RecoveryCode>();
        public DbSet<Passkey> Passkeys => db.Set<Passkey>();
        public DbSet<Session> Sessions => db.Set<Session>();
        public DbSet<MailLink> MailLinks => db.Set<MailLink>();
    }
}
