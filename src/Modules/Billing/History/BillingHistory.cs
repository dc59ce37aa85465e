using System.Data.Common;
using System.Globalization;
using Stipend.Billing.Collecting;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Gateways.Transfers;
using Stipend.Platform.Data;

namespace Stipend.Billing.History;

/// <summary>Reads charges, lines and pledge versions back as history.</summary>
internal sealed class BillingHistory(Db db) : IBillingHistory
{
    public Task<IReadOnlyList<HistoryCharge>> OfPatron(long patronId, long beforeChargeId, int take, CancellationToken ct = default) =>
        Charges("c.patron_id = @patron AND c.id < @charge", patronId, beforeChargeId, take, ct);

    public async Task<HistoryCharge?> Find(long chargeId, long patronId, CancellationToken ct = default) =>
        (await Charges("c.patron_id = @patron AND c.id = @charge", patronId, chargeId, 1, ct)).FirstOrDefault();

    public async Task<IReadOnlyList<BillingFact>> FactsOf(long bookId, long patronId, long payeeId, CancellationToken ct = default)
    {
        var facts = new List<BillingFact>();
        await foreach (var r in Rows("""
            SELECT v.at, v.seq, v.amount_minor, v.currency, p.ended_no, v.no FROM pledge p JOIN pledge_version v ON v.pledge_id = p.id
            WHERE p.book_id = @book AND p.patron_id = @patron AND p.payee_id = @payee ORDER BY v.no
            """, ct, ("book", bookId), ("patron", patronId), ("payee", payeeId)))
        {
            var amount = new Money(r.GetInt64(2), Currency.Of(r.GetString(3)));
            var text = !r.IsDBNull(4) && r.GetInt64(4) == r.GetInt64(5) ? "The pledge ended."
                : r.GetInt64(1) == 1 ? $"The pledge started at {amount}." : $"The pledge was set to {amount}.";
            facts.Add(new BillingFact(At(r, 0), text));
        }
        await foreach (var r in Rows("""
            SELECT a.at, a.outcome, a.code, l.amount_minor, l.currency, l.covers_until FROM pledge p
            JOIN bill_line l ON l.pledge_id = p.id JOIN attempt_result a ON a.charge_id = l.charge_id
            WHERE p.book_id = @book AND p.patron_id = @patron AND p.payee_id = @payee ORDER BY a.at
            """, ct, ("book", bookId), ("patron", patronId), ("payee", payeeId)))
        {
            var amount = new Money(r.GetInt64(3), Currency.Of(r.GetString(4)));
            var until = r.IsDBNull(5) ? "" : $", which covers until {Columns.Iso(At(r, 5).InUtc().Date)}";
            facts.Add(new BillingFact(At(r, 0), r.GetString(1) == "succeeded"
                ? $"{amount} was paid{until}."
                : $"A payment of {amount} did not go through: {DeclineWords.Of(r.IsDBNull(2) ? null : r.GetString(2))}"));
        }
        return facts.OrderBy(f => f.At).ToList();
    }

    public async Task<IReadOnlyList<PendingIncome>> Pending(long bookId, long payeeId, CancellationToken ct = default)
    {
        var found = new List<PendingIncome>();
        await foreach (var r in Rows("""
            SELECT currency, SUM(lines), SUM(minor), SUM(declined) FROM (
                SELECT a.currency, COUNT(*) AS lines, SUM(a.amount_minor) AS minor, 0 AS declined FROM pledge p
                JOIN pending_accrual q ON q.pledge_id = p.id JOIN accrual a ON a.pledge_id = q.pledge_id AND a.post_id = q.post_id
                WHERE p.book_id = @book AND p.payee_id = @payee GROUP BY a.currency
                UNION ALL
                SELECT l.currency, COUNT(*), SUM(CASE WHEN w.kind IN ('retry', 'needs_method') THEN 0 ELSE l.amount_minor END),
                       SUM(CASE WHEN w.kind IN ('retry', 'needs_method') THEN l.amount_minor ELSE 0 END)
                FROM due_work w JOIN bill_line l ON l.charge_id = w.charge_id WHERE l.book_id = @book AND l.payee_id = @payee GROUP BY l.currency
            ) t GROUP BY currency ORDER BY currency
            """, ct, ("book", bookId), ("payee", payeeId)))
            found.Add(new PendingIncome(r.GetString(0), (int)Whole(r, 1), Whole(r, 2), Whole(r, 3)));
        return found;
    }

