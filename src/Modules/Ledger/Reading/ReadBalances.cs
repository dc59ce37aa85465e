using Stipend.Ledger.Contracts;
using Stipend.Ledger.Model;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Reading;

/// <summary>Balances are summed, never kept in a row: from the last close's snapshot plus the open days, or from one owner's own transfers.</summary>
internal sealed class ReadBalances(Db db)
{
    public async Task<IReadOnlyList<AccountBalance>> All(long bookId, BalanceFilter? filter, CancellationToken ct)
    {
        var (where, parameters) = Where(bookId, filter ?? new BalanceFilter());
        var sql = filter?.OwnerId is > 0 ? OfOwner(where) : OfBook(where, await Closes.Last(db, bookId, ct) is { } closed ? Closes.Text(closed) : "");
        await using var command = await db.Command(sql, ct, parameters);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var balances = new List<AccountBalance>();
        while (await reader.ReadAsync(ct))
        {
            balances.Add(new AccountBalance(
                new AccountRef(Columns.Enum<AccountKind>(reader.GetString(0)), reader.GetInt64(1)), Currency.Of(reader.GetString(2)),
                reader.GetInt64(3), reader.GetInt64(4)));
        }
        return balances;
    }

    public async Task<IReadOnlyList<CreatorBalance>> OfCreator(long bookId, long campaignId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT x.currency, x.other, CAST(sum(x.went_out) AS bigint), CAST(sum(x.came_in) AS bigint)
            FROM (
                SELECT a.currency, o.kind AS other, t.amount_minor AS went_out, 0 AS came_in
                FROM account a JOIN transfer t ON t.debit_account_id = a.id JOIN account o ON o.id = t.credit_account_id
                WHERE a.book_id = @book AND a.kind = 'creator_payable' AND a.owner_id = @campaign
                UNION ALL
                SELECT a.currency, o.kind, 0, t.amount_minor
                FROM account a JOIN transfer t ON t.credit_account_id = a.id JOIN account o ON o.id = t.debit_account_id
                WHERE a.book_id = @book AND a.kind = 'creator_payable' AND a.owner_id = @campaign
            ) x
            GROUP BY x.currency, x.other ORDER BY x.currency
            """, ct, ("book", bookId), ("campaign", campaignId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var balances = new SortedDictionary<string, CreatorBalance>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
        {
            var code = reader.GetString(0);
            if (!balances.TryGetValue(code, out var balance)) balance = new CreatorBalance(Currency.Of(code), 0, 0, 0, 0, 0);
            balances[code] = Include(balance, Columns.Enum<AccountKind>(reader.GetString(1)), reader.GetInt64(2), reader.GetInt64(3));
        }
        return [.. balances.Values];
    }

    private static CreatorBalance Include(CreatorBalance balance, AccountKind other, long wentOut, long cameIn) => other switch
    {
        AccountKind.GatewayClearing or AccountKind.ManualRail =>
            balance with { EarnedMinor = balance.EarnedMinor + cameIn, RefundedMinor = balance.RefundedMinor + wentOut },
        AccountKind.PlatformRevenue or AccountKind.ProcessingFees => balance with { FeesMinor = balance.FeesMinor + wentOut - cameIn },
        AccountKind.PayoutsInTransit => balance with { PaidOutMinor = balance.PaidOutMinor + wentOut - cameIn },
        _ => balance with { OtherMinor = balance.OtherMinor + cameIn - wentOut },
    };

    private static (string Where, (string, object?)[] Parameters) Where(long bookId, BalanceFilter filter)
    {
        var where = new List<string> { "a.book_id = @book" };
        var parameters = new List<(string, object?)> { ("book", bookId) };
        if (filter.Kind is { } kind) Narrow("kind", Columns.Of(kind));
        if (filter.OwnerId is { } owner) Narrow("owner_id", owner);
        if (filter.Currency is { } currency) Narrow("currency", currency.Code);
        return (string.Join(" AND ", where), [.. parameters]);

        void Narrow(string column, object value)
        {
            where.Add($"a.{column} = @{column}");
            parameters.Add((column, value));
        }
    }

    /// <summary>Summed by account before the names are joined: a planner without statistics would otherwise read all transfers once per account.</summary>
    private static string OfBook(string where, string closed) => $"""
        SELECT a.kind, a.owner_id, a.currency, x.debit, x.credit
        FROM (
            SELECT m.account_id, CAST(sum(m.debit) AS bigint) AS debit, CAST(sum(m.credit) AS bigint) AS credit
            FROM (
                SELECT s.account_id, s.debit_minor AS debit, s.credit_minor AS credit
                FROM account_snapshot s JOIN account b ON b.id = s.account_id WHERE b.book_id = @book AND s.period = '{closed}'
                UNION ALL
                SELECT t.debit_account_id, t.amount_minor, 0
                FROM journal j JOIN transfer t ON t.journal_id = j.id WHERE j.book_id = @book AND j.effective_on > '{After(closed)}'
                UNION ALL
                SELECT t.credit_account_id, 0, t.amount_minor
                FROM journal j JOIN transfer t ON t.journal_id = j.id WHERE j.book_id = @book AND j.effective_on > '{After(closed)}'
            ) m
            GROUP BY m.account_id
        ) x
        JOIN account a ON a.id = x.account_id
        WHERE {where}
        ORDER BY a.kind, a.owner_id, a.currency
        """;

    private static string After(string closed) => closed.Length == 0 ? "" : Closes.LastDay(closed);

    private static string OfOwner(string where) => $"""
        SELECT a.kind, a.owner_id, a.currency,
               (SELECT CAST(coalesce(sum(t.amount_minor), 0) AS bigint) FROM transfer t WHERE t.debit_account_id = a.id),
               (SELECT CAST(coalesce(sum(t.amount_minor), 0) AS bigint) FROM transfer t WHERE t.credit_account_id = a.id)
        FROM account a WHERE {where} ORDER BY a.kind, a.owner_id, a.currency
        """;
}
