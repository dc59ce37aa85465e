using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Billing.Model;

/// <summary>A pledge's identity: who pays whom, by which calendar. What it says is in its versions.</summary>
internal sealed class Pledge
{
    public long Id { get; init; }
    public long BookId { get; init; }
    public long PatronId { get; init; }
    public long PayeeId { get; init; }
    public BillingModel Model { get; init; }
    public string ZoneId { get; init; } = "";

    /// <summary>Month of due date 0, counted from year 0; with <see cref="AnchorDay"/> and the zone it is the whole calendar.</summary>
    public int AnchorMonth { get; init; }
    public int AnchorDay { get; init; }
    public Instant StartedAt { get; init; }
    public LocalDate StartedOn { get; init; }

    /// <summary>The version number in force when it started and ended: the order the run's cut-off is measured in.</summary>
    public long StartedNo { get; set; }
    public Instant? EndedAt { get; set; }
    public long? EndedNo { get; set; }

    public BillingAnchor Anchor => new(AnchorMonth / 12, AnchorMonth % 12 + 1, AnchorDay, DateTimeZoneProviders.Tzdb[ZoneId]);
}

/// <summary>What a pledge says from a moment on. Append-only.</summary>
internal sealed class PledgeVersion
{
    public long No { get; init; }
    public long PledgeId { get; init; }
    public int Seq { get; init; }
    public Instant At { get; init; }

    /// <summary>Lines whose billing moment is at or after this use the amount (in arrears: after).</summary>
    public Instant AppliesFrom { get; init; }
    public long AmountMinor { get; init; }
    public string Currency { get; init; } = "";
    public int? CapPosts { get; init; }
    public long? CapMinor { get; init; }
    public string Description { get; init; } = "";

    public Money Amount => new(AmountMinor, Kernel.Currency.Of(Currency));
    public PledgeCap Cap => new(CapPosts, CapMinor);
}

internal sealed class PaymentMethod
{
    public long Id { get; init; }
    public long BookId { get; init; }
    public long PersonId { get; init; }
    public string Gateway { get; init; } = "";
    public string CustomerRef { get; init; } = "";
    public string MethodRef { get; init; } = "";
    public string Label { get; init; } = "";

    /// <summary>Stands for the card's number wherever it is given, so that tries can be counted per card; without the gateway's word, the
    /// method itself.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>The card's network, in the gateway's word; empty when it does not tell.</summary>
    public string Network { get; init; } = "";
    public bool IsDefault { get; set; }
    public Instant CreatedAt { get; init; }
    public Instant? RemovedAt { get; set; }
}

/// <summary>One obligation; immutable, one per pledge and period for ever.</summary>
internal sealed class BillLine
{
    public long PledgeId { get; init; }
    public string PeriodKey { get; init; } = "";
    public long BookId { get; init; }
    public long? RunId { get; init; }
    public long? ChargeId { get; init; }
    public long PatronId { get; init; }
    public long PayeeId { get; init; }
    public long AmountMinor { get; init; }
    public long TaxMinor { get; init; }
    public long PlatformFeeMinor { get; init; }
    public string Currency { get; init; } = "";
    public Instant? CoversFrom { get; init; }
    public Instant? CoversUntil { get; init; }
    public string Description { get; init; } = "";
    public Instant CreatedAt { get; init; }
}

/// <summary>One amount to take from one patron, in one currency, for one or more lines.</summary>
internal sealed class Charge
{
    public long Id { get; init; }
    public long BookId { get; init; }
    public long? RunId { get; init; }
    public long ScopeId { get; init; }
    public long PatronId { get; init; }
    public string Currency { get; init; } = "";
    public int Split { get; init; }
    public long GrossMinor { get; init; }
    public ChargeKind Kind { get; init; }
    public string ZoneId { get; init; } = "";
    public Instant CreatedAt { get; init; }

    public Money Gross => new(GrossMinor, Kernel.Currency.Of(Currency));
}

internal enum ChargeKind { Run, Join, Upgrade, Leave }

