using System.Data.Common;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Reading;

/// <summary>An account's statement, newest posting first, by key rather than by offset; the cursor carries the balance along.</summary>
internal sealed class ReadEntries(Db db)
{
    private const string Query = """
        SELECT e.journal_id, e.seq, e.is_debit, e.amount_minor,
               j.kind, j.ref_id, j.effective_at, j.effective_on, j.reverses_id, o.kind, o.owner_id
        FROM (
            SELECT * FROM (SELECT journal_id, seq, 1 AS is_debit, credit_account_id AS other_id, amount_minor FROM transfer
                           WHERE debit_account_id = @account AND (journal_id, seq) < (@journal, @seq)
                           ORDER BY journal_id DESC, seq DESC LIMIT @take) d
            UNION ALL
            SELECT * FROM (SELECT journal_id, seq, 0 AS is_debit, debit_account_id AS other_id, amount_minor FROM transfer
                           WHERE credit_account_id = @account AND (journal_id, seq) < (@journal, @seq)
                           ORDER BY journal_id DESC, seq DESC LIMIT @take) c
        ) e
        JOIN journal j ON j.id = e.journal_id
        JOIN account o ON o.id = e.other_id
        ORDER BY e.journal_id DESC, e.seq DESC LIMIT @take
        """;

    public async Task<EntryPage> Page(long bookId, AccountRef account, Currency currency, EntryCursor? after, int take,
        CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(take, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, 500);
        if (await Find(bookId, account, currency, ct) is not { } found) return new EntryPage([], null);
        var balance = after?.BalanceMinor ?? found.Balance;
        await using var command = await db.Command(Query, ct,
            ("account", found.Id), ("journal", after?.JournalId ?? long.MaxValue), ("seq", (long)(after?.Seq ?? 0)),
            ("take", (long)take + 1));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var entries = new List<Entry>(take);
        while (await reader.ReadAsync(ct))
        {
            if (entries.Count == take) return new EntryPage(entries, new EntryCursor(entries[^1].JournalId, entries[^1].Seq, balance));
            entries.Add(Row(reader, account, balance));
            balance -= entries[^1].AmountMinor;
        }
        return new EntryPage(entries, null);
    }

    private static Entry Row(DbDataReader reader, AccountRef account, long balance)
    {
        var isDebit = reader.GetInt64(2) == 1;
        var amount = isDebit == account.Kind.GrowsByDebit ? reader.GetInt64(3) : -reader.GetInt64(3);
        var other = new AccountRef(Columns.Enum<AccountKind>(reader.GetString(9)), reader.GetInt64(10));
        var (kind, refId) = (reader.GetString(4), reader.GetInt64(5));
        return new Entry(
            reader.GetInt64(0), (int)reader.GetInt64(1), kind, refId,
            Instant.FromUnixTimeMilliseconds(reader.GetInt64(6)), Columns.Date(reader.GetString(7)),
            other, amount, balance, Explain(kind, refId, isDebit, other, reader.IsDBNull(8) ? null : reader.GetInt64(8)));
    }

    private static string Explain(string kind, long refId, bool isDebit, AccountRef other, long? reverses) =>
        $"{Words(kind)} {refId}: {(isDebit ? "to" : "from")} {Words(Columns.Of(other.Kind))}"
        + (other.OwnerId == 0 ? "" : $" {other.OwnerId}")
        + (reverses is { } journal ? $", takes back journal {journal}" : "");

    private static string Words(string snake) => snake.Replace('_', ' ');

    private async Task<(long Id, long Balance)?> Find(long bookId, AccountRef account, Currency currency, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT a.id,
                   (SELECT CAST(coalesce(sum(t.amount_minor), 0) AS bigint) FROM transfer t WHERE t.debit_account_id = a.id),
                   (SELECT CAST(coalesce(sum(t.amount_minor), 0) AS bigint) FROM transfer t WHERE t.credit_account_id = a.id)
            FROM account a WHERE a.book_id = @book AND a.kind = @kind AND a.owner_id = @owner AND a.currency = @currency
            """, ct, ("book", bookId), ("kind", Columns.Of(account.Kind)), ("owner", account.OwnerId), ("currency", currency.Code));
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        var (debit, credit) = (reader.GetInt64(1), reader.GetInt64(2));
        return (reader.GetInt64(0), account.Kind.GrowsByDebit ? debit - credit : credit - debit);
    }
}
