using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Collecting;

/// <summary>Confirmed captures become journals, told lines and receipts, in the transaction that recorded them.</summary>
internal sealed class Settlement(Db db, ILedger ledger, Outbox outbox)
{
    private sealed record Line(
        long ChargeId, long PledgeId, string PeriodKey, long PatronId, long PayeeId, long AmountMinor, long TaxMinor,
            long PlatformFeeMinor, string Currency,
        Instant? CoversFrom, Instant? CoversUntil, string Description);

    public async Task Settle(long bookId, IReadOnlyList<WorkItem> paid, Instant now, CancellationToken ct)
    {
        var lines = (await Lines(paid.Select(p => p.ChargeId), ct)).ToLookup(l => l.ChargeId);
        var firstOpen = await ledger.FirstOpenDay(bookId, ct);
        var drafts = new List<JournalDraft>(paid.Count);
        foreach (var item in paid)
        {
            var day = now.InZone(DateTimeZoneProviders.Tzdb[item.ZoneId]).Date;
            drafts.Add(new JournalDraft(bookId, "charge", item.ChargeId, item.Currency, now, day < firstOpen ? firstOpen : day,
                Transfers(lines[item.ChargeId].ToList(), item.Answer!.FeeMinor)));
        }
        await ledger.Post(drafts, ct);
        await db.Execute($"DELETE FROM due_work WHERE charge_id IN ({WorkQueue.In(paid)})", ct);
        foreach (var batch in paid.SelectMany(p => lines[p.ChargeId]).Chunk(500))
            outbox.Publish(new LinesPaid(bookId, now,
                batch.Select(l =>
                new PaidLine(l.PledgeId, l.PatronId, l.PayeeId, l.PeriodKey, l.AmountMinor, l.Currency, l.CoversFrom, l.CoversUntil))
                .ToList()), bookId);
        foreach (var item in paid) outbox.Publish(Receipt(item, lines[item.ChargeId]), bookId);
    }

    /// <summary>
    /// Each line: patron's money in, to the creator; from the creator the platform's fee and the line's share of the gateway's fee
    /// (cumulative floor in
    /// pledge order). A share larger than what the line leaves is borne by the platform.
    /// </summary>
    private static List<TransferDraft> Transfers(List<Line> lines, long gatewayFee)
    {
        var (clearing, revenue, processing, tax) = (new AccountRef(AccountKind.GatewayClearing),
            new AccountRef(AccountKind.PlatformRevenue), new AccountRef(AccountKind.ProcessingFees),
            new AccountRef(AccountKind.TaxPayable));
        var shares = new long[lines.Count];
        Allocation.Split(gatewayFee, lines.Select(l => l.AmountMinor + l.TaxMinor).ToArray(), shares);
        var transfers = new List<TransferDraft>(lines.Count * 3 + 1);
        for (var i = 0; i < lines.Count; i++)
        {
            var (line, creator) = (lines[i], AccountRef.Creator(lines[i].PayeeId));
            Add(transfers, clearing, creator, line.AmountMinor);
            Add(transfers, clearing, tax, line.TaxMinor);
            Add(transfers, creator, revenue, line.PlatformFeeMinor);
            Add(transfers, creator, processing, Math.Min(shares[i], line.AmountMinor - line.PlatformFeeMinor));
        }
        Add(transfers, processing, clearing, gatewayFee);
        return transfers;
    }

    private static void Add(List<TransferDraft> transfers, AccountRef debit, AccountRef credit, long minor)
    {
        if (minor > 0) transfers.Add(new TransferDraft(debit, credit, minor));
    }

    private static SendMail Receipt(WorkItem item, IEnumerable<Line> lines) => new(item.PatronId, "Your receipt",
        $"You paid {new Money(item.GrossMinor, item.Currency)}:\n\n{string.Join('\n', lines.Select(l => $"{l.Description}: {new Money(l.AmountMinor, item.Currency)}"))}\n\n"
        + $"The receipt is at /billing/receipts/{item.ChargeId} and in your billing history.", "receipt");

    private async Task<List<Line>> Lines(IEnumerable<long> chargeIds, CancellationToken ct)
    {
        var ids = string.Join(',', chargeIds);
        await using var command = await db.Command($"""
            SELECT l.charge_id, l.pledge_id, l.period_key, l.patron_id, l.payee_id, l.amount_minor, l.tax_minor, l.platform_fee_minor, l.currency,
                   l.covers_from, l.covers_until, l.description
            FROM bill_line l WHERE l.charge_id IN ({ids})
            UNION ALL
            SELECT x.charge_id, l.pledge_id, l.period_key, l.patron_id, l.payee_id, l.amount_minor, l.tax_minor, l.platform_fee_minor, l.currency,
                   l.covers_from, l.covers_until, l.description
            FROM bill_line_rolled x JOIN bill_line l ON l.pledge_id = x.pledge_id AND l.period_key = x.period_key WHERE x.charge_id IN ({ids})
            ORDER BY 1, 2, 3
            """, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<Line>();
        while (await reader.ReadAsync(ct))
            found.Add(new Line(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4),
                reader.GetInt64(5), reader.GetInt64(6),
                reader.GetInt64(7), reader.GetString(8), reader.IsDBNull(9) ? null : Instant.FromUnixTimeMilliseconds(reader.GetInt64(9)),
                reader.IsDBNull(10) ? null : Instant.FromUnixTimeMilliseconds(reader.GetInt64(10)), reader.GetString(11)));
        return found;
    }
}
