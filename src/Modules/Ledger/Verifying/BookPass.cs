using Stipend.Ledger.Model;

namespace Stipend.Ledger.Verifying;

/// <summary>The state of one reading of a book: the journal being read, and one sum per account.</summary>
internal sealed class BookPass(long bookId, Findings findings)
{
    private readonly Seal _seal = new();
    private readonly SortedDictionary<string, Int128> _net = new(StringComparer.Ordinal);
    private ChainLink? _link;
    private BookRow? _journal;
    private long _count, _transfers;

    public long BookId => bookId;
    public BookSums Sums { get; } = new();
    public long Journals { get; private set; }

    public void Begin(ChainLink? link) => _link = link;

    public void Read(BookRow row)
    {
        if (_journal?.JournalId != row.JournalId)
        {
            End();
            _journal = row;
            _seal.Journal(row.JournalId, bookId, row.Kind, row.RefId, row.Currency, row.EffectiveAtMs, row.EffectiveOn, row.ReversesId);
        }
        if (row.Transfer is { } transfer) Read(row, transfer);
    }

    /// <summary>The last row of a journal has been read.</summary>
    public void End()
    {
        if (_journal is not { } journal) return;
        var name = $"journal {journal.JournalId} ({journal.Kind} {journal.RefId})";
        if (_count != journal.TransferCount)
            findings.Add(Findings.Whole, $"{name}: {_count} transfers, posted with {journal.TransferCount}");
        var hash = _seal.Hash();
        if (!hash.AsSpan().SequenceEqual(journal.Seal)) findings.Add(Findings.Seals, name);
        _link?.Add(hash);
        Journals++;
        (_journal, _count) = (null, 0);
    }

    public long TakeTransfers()
    {
        var taken = _transfers;
        _transfers = 0;
        return taken;
    }

    public void CheckNet()
    {
        foreach (var (currency, net) in _net)
            if (net != 0) findings.Add(Findings.Net, $"book {bookId}: {currency} is off by {net} minor units");
    }

    private void Read(BookRow row, TransferRow transfer)
    {
        _count++;
        _transfers++;
        var name = $"transfer {row.JournalId}/{transfer.Seq} ({row.Kind} {row.RefId})";
        if (transfer.AmountMinor <= 0 || transfer.Debit.Id == transfer.Credit.Id) findings.Add(Findings.Amounts, name);
        foreach (var account in (ReadOnlySpan<AccountRow>)[transfer.Debit, transfer.Credit])
        {
            if (account.Kind.Length == 0) findings.Add(Findings.Orphans, $"{name}: account {account.Id} does not exist");
            else if (account.BookId != bookId) findings.Add(Findings.Books, $"{name}: account {account.Id} is of book {account.BookId}");
            else if (account.Currency != row.Currency)
                findings.Add(Findings.Currency, $"{name}: account {account.Id} is in {account.Currency}, the journal in {row.Currency}");
        }
        _seal.Transfer(transfer.Seq, transfer.Debit.Kind, transfer.Debit.OwnerId, transfer.Credit.Kind, transfer.Credit.OwnerId,
            transfer.AmountMinor);
        Sums.Add(transfer);
        Net(transfer.Debit.Currency, transfer.AmountMinor);
        Net(transfer.Credit.Currency, -(Int128)transfer.AmountMinor);
    }

    private void Net(string currency, Int128 amount) => _net[currency] = _net.GetValueOrDefault(currency) + amount;
}
