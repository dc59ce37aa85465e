using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Platform.Messaging;

/// <summary>
/// Erases a sandbox's messages twice: before everything else, which waits for handlers at work, and after everything else,
/// for what those still published. The sandbox's clock begins again at the present.
/// </summary>
internal static class EraseMessages
{
    public sealed class First(Db db) : IErasesBook
    {
        public int Order => int.MaxValue;

        public Task Erase(long bookId, CancellationToken ct) =>
            db.Execute("DELETE FROM message WHERE book_id = @book", ct, ("book", bookId));
    }

    public sealed class Last(Db db) : IErasesBook
    {
        public int Order => int.MinValue;

        public async Task Erase(long bookId, CancellationToken ct)
        {
            await db.Execute("DELETE FROM message WHERE book_id = @book", ct, ("book", bookId));
            await db.Execute("UPDATE book SET offset_ms = 0 WHERE id = @book AND kind = 'sandbox'", ct, ("book", bookId));
        }
    }
}
