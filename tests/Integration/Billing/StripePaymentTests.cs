using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.Support.Stripe;
using Xunit;

namespace Stipend.Integration.Billing;

/// <summary>Real books at Stripe, from the card to the ledger, by the pages a person sees.</summary>
public sealed class StripePaymentTests
{
    [Theory, OnEveryEngine]
    public async Task Somebody_joins_with_a_card_typed_at_Stripe_and_is_charged_exactly_what_the_page_said(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine);
        var (campaign, tier, lin) = await Campaign(stage.App);
        var checkout = await lin.Open($"/ada/join/{tier.Id}");
        checkout.Text.ShouldContain("on our payment provider's page first");
        checkout.Text.ShouldNotContain("Test payments");

        var sent = await lin.Submit(checkout, "main form", ("amount", "7.50"), ("method", "new"), ("button", "join"));
        stage.Stripe.Captures().ShouldBeEmpty(); // nothing happens before the page was seen again with the card
        var back = await lin.Open(await stage.TypesCard(lin, await Shown(lin, sent), "pm_card_visa"));
        back.Text.ShouldContain("Today €7.50");
        back.Text.ShouldContain("Visa •••• 4242");
        var done = await lin.Submit(back, "main form", ("button", "join"));

        done.Location.ShouldBe("/ada/membership?joined=1");
        stage.Stripe.Captures().ShouldHaveSingleItem().AmountMinor.ShouldBe(750);
        await stage.App.Drain();
        (await stage.App.Membership(campaign, lin.Id))!.Status.ShouldBe(MembershipStatus.Active);
        await stage.BooksAgree(campaign.Id);
        (await lin.Open("/billing/cards")).Text.ShouldContain("Visa •••• 4242");

        await stage.App.TravelTo("2026-03-01"); // and the next month by itself
        stage.Stripe.Captures().Select(c => c.AmountMinor).ShouldBe([750, 750]);
        await stage.BooksAgree(campaign.Id);

