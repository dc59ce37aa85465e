using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Billing.Collecting;
using Stipend.Billing.Contracts;
using Stipend.Billing.PaymentMethods;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Billing.Gateways.Stripe;

/// <summary>
/// A bank wants its customer's word for a payment that was asked for without them. The page says so; its button confirms the same payment
/// once more with the patron at hand, which makes Stripe answer where the bank asks. The attempt is open all the while: what becomes of it
/// is read from the payment, as ever.
/// </summary>
internal sealed class ConfirmAtBank(Db db, Ids ids, PaymentGateways gateways, Instance instance, SiteOptions site)
{
    /// <summary>The page for a charge.</summary>
    public static string Path(long chargeId) => $"/billing/confirm/{chargeId}";

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/billing/confirm/{chargeId:long}", Show).RequireSignIn();
        app.MapPost("/billing/confirm/{chargeId:long}", Go).RequireSignIn();
    }

    /// <summary>Where the patron goes on: the bank's page, or the one that tells the outcome when nothing is left to confirm.</summary>
    /// <exception cref="Refusal">Stripe does not answer.</exception>
    public async Task<string> Begin(long chargeId, long patronId, CancellationToken ct)
    {
        var done = $"/billing/confirmed/{chargeId}";
        if (await Waiting(chargeId, patronId, ct) is not var (intent, method)) return "/billing";
        var stripe = gateways.StripeOf(Book.Live) ?? throw Refusal.NotFound("charge");
        var answer = await stripe.Lookup(intent, ct);
        if (answer is { Outcome: GatewayOutcome.RequiresAction } && answer.ActionUrl == Path(chargeId))
            answer = await stripe.AskPayer(intent, method, site.Link(done), $"{await instance.Id(ct)}:{ids.Next()}:ask", ct);
        return answer.Outcome switch
        {
            GatewayOutcome.RequiresAction when answer.ActionUrl != Path(chargeId) => answer.ActionUrl!,
            GatewayOutcome.Unknown or GatewayOutcome.Throttled or GatewayOutcome.RequiresAction => throw answer.Refused(),
            _ => done,
        };
    }

    private static async Task<IResult> Show(HttpContext context, long chargeId, IBillingHistory history, CancellationToken ct)
    {
        var charge = await history.Find(chargeId, context.RequireViewer().Id, ct) ?? throw Refusal.NotFound("charge");
        return charge.State == "action" ? Platform.Http.Pages.Show<ConfirmAtBankPage>(new ConfirmAtBankPage.View(charge)) : Platform.Http.Pages.SeeOther("/billing");
    }

    private static async Task<IResult> Go(HttpContext context, long chargeId, ConfirmAtBank confirm, CancellationToken ct) =>
        Platform.Http.Pages.SeeOther(await confirm.Begin(chargeId, context.RequireViewer().Id, ct));

    /// <summary>The patron's own charge that waits for them, its payment and the card it is to be paid with.</summary>
    private async Task<(string Intent, string Method)?> Waiting(long chargeId, long patronId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT i.intent_id, m.method_ref FROM due_work w
            JOIN charge c ON c.id = w.charge_id
            JOIN gateway_intent i ON i.charge_id = c.id AND i.gateway = @gateway
            JOIN attempt a ON a.charge_id = c.id AND a.n = (SELECT MAX(x.n) FROM attempt x WHERE x.charge_id = c.id)
            JOIN payment_method m ON m.id = a.method_id
            WHERE w.charge_id = @charge AND c.patron_id = @patron AND w.kind = 'action'
            """, ct, ("charge", chargeId), ("patron", patronId), ("gateway", GatewayNames.Stripe));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (reader.GetString(0), reader.GetString(1)) : null;
    }
}