    private async Task<IReadOnlyList<HistoryCharge>> Charges(string where, long patronId, long chargeId, int take, CancellationToken ct)
    {
        var charges = new List<HistoryCharge>();
        await foreach (var r in Rows($"""
            SELECT c.id, c.book_id, c.created_at, c.gross_minor, c.currency, w.kind, w.due_at, w.action_url,
                   (SELECT MAX(r.at) FROM attempt_result r WHERE r.charge_id = c.id AND r.outcome = 'succeeded'),
                   (SELECT r.code FROM attempt_result r WHERE r.charge_id = c.id ORDER BY r.n DESC LIMIT 1), x.reason, w.reason, i.gateway
            FROM charge c LEFT JOIN due_work w ON w.charge_id = c.id LEFT JOIN charge_closed x ON x.charge_id = c.id
            LEFT JOIN gateway_intent i ON i.charge_id = c.id
            WHERE {where} ORDER BY c.id DESC LIMIT @take
            """, ct, ("patron", patronId), ("charge", chargeId), ("take", (long)take)))
        {
            var paidAt = r.IsDBNull(8) ? (Instant?)null : At(r, 8);
            var kind = r.IsDBNull(5) ? null : r.GetString(5);
            var state = paidAt is not null ? "paid"
                : kind switch { null => "closed", "retry" or "needs_method" => "declined", "action" => "action", _ => "processing" };
            var code = state is "declined" && !r.IsDBNull(11) ? r.GetString(11) : r.IsDBNull(9) ? null : r.GetString(9);
            var asked = state is "declined" && !r.IsDBNull(12) && r.GetString(12) == GatewayNames.Transfer; // it can be paid all the while
            charges.Add(new HistoryCharge(r.GetInt64(0), r.GetInt64(1), paidAt ?? At(r, 2), r.GetInt64(3), r.GetString(4), state,
                state is "declined" ? DeclineWords.Of(code) : state is "closed" && !r.IsDBNull(10) ? r.GetString(10) : null,
                kind == "retry" && !asked ? At(r, 6) : null,
                asked ? TransferRail.Path(r.GetInt64(0)) : kind == "action" && !r.IsDBNull(7) ? r.GetString(7) : null, []));
        }
        if (charges.Count == 0) return charges;
        var lines = await LinesOf(charges.ConvertAll(c => c.Id), ct);
        return charges.ConvertAll(c => c with { Lines = lines[c.Id].ToList() });
    }

    private async Task<ILookup<long, HistoryLine>> LinesOf(List<long> chargeIds, CancellationToken ct)
    {
        var ids = string.Join(',', chargeIds);
        var lines = new List<(long, HistoryLine)>();
        const string Columns = "l.pledge_id, l.payee_id, l.description, l.amount_minor, l.tax_minor, l.covers_from, l.covers_until";
        await foreach (var r in Rows($"""
            SELECT l.charge_id, {Columns} FROM bill_line l WHERE l.charge_id IN ({ids})
            UNION ALL SELECT x.charge_id, {Columns} FROM bill_line_rolled x
            JOIN bill_line l ON l.pledge_id = x.pledge_id AND l.period_key = x.period_key WHERE x.charge_id IN ({ids})
            ORDER BY 1, 2
            """, ct))
            lines.Add((r.GetInt64(0), new HistoryLine(r.GetInt64(1), r.GetInt64(2), r.GetString(3), r.GetInt64(4), r.GetInt64(5),
                r.IsDBNull(6) ? null : At(r, 6), r.IsDBNull(7) ? null : At(r, 7))));
        return lines.ToLookup(l => l.Item1, l => l.Item2);
    }

    private async IAsyncEnumerable<DbDataReader> Rows(string sql,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct, params (string, object?)[] parameters)
    {
        await using var command = await db.Command(sql, ct, parameters);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) yield return reader;
    }

    private static Instant At(DbDataReader r, int column) => Instant.FromUnixTimeMilliseconds(r.GetInt64(column));
    private static long Whole(DbDataReader r, int column) => Convert.ToInt64(r.GetValue(column), CultureInfo.InvariantCulture);
}
