using System.Globalization;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Billing.Figures;

/// <summary>Reads the pledges that stand.</summary>
internal sealed class PledgeRoll(Db db) : IPledgeRoll
{
    private const string All = """
        FROM pledge p JOIN pledge_version v ON v.pledge_id = p.id AND v.seq = (SELECT MAX(seq) FROM pledge_version WHERE pledge_id = p.id)
        """;

    /// <summary>Not ended, and not waiting for a first payment that was never made.</summary>
    private const string From = $"""
        {All} WHERE p.ended_at IS NULL AND (p.model IN ('per_creation', 'monthly_arrears') OR EXISTS (
            SELECT 1 FROM bill_line l LEFT JOIN bill_line_rolled x ON x.pledge_id = l.pledge_id AND x.period_key = l.period_key
            JOIN attempt_result r ON r.charge_id = COALESCE(l.charge_id, x.charge_id) AND r.outcome = 'succeeded' WHERE l.pledge_id = p.id))
        """;

    private const string Columns =
        "p.book_id, p.payee_id, p.patron_id, p.id, v.no, v.amount_minor, v.currency, p.started_at, v.at, v.cap_minor";

    public Task<IReadOnlyList<StandingPledge>> Page(long bookId, long payeeId, PledgePage page, CancellationToken ct)
    {
        var (by, after, order) = (page.ByUpdate ? "v.at" : "p.started_at", page.Newest ? "<" : ">", page.Newest ? "DESC" : "ASC");
        var place = page.PlaceAt is null ? "" : page.PlaceId is null ? $"AND {by} {after} @at" : $"AND ({by}, p.id) {after} (@at, @id)";
        return Read($"SELECT {Columns} {From} AND p.book_id = @book AND p.payee_id = @payee {place} ORDER BY {by} {order}, p.id {order} LIMIT @take",
            ct, [("book", bookId), ("payee", payeeId), ("take", (long)page.Take),
                .. page.PlaceAt is null ? [] : ((string, object?)[])[("at", page.PlaceAt)],
                .. page.PlaceId is null ? [] : ((string, object?)[])[("id", page.PlaceId)]]);
    }

    public Task<IReadOnlyList<StandingPledge>> OfPatron(long patronId, CancellationToken ct) =>
        Read($"SELECT {Columns} {From} AND p.patron_id = @patron ORDER BY p.id", ct, ("patron", patronId));

    public async Task<IReadOnlyList<StandingPledge>> Last(long bookId, long payeeId, IReadOnlyCollection<long> patronIds, CancellationToken ct)
    {
        if (patronIds.Count == 0) return [];
        var all = await Read($"SELECT {Columns} {All} WHERE p.payee_id = @payee AND p.book_id = @book AND p.patron_id IN ({string.Join(',', patronIds)}) "
            + "ORDER BY p.id", ct, ("payee", payeeId), ("book", bookId));
        return all.GroupBy(p => p.Key).Select(g => g.Last()).ToList();
    }

    public async Task<IReadOnlyDictionary<(long BookId, long PayeeId), PledgeTotal>> Totals(IReadOnlyCollection<long> payeeIds, CancellationToken ct)
    {
        var totals = new Dictionary<(long, long), PledgeTotal>();
        if (payeeIds.Count == 0) return totals;
        await using var command = await db.Command($"""
            SELECT p.book_id, p.payee_id, COUNT(*), SUM(v.amount_minor) {From} AND p.payee_id IN ({string.Join(',', payeeIds)})
            GROUP BY p.book_id, p.payee_id
            """, ct);
        await using var r = await command.ExecuteReaderAsync(ct);
        while (await r.ReadAsync(ct))
            totals[(r.GetInt64(0), r.GetInt64(1))] = new((int)r.GetInt64(2), Convert.ToInt64(r.GetValue(3), CultureInfo.InvariantCulture));
        return totals;
    }

    private async Task<IReadOnlyList<StandingPledge>> Read(string sql, CancellationToken ct, params (string, object?)[] parameters)
    {
        await using var command = await db.Command(sql, ct, parameters);
        await using var r = await command.ExecuteReaderAsync(ct);
        var found = new List<StandingPledge>();
        while (await r.ReadAsync(ct))
            found.Add(new StandingPledge(new PatronKey(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)), r.GetInt64(3), r.GetInt64(4),
                r.GetInt64(5), r.GetString(6), Instant.FromUnixTimeMilliseconds(r.GetInt64(7)), Instant.FromUnixTimeMilliseconds(r.GetInt64(8)),
                r.IsDBNull(9) ? null : r.GetInt64(9)));
        return found;
    }
}
