using Stipend.Platform.Data;

namespace Stipend.Billing.Pages;

/// <summary>The books in which a person pays for something: the real ones and any sandbox they tried.</summary>
internal sealed class BillingBookList(Db db)
{
    public async Task<List<long>> Of(long personId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT book_id FROM pledge WHERE patron_id = @person UNION SELECT book_id FROM payment_method WHERE person_id = @person ORDER BY 1
            """, ct, ("person", personId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<long>();
        while (await reader.ReadAsync(ct)) found.Add(reader.GetInt64(0));
        return found;
    }
}
