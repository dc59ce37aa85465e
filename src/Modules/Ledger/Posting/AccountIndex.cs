using System.Text.Json;
using Stipend.Ledger.Contracts;
using Stipend.Ledger.Model;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Posting;

/// <summary>The ids of the accounts a batch of journals needs, found or created in two statements per book, not one per account.</summary>
internal sealed class AccountIndex(Db db, Ids ids)
{
    private readonly Dictionary<(long Book, AccountRef Account, Currency Currency), long> _ids = [];

    public long this[long bookId, AccountRef account, Currency currency] => _ids[(bookId, account, currency)];

    public async Task Prepare(IEnumerable<JournalDraft> drafts, CancellationToken ct)
    {
        var wanted = new HashSet<(long Book, AccountRef Account, Currency Currency)>();
        foreach (var draft in drafts)
        {
            foreach (var transfer in draft.Transfers)
            {
                wanted.Add((draft.BookId, transfer.Debit, draft.Currency));
                wanted.Add((draft.BookId, transfer.Credit, draft.Currency));
            }
        }
        wanted.ExceptWith(_ids.Keys);
        foreach (var book in wanted.GroupBy(w => w.Book).OrderBy(g => g.Key))
        {
            await Find(book.Key, [.. book], ct);
            var missing = book.Where(w => !_ids.ContainsKey(w)).ToList();
            if (missing.Count == 0) continue;
            await Create(book.Key, missing, ct);
            await Find(book.Key, missing, ct); // somebody else may have created it at the same time; theirs counts
        }
    }

    private async Task Find(long bookId, List<(long Book, AccountRef Account, Currency Currency)> wanted, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            SELECT (SELECT a.id FROM account a
                    WHERE a.book_id = @book AND a.kind = w.kind AND a.owner_id = w.owner_id AND a.currency = w.currency),
                   w.kind, w.owner_id, w.currency
            FROM ({Sql.Accounts(db.Engine)}) w
            """, ct, ("book", bookId), ("json", Json(wanted, _ => 0)));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            if (await reader.IsDBNullAsync(0, ct)) continue;
            var account = new AccountRef(Columns.Enum<AccountKind>(reader.GetString(1)), reader.GetInt64(2));
            _ids[(bookId, account, Currency.Of(reader.GetString(3)))] = reader.GetInt64(0);
        }
    }

    private async Task Create(long bookId, List<(long Book, AccountRef Account, Currency Currency)> missing, CancellationToken ct)
    {
        // One order for all writers, so that two batches that create the same accounts wait for each other instead of deadlocking.
        missing.Sort((a, b) =>
            (a.Account.Kind, a.Account.OwnerId, a.Currency.Code).CompareTo((b.Account.Kind, b.Account.OwnerId, b.Currency.Code)));
        await using var command = await db.Command($"""
            INSERT INTO account (id, book_id, kind, owner_id, currency)
            SELECT w.id, @book, w.kind, w.owner_id, w.currency FROM ({Sql.Accounts(db.Engine)}) w WHERE 1 = 1 ON CONFLICT DO NOTHING
            """, ct, ("book", bookId), ("json", Json(missing, _ => ids.Next())));
        await command.ExecuteNonQueryAsync(ct);
    }

    private static string Json(List<(long Book, AccountRef Account, Currency Currency)> accounts, Func<int, long> id) =>
        JsonSerializer.Serialize(
        accounts.Select((a, i) => new object[] { id(i), Columns.Of(a.Account.Kind), a.Account.OwnerId, a.Currency.Code }));
}
