using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.TestGateway;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

/// <summary>A card is tried as often as its network allows, over all campaigns and methods, and not once more (billing.md case 84).</summary>
public sealed class CardLimitTests
{
    [Theory, OnEveryEngine]
    public async Task A_card_declined_fifteen_times_is_left_alone_until_another_is_given(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-20");
        var world = new World(app);
        var pat = await app.In(s => s.GetRequiredService<IPeople>().Add(new NewAccount("pat@example.org", "Pat")));
        for (var payee = 10; payee < 25; payee++) // the card given anew each time is still the same card
            (await world.Collect((await world.Start(pat, payee, BillingModel.MonthlyUpfront, Eur(500), "card_declines", collect: false)).ChargeId!.Value))
                .Outcome.ShouldBe(CollectOutcome.Declined);
        Asked(app).ShouldBe(15);

        var sixteenth = await world.Start(pat, 30, BillingModel.MonthlyUpfront, Eur(500), "card_declines", collect: false);
        var told = await world.Collect(sixteenth.ChargeId!.Value);
        (told.Outcome, told.Message).ShouldBe((CollectOutcome.Declined, "This card was tried too often without success. Choose another card."));
        (await world.Pledge(sixteenth.PledgeId))!.IsActive.ShouldBeFalse();
        Asked(app).ShouldBe(15);

        await world.Start(pat, 31, BillingModel.MonthlyArrears, Eur(700), "card_declines");
        await world.Start(2, 31, BillingModel.MonthlyArrears, Eur(900), "card_declines"); // another person's card has tries of its own
        await app.TravelTo("2026-02-01");
        Asked(app).ShouldBe(16);
        var bill = (await world.History(pat)).Single(c => c.GrossMinor == 700);
        (bill.State, bill.Reason).ShouldBe(("declined", "This card was tried too often without success. Choose another card."));
        await world.Collect(bill.Id); // pressing again asks nobody and sends no second mail
        (await app.Mails(pat)).Count(m => m.Subject == "Use another card").ShouldBe(1);
        await app.TravelTo("2026-02-15");
        (await Attempts(app, bill.Id)).ShouldBe(0);
        (await world.Runs()).ShouldAllBe(r => r.State == "closed");

        await world.Card(pat, "card_pays");
        await app.Drain();
        (await world.History(pat)).Single(c => c.GrossMinor == 700).State.ShouldBe("paid");
    }

    [Theory, OnEveryEngine]
    public async Task When_the_time_is_over_the_card_may_be_tried_again(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-20");
        var world = new World(app);
        for (var payee = 10; payee < 25; payee++)
            await world.Collect((await world.Start(1, payee, BillingModel.MonthlyUpfront, Eur(500), "card_declines_from:2026-01-20", collect: false)).ChargeId!.Value);
        await world.Start(1, 31, BillingModel.MonthlyArrears, Eur(700), "card_declines_from:2026-01-20");
        await app.TravelTo("2026-02-18");
        var bill = (await world.History(1)).Single(c => c.GrossMinor == 700);
        (await Attempts(app, bill.Id)).ShouldBe(0);
        await app.TravelTo("2026-02-19T13:00:00Z"); // thirty days after the others
        (await Attempts(app, bill.Id)).ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task Two_people_with_one_card_of_another_network_share_its_limit(Engine engine)
    {
        await using var stage = await StripeStage.Start(engine, "2026-01-20");
        foreach (var person in new[] { 1, 2 }) await stage.Card(person, "pm_fake_mastercardFails");
        for (var payee = 10; payee < 21; payee++)
        {
            var started = await stage.App.In(s => s.GetRequiredService<IAgreements>().Start(new AgreementTerms(Book.Live, payee % 2 + 1, payee,
                BillingModel.MonthlyUpfront, 1, Zone, Eur(500), PledgeCap.None, $"Payee {payee}")));
            (await stage.World.Collect(started.ChargeId!.Value)).Outcome.ShouldBe(CollectOutcome.Declined);
        }
        (await Count(stage.App, "SELECT COUNT(*) FROM attempt")).ShouldBe(10);
        (await Count(stage.App, "SELECT COUNT(*) FROM charge_closed WHERE reason LIKE 'This card was tried too often%'")).ShouldBe(1);
    }

    private static int Asked(TestApp app) => app.Services.GetRequiredService<TestGatewayStore>().ConfirmCount();

    private static Task<long> Attempts(TestApp app, long chargeId) => Count(app, "SELECT COUNT(*) FROM attempt WHERE charge_id = @id", ("id", chargeId));

    private static Task<long> Count(TestApp app, string sql, params (string, object?)[] parameters) => app.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command(sql, default, parameters);
        return (long)(await command.ExecuteScalarAsync())!;
    });
}
