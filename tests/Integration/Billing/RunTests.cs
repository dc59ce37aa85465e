using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

public sealed class RunTests
{
    [Theory, OnEveryEngine]
    public async Task A_pledge_of_the_31st_is_charged_on_the_last_day_of_each_month_and_never_drifts(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-31");
        var world = new World(app);
        await world.Start(patron: 1, payee: 10, BillingModel.MonthlyAnniversary, Eur(500));
        await app.TravelTo("2026-05-31");
        var history = await world.History(1);
        history.Select(c => c.State).ShouldAllBe(s => s == "paid");
        history.Select(c =>
            c.Lines.Single().CoversFrom!.Value.InZone(DateTimeZoneProviders.Tzdb[Zone]).Date.ToString("MM-dd", null)).Order()
            .ShouldBe(["01-31", "02-28", "03-31", "04-30", "05-31"]);
        (await world.Creator(10)).EarnedMinor.ShouldBe(2500);
        (await world.Verify()).Passed.ShouldBeTrue();
    }

    [Theory, OnEveryEngine]
    public async Task One_patron_of_three_creators_is_charged_once_and_every_part_adds_up(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        for (var payee = 10; payee < 13; payee++) await world.Start(1, payee, BillingModel.MonthlyArrears, Eur(333 + payee));
        await app.TravelTo("2026-02-01");
        var charge = (await world.History(1)).ShouldHaveSingleItem();
        charge.GrossMinor.ShouldBe(343 + 344 + 345);
        charge.Lines.Count.ShouldBe(3);
        var capture = world.Captures().ShouldHaveSingleItem();
        capture.AmountMinor.ShouldBe(charge.GrossMinor);
        var balances = new[] { await world.Creator(10), await world.Creator(11), await world.Creator(12) };
        balances.Sum(b => b.EarnedMinor).ShouldBe(charge.GrossMinor);
        balances.Sum(b => b.FeesMinor).ShouldBe(capture.FeeMinor + (17 + 17 + 17)); // 5 % of 343, 344, 345, half up
        (await world.Runs()).ShouldHaveSingleItem().Totals.ShouldHaveSingleItem().AddsUp.ShouldBeTrue();
    }

