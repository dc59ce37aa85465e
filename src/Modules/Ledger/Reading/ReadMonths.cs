using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Reading;

/// <summary>A creator's account by month, in one statement.</summary>
internal sealed class ReadMonths(Db db)
{
    public async Task<IReadOnlyList<CreatorMonth>> OfCreator(long bookId, long campaignId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT substr(j.effective_on, 1, 7) AS month, x.currency,
                   CAST(sum(CASE WHEN x.other IN ('gateway_clearing', 'manual_rail') THEN x.came_in ELSE 0 END) AS bigint),
                   CAST(sum(CASE WHEN x.other = 'platform_revenue' THEN -x.came_in ELSE 0 END) AS bigint),
                   CAST(sum(CASE WHEN x.other = 'processing_fees' THEN -x.came_in ELSE 0 END) AS bigint)
            FROM (
                SELECT t.journal_id, a.currency, o.kind AS other, -t.amount_minor AS came_in
                FROM account a JOIN transfer t ON t.debit_account_id = a.id JOIN account o ON o.id = t.credit_account_id
                WHERE a.book_id = @book AND a.kind = 'creator_payable' AND a.owner_id = @campaign
                UNION ALL
                SELECT t.journal_id, a.currency, o.kind, t.amount_minor
                FROM account a JOIN transfer t ON t.credit_account_id = a.id JOIN account o ON o.id = t.debit_account_id
                WHERE a.book_id = @book AND a.kind = 'creator_payable' AND a.owner_id = @campaign
            ) x
            JOIN journal j ON j.id = x.journal_id
            GROUP BY month, x.currency ORDER BY month DESC, x.currency
            """, ct, ("book", bookId), ("campaign", campaignId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var months = new List<CreatorMonth>();
        while (await reader.ReadAsync(ct))
            months.Add(new CreatorMonth(reader.GetString(0), Currency.Of(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3),
                reader.GetInt64(4)));
        return months;
    }
}
