using System.Net;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.Support.Stripe;
using Stipend.TestGateway;
using Xunit;

namespace Stipend.Integration.Billing;

/// <summary>What a gateway tells by itself: believed in nothing but that there is something to look at.</summary>
public sealed class WebhookTests
{
    /// <summary>720 charges, each told of in another order; twenty-four where every step costs a network call to the database.</summary>
    [Theory, OnEveryEngine]
    public async Task Every_order_of_a_charges_events_leads_to_the_same_state(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-10");
        var events = engine == Engine.Sqlite ? 6 : 4;
        var orders = Orders([.. Enumerable.Range(0, events)]).ToList();
        await stage.Card(1, "pm_card_authenticationRequired");
        var told = new List<(long Charge, List<StripeEvent> Events)>();
        foreach (var (payee, _) in orders.Index()) told.Add(await PaidAtTheBank(stage, payee + 10));
        (await stage.Count("attempt_result")).ShouldBe(0);

        foreach (var (i, order) in orders.Index())
            foreach (var which in order)
            {
                (await stage.Send(told[i].Events[which])).ShouldBe(HttpStatusCode.OK);
                if (i % 6 == 0) await stage.App.Drain(); // one by one, or all of them at once
            }
        await stage.App.Drain();

        orders.Count.ShouldBe(engine == Engine.Sqlite ? 720 : 24);
        (await stage.Count("webhook_inbox WHERE handled_at IS NOT NULL")).ShouldBe(orders.Count * events + 1); // and the card's
        (await stage.Count("attempt")).ShouldBe(orders.Count);
        (await stage.Count("attempt_result WHERE outcome = 'succeeded' AND captured_minor = 500 AND n = 1")).ShouldBe(orders.Count);
        (await stage.Count("due_work")).ShouldBe(0);
        (await stage.World.History(1)).ShouldAllBe(c => c.State == "paid");
        await stage.BooksAgree([.. told.Select((_, i) => i + 10L)]);
    }

    [Theory, OnEveryEngine]
    public async Task Each_event_five_times_is_each_event_once(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-10");
        await stage.Pledges(1, 10, "pm_fake_losesReply");
        await stage.Card(1, "pm_card_authenticationRequired");
        await PaidAtTheBank(stage, 11);
        var events = stage.Stripe.Events;
        events.Select(e => e.Type).Distinct().Order(StringComparer.Ordinal).ShouldBe(["charge.refunded", "charge.succeeded",
            "checkout.session.completed", "customer.created", "payment_intent.created", "payment_intent.payment_failed",
            "payment_intent.requires_action", "payment_intent.succeeded"]);

        foreach (var told in events)
            for (var times = 0; times < 5; times++) (await stage.Send(told)).ShouldBe(HttpStatusCode.OK);
        var heard = events.Count(e => e.Type != "customer.created");
        (await stage.Count("message WHERE topic = 'WebhookReceived' AND status = 'pending'")).ShouldBe(heard - 2); // two were before
        await stage.App.Drain();

        (await stage.Count("webhook_inbox")).ShouldBe(heard);
        (await stage.Count("payment_method WHERE gateway = 'stripe'")).ShouldBe(2);
        (await stage.World.History(1)).Select(c => c.State).ShouldBe(["paid", "paid"]);
        (await stage.Count("attempt_result WHERE outcome = 'succeeded'")).ShouldBe(2);
        await stage.BooksAgree(10, 11);
    }

