using Stipend.Ledger.Contracts;
using Stipend.Ledger.Model;

namespace Stipend.Ledger.Verifying;

/// <summary>
/// Checks the books in one pass per book, month by month: what is read is forgotten again, only one sum per account is kept.
/// Nothing here is shared with posting but the seal's encoding.
/// </summary>
internal sealed class VerifyBooks(BookView view)
{
    private readonly Findings _findings = new();
    private long _journals, _transfers;
    private int _closes;

    public async Task<VerifyReport> Run(long? bookId, CancellationToken ct)
    {
        await Guards.Check(view, _findings, ct);
        var books = await Books(ct);
        if (bookId is { } one) books = books.Contains(one) || one == Book.Live ? [one] : throw Refusal.Invalid("unknown_book",
            $"Nothing was ever posted in book {one}. Write --book live, or the number “stipend sandbox status” shows.");
        foreach (var book in books) await CheckBook(book, ct);
        if (bookId is null) await CheckLoose(ct);
        return new VerifyReport(_findings.Report(), books.Count, _journals, _transfers, _closes);
    }

    /// <summary>Every book that any row speaks of, also one that should not exist.</summary>
    private async Task<List<long>> Books(CancellationToken ct)
    {
        var books = new SortedSet<long>();
        await view.Each("SELECT book_id FROM account UNION SELECT book_id FROM book_close", row => books.Add(row.GetInt64(0)), ct);
        var last = long.MinValue;
        while (await view.Number("SELECT min(book_id) FROM journal WHERE book_id > @last", ct, ("last", last)) is { } book)
        {
            books.Add(book);
            last = book;
        }
        return [.. books];
    }

    private async Task CheckBook(long bookId, CancellationToken ct)
    {
        var closes = new List<StoredClose>();
        await view.Each("SELECT period, journals, previous_hash, hash FROM book_close WHERE book_id = @book ORDER BY period",
            row => closes.Add(new StoredClose(row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetString(3))),
            ct, ("book", bookId));
        _closes += closes.Count;
        CheckGaps(bookId, closes);
        var pass = new BookPass(bookId, _findings);
        var after = "";
        foreach (var close in closes)
        {
            using var link = new ChainLink(bookId, close.Period, close.PreviousHash);
            var journals = await ReadThrough(pass, after, Closes.LastDay(close.Period), link, ct);
            if (journals != close.Journals)
                _findings.Add(Findings.Chain, $"book {bookId} {close.Period}: {journals} journals, closed with {close.Journals}");
            else if (link.Head() != close.Hash)
                _findings.Add(Findings.Chain, $"book {bookId} {close.Period}: the hash differs");
            await CheckSnapshot(bookId, close.Period, pass, ct);
            after = Closes.LastDay(close.Period);
        }
        await ReadThrough(pass, after, "9999-12-31", null, ct);
        pass.CheckNet();
    }

    private async Task<long> ReadThrough(BookPass pass, string after, string through, ChainLink? link, CancellationToken ct)
    {
        var before = pass.Journals;
        pass.Begin(link);
        await foreach (var row in view.Journals(pass.BookId, after, through, ct)) pass.Read(row);
        pass.End();
        _transfers += pass.TakeTransfers();
        var read = pass.Journals - before;
        _journals += read;
        return read;
    }

    private void CheckGaps(long bookId, List<StoredClose> closes)
    {
        for (var i = 0; i < closes.Count; i++)
        {
            if (i > 0 && Closes.Period(closes[i].Period) != Closes.Period(closes[i - 1].Period).PlusMonths(1))
                _findings.Add(Findings.Gaps, $"book {bookId}: {closes[i].Period} follows {closes[i - 1].Period}");
            if (closes[i].PreviousHash != (i == 0 ? ChainLink.Origin : closes[i - 1].Hash))
                _findings.Add(Findings.Chain, $"book {bookId} {closes[i].Period}: does not build on the close before");
        }
    }

    private async Task CheckSnapshot(long bookId, string period, BookPass pass, CancellationToken ct)
    {
        var rows = 0;
        await view.Each("""
            SELECT s.account_id, s.debit_minor, s.credit_minor FROM account a JOIN account_snapshot s ON s.account_id = a.id
            WHERE a.book_id = @book AND s.period = @period
            """, row =>
        {
            rows++;
            var (account, debit, credit) = (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
            var sum = pass.Sums.Of(account);
            if (sum.Debit != debit || sum.Credit != credit)
                _findings.Add(Findings.Snapshots,
                    $"account {account} {period}: snapshot {debit}/{credit}, recomputed {sum.Debit}/{sum.Credit}");
        }, ct, ("book", bookId), ("period", period));
        if (rows != pass.Sums.Count)
            _findings.Add(Findings.Snapshots, $"book {bookId} {period}: {rows} snapshots for {pass.Sums.Count} accounts");
    }

    /// <summary>Rows no book reached: transfers without a journal, snapshots without a close.</summary>
    private async Task CheckLoose(CancellationToken ct)
    {
        if (await view.Number("SELECT count(*) FROM transfer", ct) != _transfers)
        {
            await view.Each(
                "SELECT t.journal_id, t.seq FROM transfer t LEFT JOIN journal j ON j.id = t.journal_id WHERE j.id IS NULL ORDER BY 1, 2",
                row => _findings.Add(Findings.Orphans, $"transfer {row.GetInt64(0)}/{row.GetInt64(1)} has no journal"), ct);
        }
        await view.Each("""
            SELECT s.account_id, s.period FROM account_snapshot s LEFT JOIN account a ON a.id = s.account_id
            LEFT JOIN book_close c ON c.book_id = a.book_id AND c.period = s.period WHERE c.period IS NULL
            """, row => _findings.Add(Findings.Snapshots, $"account {row.GetInt64(0)} {row.GetString(1)}: a snapshot without a close"), ct);
    }

    private sealed record StoredClose(string Period, long Journals, string PreviousHash, string Hash);
}