    [Theory, OnEveryEngine]
    public async Task Running_again_opens_nothing_and_charges_nobody(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500));
        await app.TravelTo("2026-02-01");
        var before = world.Captures().Count;
        (await app.In(s => s.GetRequiredService<IBillingRuns>().OpenDue(Book.Live))).ShouldBe(0);
        await app.Drain();
        world.Captures().Count.ShouldBe(before);
        before.ShouldBe(2);
    }

    [Theory, OnEveryEngine]
    public async Task The_preview_of_a_day_is_what_the_run_of_that_day_does(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500));
        await world.Start(2, 10, BillingModel.PerCreation, Eur(300), cap: new PledgeCap(1, null));
        await world.Start(3, 10, BillingModel.PerCreation, Eur(20));
        await world.Publish(10, 100);
        await app.TravelTo("2026-01-20");
        await world.Publish(10, 101);
        await app.TravelTo("2026-01-25");
        var preview = (await app.In(s => s.GetRequiredService<IBillingRuns>().Preview(Book.Live, new LocalDate(2026, 2, 1))))
            .ShouldHaveSingleItem();
        preview.Totals.ShouldHaveSingleItem().ShouldBe(new RunTotal("EUR", 4, 840, 800, 0, 40, 0, 4));
        await app.TravelTo("2026-02-01");
        (await world.Runs()).ShouldHaveSingleItem().Totals.ShouldBe(preview.Totals);
        (await world.History(3)).ShouldBeEmpty("two lines of 20 cents wait for the next run");
    }

    [Theory, OnEveryEngine]
    public async Task Small_amounts_wait_until_they_are_worth_a_charge(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(20));
        await app.TravelTo("2026-03-02");
        (await world.History(1)).ShouldBeEmpty();
        await app.TravelTo("2026-04-02");
        var charge = (await world.History(1)).ShouldHaveSingleItem();
        charge.GrossMinor.ShouldBe(60);
        charge.Lines.Count.ShouldBe(3);
        (await world.Verify()).Passed.ShouldBeTrue();
    }

    [Theory, OnEveryEngine]
    public async Task A_replied_timeout_is_unknown_until_the_gateway_tells_and_nobody_pays_twice(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500), "card_reply_lost_after_capture");
        await world.Start(2, 10, BillingModel.MonthlyArrears, Eur(500), "card_reply_lost_before");
        await world.Start(3, 10, BillingModel.MonthlyArrears, Eur(500), "card_breaks_after_capture");
        await app.TravelTo("2026-01-31T23:00:00Z"); // midnight in Berlin
        var open = (await world.Runs()).ShouldHaveSingleItem();
        open.Unknown.ShouldBe(3);
        open.State.ShouldBe("collecting", "a run with unknown charges is not done");
        await app.TravelTo("2026-02-03");
        (await world.Runs()).ShouldHaveSingleItem().State.ShouldBe("closed");
        world.Captures().Count.ShouldBe(3);
        world.Captures().Select(c => c.ChargeId).Distinct().Count().ShouldBe(3);
        (await world.Creator(10)).EarnedMinor.ShouldBe(1500);
    }

    [Theory, OnEveryEngine]
    public async Task A_wrong_captured_amount_is_quarantined_and_never_settled(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500), "card_pays_short");
        await app.TravelTo("2026-02-02");
        (await world.Runs()).ShouldHaveSingleItem().Quarantined.ShouldBe(1);
        (await world.Creator(10)).EarnedMinor.ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task A_clock_wrong_by_decades_runs_nothing_and_says_so(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500));
        foreach (var wrong in new[] { "1970-01-02", "2099-06-01" })
        {
            app.Time.Now = TestApp.Moment(wrong);
            (await Should.ThrowAsync<Refusal>(app.Drain)).Message.ShouldContain("Set it right");
        }
        app.Time.Now = TestApp.Moment("2026-01-10");
        await app.TravelTo("2026-02-02");
        (await world.History(1)).ShouldHaveSingleItem().State.ShouldBe("paid");
    }

    [Theory, OnEveryEngine]
    public async Task A_clock_wrong_by_years_bills_nobody_and_once_it_is_right_again_the_day_is_billed(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500));
        app.Time.Now = TestApp.Moment("2040-06-01");
        await app.Drain();
        var held = (await app.In(s => s.GetRequiredService<IBillingRuns>().List(Book.Live, emptyToo: true, 10))).ShouldHaveSingleItem();
        (held.State, held.Charges).ShouldBe(("review", 0));
        held.Note.ShouldNotBeNull().ShouldContain("Check the clock");
        (await Should.ThrowAsync<Refusal>(() => app.In(s => s.GetRequiredService<IBillingRuns>().OpenDue(Book.Live)))).Code.ShouldBe("run_held");

        app.Time.Now = TestApp.Moment("2026-01-10");
        await app.In(s => s.GetRequiredService<IBillingRuns>().Release(held.Id));
        await app.TravelTo("2026-02-02");
        (await world.History(1)).ShouldHaveSingleItem().State.ShouldBe("paid");
    }

    [Theory, OnEveryEngine]
    public async Task A_site_that_was_off_for_months_bills_each_of_them_when_the_operator_says_so(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500));
        app.Time.Now = TestApp.Moment("2026-04-20");
        await app.Drain();
        for (var i = 0; i < 5; i++)
        {
            foreach (var run in (await app.In(s => s.GetRequiredService<IBillingRuns>().List(Book.Live, emptyToo: true, 200))).Where(r => r.State == "review"))
                await app.In(s => s.GetRequiredService<IBillingRuns>().Release(run.Id));
            await app.Drain();
        }
        (await world.History(1)).Select(c => (c.GrossMinor, c.State)).ShouldBe([(500, "paid"), (500, "paid"), (500, "paid")]);
        (await world.Runs()).ShouldAllBe(r => r.State == "closed");
        // Said once, it counts for those days alone: the next is an ordinary one, which would be held again.
        var waiting = await app.In(async s =>
        {
            await using var command = await s.GetRequiredService<Db>().Command(
                "SELECT MAX(dedupe_key) FROM message WHERE status = 'pending' AND dedupe_key LIKE 'run:%'");
            return await command.ExecuteScalarAsync();
        });
        waiting.ShouldBe("run:1:Europe/Berlin:2026-04-21");
    }

    [Theory, OnEveryEngine]
    public async Task A_run_that_waits_for_a_look_is_not_collected_by_the_wake_up_of_another_charge(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500));
        app.Time.Now = TestApp.Moment("2026-02-10");
        await app.Drain();
        var held = (await world.Runs()).ShouldHaveSingleItem();
        (held.State, held.Charges).ShouldBe(("review", 1));

        await world.Start(2, 10, BillingModel.MonthlyUpfront, Eur(700), "card_reply_lost_after_capture");
        await app.TravelTo("2026-02-12"); // which has looked at the lost reply since
        world.Captures().ShouldHaveSingleItem().AmountMinor.ShouldBe(700);

        await app.In(s => s.GetRequiredService<IBillingRuns>().Release(held.Id));
        await app.Drain();
        world.Captures().Select(c => c.AmountMinor).Order().ShouldBe([500, 700]);
    }
}
