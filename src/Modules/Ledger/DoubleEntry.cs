using Stipend.Ledger.Closing;
using Stipend.Ledger.Contracts;
using Stipend.Ledger.Model;
using Stipend.Ledger.Posting;
using Stipend.Ledger.Reading;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Ledger;

/// <summary>The front door of the books; each method is one folder of this module.</summary>
internal sealed class DoubleEntry(Db db, Ids ids, Books books, DataOptions options) : ILedger
{
    public Task<IReadOnlyList<PostOutcome>> Post(IReadOnlyList<JournalDraft> drafts, CancellationToken ct = default) =>
        new PostJournals(db, ids).Post(drafts, ct);

    public async Task<LocalDate> FirstOpenDay(long bookId, CancellationToken ct = default) =>
        await Closes.Last(db, bookId, ct) is { } closed ? closed.PlusMonths(1).OnDayOfMonth(1) : LocalDate.MinIsoValue;

    public Task<IReadOnlyList<AccountBalance>> Balances(long bookId, BalanceFilter? filter = null, CancellationToken ct = default) =>
        new ReadBalances(db).All(bookId, filter, ct);

    public Task<IReadOnlyList<CreatorBalance>> CreatorBalance(long bookId, long campaignId, CancellationToken ct = default) =>
        new ReadBalances(db).OfCreator(bookId, campaignId, ct);

    public Task<IReadOnlyList<CreatorMonth>> CreatorMonths(long bookId, long campaignId, CancellationToken ct = default) =>
        new ReadMonths(db).OfCreator(bookId, campaignId, ct);

    public Task<EntryPage> Entries(
        long bookId, AccountRef account, Currency currency, EntryCursor? after = null, int take = 50, CancellationToken ct = default) =>
        new ReadEntries(db).Page(bookId, account, currency, after, take, ct);

    public Task<CloseOutcome> Close(long bookId, YearMonth period, CancellationToken ct = default) =>
        new ClosePeriod(db, books).Close(bookId, period, ct);

    public Task<VerifyReport> Verify(long? bookId = null, CancellationToken ct = default) => LedgerCheck.Of(options, bookId, ct);
}
