using System.Text.Json;
using Microsoft.Extensions.Logging;
using Stipend.Billing.Agreements;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Gateways.Transfers;
using Stipend.Billing.Model;
using Stipend.Billing.Reconciling;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Collecting;

/// <summary>TX2: what the gateway said becomes facts. Everything of one answer is in one transaction; a second telling of the same answer
/// changes nothing.</summary>
internal sealed class Outcomes(Db db, Outbox outbox, WorkQueue queue, Unexplained unexplained, Settlement settlement, Declines declines,
    CardTries tries, BillingOptions options, ILogger<Outcomes> log)
{
    private static readonly Duration[] s_checks = [Duration.FromMinutes(5), Duration.FromMinutes(15), Duration.FromHours(1),
        Duration.FromHours(6), Duration.FromDays(1)];

    public async Task Record(long bookId, IReadOnlyList<WorkItem> items, Instant now, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.GoByKeys(ct);
        var (paid, others) = Split(await queue.Held(items, ct));
        await Adopt(paid.Concat(others.Where(IsBound)), ct);
        await Results(paid.Select(i => (i, "succeeded")).Concat(others.Select(i => (i, ResultOf(i, now)!)).Where(r => r.Item2 is not null)), now, ct);
        var wakes = new SortedSet<Instant>(); // every time at which something of this batch is due again, not the first alone
        if (others.Count > 0)
        {
            await queue.Release(others, ct);
            await tries.Count(others.FindAll(i => ResultOf(i, now) is "declined_soft" or "declined_hard" or "expired"), now, ct);
            var known = await declines.Know(others, now, ct);
            foreach (var item in others)
                if (await GoOn(item, known[item.ChargeId], now, ct) is { } due) wakes.Add(due);
        }
        if (paid.Count > 0)
        {
            await settlement.Settle(bookId, paid, now, ct);
            await unexplained.Resolve(now, ct);
        }
        foreach (var at in wakes)
            outbox.Enqueue(new CollectDue(bookId), at, bookId, dedupeKey: $"collect:{bookId}:{at.ToUnixTimeMilliseconds()}");
        await transaction.Commit(ct);
    }

    private static (List<WorkItem> Paid, List<WorkItem> Others) Split(List<WorkItem> held) => (held.FindAll(IsPaid), held.FindAll(i => !IsPaid(i)));

    /// <summary>What became of a charge, in words for its patron.</summary>
    public async Task<CollectResult> Tell(long chargeId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT w.kind, w.action_url, w.reason,
                   (SELECT 1 FROM attempt_result r WHERE r.charge_id = @id AND r.outcome = 'succeeded'),
                   (SELECT r.code FROM attempt_result r WHERE r.charge_id = @id ORDER BY r.n DESC LIMIT 1),
                   (SELECT x.reason FROM charge_closed x WHERE x.charge_id = @id AND x.kind = 'voided')
            FROM (SELECT 1) one LEFT JOIN due_work w ON w.charge_id = @id
            """, ct, ("id", chargeId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        if (!await reader.IsDBNullAsync(3, ct)) return new CollectResult(CollectOutcome.Paid, null, null);
        var code = await reader.IsDBNullAsync(4, ct) ? null : reader.GetString(4);
        if (await reader.IsDBNullAsync(0, ct)) return new CollectResult(CollectOutcome.Declined,
            await reader.IsDBNullAsync(5, ct) ? DeclineWords.Of(code) : reader.GetString(5), null);
        if (!await reader.IsDBNullAsync(2, ct) && reader.GetString(2) == CardLimits.Code) code = CardLimits.Code;
        return Columns.Enum<WorkKind>(reader.GetString(0)) switch
        {
            WorkKind.Action =>
                new CollectResult(CollectOutcome.ActionNeeded, "Your bank asks you to confirm this payment.",
                await reader.IsDBNullAsync(1, ct) ? null : reader.GetString(1)),
            WorkKind.Retry or WorkKind.NeedsMethod => new CollectResult(CollectOutcome.Declined, DeclineWords.Of(code), null),
            _ => new CollectResult(CollectOutcome.Pending, "The payment is being processed. This page will tell when it is done.", null),
        };
    }

    /// <summary>Binds a charge to its one intent, for ever.</summary>
    public Task<int> Adopt(WorkItem item, string intentId, CancellationToken ct) =>
        db.Execute("INSERT INTO gateway_intent (charge_id, gateway, intent_id) VALUES (@charge, @gateway, @intent) ON CONFLICT DO NOTHING", ct,
            ("charge", item.ChargeId), ("gateway", item.Gateway), ("intent", intentId));

    private async Task Adopt(IEnumerable<WorkItem> items, CancellationToken ct)
    {
        var rows = items.Where(i => i.Answer!.Id is not null).Select(i => new object?[] { i.ChargeId, i.Gateway, i.Answer!.Id }).ToList();
        var json = new JsonRows(db.Engine);
        if (rows.Count > 0)
            await db.Execute($"""
                INSERT INTO gateway_intent (charge_id, gateway, intent_id) SELECT {json.Number(0)}, {json.Text(1)}, {json.Text(2)} FROM {json.From("rows")}
                WHERE 1 = 1 ON CONFLICT DO NOTHING
                """, ct, ("rows", JsonSerializer.Serialize(rows)));
    }

    /// <summary>The answer names a payment the books do not know yet.</summary>
    private static bool IsBound(WorkItem item) => item.Answer is { Id: not null } answer && item.Step != StepKind.NoMethod
        && answer.Outcome != GatewayOutcome.NotFound && item.IntentId is null;

    /// <summary>Exactly what was asked, captured once.</summary>
    private static bool IsPaid(WorkItem item) =>
        item.Step is not (StepKind.Hold or StepKind.NoMethod or StepKind.Limited) && item.Answer is { Outcome: GatewayOutcome.Succeeded, Captures: <= 1 } answer
        && answer.CapturedMinor == item.GrossMinor && answer.Currency == item.Currency.Code;

    /// <summary>What an answer that is not a payment proves of its attempt; null when nothing was tried or it is not known yet.</summary>
    private static string? ResultOf(WorkItem item, Instant now) => item.Step is StepKind.Hold or StepKind.Limited or StepKind.NoMethod ? null
        : item.Answer!.Outcome switch
        {
            GatewayOutcome.DeclinedHard when IsOfThisAttempt(item) => "declined_hard",
            GatewayOutcome.DeclinedSoft when IsOfThisAttempt(item) => "declined_soft",
            GatewayOutcome.RequiresAction when item.Kind == WorkKind.Action && now >= item.DueAt => "expired",
            GatewayOutcome.Canceled => "expired",
            // Evidence that this attempt never happened: the next may be made.
            GatewayOutcome.NotFound or GatewayOutcome.Unconfirmed or GatewayOutcome.DeclinedSoft or GatewayOutcome.DeclinedHard => "not_found",
            GatewayOutcome.Refused => "refused",
            _ => null,
        };

    /// <summary>A look may find the decline of an earlier attempt.</summary>
    private static bool IsOfThisAttempt(WorkItem item) =>
        item.Step != StepKind.Lookup || item.Answer!.Attempts >= item.Attempt || item.Answer.Attempts == 0;

    /// <summary>One statement for the whole batch. What is recorded already stays as it is.</summary>
    private async Task Results(IEnumerable<(WorkItem Item, string Outcome)> results, Instant now, CancellationToken ct)
    {
        var rows = results.Select(r => new object?[] { r.Item.ChargeId, r.Item.Attempt, r.Outcome, r.Item.Answer!.Code, r.Item.Answer.Id,
            r.Item.Answer.CapturedMinor, r.Item.Answer.FeeMinor }).ToList();
        var json = new JsonRows(db.Engine);
        if (rows.Count > 0)
            await db.Execute($"""
                INSERT INTO attempt_result (charge_id, n, outcome, code, gateway_ref, captured_minor, fee_minor, at)
                SELECT {json.Number(0)}, {json.Number(1)}, {json.Text(2)}, {json.Text(3)}, {json.Text(4)}, {json.Number(5)}, {json.Number(6)}, @at
                FROM {json.From("rows")} WHERE 1 = 1 ON CONFLICT DO NOTHING
                """, ct, ("rows", JsonSerializer.Serialize(rows)), ("at", now));
    }

    /// <summary>What follows from an answer that is not a payment; answers when the charge must be looked at again, if by itself.</summary>
    private async Task<Instant?> GoOn(WorkItem item, KnownDeclines known, Instant now, CancellationToken ct)
    {
        if (item.Step == StepKind.Hold)
            return await Wait(item, WorkKind.Check, now + Duration.FromHours(1),
                "the gateway has a payment of this person that the books do not know; see Payments", null, ct);
        if (item.Step == StepKind.Limited) return await declines.Limited(item, known, item.FreeAt!.Value, now, ct);
        var answer = item.Answer!;
        switch (answer.Outcome)
        {
            case GatewayOutcome.Succeeded:
                log.LogCritical("Charge {Charge}: the gateway captured {Minor} {Currency} in {Captures} captures, not what was asked",
                    item.ChargeId, answer.CapturedMinor, answer.Currency, answer.Captures);
                return await Wait(item, WorkKind.Quarantine, now,
                    $"captured {answer.CapturedMinor} {answer.Currency}, asked {item.GrossMinor} {item.Currency}", null, ct);
            case GatewayOutcome.DeclinedSoft or GatewayOutcome.DeclinedHard when IsOfThisAttempt(item):
                return await declines.Apply(item, known, answer.Outcome == GatewayOutcome.DeclinedHard, answer.Code, now, ct);
            case GatewayOutcome.RequiresAction when item.Kind == WorkKind.Action && now >= item.DueAt:
            case GatewayOutcome.Canceled:
                return await declines.Apply(item, known, hard: false, item.IsTransfer ? "not_transferred" : "not_confirmed", now, ct);
            case GatewayOutcome.RequiresAction:
                var until = item.Kind == WorkKind.Action ? item.DueAt : now + Duration.FromDays(item.IsTransfer ? options.TransferDays : options.ActionDays);
                // At a checkout the patron stands before the page; a bill finds them elsewhere.
                if (item is { IsTransfer: true, Kind: not WorkKind.Action })
                    outbox.Publish(TransferWords.Ask(item.PatronId, item.ChargeId, new Money(item.GrossMinor, item.Currency), options.TransferTo, until,
                        item.ZoneId), item.BookId);
                else if (item.Kind != WorkKind.Action && item.ChargeKind is ChargeKind.Run or ChargeKind.Leave)
                    outbox.Publish(AskToConfirm(item, until), item.BookId);
                return await Wait(item, WorkKind.Action, until, null, answer.ActionUrl, ct);
            case GatewayOutcome.NotFound or GatewayOutcome.Unconfirmed or GatewayOutcome.DeclinedSoft or GatewayOutcome.DeclinedHard:
                return await Wait(item, WorkKind.Collect, now, null, null, ct);
            case GatewayOutcome.Refused:
                log.LogError("Charge {Charge}: the gateway refused the request: {Code}", item.ChargeId, answer.Code);
                return await Wait(item, WorkKind.Quarantine, now, $"refused: {answer.Code} {answer.Message}", null, ct);
            case GatewayOutcome.Throttled:
                return await NotYet(item, now + Duration.FromMinutes(1), ct);
            default:
                return await Wait(item, WorkKind.Check, now + s_checks[Math.Min(item.Tries, s_checks.Length - 1)], answer.Message,
                    null, ct);
        }
    }

    private static SendMail AskToConfirm(WorkItem item, Instant until) => new(item.PatronId, "Confirm your payment",
        $"Your bank asks you to confirm a payment of {new Money(item.GrossMinor, item.Currency)}. Nothing is charged before you do.\n\n"
        + $"Confirm it by {Columns.Iso((until - Duration.FromMinutes(1)).InZone(DateTimeZoneProviders.Tzdb[item.ZoneId]).Date)} under /billing. After that it counts as declined.",
        "confirm");

    /// <summary>Nothing was done: what the charge waits for stays as it is, the payer's own deadline too.</summary>
    private async Task<Instant?> NotYet(WorkItem item, Instant again, CancellationToken ct)
    {
        if (item.Kind is not (WorkKind.Action or WorkKind.Collect)) return await Wait(item, WorkKind.Check, again, null, null, ct);
        var due = item.Kind == WorkKind.Action ? Instant.Max(item.DueAt, again) : again;
        await db.Execute("UPDATE due_work SET due_at = @due WHERE charge_id = @id", ct, ("due", due), ("id", item.ChargeId));
        return due;
    }

    private async Task<Instant?> Wait(WorkItem item, WorkKind kind, Instant dueAt, string? reason, string? actionUrl, CancellationToken ct)
    {
        await db.Execute("""
            UPDATE due_work SET kind = @kind, due_at = @due, tries = tries + 1, reason = @reason, action_url = @url WHERE charge_id = @id
            """, ct, ("kind", Columns.Of(kind)), ("due", dueAt), ("reason", reason), ("url", actionUrl), ("id", item.ChargeId));
        return kind == WorkKind.Quarantine ? null : dueAt;
    }
}
