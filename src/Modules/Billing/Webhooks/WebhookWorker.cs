using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Collecting;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Billing.PaymentMethods;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Webhooks;

/// <summary>
/// Looks at what an event was about, at the gateway itself. It never begins an attempt: an event that tells of a decline would otherwise
/// cause the next one.
/// </summary>
internal sealed class WebhookWorker(Db db, PaymentGateways gateways, ChargeCollector collector, StripeCards cards, WebhookInbox inbox)
    : IPerform<WebhookReceived>
{
    public async Task Perform(WebhookReceived message, MessageContext context, CancellationToken ct)
    {
        if (message.Kind == WebhookReceived.Session) await cards.Finish(message.ObjectId, null, ct);
        else if (gateways.Named(message.Gateway) is { } gateway) await Look(gateway, message.ObjectId, ct);
        await inbox.Handled(message, ct);
    }

    private async Task Look(IPaymentGateway gateway, string intentId, CancellationToken ct)
    {
        var known = await ChargeOf(gateway.Name, intentId, ct);
        var seen = known is null ? await Ask(gateway, intentId, ct) : null; // its first answer never came, so we do not know the name
        if ((known ?? seen?.ChargeId) is not { } chargeId) return;
        if (await db.Charges.AsNoTracking().FirstOrDefaultAsync(c => c.Id == chargeId, ct) is not { } charge) return; // another site's
        await collector.Look(charge, ct);
        if (!await db.DueWork.AnyAsync(w => w.ChargeId == chargeId && w.Kind == WorkKind.Retry, ct)) return;
        // Declined or not confirmed in time, as far as we know. If it was paid after all, the next attempt meets a paid payment and adopts it.
        seen ??= await Ask(gateway, intentId, ct);
        if (seen.Outcome == GatewayOutcome.Succeeded) await collector.Collect(chargeId, ct);
    }

    private static async Task<GatewayAnswer> Ask(IPaymentGateway gateway, string intentId, CancellationToken ct) =>
        await gateway.Lookup(intentId, ct) is { Outcome: not (GatewayOutcome.Unknown or GatewayOutcome.Throttled) } answer
            ? answer
            : throw new TimeoutException("The gateway does not tell what became of the payment; asked again later.");

    private async Task<long?> ChargeOf(string gateway, string intentId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT charge_id FROM gateway_intent WHERE gateway = @gateway AND intent_id = @intent", ct,
            ("gateway", gateway), ("intent", intentId));
        return await command.ExecuteScalarAsync(ct) as long?;
    }
}