        async Task<Page> Shown(Actor actor, Page answer) => answer.Text.Contains("The amounts below are new")
            ? await actor.Submit(answer, "main form", ("method", "new"), ("button", "join")) : answer;
    }

    [Theory, OnEveryEngine]
    public async Task A_card_that_is_declined_at_the_checkout_says_so_and_another_one_pays(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine);
        var (campaign, tier, lin) = await Campaign(stage.App);
        await SavesCard(stage, lin, "pm_card_chargeCustomerFail");
        var declined = await lin.Submit(await lin.Open($"/ada/join/{tier.Id}"), "main form", ("button", "join"));
        declined.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        declined.Text.ShouldContain("The payment was declined");
        stage.Stripe.Captures().ShouldBeEmpty();

        await SavesCard(stage, lin, "pm_card_visa");
        (await lin.Does($"/ada/join/{tier.Id}", "main form", ("button", "join"))).ShouldBe("/ada/membership?joined=1");
        await stage.App.Drain();
        await stage.BooksAgree(campaign.Id);
    }

    [Theory, OnEveryEngine]
    public async Task A_bill_declined_once_is_paid_by_the_next_try_on_the_same_payment(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-10");
        await stage.Pledges(1, 10, "pm_fake_declinesOnce", BillingModel.MonthlyArrears);
        await stage.App.TravelTo("2026-02-01");
        stage.Stripe.Captures().ShouldBeEmpty();
        (await stage.World.History(1)).ShouldHaveSingleItem().State.ShouldBe("declined");

        await stage.App.TravelTo("2026-02-05");
        (await stage.World.History(1)).ShouldHaveSingleItem().State.ShouldBe("paid");
        (stage.Stripe.IntentCount(), stage.Stripe.ConfirmCount()).ShouldBe((1, 2));
        await stage.BooksAgree(10);
    }

    [Theory, OnEveryEngine]
    public async Task A_bank_that_asks_is_answered_by_way_of_a_page_and_the_membership_opens(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine);
        var (campaign, tier, lin) = await Campaign(stage.App);
        await SavesCard(stage, lin, "pm_card_authenticationRequired");
        var page = await lin.Does($"/ada/join/{tier.Id}", "main form", ("button", "join"));
        page.ShouldStartWith("/billing/confirm/");
        var shown = await lin.Open(page);
        shown.Text.ShouldContain("Your bank asks you to confirm this payment");
        shown.Text.ShouldContain("€5.00");
        (await (await stage.App.SignUp("eve")).Get(page)).Status.ShouldBe(HttpStatusCode.NotFound); // it is lin's alone

        var bank = await lin.Submit(shown, "main form");
        bank.Location.ShouldStartWith("https://bank.example/");
        (await lin.Submit(shown, "main form")).Location.ShouldBe(bank.Location); // pressed twice: the same place
        stage.Stripe.Captures().ShouldBeEmpty();
        var intent = bank.Location!.Split('/')[^1];
        stage.Stripe.PayerDecides(intent, confirms: true);
        var chargeId = page.Split('/')[^1];
        (await lin.Get($"/billing/confirmed/{chargeId}?payment_intent={intent}")).Location.ShouldBe("/billing");

        await stage.App.Drain();
        (await stage.App.Membership(campaign, lin.Id))!.Status.ShouldBe(MembershipStatus.Active);
        (stage.Stripe.IntentCount(), stage.Stripe.Captures().Count).ShouldBe((1, 1));
        await stage.BooksAgree(campaign.Id);
    }

    [Theory, OnEveryEngine]
    public async Task A_payment_that_nobody_confirms_is_called_off_and_cannot_be_paid_afterwards(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-10");
        var started = await stage.Pledges(1, 10, "pm_card_authenticationRequired");
        await stage.App.TravelTo("2026-01-14");
        (await stage.World.Pledge(started.PledgeId))!.IsActive.ShouldBeFalse();
        stage.Stripe.Events.ShouldContain(e => e.Type == "payment_intent.canceled");
        stage.Stripe.PayerDecides(stage.Stripe.IntentsOf(started.ChargeId!.Value)[0], confirms: false);
        stage.Stripe.Captures().ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task What_was_lost_on_the_road_is_captured_once_and_booked_once(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-10");
        string[] roads = ["pm_fake_losesReply", "pm_fake_losesReplyBefore", "pm_fake_cutsReply", "pm_fake_breaks", "pm_fake_breaksAfter",
            "pm_fake_throttles", "pm_fake_isInUse", "pm_fake_feeComesLater"];
        foreach (var (i, card) in roads.Index()) await stage.Pledges(i + 1, 10, card);
        stage.Stripe.Captures().Count.ShouldBeInRange(3, roads.Length);

        await stage.App.TravelTo("2026-01-13"); // a 500 is repeated for a day: only then can it be looked up and asked anew

        (await stage.Count("due_work")).ShouldBe(0);
        stage.Stripe.Captures().Count.ShouldBe(roads.Length);
        (await stage.Count("attempt_result WHERE outcome = 'succeeded'")).ShouldBe(roads.Length);
        await stage.BooksAgree(10);
    }

    [Theory, OnEveryEngine]
    public async Task Less_than_asked_is_set_apart_and_not_booked(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-10");
        await stage.Pledges(1, 10, "pm_fake_paysShort");
        await stage.App.TravelTo("2026-01-20");
        (await stage.Count("due_work WHERE kind = 'quarantine'")).ShouldBe(1);
        (await stage.World.Creator(10)).EarnedMinor.ShouldBe(0);
        stage.Stripe.Captures().Count.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task A_sandbox_stays_with_its_test_cards(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine);
        var people = await stage.App.People("ada", "lin");
        var campaign = await stage.App.HasCampaign("trial", people[0].Id, sandbox: true);
        var tier = await stage.App.HasTier(campaign, "Studio", 500);
        var lin = people[1];
        (await stage.App.Joins(campaign, lin.Id, tier)).Status.ShouldBe(MembershipStatus.Active);
        stage.App.Taken().ShouldBe([500]);
        stage.Stripe.Calls.ShouldBe(0);

        var page = await lin.Open("/billing/cards");
        page.Text.ShouldContain("Sandboxes take test payments only");
        page.Find("form[action='/billing/cards/new']").ShouldNotBeNull();
        (await Should.ThrowAsync<Refusal>(() => stage.World.Card(lin.Id, "card_pays"))).Message.ShouldContain("sandboxes only");
    }

    [Theory, OnEveryEngine]
    public async Task What_was_begun_at_the_test_gateway_is_finished_there_and_its_cards_pay_nothing_real(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-10");
        var world = new World(app);
        var old = await world.Start(1, 10, BillingModel.MonthlyUpfront, World.Eur(500), "card_asks_for_confirmation");
        await using var stripe = await FakeStripe.Start();
        stripe.Time = app.Time;
        await using var later = await app.StartBeside(b => b.Configuration.AddInMemoryCollection(StripeStage.Settings(stripe)));
        var now = new World(later);

        var gateway = app.Services.GetRequiredService<Stipend.TestGateway.TestGatewayCore>();
        gateway.PayerDecides(gateway.Store.Payments()[0].IntentId, confirms: true);
        (await now.Collect(old.ChargeId!.Value)).Outcome.ShouldBe(CollectOutcome.Paid);
        (await Should.ThrowAsync<Refusal>(() => later.In(s => s.GetRequiredService<IAgreements>().Start(new AgreementTerms(Book.Live, 1, 11,
            BillingModel.MonthlyUpfront, 1, World.Zone, World.Eur(500), PledgeCap.None, "Payee 11"))))).Code.ShouldBe("no_payment_method");
        stripe.Calls.ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task A_bill_of_somebody_who_has_a_test_card_alone_asks_for_a_real_one_and_is_then_paid_by_it(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-10");
        await new World(app).Start(1, 10, BillingModel.MonthlyArrears, World.Eur(500));
        await using var stripe = await FakeStripe.Start();
        stripe.Time = app.Time;
        await using var later = await app.StartBeside(b => b.Configuration.AddInMemoryCollection(StripeStage.Settings(stripe)));
        var world = new World(later);
        await later.TravelTo("2026-02-02");
        (await world.History(1)).ShouldHaveSingleItem().State.ShouldBe("declined");
        stripe.Captures().ShouldBeEmpty(); // it is asked what moved, every day, and for nothing else

        var page = await later.In(s => s.GetRequiredService<IPaymentMethods>().BeginSaving(Book.Live, 1, "/billing"));
        stripe.TypeCard(page.Split('/')[^1], "pm_card_visa");
        await later.In(s => s.GetRequiredService<Stipend.Billing.PaymentMethods.StripeCards>().Finish(page.Split('/')[^1], 1, CancellationToken.None));
        await later.Drain();
        (await world.History(1)).ShouldHaveSingleItem().State.ShouldBe("paid");
        stripe.Captures().ShouldHaveSingleItem().AmountMinor.ShouldBe(500);
        world.Captures().ShouldBeEmpty();
    }

    [Fact]
    public async Task Somebody_elses_session_saves_no_card()
    {
        await using var stage = await StripeStage.Start(Engine.Sqlite);
        var (lin, eve) = (await stage.App.SignUp("lin"), await stage.App.SignUp("eve"));
        var session = (await lin.Does("/billing/cards", "form[action='/billing/cards/new']")).Split('/')[^1];
        var back = new Uri(stage.Stripe.TypeCard(session, "pm_card_visa")).PathAndQuery;
        (await eve.Get(back)).Status.ShouldBe(HttpStatusCode.NotFound);
        (await eve.Get("/billing/cards/saved?session=cs_guessed&return=https://evil.example")).Status.ShouldNotBe(HttpStatusCode.SeeOther);
        (await stage.Count("payment_method")).ShouldBe(0);
        await lin.Get(back);
        await lin.Get(back);
        (await stage.Count("payment_method")).ShouldBe(1);
    }

    [Theory]
    [InlineData("EUR", 40, "The smallest payment a card takes is")]
    [InlineData("KWD", 1505, "in steps of")]
    public async Task What_Stripe_would_refuse_is_refused_before_it_is_promised(string currency, long minor, string says)
    {
        await using var stage = await StripeStage.Start(Engine.Sqlite);
        await stage.Card(1, "pm_card_visa");
        var terms = new AgreementTerms(Book.Live, 1, 10, BillingModel.MonthlyUpfront, 1, World.Zone, new Money(minor, Currency.Of(currency)),
            PledgeCap.None, "Payee 10");
        (await Should.ThrowAsync<Refusal>(() => stage.App.In(s => s.GetRequiredService<IAgreements>().Start(terms)))).Message.ShouldContain(says);
    }

    private static async Task<(CampaignInfo Campaign, TierInfo Tier, Actor Lin)> Campaign(TestApp app)
    {
        var people = await app.People("ada", "lin");
        var campaign = await app.HasCampaign("ada", people[0].Id);
        return (campaign, await app.HasTier(campaign, "Studio", 500), people[1]);
    }

    private static async Task SavesCard(StripeStage stage, Actor person, string card)
    {
        var cards = await person.Open("/billing/cards");
        (await stage.TypesCard(person, await person.Submit(cards, "form[action='/billing/cards/new']"), card)).ShouldBe("/billing");
        await stage.App.Drain();
    }
}
