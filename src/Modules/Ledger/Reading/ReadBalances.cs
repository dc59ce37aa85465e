using Stipend.Ledger.Contracts;
using Stipend.Ledger.Model;
using Stipend.Platform.Data;

namespace Stipend.Ledger.Reading;

/// <summary>
/// Balances are summed, never kept in a row: from the last close's snapshot plus the open days, or from one owner's own transfers.
/// </summary>
internal sealed class ReadBalances(Db db)
{
    public async Task<IReadOnlyList<AccountBalance>> All(long bookId, BalanceFilter? filter, CancellationToken ct)
    {
        var (where, parameters) = Where(bookId, filter ?? new BalanceFilter());
        var sums = filter?.OwnerId is > 0 ? await OfOwner(where, parameters, ct) : await OfBook(bookId, ct);
        await using var command = await db.Command(
            $"SELECT a.id, a.kind, a.owner_id, a.currency FROM account a WHERE {where} ORDER BY a.kind, a.owner_id, a.currency",
            ct, parameters);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var balances = new List<AccountBalance>();
        while (await reader.ReadAsync(ct))
        {
            if (!sums.TryGetValue(reader.GetInt64(0), out var sum)) continue;
            var account = new AccountRef(Columns.Enum<AccountKind>(reader.GetString(1)), reader.GetInt64(2));
            balances.Add(new AccountBalance(account, Currency.Of(reader.GetString(3)), sum.Debit, sum.Credit));
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

    /// <summary>
    /// The last close's snapshot and the days since. Names are joined in memory: a planner without fresh statistics repeats these sums
    /// once per account instead.
    /// </summary>
    private async Task<Dictionary<long, (long Debit, long Credit)>> OfBook(long bookId, CancellationToken ct)
    {
        var closed = await Closes.Last(db, bookId, ct) is { } last ? Closes.Text(last) : "";
        return await Sums("""
            SELECT m.account_id, CAST(sum(m.debit) AS bigint), CAST(sum(m.credit) AS bigint)
            FROM (
                SELECT s.account_id, s.debit_minor AS debit, s.credit_minor AS credit
                FROM account_snapshot s JOIN account a ON a.id = s.account_id WHERE a.book_id = @book AND s.period = @closed
                UNION ALL
                SELECT t.debit_account_id, t.amount_minor, 0
                FROM journal j JOIN transfer t ON t.journal_id = j.id WHERE j.book_id = @book AND j.effective_on > @after
                UNION ALL
                SELECT t.credit_account_id, 0, t.amount_minor
                FROM journal j JOIN transfer t ON t.journal_id = j.id WHERE j.book_id = @book AND j.effective_on > @after
            ) m
            GROUP BY m.account_id
            """, [("book", bookId), ("closed", closed), ("after", closed.Length == 0 ? "" : Closes.LastDay(closed))], ct);
    }

    /// <summary>One owner's few accounts, by their own transfers.</summary>
    private Task<Dictionary<long, (long Debit, long Credit)>> OfOwner(
        string where, (string, object?)[] parameters, CancellationToken ct) => Sums($"""
        SELECT a.id, (SELECT CAST(coalesce(sum(t.amount_minor), 0) AS bigint) FROM transfer t WHERE t.debit_account_id = a.id),
                     (SELECT CAST(coalesce(sum(t.amount_minor), 0) AS bigint) FROM transfer t WHERE t.credit_account_id = a.id)
        FROM account a WHERE {where}
        """, parameters, ct);

    private async Task<Dictionary<long, (long Debit, long Credit)>> Sums(string sql, (string, object?)[] parameters, CancellationToken ct)
    {
        await using var command = await db.Command(sql, ct, parameters);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var sums = new Dictionary<long, (long, long)>();
        while (await reader.ReadAsync(ct)) sums[reader.GetInt64(0)] = (reader.GetInt64(1), reader.GetInt64(2));
        return sums;
    }
}
