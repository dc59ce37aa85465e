using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Stipend.Ledger.Contracts;
using Stipend.Ledger.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Ledger.Closing;

/// <summary>Closes a month in one pass over its journals: their seals into the hash chain, their amounts into the snapshots.</summary>
internal sealed class ClosePeriod(Db db, Books books)
{
    private static readonly string[] s_snapshot = ["account_id", "period", "debit_minor", "credit_minor"];

    public async Task<CloseOutcome> Close(long bookId, YearMonth period, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await LockOutPostings(bookId, ct);
        if (await Closed(bookId, period, ct) is { } already) return await Commit(already);
        var now = await books.Now(bookId, ct);
        var last = await Closes.Last(db, bookId, ct);
        Refuse(period, last, now);

        var previous = last is { } month ? Closes.Text(month) : null;
        var previousHash = previous is null ? ChainLink.Origin : await Head(bookId, previous, ct);
        var sums = previous is null ? new BookSums() : await Snapshot(bookId, previous, ct);
        var text = Closes.Text(period);
        var (journals, through, hash) = await ReadPeriod(bookId, previous, text, previousHash, sums, ct);
        await WriteSnapshot(text, sums, ct);
        await using (var command = await db.Command("""
            INSERT INTO book_close (book_id, period, journals, through_journal_id, previous_hash, hash, closed_at)
            VALUES (@book, @period, @journals, @through, @previous, @hash, @now)
            """, ct, ("book", bookId), ("period", text), ("journals", journals), ("through", through),
            ("previous", previousHash), ("hash", hash), ("now", now)))
        {
            await command.ExecuteNonQueryAsync(ct);
        }
        return await Commit(new CloseOutcome(period, journals, hash, AlreadyClosed: false));

        async Task<CloseOutcome> Commit(CloseOutcome outcome)
        {
            await transaction.Commit(ct);
            return outcome;
        }
    }

    /// <summary>SQLite has one writer anyway. On PostgreSQL a posting in flight holds this lock shared (see 0002_append_only).</summary>
    private async Task LockOutPostings(long bookId, CancellationToken ct)
    {
        if (db.Engine != Engine.Postgres) return;
        await using var command = await db.Command($"SELECT pg_advisory_xact_lock(hashtextextended('ledger book {bookId}', 0))", ct);
        await command.ExecuteNonQueryAsync(ct);
    }

    private static void Refuse(YearMonth period, YearMonth? last, Instant now)
    {
        var firstAfter = period.PlusMonths(1).OnDayOfMonth(1);
        var todayInTheLastZone = now.WithOffset(Offset.FromHours(-12)).Date;
        if (todayInTheLastZone < firstAfter)
            throw Refusal.Conflict("period_not_over",
                $"{Closes.Text(period)} is not over everywhere yet. Close it on {Columns.Iso(firstAfter)} at 12:00 UTC or later.");
        if (last is { } month && period != month.PlusMonths(1))
            throw Refusal.Conflict("close_in_order",
                $"The books are closed through {Closes.Text(month)}. Close {Closes.Text(month.PlusMonths(1))} next.");
    }

    private async Task<CloseOutcome?> Closed(long bookId, YearMonth period, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT journals, hash FROM book_close WHERE book_id = @book AND period = @period",
            ct, ("book", bookId), ("period", Closes.Text(period)));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new CloseOutcome(period, reader.GetInt64(0), reader.GetString(1), AlreadyClosed: true) : null;
    }

    private async Task<string> Head(long bookId, string period, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT hash FROM book_close WHERE book_id = @book AND period = @period", ct,
            ("book", bookId), ("period", period));
        return (string)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task<BookSums> Snapshot(long bookId, string period, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT s.account_id, s.debit_minor, s.credit_minor FROM account a JOIN account_snapshot s ON s.account_id = a.id
            WHERE a.book_id = @book AND s.period = @period
            """, ct, ("book", bookId), ("period", period));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var sums = new BookSums();
        while (await reader.ReadAsync(ct)) sums.Start(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
        return sums;
    }

    private async Task<(long Journals, long Through, string Hash)> ReadPeriod(
        long bookId, string? previous, string period, string previousHash, BookSums sums, CancellationToken ct)
    {
        var (journals, through, last) = (0L, 0L, 0L);
        using var link = new ChainLink(bookId, period, previousHash);
        var after = previous is null ? "" : Closes.LastDay(previous);
        var transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        await foreach (var row in JournalStream.Read(await db.OpenConnection(ct), transaction, bookId, after, Closes.LastDay(period), ct))
        {
            if (row.JournalId != last)
            {
                link.Add(row.Seal);
                (last, journals, through) = (row.JournalId, journals + 1, Math.Max(through, row.JournalId));
            }
            if (row.Transfer is { } transfer) sums.Add(transfer);
        }
        return (journals, through, link.Head());
    }

    private async Task WriteSnapshot(string period, BookSums sums, CancellationToken ct)
    {
        await using var writer = await db.BulkInsert("account_snapshot", s_snapshot, ct);
        foreach (var (account, sum) in sums.All.OrderBy(s => s.Key))
        {
            writer.Int(account);
            writer.Text(period);
            writer.Int((long)sum.Debit);
            writer.Int((long)sum.Credit);
            writer.EndRow();
        }
        await writer.Complete(ct);
    }
}
