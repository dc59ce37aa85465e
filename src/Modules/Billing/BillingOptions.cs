using Stipend.Platform.Data;

namespace Stipend.Billing;

/// <summary>How this site bills, from configuration section Stipend:Billing. Frozen into each run when it opens.</summary>
internal sealed record BillingOptions
{
    /// <summary>The platform's own fee on each line, in basis points of the amount without tax.</summary>
    public int PlatformFeeBasisPoints { get; init; } = 500;

    /// <summary>Days after a soft decline at which the charge is tried again: at most six in the month.</summary>
    public int[] RetryDays { get; init; } = [1, 3, 5, 8, 13, 21];

    /// <summary>Days a patron has to confirm a payment before it counts as declined.</summary>
    public int ActionDays { get; init; } = 3;

    /// <summary>Where transfers go (holder, account, bank), as payers are told; null: nobody pays by transfer.</summary>
    public string? TransferTo { get; init; }

    /// <summary>Days within which a transfer should arrive before it counts as declined.</summary>
    public int TransferDays { get; init; } = 14;

    /// <summary>Days after which a declined charge is given up and its pledges end.</summary>
    public int GiveUpDays { get; init; } = 28;

    /// <summary>Charges below this many major-unit hundredths of the currency wait for the next run.</summary>
    public int MinimumChargeHundredths { get; init; } = 50;

    /// <summary>A run waits for the operator's look when it bills a campaign, or all of them, so many per cent more or less than the run a
    /// month before; 0: never.</summary>
    public int ReviewChangePercent { get; init; } = 30;

    /// <summary>Fewer lines than this are no ground for a look, however much they changed.</summary>
    public int ReviewFromLines { get; init; } = 20;

    /// <summary>Nor is a change, or a single charge, below this many hundredths of the currency.</summary>
    public int ReviewFromHundredths { get; init; } = 10_000;

    /// <summary>A run waits when a charge is more than so many times what its patron was charged by any of the last runs; 0: never.</summary>
    public int ReviewChargeTimes { get; init; } = 5;

    /// <summary>A run waits when a pledge is billed for more paid posts than this at once; 0: never.</summary>
    public int ReviewPostsPerPledge { get; init; } = 31;

    /// <summary>Hours after the start of its day by which a run must have closed; later, the operator is alarmed.</summary>
    public int AlarmHours { get; init; } = 24;

    /// <summary>Payments in flight at once against one gateway.</summary>
    public int ConcurrentCalls { get; init; } = 48;

    /// <summary>How many share the planning and collecting of a run on PostgreSQL. SQLite has one writer, so there it is always one.</summary>
    public int Workers { get; init; } = 2;

    internal int WorkersOn(Engine engine) => engine == Engine.Sqlite ? 1 : Math.Max(1, Workers);

    /// <summary>The smallest amount worth a charge, in minor units of a currency.</summary>
    public long MinimumMinor(Currency currency) => Math.Max(1, MinimumChargeHundredths * currency.MinorPerMajor / 100);

    /// <summary>The amount from which something is worth a look, in minor units of a currency.</summary>
    public long ReviewFromMinor(Currency currency) => Math.Max(1, ReviewFromHundredths * currency.MinorPerMajor / 100);

    /// <summary>The largest single charge, in minor units; more is split.</summary>
    public static long MaximumMinor(Currency currency) => 999_999 * currency.MinorPerMajor;
}
