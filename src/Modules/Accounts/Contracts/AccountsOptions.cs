using System.ComponentModel.DataAnnotations;

namespace Stipend.Accounts.Contracts;

/// <summary>Settings of Accounts, under <c>Stipend:Accounts</c>.</summary>
public sealed record AccountsOptions
{
    /// <summary>Who may open a campaign: anyone (open), who the operator approved (approval), only operators (closed). The operator can
    /// change it on the site.</summary>
    public CreatorSignUp CreatorSignUp { get; init; } = CreatorSignUp.Open;

    /// <summary>Tries to sign in per network address and quarter of an hour.</summary>
    [Range(1, 1_000_000)] public int SignInsPerAddress { get; init; } = 40;

    /// <summary>Mailed links and sign-ups per network address and hour.</summary>
    [Range(1, 1_000_000)] public int MailsPerAddress { get; init; } = 30;

    /// <summary>Mailed links per mail address and hour.</summary>
    [Range(1, 1_000_000)] public int MailsPerPerson { get; init; } = 6;

    /// <summary>Rounds of PBKDF2-HMAC-SHA512 per password, OWASP's number by default. Raise it on a fast machine: passwords kept at another
    /// number are kept anew at the next sign-in. Lower only in tests.</summary>
    [Range(1_000, 10_000_000)] public int PasswordRounds { get; init; } = 210_000;
}

/// <summary>The site's policy on new creators.</summary>
public enum CreatorSignUp { Open, Approval, Closed }