/// <summary>An open charge and what it waits for.</summary>
internal sealed class DueWork
{
    public long ChargeId { get; init; }
    public long BookId { get; init; }
    public long PatronId { get; init; }
    public long? RunId { get; init; }
    public WorkKind Kind { get; set; }
    public Instant DueAt { get; set; }
    public Instant LeaseUntil { get; set; }
    public long LeaseToken { get; set; }
    public int Tries { get; set; }
    public string? ActionUrl { get; set; }
    public string? Reason { get; set; }
}

/// <summary>
/// Collect: not tried yet. Check: an attempt has no known outcome. Retry: declined, tried again when due. NeedsMethod: declined for good
/// until the
/// patron gives another card. Action: the patron must confirm. Quarantine: the gateway's answer contradicts us; an operator must look.
/// </summary>
internal enum WorkKind { Collect, Check, Retry, NeedsMethod, Action, Quarantine }

internal sealed class BillingRun
{
    public const string OpenedLate = "Opened late; waits for the operator after planning.";

    public long Id { get; init; }
    public long BookId { get; init; }
    public string ZoneId { get; init; } = "";
    public LocalDate BillOn { get; init; }
    public RunState State { get; set; }
    public Instant CutoffAt { get; init; }
    public long CutoffNo { get; set; }
    public int PlatformFeeBp { get; init; }
    public Instant OpenedAt { get; set; }
    public Instant? PlannedAt { get; set; }
    public Instant? ClosedAt { get; set; }
    public string? Note { get; set; }
}

/// <summary>In <see cref="Review"/> without <see cref="BillingRun.PlannedAt"/> a run is held: not planned, since its clock is beyond belief.</summary>
internal enum RunState { Planning, Review, Collecting, Closed }

internal sealed class PaidPost
{
    public long PostId { get; init; }
    public long BookId { get; init; }
    public long PayeeId { get; init; }
    public string Title { get; init; } = "";
    public Instant PublishedAt { get; init; }
    public Instant UndoUntil { get; init; }
}

internal sealed class Accrual
{
    public long PledgeId { get; init; }
    public long PostId { get; init; }
    public AccrualKind Kind { get; init; }
    public long AmountMinor { get; init; }
    public string Currency { get; init; } = "";
    public Instant PublishedAt { get; init; }
}

/// <summary>Due: owed. Capped: the patron's cap was reached. Declined: a declined bill was open, so nothing was added.</summary>
internal enum AccrualKind { Due, Capped, Declined }

internal sealed class BillingModelPart : IModelPart
{
    public void Build(Tables tables)
    {
        tables.Map<Pledge>();
        tables.Map<PledgeVersion>(nameof(PledgeVersion.No));
        tables.Map<PaymentMethod>();
        tables.Map<BillLine>(nameof(BillLine.PledgeId), nameof(BillLine.PeriodKey));
        tables.Map<Charge>();
        tables.Map<DueWork>(nameof(DueWork.ChargeId));
        tables.Map<BillingRun>();
        tables.Map<PaidPost>(nameof(PaidPost.PostId));
        tables.Map<Accrual>(nameof(Accrual.PledgeId), nameof(Accrual.PostId));
    }
}

/// <summary>The module's tables, for its own slices.</summary>
internal static class BillingTables
{
    extension(Db db)
    {
        public DbSet<Pledge> Pledges => db.Set<Pledge>();
        public DbSet<PledgeVersion> PledgeVersions => db.Set<PledgeVersion>();
        public DbSet<PaymentMethod> PaymentMethods => db.Set<PaymentMethod>();
        public DbSet<BillLine> BillLines => db.Set<BillLine>();
        public DbSet<Charge> Charges => db.Set<Charge>();
        public DbSet<DueWork> DueWork => db.Set<DueWork>();
        public DbSet<BillingRun> BillingRuns => db.Set<BillingRun>();
        public DbSet<PaidPost> PaidPosts => db.Set<PaidPost>();
        public DbSet<Accrual> Accruals => db.Set<Accrual>();
    }
}
