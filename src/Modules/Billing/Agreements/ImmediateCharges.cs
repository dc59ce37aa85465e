using Stipend.Billing.Contracts;
using Stipend.Billing.Model;
using Stipend.Billing.Planning;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Agreements;

/// <summary>A due charge of a book should be looked at: the net under the page that caused it.</summary>
internal sealed record CollectDue(long BookId);

/// <summary>Lines due now, outside a run: at joining, upgrading and leaving.</summary>
internal sealed class ImmediateCharges(Db db, Ids ids, Outbox outbox)
{
    /// <summary>
    /// Writes the lines and their charge. Lines that come to nothing (a rejoin inside paid time) are told as paid at once;
    /// the answer is then null.
    /// </summary>
    public async Task<long?> Add(Pledge pledge, ChargeKind kind, IReadOnlyList<PlannedLine> lines, Instant now, CancellationToken ct)
    {
        long gross = 0;
        foreach (var line in lines) gross = checked(gross + line.AmountMinor);
        long? chargeId = gross > 0 ? ids.Next() : null;
        Write(pledge, lines, chargeId, now);
        if (chargeId is { } id)
        {
            db.Charges.Add(new Charge
            {
                Id = id, BookId = pledge.BookId, ScopeId = id, PatronId = pledge.PatronId, Currency = lines[0].Currency.Code,
                    GrossMinor = gross, Kind = kind,
                ZoneId = pledge.ZoneId, CreatedAt = now,
            });
            db.DueWork.Add(new DueWork { ChargeId = id, BookId = pledge.BookId, PatronId = pledge.PatronId, Kind = WorkKind.Collect, DueAt = now,
                LeaseUntil = Instant.FromUnixTimeMilliseconds(0) });
            outbox.Enqueue(new CollectDue(pledge.BookId), now + Duration.FromMinutes(1), pledge.BookId);
        }
        else
        {
            outbox.Publish(new LinesPaid(pledge.BookId, now,
                lines.Select(l => new PaidLine(l.PledgeId, pledge.PatronId, l.PayeeId, l.PeriodKey, 0, l.Currency.Code,
                l.CoversFrom, l.CoversUntil)).ToList()), pledge.BookId);
        }
        await db.SaveChangesAsync(ct);
        return chargeId;
    }

    /// <summary>
    /// Writes lines that are not charged, since a declined bill of the pledge is open and nothing more is added to it: void from the
    /// start, so that what was not billed can be read as well as what was.
    /// </summary>
    public async Task Waive(Pledge pledge, IReadOnlyList<PlannedLine> lines, Instant now, CancellationToken ct)
    {
        Write(pledge, lines, null, now);
        await db.SaveChangesAsync(ct);
        foreach (var line in lines)
            await db.Execute("INSERT INTO bill_line_void (pledge_id, period_key, at, reason) VALUES (@pledge, @key, @now, @reason)", ct,
                ("pledge", line.PledgeId), ("key", line.PeriodKey), ("now", now),
                ("reason", "a declined bill is open; no further one is added"));
    }

    private void Write(Pledge pledge, IReadOnlyList<PlannedLine> lines, long? chargeId, Instant now) =>
        db.BillLines.AddRange(lines.Select(l => new BillLine
        {
            PledgeId = l.PledgeId, PeriodKey = l.PeriodKey, BookId = pledge.BookId, ChargeId = chargeId, PatronId = pledge.PatronId,
                PayeeId = l.PayeeId,
            AmountMinor = l.AmountMinor, PlatformFeeMinor = l.PlatformFeeMinor, Currency = l.Currency.Code, CoversFrom = l.CoversFrom,
                CoversUntil = l.CoversUntil,
            Description = l.Description, CreatedAt = now,
        }));
}
