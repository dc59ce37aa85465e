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

    /// <summary>What a person's running pledges are for, by book.</summary>
    public async Task<ILookup<long, string>> PaysFor(long personId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT p.book_id, v.description FROM pledge p
            JOIN pledge_version v ON v.pledge_id = p.id AND v.seq = (SELECT MAX(seq) FROM pledge_version WHERE pledge_id = p.id)
            WHERE p.patron_id = @person AND p.ended_at IS NULL ORDER BY p.id
            """, ct, ("person", personId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(long Book, string For)>();
        while (await reader.ReadAsync(ct)) found.Add((reader.GetInt64(0), reader.GetString(1)));
        return found.ToLookup(f => f.Book, f => f.For);
    }
}