    [Theory, OnEveryEngine]
    public async Task A_decline_that_is_told_of_causes_no_next_try(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-10");
        await stage.Pledges(1, 10, "pm_fake_declinesOnce", BillingModel.MonthlyArrears);
        await stage.App.TravelTo("2026-02-01");
        var failed = stage.Stripe.Events.Single(e => e.Type == "payment_intent.payment_failed");
        for (var times = 0; times < 5; times++)
        {
            (await stage.Send(failed with { Body = Renamed(failed, $"evt_{times}") })).ShouldBe(HttpStatusCode.OK);
            await stage.App.Drain();
        }
        stage.Stripe.ConfirmCount().ShouldBe(1);
        stage.Stripe.Captures().ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task A_payment_confirmed_too_late_is_paid_at_once_when_it_is_told_of(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-10");
        var lin = await stage.App.SignUp("lin");
        await stage.Pledges(lin.Id, 10, "pm_card_authenticationRequired", BillingModel.MonthlyArrears);
        await stage.App.TravelTo("2026-02-01");
        (await stage.App.Mails(lin.Id)).Single(m => m.Subject == "Confirm your payment").Text.ShouldContain("Confirm it by 2026-02-03 under /billing");
        await stage.App.TravelTo("2026-02-04T00:00:00Z");
        var charge = (await stage.World.History(lin.Id)).ShouldHaveSingleItem();
        charge.State.ShouldBe("declined"); // three days were not enough
        stage.Stripe.PayerDecides(stage.Stripe.IntentsOf(charge.Id)[0], confirms: true);

        await stage.Send(stage.Stripe.Events.Single(e => e.Type == "payment_intent.succeeded"));
        await stage.App.Drain();

        (await stage.World.History(lin.Id)).ShouldHaveSingleItem().State.ShouldBe("paid");
        stage.Stripe.Captures().Count.ShouldBe(1);
        await stage.BooksAgree(10);
    }

    [Theory, OnEveryEngine]
    public async Task An_outage_while_an_event_is_looked_at_only_delays_it(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-10");
        await stage.Pledges(1, 10, "pm_fake_losesReply");
        stage.Stripe.BreakDown(500);
        await stage.Send(stage.Stripe.Events.Single(e => e.Type == "payment_intent.succeeded"));
        await stage.App.Drain();
        (await stage.Count("webhook_inbox WHERE handled_at IS NULL")).ShouldBe(1);
        stage.Stripe.BreakDown(null);

        await stage.App.TravelTo("2026-01-10T12:01:00Z"); // before the first look by the clock alone
        (await stage.World.History(1)).ShouldHaveSingleItem().State.ShouldBe("paid");
        await stage.BooksAgree(10);
    }

    [Theory, OnEveryEngine]
    public async Task What_is_forged_old_too_large_or_no_event_has_no_effect_at_all(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-10", listens: engine == Engine.Sqlite); // over a real connection once
        await stage.Pledges(1, 10, "pm_fake_losesReply");
        var body = stage.Stripe.Events.Single(e => e.Type == "payment_intent.succeeded").Body;
        var at = stage.App.Time.GetUtcNow();
        var genuine = FakeStripe.Sign(body, at);
        var before = (await stage.Count("message"), stage.Stripe.Calls);

        foreach (var signature in new[]
        {
            null, "", "t=,v1=", genuine.Replace("t=", "t=1", StringComparison.Ordinal), genuine.Replace("v1=", "v0=", StringComparison.Ordinal),
            FakeStripe.Sign(body, at, "whsec_of_somebody"), FakeStripe.Sign(body, at.AddMinutes(-6)), FakeStripe.Sign(body, at.AddMinutes(6)),
            FakeStripe.Sign([.. body, (byte)' '], at), new string('v', 5000),
        })
            (await stage.Post(body, signature)).ShouldBe(HttpStatusCode.BadRequest, signature);
        (await stage.Post(body, genuine, "stripe", "Gateway-Signature")).ShouldBe(HttpStatusCode.BadRequest);
        foreach (var nonsense in new[] { "", "{", "[]", "null", "{}", """{"object":"event","id":"evt_1","type":"x"}""",
            """{"object":"event","id":"evt_1","type":"x","data":{"object":{"object":"payment_intent"}}}""",
            $$"""{"object":"event","id":"{{new string('e', 300)}}","type":"x","data":{"object":{"object":"payment_intent","id":"pi_1"} } }""" })
        {
            var bytes = Encoding.UTF8.GetBytes(nonsense);
            (await stage.Post(bytes, FakeStripe.Sign(bytes, at))).ShouldBe(HttpStatusCode.BadRequest, nonsense);
        }
        foreach (var size in new[] { 256 * 1024 + 1, 10 << 20 })
        {
            byte[] large = [.. body, .. Enumerable.Repeat((byte)' ', size - body.Length)];
            (await stage.Post(large, FakeStripe.Sign(large, at))).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        }
        (await stage.Post(body, genuine, "test")).ShouldBe(HttpStatusCode.NotFound); // no secret is set for it
        (await stage.Post(body, genuine, "nobody")).ShouldBe(HttpStatusCode.NotFound);
        await stage.App.Drain();

        (await stage.Count("webhook_inbox")).ShouldBe(1); // the card's session, from before
        (await stage.Count("message"), stage.Stripe.Calls).ShouldBe(before);
        (await stage.World.History(1)).ShouldHaveSingleItem().State.ShouldBe("processing");
        (await stage.Post(body, genuine)).ShouldBe(HttpStatusCode.OK); // and the genuine one still counts
        await stage.App.Drain();
        (await stage.World.History(1)).ShouldHaveSingleItem().State.ShouldBe("paid");
    }

    [Fact]
    public async Task An_event_of_another_site_at_the_same_account_changes_nothing()
    {
        await using var stage = await StripeStage.Start(Engine.Sqlite, "2026-01-10");
        await using var other = await TestApp.Start(Engine.Sqlite, "2026-01-10",
            b => b.Configuration.AddInMemoryCollection(StripeStage.Settings(stage.Stripe)));
        var page = await other.In(s => s.GetRequiredService<IPaymentMethods>().BeginSaving(Book.Live, 1, "/billing"));
        stage.Stripe.TypeCard(page.Split('/')[^1], "pm_card_visa");
        var cards = other.In(s => s.GetRequiredService<Stipend.Billing.PaymentMethods.StripeCards>().Finish(page.Split('/')[^1], null,
            CancellationToken.None));
        (await cards).ShouldBeTrue();
        var started = await other.In(s => s.GetRequiredService<IAgreements>().Start(new AgreementTerms(Book.Live, 1, 10,
            BillingModel.MonthlyUpfront, 1, World.Zone, World.Eur(500), PledgeCap.None, "Payee 10")));
        await new World(other).Collect(started.ChargeId!.Value);
        stage.Stripe.Captures().Count.ShouldBe(1);

        foreach (var told in stage.Stripe.Events) (await stage.Send(told)).ShouldBe(HttpStatusCode.OK);
        await stage.App.Drain();
        (await stage.Count("payment_method")).ShouldBe(0);
        (await stage.Count("gateway_intent")).ShouldBe(0);
        (await stage.Count("webhook_inbox WHERE handled_at IS NULL")).ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task The_test_gateways_own_events_are_heard_too_once_a_secret_is_set(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-10", b =>
            b.Configuration.AddInMemoryCollection([KeyValuePair.Create("Stipend:TestGateway:WebhookSecret", (string?)"whsec_here")]));
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyUpfront, World.Eur(500), "card_reply_lost_after_capture");
        (await world.History(1)).ShouldHaveSingleItem().State.ShouldBe("processing");
        var core = app.Services.GetRequiredService<TestGatewayCore>();
        var intent = core.Store.Captures().Single().IntentId;
        var body = Encoding.UTF8.GetBytes($$"""
            {"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":{"object":"payment_intent","id":"{{intent}}"} } }
            """);
        using var client = app.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/payments/test") { Content = new ByteArrayContent(body) };
        request.Headers.Add(WebhookSignature.Header, WebhookSignature.Of(body, "whsec_here", app.Time.GetUtcNow()));
        (await client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await app.Drain();
        (await world.History(1)).ShouldHaveSingleItem().State.ShouldBe("paid");
    }

    /// <summary>A charge whose bank asked, whose payer confirmed there and was given the money back, of all of which this site knows only the
    /// first; with the six events of it.</summary>
    private static async Task<(long Charge, List<StripeEvent> Events)> PaidAtTheBank(StripeStage stage, long payee)
    {
        var from = stage.Stripe.Events.Count;
        var started = (await stage.PledgesAgain(1, payee)).ChargeId!.Value;
        var intent = stage.Stripe.IntentsOf(started)[0];
        var stripe = stage.App.Services.GetRequiredService<PaymentGateways>().StripeOf(Book.Live)!;
        stage.Stripe.AsksAtTheBank(intent);
        stage.Stripe.PayerDecides(intent, confirms: true);
        await stripe.Send(stripe.PrepareRefund(intent, World.Eur(500), started), $"refund:{started}", CancellationToken.None);
        var events = stage.Stripe.Events.Skip(from).ToList();
        events.Count.ShouldBe(6);
        return (started, events);
    }

    private static byte[] Renamed(StripeEvent told, string id) =>
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(told.Body).Replace(told.Id, id, StringComparison.Ordinal));

    private static IEnumerable<int[]> Orders(int[] items) => items.Length < 2 ? [items]
        : items.SelectMany(first => Orders([.. items.Where(i => i != first)]).Select(rest => (int[])[first, .. rest]));
}
