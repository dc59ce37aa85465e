namespace Stipend.Simulation;

/// <summary>A pledge as its patron meant it: what was asked for, when, and in which order of all changes.</summary>
internal sealed class OraclePledge
{
    public required long Id { get; init; }
    public required long PatronId { get; init; }
    public required Payee Payee { get; init; }
    public required int AnchorDay { get; init; }
    public required Instant StartedAt { get; init; }
    public required LocalDate StartedOn { get; init; }
    public required long StartedNo { get; init; }
    public long? EndedNo { get; set; }
    public Instant? EndedAt { get; set; }
    public bool Left { get; set; }
    public List<(long No, Instant From, long Minor)> Amounts { get; } = [];
    public List<(long No, Instant From, PledgeCap Cap)> Caps { get; } = [];

    /// <summary>Posts owed and not billed yet, with their amounts.</summary>
    public SortedDictionary<long, long> Pending { get; } = [];

    /// <summary>Posts that took a place of the cap, with when they were published and their amounts.</summary>
    public Dictionary<long, (Instant At, long Minor)> Counted { get; } = [];
    public HashSet<long> Decided { get; } = [];

    public bool IsUpfront => Payee.Model is BillingModel.MonthlyAnniversary or BillingModel.MonthlyUpfront;

    public long AmountAt(Instant at, long noMost = long.MaxValue)
    {
        var minor = Amounts[0].Minor;
        foreach (var amount in Amounts)
            if (amount.From <= at && amount.No <= noMost) minor = amount.Minor;
        return minor;
    }

    public PledgeCap CapAt(Instant at)
    {
        var cap = PledgeCap.None;
        foreach (var set in Caps)
            if (set.From <= at) cap = set.Cap;
        return cap;
    }
}

/// <summary>A line somebody owes. Not <see cref="Must"/>: it may also have been left out, since a declined bill was open.</summary>
internal sealed record Owed(long PledgeId, string Key, long Minor, bool Must, Instant? From, Instant? Until);
