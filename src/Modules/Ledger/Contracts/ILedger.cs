namespace Stipend.Ledger.Contracts;

/// <summary>
/// The books: double entry, append-only. A journal records one fact that a gateway (or the operator) has confirmed; its transfers move
/// money from one account to another, so it cannot be out of balance. Corrections are new journals. Planned or failed charges never
/// get here.
/// </summary>
public interface ILedger
{
    /// <summary>
    /// Posts journals in the caller's transaction (or one of its own). A fact already posted, by (book, kind, ref), is left as it is and
    /// the outcome says so. Made for one journal and for a hundred thousand: accounts are found or created set-wise, rows written in bulk.
    /// </summary>
    /// <returns>One outcome per draft, in order.</returns>
    /// <exception cref="ArgumentException">A draft has no transfers, an amount that is not positive, or debits and credits one
    /// account.</exception>
    /// <exception cref="Refusal"><c>period_closed</c>: the journal is dated in a closed period.</exception>
    Task<IReadOnlyList<PostOutcome>> Post(IReadOnlyList<JournalDraft> drafts, CancellationToken ct = default);

    /// <summary>The first day that may still be posted on in a book; the day after the last closed period.</summary>
    Task<LocalDate> FirstOpenDay(long bookId, CancellationToken ct = default);

    /// <summary>Balances of a book's accounts, ordered by kind, owner, currency.</summary>
    Task<IReadOnlyList<AccountBalance>> Balances(long bookId, BalanceFilter? filter = null, CancellationToken ct = default);

    /// <summary>What a campaign has earned and can be paid, one row per currency.</summary>
    Task<IReadOnlyList<CreatorBalance>> CreatorBalance(long bookId, long campaignId, CancellationToken ct = default);

    /// <summary>A campaign's months, newest first, one row per currency; the sums of the same entries <see cref="CreatorBalance"/> adds
    /// up.</summary>
    Task<IReadOnlyList<CreatorMonth>> CreatorMonths(long bookId, long campaignId, CancellationToken ct = default);

    /// <summary>The entries of one account, newest posting first, each with the balance after it and a sentence that explains it.</summary>
    /// <param name="bookId">The book.</param>
    /// <param name="account">The account.</param>
    /// <param name="currency">Its currency.</param>
    /// <param name="after">The cursor of the page before, or null for the newest.</param>
    /// <param name="take">Entries per page, 1–500.</param>
    /// <param name="ct">Cancels the read.</param>
    Task<EntryPage> Entries(
        long bookId, AccountRef account, Currency currency, EntryCursor? after = null, int take = 50, CancellationToken ct = default);

    /// <summary>
    /// Closes a month: writes a snapshot of every balance and the hash of everything posted since the close before, chained to its hash.
    /// From then on nothing can be dated in it. Closing again changes nothing and says so.
    /// </summary>
    /// <exception cref="Refusal"><c>period_not_over</c>, <c>close_in_order</c>.</exception>
    Task<CloseOutcome> Close(long bookId, YearMonth period, CancellationToken ct = default);

    /// <summary>Recomputes everything that was ever promised of the books, in one pass over them; of one book, or of all.</summary>
    Task<VerifyReport> Verify(long? bookId = null, CancellationToken ct = default);
}

/// <summary>A fact to post.</summary>
/// <param name="BookId">The book it belongs to.</param>
/// <param name="Kind">What happened, snake_case: <c>charge</c>, <c>refund</c>, <c>payout</c> …; with <paramref name="RefId"/> it names the
/// fact.</param>
/// <param name="RefId">The id of the fact in the module that posts it (charge id, refund id).</param>
/// <param name="Currency">The one currency of all its transfers.</param>
/// <param name="EffectiveAt">When it happened, by the book's clock.</param>
/// <param name="EffectiveOn">The day it counts for, in the billing zone; decides the period.</param>
/// <param name="Transfers">At least one.</param>
/// <param name="ReversesId">The journal this one takes back, wholly or in part.</param>
public sealed record JournalDraft(
    long BookId, string Kind, long RefId, Currency Currency, Instant EffectiveAt, LocalDate EffectiveOn,
    IReadOnlyList<TransferDraft> Transfers, long? ReversesId = null);

/// <summary>Money from one account (debit) to another (credit), in minor units of the journal's currency; the amount is positive.</summary>
public readonly record struct TransferDraft(AccountRef Debit, AccountRef Credit, long AmountMinor);

/// <summary>What became of a draft: the id of its journal, and whether the fact had been posted before.</summary>
public readonly record struct PostOutcome(long JournalId, bool AlreadyPosted);

/// <summary>Narrows <see cref="ILedger.Balances"/>; null means any.</summary>
public sealed record BalanceFilter(AccountKind? Kind = null, long? OwnerId = null, Currency? Currency = null);

/// <summary>Sums of one account. <see cref="BalanceMinor"/> is on the side the account grows by.</summary>
public sealed record AccountBalance(AccountRef Account, Currency Currency, long DebitMinor, long CreditMinor)
{
    public long BalanceMinor => Account.Kind.GrowsByDebit ? DebitMinor - CreditMinor : CreditMinor - DebitMinor;
    public Money Balance => new(BalanceMinor, Currency);
}

/// <summary>
/// A campaign's money in one currency, minor units, told apart by the account at the other end of each transfer:
/// earned = from <see cref="AccountKind.GatewayClearing"/> and <see cref="AccountKind.ManualRail"/>; refunded = back to them;
/// fees = to <see cref="AccountKind.PlatformRevenue"/> and <see cref="AccountKind.ProcessingFees"/>, less what came back;
/// paid out = to <see cref="AccountKind.PayoutsInTransit"/>, less what was returned; other = everything else, net, as seen by the creator.
/// </summary>
public sealed record CreatorBalance(
    Currency Currency, long EarnedMinor, long FeesMinor, long RefundedMinor, long PaidOutMinor, long OtherMinor)
{
    /// <summary>What the site owes the creator now; negative when more went back than is left.</summary>
    public long AvailableMinor => EarnedMinor - FeesMinor - RefundedMinor - PaidOutMinor + OtherMinor;
}

/// <summary>A campaign's month (<c>YYYY-MM</c>) in one currency, minor units: paid by members less refunds, and the two fees.</summary>
public sealed record CreatorMonth(string Month, Currency Currency, long EarnedMinor, long PlatformFeeMinor, long ProcessingFeeMinor)
{
    public long NetMinor => EarnedMinor - PlatformFeeMinor - ProcessingFeeMinor;
}

/// <summary>One transfer as seen from an account. Amount and balance are on the side the account grows by.</summary>
public sealed record Entry(
    long JournalId, int Seq, string Kind, long RefId, Instant EffectiveAt, LocalDate EffectiveOn, AccountRef Counterpart,
    long AmountMinor, long BalanceMinor, string Explanation);

/// <summary>A page of entries and where the next begins; null when there is none.</summary>
public sealed record EntryPage(IReadOnlyList<Entry> Entries, EntryCursor? Next);

/// <summary>Where a page ended: the last entry, and the balance before it.</summary>
public readonly record struct EntryCursor(long JournalId, int Seq, long BalanceMinor);

/// <summary>A closed month: how many journals it holds and the head of the hash chain after it.</summary>
public sealed record CloseOutcome(YearMonth Period, long Journals, string HeadHash, bool AlreadyClosed);
