using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Stipend.Billing.Agreements;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Collecting;

/// <summary>TX2: what the gateway said becomes facts. Everything of one answer is in one transaction; a second telling of the same answer
/// changes nothing.</summary>
internal sealed class Outcomes(Db db, Outbox outbox, Settlement settlement, Declines declines, BillingOptions options,
    ILogger<Outcomes> log)
{
    private static readonly Duration[] s_checks = [Duration.FromMinutes(5), Duration.FromMinutes(15), Duration.FromHours(1),
        Duration.FromHours(6), Duration.FromDays(1)];

    public async Task Record(long bookId, IReadOnlyList<WorkItem> items, Instant now, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var held = await StillHeld(items, ct);
        var paid = new List<WorkItem>();
        var wakes = new SortedSet<Instant>(); // every time at which something of this batch is due again, not the first alone
        foreach (var item in held)
        {
            if (item.Answer is { Id: { } intent } && item.Step != StepKind.NoMethod
                && item.Answer.Outcome != GatewayOutcome.NotFound) await Adopt(item, intent, ct);
            if (await RecordOne(item, now, paid, ct) is { } due) wakes.Add(due);
        }
        if (paid.Count > 0) await settlement.Settle(bookId, paid, now, ct);
        foreach (var at in wakes)
            outbox.Enqueue(new CollectDue(bookId), at, bookId, dedupeKey: $"collect:{bookId}:{at.ToUnixTimeMilliseconds()}");
        await transaction.Commit(ct);
    }

    /// <summary>What became of a charge, in words for its patron.</summary>
    public async Task<CollectResult> Tell(long chargeId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT w.kind, w.action_url, w.reason,
                   (SELECT 1 FROM attempt_result r WHERE r.charge_id = @id AND r.outcome = 'succeeded'),
                   (SELECT r.code FROM attempt_result r WHERE r.charge_id = @id ORDER BY r.n DESC LIMIT 1)
            FROM (SELECT 1) one LEFT JOIN due_work w ON w.charge_id = @id
            """, ct, ("id", chargeId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        if (!await reader.IsDBNullAsync(3, ct)) return new CollectResult(CollectOutcome.Paid, null, null);
        var code = await reader.IsDBNullAsync(4, ct) ? null : reader.GetString(4);
        if (await reader.IsDBNullAsync(0, ct)) return new CollectResult(CollectOutcome.Declined, DeclineWords.Of(code), null);
        return Columns.Enum<WorkKind>(reader.GetString(0)) switch
        {
            WorkKind.Action =>
                new CollectResult(CollectOutcome.ActionNeeded, "Your bank asks you to confirm this payment.",
                await reader.IsDBNullAsync(1, ct) ? null : reader.GetString(1)),
            WorkKind.Retry or WorkKind.NeedsMethod => new CollectResult(CollectOutcome.Declined, DeclineWords.Of(code), null),
            _ => new CollectResult(CollectOutcome.Pending, "The payment is being processed. This page will tell when it is done.", null),
        };
    }

    /// <summary>Drops items whose lease another worker has taken over meanwhile: their answer will be read by that one.</summary>
    private async Task<List<WorkItem>> StillHeld(IReadOnlyList<WorkItem> items, CancellationToken ct)
    {
        var held = new List<WorkItem>(items.Count);
        foreach (var item in items)
        {
            if (await db.Execute("UPDATE due_work SET lease_until = 0 WHERE charge_id = @id AND lease_token = @token", ct,
                ("id", item.ChargeId), ("token", item.Token)) > 0)
                held.Add(item);
        }
        return held;
    }

    private Task<int> Adopt(WorkItem item, string intentId, CancellationToken ct) => item.IntentId is not null
        ? Task.FromResult(0)
        : db.Execute("INSERT INTO gateway_intent (charge_id, gateway, intent_id) VALUES (@charge, @gateway, @intent) ON CONFLICT DO NOTHING", ct,
            ("charge", item.ChargeId), ("gateway", item.Gateway), ("intent", intentId));

    /// <summary>Answers when the charge must be looked at again, if by itself.</summary>
    private async Task<Instant?> RecordOne(WorkItem item, Instant now, List<WorkItem> paid, CancellationToken ct)
    {
        var answer = item.Answer!;
        switch (answer.Outcome)
        {
            case GatewayOutcome.Succeeded when answer.CapturedMinor == item.GrossMinor && answer.Currency == item.Currency.Code
                && answer.Captures <= 1:
                await Result(item, "succeeded", now, ct);
                paid.Add(item);
                return null;
            case GatewayOutcome.Succeeded:
                log.LogCritical("Charge {Charge}: the gateway captured {Minor} {Currency} in {Captures} captures, not what was asked",
                    item.ChargeId, answer.CapturedMinor, answer.Currency, answer.Captures);
                return await Wait(item, WorkKind.Quarantine, now,
                    $"captured {answer.CapturedMinor} {answer.Currency}, asked {item.GrossMinor} {item.Currency}", null, ct);
            case GatewayOutcome.DeclinedSoft or GatewayOutcome.DeclinedHard when item.Step != StepKind.Lookup
                || answer.Attempts >= item.Attempt || answer.Attempts == 0:
                await Result(item, answer.Outcome == GatewayOutcome.DeclinedHard ? "declined_hard" : "declined_soft", now, ct);
                return await declines.Apply(item, answer.Outcome == GatewayOutcome.DeclinedHard, answer.Code, now, ct);
            case GatewayOutcome.RequiresAction when item.Kind == WorkKind.Action && now >= item.DueAt:
            case GatewayOutcome.Canceled:
                await Result(item, "expired", now, ct);
                return await declines.Apply(item, hard: false, "not_confirmed", now, ct);
            case GatewayOutcome.RequiresAction:
                var until = item.Kind == WorkKind.Action ? item.DueAt : now + Duration.FromDays(options.ActionDays);
                // At a checkout the patron stands before the page; a bill finds them elsewhere.
                if (item.Kind != WorkKind.Action && item.ChargeKind is ChargeKind.Run or ChargeKind.Leave)
                    outbox.Publish(AskToConfirm(item, until), item.BookId);
                return await Wait(item, WorkKind.Action, until, null, answer.ActionUrl, ct);
            case GatewayOutcome.NotFound or GatewayOutcome.Unconfirmed or GatewayOutcome.DeclinedSoft or GatewayOutcome.DeclinedHard:
                await Result(item, "not_found", now, ct); // evidence that this attempt never happened: the next may be made
                return await Wait(item, WorkKind.Collect, now, null, null, ct);
            case GatewayOutcome.Refused:
                log.LogError("Charge {Charge}: the gateway refused the request: {Code}", item.ChargeId, answer.Code);
                await Result(item, "refused", now, ct);
                return await Wait(item, WorkKind.Quarantine, now, $"refused: {answer.Code} {answer.Message}", null, ct);
            case GatewayOutcome.Throttled:
                return await Wait(item, WorkKind.Check, now + Duration.FromMinutes(1), null, null, ct);
            default:
                return await Wait(item, WorkKind.Check, now + s_checks[Math.Min(item.Tries, s_checks.Length - 1)], answer.Message,
                    null, ct);
        }
    }

    private static SendMail AskToConfirm(WorkItem item, Instant until) => new(item.PatronId, "Confirm your payment",
        $"Your bank asks you to confirm a payment of {new Money(item.GrossMinor, item.Currency)}. Nothing is charged before you do.\n\n"
        + $"Confirm it by {Columns.Iso((until - Duration.FromMinutes(1)).InZone(DateTimeZoneProviders.Tzdb[item.ZoneId]).Date)} under /billing. After that it counts as declined.",
        "confirm");

    private async Task<Instant?> Wait(WorkItem item, WorkKind kind, Instant dueAt, string? reason, string? actionUrl, CancellationToken ct)
    {
        await db.Execute("""
            UPDATE due_work SET kind = @kind, due_at = @due, tries = tries + 1, reason = @reason, action_url = @url WHERE charge_id = @id
            """, ct, ("kind", Columns.Of(kind)), ("due", dueAt), ("reason", reason), ("url", actionUrl), ("id", item.ChargeId));
        return kind == WorkKind.Quarantine ? null : dueAt;
    }

    private Task<int> Result(WorkItem item, string outcome, Instant now, CancellationToken ct) => item.Step == StepKind.NoMethod
        ? Task.FromResult(0) // nothing was tried
        : db.Execute("""
            INSERT INTO attempt_result (charge_id, n, outcome, code, gateway_ref, captured_minor, fee_minor, at)
            VALUES (@charge, @n, @outcome, @code, @ref, @captured, @fee, @at) ON CONFLICT DO NOTHING
            """, ct, ("charge", item.ChargeId), ("n", (long)item.Attempt), ("outcome", outcome), ("code", item.Answer!.Code), ("ref", item.Answer.Id),
            ("captured", item.Answer.CapturedMinor), ("fee", item.Answer.FeeMinor), ("at", now));
}
