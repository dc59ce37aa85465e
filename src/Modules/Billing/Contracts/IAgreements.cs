namespace Stipend.Billing.Contracts;

/// <summary>
/// Terms of an agreement: who pays whom how much, when. Billing knows nothing of tiers or members.
/// <see cref="PayeeId"/> is the campaign's id, <see cref="Description"/> the words on the statement (“Ada makes · Studio”).
/// </summary>
public sealed record AgreementTerms(
    long BookId, long PatronId, long PayeeId, BillingModel Model, int BillDay, string ZoneId, Money Amount, PledgeCap Cap,
        string Description);

/// <summary>What a checkout states before anything happens: the amount today and the next date with its amount. Null next: nothing is
/// planned.</summary>
/// <param name="CoversUntil">End of what today's amount pays for; null for per creation.</param>
public sealed record Quote(Money Today, LocalDate? NextOn, Money Next, Instant? CoversUntil);

/// <summary>A started pledge; <see cref="ChargeId"/> when something is due now (collect it after the commit with <see
/// cref="ICollecting"/>).</summary>
public sealed record StartedPledge(long PledgeId, long? ChargeId, Quote Quote);

/// <summary>When a changed amount begins to count.</summary>
public enum ChangeFrom { Now, NextPeriod }

/// <summary>
/// Pledges, seen by Memberships. All writes join the caller's transaction and only record what is owed; money moves later, outside it.
/// </summary>
public interface IAgreements
{
    Task<Quote> QuoteStart(AgreementTerms terms, CancellationToken ct = default);

    /// <summary>Starts a pledge. For the upfront models the first line is due now.</summary>
    /// <exception cref="Refusal">No payment method, or an active pledge to this payee exists.</exception>
    Task<StartedPledge> Start(AgreementTerms terms, CancellationToken ct = default);

    /// <summary>Cost of a change, without making it.</summary>
    Task<Quote> QuoteChange(long pledgeId, Money amount, ChangeFrom from, CancellationToken ct = default);

    /// <summary>
    /// Changes the amount. <see cref="ChangeFrom.Now"/> on an upfront pledge bills the flat difference to what is already paid for this
    /// period;
    /// otherwise it counts from the next line.
    /// </summary>
    Task<StartedPledge> Change(long pledgeId, Money amount, ChangeFrom from, string description, CancellationToken ct = default);

    /// <summary>A cap for later posts of a per-creation pledge.</summary>
    Task SetCap(long pledgeId, PledgeCap cap, CancellationToken ct = default);

    /// <summary>
    /// Ends a pledge: no new lines; pending per-creation lines become due now (the charge id in the answer).
    /// <see cref="EndedPledge.PaidUntil"/> is the end of what is paid.
    /// </summary>
    Task<EndedPledge> End(long pledgeId, string reason, CancellationToken ct = default);

    Task<PledgeInfo?> Find(long pledgeId, CancellationToken ct = default);
    Task<IReadOnlyDictionary<long, PledgeInfo>> FindMany(IReadOnlyCollection<long> pledgeIds, CancellationToken ct = default);

    /// <summary>What will be charged next for a patron, with date and reason, over all pledges of a book.</summary>
    Task<IReadOnlyList<UpcomingLine>> Upcoming(long bookId, long patronId, CancellationToken ct = default);
}

/// <summary>The end of a pledge.</summary>
public sealed record EndedPledge(long? ChargeId, Instant? PaidUntil);

/// <summary>A pledge at its present version. <see cref="IsDeclined"/>: a declined charge is open, no further lines are made until it is
/// paid.</summary>
public sealed record PledgeInfo(
    long Id, long BookId, long PatronId, long PayeeId, BillingModel Model, Money Amount, PledgeCap Cap, bool IsActive, bool IsDeclined,
        Instant? PaidUntil, LocalDate? NextOn);

/// <summary>A line to come. <see cref="Why"/>: the post's title, or <see cref="Monthly"/>. <see cref="For"/>: what the pledge is for, in
/// the words its charges will bear.</summary>
public sealed record UpcomingLine(long PledgeId, long PayeeId, LocalDate On, Money Amount, string Why, string For)
{
    /// <summary>The reason of a line that is due by the calendar.</summary>
    public const string Monthly = "monthly";
}

/// <summary>Collects a due charge now, outside any transaction: the page that caused it can tell the result at once. The run and its jobs
/// are the net.</summary>
public interface ICollecting
{
    Task<CollectResult> Collect(long chargeId, CancellationToken ct = default);
}

public enum CollectOutcome { Paid, Declined, ActionNeeded, Pending }

/// <summary>How a collection ended. <see cref="ActionUrl"/>: where the patron confirms the payment.</summary>
public sealed record CollectResult(CollectOutcome Outcome, string? Message, string? ActionUrl);

/// <summary>A line that was paid; <see cref="CoversFrom"/>/<see cref="CoversUntil"/> null for a per-creation line.</summary>
public sealed record PaidLine(
    long PledgeId, long PatronId, long PayeeId, string PeriodKey, long AmountMinor, string Currency, Instant? CoversFrom,
        Instant? CoversUntil);

/// <summary>Lines were paid; told in batches, in the transaction that settled them.</summary>
public sealed record LinesPaid(long BookId, Instant At, IReadOnlyList<PaidLine> Lines);

/// <summary>A charge was declined: the pledges it was for wait until it is paid.</summary>
public sealed record ChargeDeclined(long BookId, long ChargeId, long PatronId, Instant At, string Reason, IReadOnlyList<long> PledgeIds);

/// <summary>An agreement ended by itself: its first charge never succeeded, or a decline was given up.</summary>
public sealed record AgreementLapsed(long BookId, long PledgeId, Instant At, string Reason);

/// <summary>An upgrade was not paid: the pledge is back at <see cref="AmountMinor"/>, and so is what it opens.</summary>
public sealed record ChangeLapsed(long BookId, long PledgeId, Instant At, long AmountMinor, string Reason);
