using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

public sealed class DeclineTests
{
    [Theory, OnEveryEngine]
    public async Task A_declined_join_lapses_and_owes_nothing(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var world = new World(app);
        var started = await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500), "card_declines", collect: false);
        var result = await world.Collect(started.ChargeId!.Value);
        result.Outcome.ShouldBe(CollectOutcome.Declined);
        (await world.Pledge(started.PledgeId))!.IsActive.ShouldBeFalse();
        await app.TravelTo("2026-03-02");
        world.Captures().ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task A_decline_is_retried_by_the_schedule_and_adds_no_second_bill(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var started = await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500), "card_declines_from:2026-02-01");
        await app.TravelTo("2026-02-20");
        (await world.Pledge(started.PledgeId))!.IsDeclined.ShouldBeTrue();
        (await world.History(1)).Count(c => c.State == "declined").ShouldBe(1);
        await world.Card(1, "card_pays");
        await app.Drain();
        (await world.Pledge(started.PledgeId))!.IsDeclined.ShouldBeFalse();
        (await world.History(1)).ShouldAllBe(c => c.State == "paid");
        (await world.Creator(10)).EarnedMinor.ShouldBe(1000);
    }

    [Theory, OnEveryEngine]
    public async Task A_bill_that_stays_declined_is_given_up_and_the_pledge_ends(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var started = await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500), "card_declines_from:2026-02-01");
        await app.TravelTo("2026-04-15");
        (await world.Pledge(started.PledgeId))!.IsActive.ShouldBeFalse();
        world.Captures().Count.ShouldBe(1);
        (await world.History(1)).Select(c => c.State).ShouldBe(["closed", "paid"]);
    }

    [Theory, OnEveryEngine]
    public async Task A_stolen_card_is_never_tried_again(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500), "card_stolen");
        await app.TravelTo("2026-03-20");
        var attempts = await app.In(async s =>
        {
            await using var command = await s.GetRequiredService<Db>().Command("SELECT COUNT(*) FROM attempt");
            return (long)(await command.ExecuteScalarAsync())!;
        });
        attempts.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task A_card_that_asks_waits_for_the_patron_and_a_join_not_confirmed_lapses(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var started = await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500), "card_asks_for_confirmation", collect: false);
        var result = await world.Collect(started.ChargeId!.Value);
        result.Outcome.ShouldBe(CollectOutcome.ActionNeeded);
        result.ActionUrl.ShouldNotBeNull();
        await app.TravelTo("2026-01-14");
        (await world.Pledge(started.PledgeId))!.IsActive.ShouldBeFalse();
        world.Captures().ShouldBeEmpty();
    }
}
