using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Agreements;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways.Transfers;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Collecting;

/// <summary>What a charge asks for, and how often it was declined, the last time included; <paramref name="First"/> is now when it never was.</summary>
internal sealed record KnownDeclines(List<long> Pledges, int Declined, Instant First);

/// <summary>
/// What follows a decline. At a checkout it ends there: the join or upgrade lapses and nothing is owed. For a bill, a soft decline is tried
/// again by the
/// schedule, a hard one waits for another card, and after the last try the bill is given up and its pledges end.
/// </summary>
internal sealed class Declines(Db db, PledgeStore store, Outbox outbox, BillingOptions options)
{
    /// <summary>What is known of each charge of a batch, its new results included: two queries for all.</summary>
    public async Task<Dictionary<long, KnownDeclines>> Know(IReadOnlyList<WorkItem> items, Instant now, CancellationToken ct)
    {
        var ids = WorkQueue.In(items);
        var known = items.ToDictionary(i => i.ChargeId, _ => new KnownDeclines([], 0, now));
        await using (var command = await db.Command($"""
            SELECT charge_id, COUNT(*), MIN(at) FROM attempt_result
            WHERE charge_id IN ({ids}) AND outcome IN ('declined_soft', 'declined_hard', 'expired') GROUP BY charge_id
            """, ct))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                known[reader.GetInt64(0)] = new KnownDeclines([], (int)reader.GetInt64(1), Instant.FromUnixTimeMilliseconds(reader.GetInt64(2)));
        // Those pledges too whose small line of before was rolled into the charge.
        await using (var command = await db.Command($"""
            SELECT charge_id, pledge_id FROM bill_line WHERE charge_id IN ({ids})
            UNION SELECT charge_id, pledge_id FROM bill_line_rolled WHERE charge_id IN ({ids}) ORDER BY 1, 2
            """, ct))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct)) known[reader.GetInt64(0)].Pledges.Add(reader.GetInt64(1));
        return known;
    }

    /// <summary>Answers when the charge is due again, if it is.</summary>
    public async Task<Instant?> Apply(WorkItem item, KnownDeclines known, bool hard, string? code, Instant now, CancellationToken ct)
    {
        var (pledges, declined, first) = known;
        if (item.ChargeKind is ChargeKind.Join or ChargeKind.Upgrade)
        {
            await Lapse(item, pledges, DeclineWords.Of(code), now, ct);
            return null;
        }
        var waitedInVain = item.Kind == WorkKind.NeedsMethod && now >= item.DueAt; // also when nothing was ever tried
        if (waitedInVain || IsLast(declined, first, now))
        {
            await GiveUp(item, pledges, now, ct);
            return null;
        }
        var due = hard || item.IsTransfer ? first + Duration.FromDays(options.GiveUpDays) : Later(first, declined, now);
        await db.Execute("UPDATE due_work SET kind = @kind, due_at = @due, tries = tries + 1, reason = @reason, action_url = NULL WHERE charge_id = @id", ct,
            ("kind", Columns.Of(hard ? WorkKind.NeedsMethod : WorkKind.Retry)), ("due", due), ("reason", code), ("id", item.ChargeId));
        outbox.Publish(new ChargeDeclined(item.BookId, item.ChargeId, item.PatronId, now, DeclineWords.Of(code), pledges), item.BookId);
        outbox.Publish(new SendMail(item.PatronId, "Your payment did not go through",
            $"{DeclineWords.Of(code)}\n\nThe amount is {new Money(item.GrossMinor, item.Currency)}. {Advice(item, hard, due)} What you read and hear is "
            + "closed until then; nothing more is added to the bill.", "declined"), item.BookId);
        return due; // also when it waits for a card: then it is given up
    }

    private static string Advice(WorkItem item, bool hard, Instant due) => item.IsTransfer
        ? $"Please transfer it by {Columns.Iso(TransferWords.LastDay(due, item.ZoneId))}; how to is under {TransferRail.Path(item.ChargeId)}.\n\n"
        : (hard ? "It is not tried again with this card."
            : $"It is tried again on {Columns.Iso(due.InZone(DateTimeZoneProviders.Tzdb[item.ZoneId]).Date)}.")
        + "\n\nChoose another card or try again now under /billing.";

    /// <summary>
    /// The network does not let the card be tried now. Nothing was asked, so it counts as no decline: the charge waits, for another card or
    /// until this one may be tried again, and its patron is told once.
    /// </summary>
    public async Task<Instant?> Limited(WorkItem item, KnownDeclines known, Instant free, Instant now, CancellationToken ct)
    {
        if (item.ChargeKind is ChargeKind.Join or ChargeKind.Upgrade) return await Apply(item, known, hard: true, CardLimits.Code, now, ct);
        var (pledges, declined, first) = known;
        if (IsLast(declined, first, now))
        {
            await GiveUp(item, pledges, now, ct);
            return null;
        }
        var end = first + Duration.FromDays(options.GiveUpDays);
        var isFirst = await db.Execute("UPDATE due_work SET reason = @code WHERE charge_id = @id AND COALESCE(reason, '') <> @code", ct,
            ("code", CardLimits.Code), ("id", item.ChargeId)) > 0;
        var due = Instant.Min(free, end);
        await db.Execute("UPDATE due_work SET kind = @kind, due_at = @due, action_url = NULL WHERE charge_id = @id", ct,
            ("kind", Columns.Of(free < end ? WorkKind.Retry : WorkKind.NeedsMethod)), ("due", due), ("id", item.ChargeId));
        if (isFirst)
        {
            outbox.Publish(new ChargeDeclined(item.BookId, item.ChargeId, item.PatronId, now, DeclineWords.Of(CardLimits.Code), pledges), item.BookId);
            outbox.Publish(new SendMail(item.PatronId, "Use another card", $"{DeclineWords.Of(CardLimits.Code)}\n\n"
                + $"{new Money(item.GrossMinor, item.Currency)} are waiting to be paid. Choose another card under /billing; it is tried at once. "
                + "What you read and hear is closed until then; nothing more is added to the bill.", "declined"), item.BookId);
        }
        return due;
    }

    /// <summary>Whether a charge is given up if it is declined now for the nth time.</summary>
    public async Task<bool> IsLast(long chargeId, int declined, Instant now, CancellationToken ct) =>
        IsLast(declined, (await History(chargeId, now, ct)).First, now);

    private bool IsLast(int declined, Instant first, Instant now) =>
        declined > options.RetryDays.Length || now >= first + Duration.FromDays(options.GiveUpDays);

    private Instant Later(Instant first, int declined, Instant now)
    {
        var planned = first + Duration.FromDays(options.RetryDays[Math.Max(0, declined - 1)]);
        var next = planned > now ? planned : now + Duration.FromDays(1);
        return Instant.FromUnixTimeSeconds((next.ToUnixTimeSeconds() + 3599) / 3600 * 3600); // on the hour, so that one wake-up serves many
    }

    private async Task<(int Declined, Instant First)> History(long chargeId, Instant now, CancellationToken ct)
    {
        await using var command = await db.Command(
            "SELECT COUNT(*), MIN(at) FROM attempt_result WHERE charge_id = @id AND outcome IN ('declined_soft', 'declined_hard', 'expired')", ct, ("id", chargeId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return ((int)reader.GetInt64(0), await reader.IsDBNullAsync(1, ct) ? now : Instant.FromUnixTimeMilliseconds(reader.GetInt64(1)));
    }

    private async Task Lapse(WorkItem item, List<long> pledges, string reason, Instant now, CancellationToken ct)
    {
        await Close(item, "voided", reason, now, ct);
        foreach (var pledgeId in pledges)
        {
            var pledge = await db.Pledges.FirstAsync(p => p.Id == pledgeId, ct);
            if (pledge.EndedAt is not null) continue;
            var current = await store.Current(pledgeId, ct);
            if (item.ChargeKind == ChargeKind.Join)
            {
                await EndPledge(pledge, current, now, ct);
                outbox.Publish(new AgreementLapsed(item.BookId, pledgeId, now, reason), item.BookId);
                continue;
            }
            var before = await db.PledgeVersions.AsNoTracking().FirstAsync(v => v.PledgeId == pledgeId && v.Seq == current.Seq - 1, ct);
            await store.Append(pledgeId, current.Seq + 1, now, now, before.Amount, current.Cap, before.Description, ct);
            outbox.Publish(new ChangeLapsed(item.BookId, pledgeId, now, before.AmountMinor, reason), item.BookId);
        }
        await db.SaveChangesAsync(ct);
    }

    private async Task GiveUp(WorkItem item, List<long> pledges, Instant now, CancellationToken ct)
    {
        const string Reason = "the bill stayed unpaid after every retry";
        await Close(item, "written_off", Reason, now, ct);
        foreach (var pledgeId in pledges)
        {
            var pledge = await db.Pledges.FirstAsync(p => p.Id == pledgeId, ct);
            if (pledge.EndedAt is not null) continue;
            await EndPledge(pledge, await store.Current(pledgeId, ct), now, ct);
            outbox.Publish(new AgreementLapsed(item.BookId, pledgeId, now, Reason), item.BookId);
        }
        await db.SaveChangesAsync(ct);
    }

    private async Task EndPledge(Pledge pledge, PledgeVersion current, Instant now, CancellationToken ct)
    {
        pledge.EndedNo = await store.Append(pledge.Id, current.Seq + 1, now, now, current.Amount, current.Cap, current.Description, ct);
        pledge.EndedAt = now;
    }

    private async Task Close(WorkItem item, string kind, string reason, Instant now, CancellationToken ct)
    {
        await db.Execute("INSERT INTO charge_closed (charge_id, kind, at, reason) VALUES (@id, @kind, @now, @reason) ON CONFLICT DO NOTHING", ct,
            ("id", item.ChargeId), ("kind", kind), ("now", now), ("reason", reason));
        await db.Execute("""
            INSERT INTO bill_line_void (pledge_id, period_key, at, reason)
            SELECT pledge_id, period_key, @now, @reason FROM bill_line WHERE charge_id = @id
            UNION ALL SELECT pledge_id, period_key, @now, @reason FROM bill_line_rolled WHERE charge_id = @id
            ON CONFLICT DO NOTHING
            """, ct, ("id", item.ChargeId), ("now", now), ("reason", reason));
        await db.Execute("DELETE FROM due_work WHERE charge_id = @id", ct, ("id", item.ChargeId));
    }
}
