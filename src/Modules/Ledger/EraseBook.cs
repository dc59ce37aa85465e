using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Ledger;

/// <summary>Erases a sandbox's books; the triggers refuse it for the real ones.</summary>
internal sealed class EraseBook(Db db) : IErasesBook
{
    public async Task Erase(long bookId, CancellationToken ct)
    {
        string[] statements =
        [
            "DELETE FROM account_snapshot WHERE account_id IN (SELECT id FROM account WHERE book_id = @book)",
            "DELETE FROM transfer WHERE journal_id IN (SELECT id FROM journal WHERE book_id = @book)",
            "DELETE FROM book_close WHERE book_id = @book",
            "DELETE FROM journal WHERE book_id = @book",
            "DELETE FROM account WHERE book_id = @book",
        ];
        await using var transaction = await db.BeginWrite(ct);
        foreach (var statement in statements) await db.Execute(statement, ct, ("book", bookId));
        await transaction.Commit(ct);
    }
}
