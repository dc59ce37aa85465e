using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Entitlements.Granting;

/// <summary>Empties a sandbox of its grants.</summary>
internal sealed class ErasingGrants(Db db) : IErasesBook
{
    public int Order => 10;

    public async Task Erase(long bookId, CancellationToken ct)
    {
        await db.Execute("DELETE FROM grant_end WHERE book_id = @book", ct, ("book", bookId));
        await db.Execute("DELETE FROM entitlement WHERE book_id = @book", ct, ("book", bookId));
        await db.Execute("DELETE FROM grant_entry WHERE book_id = @book", ct, ("book", bookId));
    }
}
