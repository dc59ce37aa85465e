using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.TestGateway;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

/// <summary>Cases the simulated worlds found: each was a payment made twice, forgotten, or for another amount.</summary>
public sealed class NobodyForgottenTests
{
    [Theory, OnEveryEngine]
    public async Task Who_left_with_a_payment_unfinished_cannot_join_again_until_it_is_settled(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var started = await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500), "card_reply_lost_after_capture", collect: false);
        (await world.Collect(started.ChargeId!.Value)).Outcome.ShouldBe(CollectOutcome.Pending);
        await End(app, started.PledgeId);
        (await Should.ThrowAsync<Refusal>(() => world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500)))).Code.ShouldBe("payment_open");
        await app.TravelTo("2026-01-11");
        (await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500))).Quote.Today.ShouldBe(Eur(0));
        world.Captures().Count.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task A_charge_held_by_a_process_that_died_is_taken_up_again(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500), collect: false);
        await Hold(app, Duration.FromMinutes(3)); // longer than the job that looks after a page waits
        await app.TravelTo("2026-01-10T12:30:00Z");
        world.Captures().Count.ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task A_run_closes_although_its_charge_was_held_when_it_fell_due(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500), "card_reply_lost_before");
        await app.TravelTo("2026-01-31T23:00:00Z");
        await Hold(app, Duration.FromMinutes(9));
        await app.TravelTo("2026-02-01T10:00:00Z");
        (await world.Runs()).ShouldHaveSingleItem().State.ShouldBe("closed");
    }

    [Theory, OnEveryEngine]
    public async Task Charges_of_one_batch_are_each_looked_at_when_they_are_due(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500), "card_reply_lost_after_capture"); // due again in five minutes
        await world.Start(2, 10, BillingModel.MonthlyArrears, Eur(500), "card_asks_for_confirmation"); // due again in three days
        await app.TravelTo("2026-02-04");
        (await world.History(2)).ShouldHaveSingleItem().State.ShouldBe("declined", "three days to confirm are over");
    }

    [Theory, OnEveryEngine]
    public async Task A_bill_that_is_given_up_can_no_longer_be_paid_at_the_gateway(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500), "card_asks_for_confirmation");
        await app.TravelTo("2026-03-20");
        (await world.History(1)).ShouldHaveSingleItem().State.ShouldBe("closed");
        app.Services.GetRequiredService<TestGatewayStore>().Payments().ShouldHaveSingleItem().Status.ShouldBe("canceled");
    }

    [Theory, OnEveryEngine]
    public async Task A_card_refused_for_good_is_not_asked_again_by_looking(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500), "card_stolen");
        await app.TravelTo("2026-02-02");
        var charge = (await world.History(1)).ShouldHaveSingleItem();
        (await world.Collect(charge.Id)).Outcome.ShouldBe(CollectOutcome.Declined);
        app.Services.GetRequiredService<TestGatewayStore>().ConfirmCount().ShouldBe(1);
    }

    [Theory, OnEveryEngine]
    public async Task A_planned_downgrade_leaves_posts_and_leaving_of_this_month_at_the_old_amount(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var posts = await world.Start(1, 10, BillingModel.PerCreation, Eur(500));
        var arrears = await world.Start(1, 11, BillingModel.MonthlyArrears, Eur(900));
        foreach (var id in new[] { posts.PledgeId, arrears.PledgeId })
            await app.In(s => s.GetRequiredService<IAgreements>().Change(id, Eur(200), ChangeFrom.NextPeriod, "less"));
        await app.In(s => s.GetRequiredService<IAgreements>().SetCap(posts.PledgeId, new PledgeCap(9, null)));
        await world.Publish(10, 100);
        await End(app, arrears.PledgeId);
        await app.TravelTo("2026-02-02");
        await world.Publish(10, 101);
        await app.TravelTo("2026-03-02");
        (await world.History(1)).Select(c => c.GrossMinor).ShouldBe([200, 500, 900]);
    }

    [Theory, OnEveryEngine]
    public async Task Leaving_while_the_last_bill_is_in_flight_still_owes_the_month_begun(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var started = await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500), "card_reply_lost_before");
        await app.TravelTo("2026-01-31T23:00:00Z");
        await End(app, started.PledgeId);
        await app.TravelTo("2026-02-10");
        world.Captures().Count.ShouldBe(2);
    }

    [Theory, OnEveryEngine]
    public async Task An_upgrade_before_a_late_run_pays_the_new_amount_once(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var started = await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500));
        await app.TravelTo("2026-01-31");
        app.Time.Now = TestApp.Moment("2026-02-01"); // the worker has been off since midnight
        var changed = await app.In(s => s.GetRequiredService<IAgreements>().Change(started.PledgeId, Eur(1200), ChangeFrom.Now, "more"));
        changed.ChargeId.ShouldBeNull();
        await app.TravelTo("2026-02-02");
        (await world.History(1)).Select(c => c.GrossMinor).ShouldBe([1200, 500]);
    }

    [Theory, OnEveryEngine]
    public async Task Leaving_before_a_late_run_owes_the_month_that_ended_too(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var started = await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500));
        await app.TravelTo("2026-01-31");
        app.Time.Now = TestApp.Moment("2026-02-01");
        var ended = await End(app, started.PledgeId);
        await world.Collect(ended.ChargeId!.Value);
        await app.TravelTo("2026-03-02");
        (await world.History(1)).ShouldHaveSingleItem().Lines.Count.ShouldBe(2);
    }

    [Theory, OnEveryEngine]
    public async Task Leaving_and_coming_back_within_a_month_billed_in_arrears_pays_it_once(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        foreach (var patron in new[] { 1, 2, 3 })
        {
            var first = await world.Start(patron, 10, BillingModel.MonthlyArrears, Eur(500));
            await world.Collect((await End(app, first.PledgeId)).ChargeId!.Value);
        }
        await app.TravelTo("2026-01-20");
        var same = await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500));
        (same.Quote.NextOn, same.Quote.Next).ShouldBe((new(2026, 3, 1), Eur(500)));
        var more = await world.Start(2, 10, BillingModel.MonthlyArrears, Eur(800));
        (more.Quote.NextOn, more.Quote.Next).ShouldBe((new(2026, 2, 1), Eur(300)));
        (await world.Upcoming(1)).ShouldHaveSingleItem().On.ShouldBe(new(2026, 3, 1));
        (await world.Upcoming(2)).ShouldHaveSingleItem().Amount.ShouldBe(Eur(300));
        var again = await world.Start(3, 10, BillingModel.MonthlyArrears, Eur(500));
        (await End(app, again.PledgeId)).ChargeId.ShouldBeNull();

        await app.TravelTo("2026-03-02");
        (await world.History(1)).Select(c => c.GrossMinor).ShouldBe([500, 500]);
        (await world.History(2)).Select(c => c.GrossMinor).ShouldBe([800, 300, 500]);
        (await world.History(3)).Select(c => c.GrossMinor).ShouldBe([500]);
    }

    [Theory, OnEveryEngine]
    public async Task A_small_line_rolled_into_a_declined_bill_declines_its_membership_too(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var small = await world.Start(1, 10, BillingModel.PerCreation, Eur(20), "card_declines");
        await world.Publish(10, 100); // twenty cents wait in February
        await app.TravelTo("2026-02-10");
        await world.Start(1, 11, BillingModel.MonthlyArrears, Eur(500), "card_declines");
        await app.TravelTo("2026-03-02");
        (await world.History(1)).ShouldHaveSingleItem().GrossMinor.ShouldBe(520);
        (await app.In(s => s.GetRequiredService<IAgreements>().Find(small.PledgeId)))!.IsDeclined.ShouldBeTrue();
        await app.TravelTo("2026-05-01");
        (await app.In(s => s.GetRequiredService<IAgreements>().Find(small.PledgeId)))!.IsActive.ShouldBeFalse();
    }

    private static Task<EndedPledge> End(TestApp app, long pledgeId) =>
        app.In(s => s.GetRequiredService<IAgreements>().End(pledgeId, "cancelled"));

    /// <summary>As if another process had claimed all open charges and died.</summary>
    private static Task<int> Hold(TestApp app, Duration time) => app.In(s =>
        s.GetRequiredService<Db>().Execute("UPDATE due_work SET lease_until = @until, lease_token = lease_token + 1", default, ("until", app.Time.Now + time)));
}
