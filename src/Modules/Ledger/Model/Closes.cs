using NodaTime.Text;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Model;

/// <summary>Closed periods: months, as <c>2026-03</c>.</summary>
internal static class Closes
{
    public static string Text(YearMonth period) => YearMonthPattern.Iso.Format(period);
    public static YearMonth Period(string text) => YearMonthPattern.Iso.Parse(text).Value;

    /// <summary>No stored day of a period is later than this, as text.</summary>
    public static string LastDay(string period) => period + "-31";

    /// <summary>The last closed period of a book.</summary>
    public static async Task<YearMonth?> Last(Db db, long bookId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT max(period) FROM book_close WHERE book_id = @book", ct, ("book", bookId));
        return await command.ExecuteScalarAsync(ct) is string text ? Period(text) : null;
    }
}
