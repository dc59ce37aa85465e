using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Agreements;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Billing.Reconciling;
using Stipend.Billing.Runs;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Billing.Collecting;

/// <summary>
/// Takes due charges through the attempt protocol: TX1 claims and commits each intent with its exact bytes; the calls
/// happen with no
/// transaction open; TX2 records outcome, journal and messages together. What is unknown stays unknown until the gateway itself tells.
/// </summary>
internal sealed class ChargeCollector(
    Db db, Books books, Clock clock, WorkQueue queue, PaymentGateways gateways, Outcomes outcomes, Declines declines, Instance instance, BillingOptions options,
    Outbox outbox, Unexplained unexplained, GatewayPace pace, CardTries tries, FreshStatistics statistics,
    Progress progress)
    : ICollecting, IPerform<CollectDue>
{
    private const int BatchSize = 500;

    /// <summary>Below this age the gateway still knows the key, so the same bytes go again; above it, look up first.</summary>
    private static readonly Duration s_keyLives = Duration.FromHours(20);

    public async Task<CollectResult> Collect(long chargeId, CancellationToken ct = default)
    {
        var charge = await db.Charges.AsNoTracking().FirstOrDefaultAsync(c => c.Id == chargeId, ct) ?? throw Refusal.NotFound("charge");
        for (var round = 0; round < 2; round++) // a second round follows when the first proved that an earlier attempt never arrived
        {
            if (await One(charge.BookId, chargeId, ct) == 0) break;
            if (!await db.DueWork.AnyAsync(w => w.ChargeId == chargeId && w.Kind == WorkKind.Collect, ct)) break;
        }
        return await outcomes.Tell(chargeId, ct);
    }

    public async Task Perform(CollectDue message, MessageContext context, CancellationToken ct)
    {
        await CollectAll(message.BookId, null, context, ct);
        if (pace.ShutUntil(gateways.For(message.BookId)) is { } open)
        {
            await Again(message.BookId, context.Now + (open - clock.Now()), "shut", ct);
            return;
        }
        // What somebody else holds may never come back, if that process died: look again when its lease has run out.
        if (await queue.LeasedUntil(message.BookId, context.Now, ct) is not { } wait) return;
        await Again(message.BookId, context.Now + wait, "leased", ct);
    }

    private async Task Again(long bookId, Instant at, string why, CancellationToken ct)
    {
        outbox.Enqueue(new CollectDue(bookId), at, bookId, dedupeKey: $"collect:{bookId}:{why}:{at.ToUnixTimeMilliseconds()}");
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Collects everything due of a book (or of one run); answers how many calls were made.</summary>
    public async Task<int> CollectAll(long bookId, long? runId, MessageContext context, CancellationToken ct)
    {
        var made = 0;
        var wanted = new Wanted(await instance.Id(ct), bookId, runId);
        while (await Batch(wanted, ct) is > 0 and var asked)
        {
            made += asked;
            await progress.Made(context, ct);
            await statistics.After("due_work, attempt, attempt_result, gateway_intent", ct);
        }
        return made;
    }

    /// <summary>
    /// Looks at a charge whose last attempt has no outcome yet, because something was heard of it. Never begins an attempt, so it may be
    /// called as often as somebody likes.
    /// </summary>
    public Task Look(Charge charge, CancellationToken ct) => One(charge.BookId, charge.Id, ct, onlyOpenAttempt: true);

    /// <summary>What is to be collected, and the name of this installation in the keys: asked for before any transaction, as it may write.</summary>
    private sealed record Wanted(string Prefix, long BookId, long? RunId = null, long? OnlyCharge = null, bool OnlyOpenAttempt = false);

    private async Task<int> One(long bookId, long chargeId, CancellationToken ct, bool onlyOpenAttempt = false)
    {
        var wanted = new Wanted(await instance.Id(ct), bookId, null, chargeId, onlyOpenAttempt);
        return await Batch(wanted, ct);
    }

    /// <summary>TX1, the calls, TX2. What was heard is committed by itself: trouble with the next batch must not take it back.</summary>
    private async Task<int> Batch(Wanted wanted, CancellationToken ct)
    {
        var batch = await Begin(wanted, ct);
        if (batch.Items.Count == 0) return 0;
        await Ask(batch, ct);
        await outcomes.Record(wanted.BookId, batch.Items, await books.Now(wanted.BookId, ct), ct);
        return batch.Items.Count;
    }

    private async Task<WorkBatch> Begin(Wanted wanted, CancellationToken ct)
    {
        var gateway = gateways.For(wanted.BookId);
        if ((wanted.OnlyCharge is null && pace.ShutUntil(gateway) is not null) || await unexplained.Waits(ct)) return new WorkBatch([], default);
        var now = await books.Now(wanted.BookId, ct);
        await using var transaction = await db.BeginWrite(ct);
        await db.GoByKeys(ct);
        var until = clock.Now() + WorkQueue.MayBegin;
        var scope = new ClaimScope(gateway.Name, wanted.RunId, wanted.OnlyCharge, wanted.OnlyOpenAttempt);
        var items = await queue.Claim(wanted.BookId, now, scope, BatchSize, ct);
        await unexplained.Mark(items, wanted.Prefix, ct);
        var cards = await tries.Of(items, now, ct);
        foreach (var item in items) await Intend(item, wanted.Prefix, cards, now, ct);
        await Commit(items, now, ct);
        await transaction.Commit(ct);
        return new WorkBatch(items, until);
    }

    private Task Ask(WorkBatch batch, CancellationToken ct) => Parallel.ForEachAsync(batch.Items,
        new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.ConcurrentCalls / options.WorkersOn(db.Engine)), CancellationToken = ct },
        async (item, stop) => item.Answer = await AskInTurn(item, batch.MayBeginUntil, stop));

    /// <summary>TX1: decides the one call and, for a new attempt, commits its bytes.</summary>
    private async Task Intend(WorkItem item, string prefix, CardTally cards, Instant now, CancellationToken ct)
    {
        if (item.IsAdopted) await outcomes.Adopt(item, item.IntentId!, ct);
        var gateway = gateways.Named(item.Gateway);
        if (item.LastAttempt > 0 && !item.LastHasResult)
        {
            item.Attempt = item.LastAttempt;
            (item.Key, item.Request) = (item.LastKey!, item.LastRequest!);
            var expired = item.Kind == WorkKind.Action && now >= item.DueAt;
            // Not confirmed in time, and nothing comes after it: called off first, or the payer could still pay what we have given up.
            var isLast = item.ChargeKind is ChargeKind.Join or ChargeKind.Upgrade
                || await declines.IsLast(item.ChargeId, item.Declined + 1, now, ct);
            item.Step = expired && isLast ? StepKind.CallOff
                : item.Kind == WorkKind.Action ? StepKind.Lookup
                : clock.Now() - item.LastSentAt! < s_keyLives ? StepKind.Send
                : item.IntentId is not null ? StepKind.Lookup : StepKind.Find;
            return;
        }
        item.Attempt = item.LastAttempt + 1;
        if (gateway is null)
        {
            item.Step = StepKind.NoGateway;
            return;
        }
        if (item.MethodId is null
            || (item.Kind == WorkKind.NeedsMethod && now >= item.DueAt)) // nothing to try with: the bill is given up or waits
        {
            item.Step = StepKind.NoMethod;
            return;
        }
        if (item.IsHeld)
        {
            item.Step = StepKind.Hold;
            return;
        }
        if (!item.IsAdopted && cards.Begin(item.MethodId.Value, now) is { } free)
        {
            (item.Step, item.FreeAt) = (StepKind.Limited, free);
            return;
        }
        var billingDate = now.InZone(DateTimeZoneProviders.Tzdb[item.ZoneId]).Date;
        item.Step = item.IsAdopted ? StepKind.Lookup : StepKind.Send;
        // What was asked for by transfer stays asked for until it is given up: nothing is to be tried again in between.
        if (item is { IsTransfer: true, Kind: WorkKind.Retry } && now >= item.DueAt) item.Step = StepKind.CallOff;
        item.IsNewAttempt = true;
        (item.Key, item.Request) = item.IntentId is { } intent
            ? ($"{prefix}:{item.ChargeId}:confirm:{item.Attempt}",
                gateway.PrepareConfirm(new ConfirmRequest(intent, item.MethodRef!, billingDate, $"/billing/confirmed/{item.ChargeId}")))
            : ($"{prefix}:{item.ChargeId}:create:{item.Attempt}",
                gateway.Prepare(new ChargeRequest(item.ChargeId, item.CustomerRef!, item.MethodRef!,
                new Money(item.GrossMinor, item.Currency), billingDate, $"/billing/confirmed/{item.ChargeId}", prefix, $"{prefix}:{item.Reference}")));
    }

    /// <summary>The new attempts with their exact bytes; a key used before makes the whole batch fail.</summary>
    private async Task Commit(List<WorkItem> items, Instant now, CancellationToken ct)
    {
        if (!items.Exists(i => i.IsNewAttempt)) return;
        var sent = clock.Now();
        await using var writer = await db.BulkInsert("attempt", ["charge_id", "n", "idem_key", "method_id", "request", "at", "sent_at"], ct);
        foreach (var item in items.Where(i => i.IsNewAttempt))
        {
            writer.Int(item.ChargeId);
            writer.Int(item.Attempt);
            writer.Text(item.Key);
            writer.Int(item.MethodId!.Value);
            writer.Bytes(item.Request);
            writer.At(now);
            writer.At(sent);
            writer.EndRow();
        }
        await writer.Complete(ct);
    }

    private async Task<GatewayAnswer> AskInTurn(WorkItem item, Instant begin, CancellationToken ct)
    {
        if (item.Step is StepKind.NoMethod or StepKind.Hold or StepKind.Limited || gateways.Named(item.Gateway) is not { } gateway) return await Ask(item, ct);
        // A slow gateway must not outlive the lease: another worker would take over, and each would drop what the other did.
        if (clock.Now() > begin || !await pace.Enter(gateway, ct)) return new GatewayAnswer(GatewayOutcome.Throttled, Message: "not sent yet");
        var answer = await Ask(item, ct);
        pace.Heard(gateway, answer);
        return answer;
    }

    /// <summary>The call itself; no transaction is open.</summary>
    private async Task<GatewayAnswer> Ask(WorkItem item, CancellationToken ct)
    {
        if (item.Step is StepKind.NoMethod or StepKind.Hold or StepKind.Limited)
            return new GatewayAnswer(GatewayOutcome.DeclinedHard, Code: "no_payment_method", Message: "There is no card to charge.");
        if (gateways.Named(item.Gateway) is not { } gateway)
            return GatewayAnswer.Unknown($"The gateway “{item.Gateway}” this was begun at is not configured any more.");
        return item.Step switch
        {
            StepKind.Send => await gateway.Send(item.Request, item.Key, ct),
            StepKind.Lookup => await gateway.Lookup(item.IntentId!, ct),
            StepKind.Find => item.CustomerRef is null ? GatewayAnswer.Unknown("no customer")
                : await gateway.FindByCharge(item.CustomerRef, item.ChargeId, ct),
            StepKind.CallOff => await gateway.Cancel(item.IntentId!, item.Key + ":cancel", ct),
            _ => throw new InvalidOperationException($"The step {item.Step} asks nobody."),
        };
    }
}
