namespace Stipend.Imports.Patreon;

/// <summary>What a row says its person is there.</summary>
internal enum PatronStatus { Active, Declined, Former, Free }

/// <summary>A row of the export as read: either its meaning, or why it has none.</summary>
/// <param name="RowNo">Its number among the data rows, from 1.</param>
/// <param name="Line">Its first line in the file; the header is line 1.</param>
/// <param name="Broken">Why it cannot be imported; the other values are then not to be used.</param>
internal sealed record PatreonRow(long RowNo, long Line, string? Broken)
{
    public string Name { get; init; } = "";

    /// <summary>The key form of the address.</summary>
    public string Email { get; init; } = "";
    public PatronStatus Status { get; init; }
    public string Tier { get; init; } = "";
    public long PledgeMinor { get; init; }
    public long LifetimeMinor { get; init; }
    public string CurrencyCode { get; init; } = "";
    public string UserId { get; init; } = "";
    public int? MaxPosts { get; init; }
    public bool IsAnnual { get; init; }
    public Instant? Since { get; init; }
    public Instant? AccessExpiration { get; init; }
    public Instant? NextCharge { get; init; }
    public Instant? LastCharge { get; init; }

    /// <summary>Among rows of one address the highest counts: who pays somewhere is not taken for who once did.</summary>
    public int Rank => Status switch { PatronStatus.Active => 3, PatronStatus.Declined => 2, PatronStatus.Free => 1, _ => 0 };

    /// <summary>End of what is paid there: for active members the stated date, or a period after the last charge; for former ones only a
    /// stated date.</summary>
    public Instant? PaidUntil => Status switch
    {
        PatronStatus.Active => AccessExpiration ?? NextCharge ?? AfterLastCharge,
        PatronStatus.Former => AccessExpiration,
        _ => null,
    };

    private Instant? AfterLastCharge => LastCharge?.InUtc().LocalDateTime.PlusMonths(IsAnnual ? 12 : 1).InUtc().ToInstant();
}
