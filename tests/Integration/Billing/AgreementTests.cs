using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

public sealed class AgreementTests
{
    [Theory, OnEveryEngine]
    public async Task An_upgrade_pays_the_flat_difference_once_and_the_next_bill_is_the_new_amount(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var started = await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500));
        var changed = await app.In(s =>
            s.GetRequiredService<IAgreements>().Change(started.PledgeId, Eur(1200), ChangeFrom.Now, "Payee 10 more"));
        changed.Quote.Today.ShouldBe(Eur(700));
        await world.Collect(changed.ChargeId!.Value);
        await app.TravelTo("2026-02-01");
        (await world.History(1)).Select(c => c.GrossMinor).ShouldBe([1200, 700, 500]);
    }

    [Theory, OnEveryEngine]
    public async Task A_declined_upgrade_goes_back_to_the_old_amount(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var started = await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500));
        await world.Card(1, "card_declines");
        var changed = await app.In(s => s.GetRequiredService<IAgreements>().Change(started.PledgeId, Eur(1200), ChangeFrom.Now, "more"));
        (await world.Collect(changed.ChargeId!.Value)).Outcome.ShouldBe(CollectOutcome.Declined);
        (await world.Pledge(started.PledgeId))!.Amount.ShouldBe(Eur(500));
    }

    [Theory, OnEveryEngine]
    public async Task A_downgrade_counts_from_the_next_period_in_every_model(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var upfront = await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(900));
        var arrears = await world.Start(2, 10, BillingModel.MonthlyArrears, Eur(900));
        foreach (var id in new[] { upfront.PledgeId, arrears.PledgeId })
            await app.In(s => s.GetRequiredService<IAgreements>().Change(id, Eur(400), ChangeFrom.NextPeriod, "less"));
        await app.TravelTo("2026-03-01");
        (await world.History(1)).Select(c => c.GrossMinor).ShouldBe([400, 400, 900]);
        (await world.History(2)).Select(c => c.GrossMinor).ShouldBe([400, 900]);
    }

    [Theory, OnEveryEngine]
    public async Task Leaving_and_coming_back_within_paid_time_costs_nothing_and_keeps_the_day(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var first = await world.Start(1, 10, BillingModel.MonthlyAnniversary, Eur(500));
        await app.TravelTo("2026-01-20");
        var ended = await app.In(s => s.GetRequiredService<IAgreements>().End(first.PledgeId, ""));
        ended.PaidUntil.ShouldBe(new LocalDate(2026, 2, 10).AtMidnight().InZoneStrictly(DateTimeZoneProviders.Tzdb[Zone]).ToInstant());
        var again = await world.Start(1, 10, BillingModel.MonthlyAnniversary, Eur(500));
        again.ChargeId.ShouldBeNull();
        again.Quote.NextOn.ShouldBe(new LocalDate(2026, 2, 10));
        await app.TravelTo("2026-02-10");
        world.Captures().Count.ShouldBe(2);
    }

    [Theory, OnEveryEngine]
    public async Task Leaving_per_creation_settles_what_is_frozen_now(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var pledge = await world.Start(1, 10, BillingModel.PerCreation, Eur(300));
        await world.Publish(10, 100);
        await app.TravelTo("2026-01-15");
        await world.Publish(10, 101); // still inside its undo window when the patron leaves
        var ended = await app.In(s => s.GetRequiredService<IAgreements>().End(pledge.PledgeId, ""));
        (await world.Collect(ended.ChargeId!.Value)).Outcome.ShouldBe(CollectOutcome.Paid);
        (await world.History(1)).ShouldHaveSingleItem().GrossMinor.ShouldBe(300);
        await app.TravelTo("2026-02-01");
        (await world.History(1)).Sum(c => c.GrossMinor).ShouldBe(600, "the second post froze after the patron left and is still owed");
    }

    [Theory, OnEveryEngine]
    public async Task An_undone_paid_post_bills_nobody_and_gives_the_cap_place_back(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.PerCreation, Eur(300), cap: new PledgeCap(1, null));
        await world.Publish(10, 100);
        await app.In(s => s.GetRequiredService<IPaidPosts>().Undo(100));
        await app.TravelTo("2026-01-12");
        await world.Publish(10, 101);
        await app.TravelTo("2026-01-14");
        (await Should.ThrowAsync<Refusal>(() => app.In(s => s.GetRequiredService<IPaidPosts>().Undo(101)))).Code.ShouldBe("undo_over");
        await app.TravelTo("2026-02-01");
        (await world.History(1)).ShouldHaveSingleItem().Lines.ShouldHaveSingleItem().AmountMinor.ShouldBe(300);
    }

    [Theory, OnEveryEngine]
    public async Task The_first_posts_of_a_month_fill_the_cap_and_the_next_month_starts_anew(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-05");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.PerCreation, Eur(300), cap: new PledgeCap(2, null));
        await world.Start(2, 10, BillingModel.PerCreation, Eur(300), cap: new PledgeCap(null, 500));
        for (var post = 0; post < 4; post++)
        {
            await world.Publish(10, 100 + post);
            await app.TravelTo($"2026-01-{8 + post * 3:D2}");
        }
        var preview = await app.In(s => s.GetRequiredService<IPaidPosts>().Preview(Book.Live, 10));
        preview.ShouldBe(new PostChargePreview(0, Eur(0), 2));
        await app.TravelTo("2026-02-03");
        await world.Publish(10, 200);
        await app.TravelTo("2026-03-01");
        (await world.History(1)).Select(c => c.GrossMinor).ShouldBe([300, 600]);
        (await world.History(2)).Select(c => c.GrossMinor).ShouldBe([300, 300]);
    }

    [Theory, OnEveryEngine]
    public async Task Two_tabs_cannot_pledge_twice(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var world = new World(app);
        await world.Card(1, "card_pays");
        var terms = new AgreementTerms(Book.Live, 1, 10, BillingModel.MonthlyUpfront, 1, Zone, Eur(500), PledgeCap.None, "x");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            try
            {
                await app.In(s => s.GetRequiredService<IAgreements>().Start(terms));
                return "started";
            }
            catch (Refusal refusal)
            {
                return refusal.Code;
            }
        })));
        outcomes.Count(o => o == "started").ShouldBe(1);
        outcomes.Where(o => o != "started").ShouldAllBe(o => o == "already_pledged");
    }
}
