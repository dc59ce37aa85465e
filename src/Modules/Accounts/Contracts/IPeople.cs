namespace Stipend.Accounts.Contracts;

/// <summary>A person as other modules see one. A closed account keeps its id; its name becomes “Former member” and its address is
/// gone.</summary>
public sealed record PersonInfo(long Id, string Name, string? Email, bool IsOperator, bool IsClosed)
{
    public Instant CreatedAt { get; init; }

    /// <summary>The person has proved that the address is theirs.</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>The language the person last read the site in, two letters; null: not known.</summary>
    public string? Language { get; init; }
}

/// <summary>People, by id or address. Addresses are matched without regard to letter case.</summary>
public interface IPeople
{
    /// <summary>Whether the site has anybody yet.</summary>
    Task<bool> Any(CancellationToken ct = default);

    Task<PersonInfo?> Find(long id, CancellationToken ct = default);
    Task<PersonInfo?> FindByEmail(string email, CancellationToken ct = default);

    /// <summary>The people of the ids that exist, in one command.</summary>
    Task<IReadOnlyDictionary<long, PersonInfo>> FindMany(IReadOnlyCollection<long> ids, CancellationToken ct = default);

    /// <summary>The names of the ids that exist, in one command, with no address opened.</summary>
    Task<IReadOnlyDictionary<long, string>> NamesOf(IReadOnlyCollection<long> ids, CancellationToken ct = default);

    /// <summary>Who runs the site: whom its alarms go to.</summary>
    Task<IReadOnlyList<long>> Operators(CancellationToken ct = default);

    /// <summary>
    /// The ids for many addresses, making a person for each unknown one (able to sign in by mail link only, told nothing yet); never
    /// changes a known
    /// person. Set-based, joins the caller's transaction. The answer's keys are <see cref="EmailAddress.Normalise"/>d addresses.
    /// </summary>
    Task<IReadOnlyDictionary<string, InvitedPerson>> InviteMany(IReadOnlyCollection<NewPerson> people, CancellationToken ct = default);

    /// <summary>Which of the addresses are known, without making anybody: for dry runs.</summary>
    Task<IReadOnlyDictionary<string, long>> FindManyByEmail(IReadOnlyCollection<string> emails, CancellationToken ct = default);

    /// <summary>Makes an account whose address needs no proof: the operator's at setup, people of a demo. Joins the caller's
    /// transaction.</summary>
    /// <exception cref="Refusal">address_taken: somebody has the address.</exception>
    Task<long> Add(NewAccount account, CancellationToken ct = default);
}

/// <summary>A ready account; without a password it is entered by mail link.</summary>
public sealed record NewAccount(string Email, string Name, string? Password = null, bool IsOperator = false);

/// <summary>An address and a name to go with it, if the person is new.</summary>
public sealed record NewPerson(string Email, string Name);

/// <summary>An invited person; <see cref="IsNew"/> when this call made them.</summary>
public sealed record InvitedPerson(long Id, bool IsNew);

/// <summary>A module that must end or settle things before an account closes. Called in the transaction that closes it; a refusal stops the
/// closing.</summary>
public interface IBeforeAccountCloses
{
    Task BeforeClose(long personId, CancellationToken ct);
}

/// <summary>Told when an account has closed and its personal data is erased.</summary>
public sealed record AccountClosed(long PersonId);

/// <summary>Whether somebody may open a campaign, by the site's policy on new creators.</summary>
public interface ICreatorPolicy
{
    /// <exception cref="Refusal">creators_closed or approval_needed: the sentence says what to do.</exception>
    Task RequireMayOpenCampaign(long personId, CancellationToken ct = default);
}

/// <summary>A module's part of what a person may take away about themselves: values that serialise to JSON.</summary>
public interface IExportsPersonalData
{
    /// <summary>The name of the part in the file.</summary>
    string Section { get; }

    Task<object> Export(long personId, CancellationToken ct);
}

/// <summary>Something a person must be told on the pages of their account; register with <c>AddScoped&lt;IAccountNotice, …&gt;</c>.</summary>
public interface IAccountNotice
{
    /// <summary>How it is drawn; null when there is nothing to tell.</summary>
    Task<Microsoft.AspNetCore.Components.RenderFragment?> Load(long personId, CancellationToken ct);
}

/// <summary>Mail addresses as keys.</summary>
public static class EmailAddress
{
    private static readonly System.Globalization.IdnMapping s_idn = new();

    /// <summary>
    /// The key form of an address: trimmed, composed (NFC), lower case, an international host in its ASCII form. Throws nothing; check with
    /// <see cref="IsValid"/>.
    /// </summary>
    public static string Normalise(string email)
    {
        var lower = email.Trim().ToLowerInvariant();
        if (System.Text.Ascii.IsValid(lower)) return lower;
        try
        {
            lower = lower.Normalize(System.Text.NormalizationForm.FormC);
            var at = lower.LastIndexOf('@');
            return at < 0 ? lower : string.Concat(lower.AsSpan(0, at + 1), s_idn.GetAscii(lower, at + 1));
        }
        catch (ArgumentException)
        {
            return lower; // not a host name, or half a character: no other address becomes equal to it
        }
    }

    /// <summary>Whether a text can be a mail address: one @, something on both sides, a dot-separated host, no white space or control
    /// characters, at most 254 long.</summary>
    public static bool IsValid(string email)
    {
        var e = email.Trim();
        var at = e.LastIndexOf('@');
        return e.Length <= 254 && at > 0 && at < e.Length - 1 && e.IndexOf('@', StringComparison.Ordinal) == at
            && !e.Any(c =>
                char.IsWhiteSpace(c) || char.IsControl(c) || char.IsSurrogate(c) || c is '\uFFFD'
                || c is ',' or ';' or '<' or '>' or '"' or '(' or ')' or '\\'
                || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format)
            && e[(at + 1)..].Split('.').All(label => label.Length > 0);
    }
}
