using Shouldly;
using Stipend.Billing.Gateways;
using Xunit;
using static Stipend.Billing.Gateways.GatewayOutcome;

namespace Stipend.Compliance.Gateways;

/// <summary>Refunds, and the records a gateway gives out to reconcile with.</summary>
public abstract partial class PaymentGatewayCompliance
{
    [Fact]
    public async Task Refunds_never_exceed_what_was_captured()
    {
        var (bytes, _, _) = await _it.Charge("card_pays");
        var intent = (await _it.Gateway.Send(bytes, "k1", Ct)).Id!;

        var part = await _it.Gateway.Send(_it.Gateway.PrepareRefund(intent, Eur(200), 1), "r1", Ct);
        var again = await _it.Gateway.Send(_it.Gateway.PrepareRefund(intent, Eur(200), 1), "r1", Ct);
        var tooMuch = await _it.Gateway.Send(_it.Gateway.PrepareRefund(intent, Eur(301), 2), "r2", Ct);
        var rest = await _it.Gateway.Send(_it.Gateway.PrepareRefund(intent, Eur(300), 3), "r3", Ct);
        var over = await _it.Gateway.Send(_it.Gateway.PrepareRefund(intent, Eur(1), 4), "r4", Ct);

        (part.Outcome, part.RefundedMinor, again).ShouldBe((Succeeded, 200, part));
        (tooMuch.Outcome, tooMuch.Code).ShouldBe((Refused, _it.Code("refund_too_large")));
        rest.Outcome.ShouldBe(Succeeded);
        (over.Outcome, over.Code).ShouldBe((Refused, "charge_already_refunded"));
        _it.Truth.Refunds().Select(refund => (refund.AmountMinor, refund.ChargeId)).ShouldBe([(200, "41"), (300, "41")]);
        (await _it.Gateway.Lookup(intent, Ct)).RefundedMinor.ShouldBe(500);
    }

    [Fact]
    public async Task A_payment_that_took_nothing_cannot_be_refunded()
    {
        var (bytes, _, _) = await _it.Charge("card_declines");
        var intent = (await _it.Gateway.Send(bytes, "k1", Ct)).Id!;
        (await _it.Gateway.Send(_it.Gateway.PrepareRefund(intent, Eur(1), 1), "r1", Ct)).Code.ShouldBe(_it.Code("charge_not_captured"));
    }

    [Fact]
    public async Task Movements_list_every_capture_and_refund_page_by_page_and_sum_to_the_truth()
    {
        var (customer, method) = await _it.Payer("card_pays");
        for (var i = 1; i <= 105; i++)
            await _it.Gateway.Send(_it.Gateway.Prepare(new ChargeRequest(i, customer, method, new Money(100 + i, Currency.Of("EUR")),
                new LocalDate(2026, 2, 1), Reference: $"1:bill:{i}")), $"k{i}", Ct);
        await _it.Gateway.Send(_it.Gateway.PrepareRefund(_it.Truth.Captures()[0].IntentId, Eur(50), 1), "r1", Ct);

        var all = new List<GatewayMovement>();
        GatewayMovements? page;
        do
        {
            page = await _it.Gateway.Movements(all.LastOrDefault()?.Id, Ct);
            all.AddRange(page.ShouldNotBeNull().Items);
        }
        while (page.HasMore && all.Count < 1000);

        all.Count.ShouldBe(106);
        all.Sum(movement => movement.AmountMinor).ShouldBe(_it.Truth.Captures().Sum(capture => capture.AmountMinor) - 50);
        all.Sum(movement => movement.FeeMinor).ShouldBe(_it.Truth.Captures().Sum(capture => capture.FeeMinor));
        all[^1].ShouldSatisfyAllConditions(last => last.Kind.ShouldBe("refund"), last => last.AmountMinor.ShouldBe(-50), last =>
            last.ChargeId.ShouldBe(1));
        all[6].ShouldSatisfyAllConditions(seventh => seventh.CustomerId.ShouldBe(customer), seventh => seventh.Reference.ShouldBe("1:bill:7"));
    }

    private static Money Eur(long minor) => new(minor, Currency.Of("EUR"));
}
