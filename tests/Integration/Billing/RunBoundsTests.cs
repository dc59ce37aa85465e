using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

/// <summary>A run unlike the last ones waits for the operator's look, says why, and goes on when let (billing.md §3.7, phase 3).</summary>
public sealed class RunBoundsTests
{
    [Theory, OnEveryEngine]
    public async Task A_run_far_from_the_usual_waits_and_one_that_is_not_goes_on(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        var first = await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(1000));
        for (var patron = 2; patron <= 25; patron++) await world.Start(patron, 10, BillingModel.MonthlyArrears, Eur(1000));
        for (var patron = 1; patron <= 3; patron++) await world.Start(patron, 12, BillingModel.MonthlyArrears, Eur(100));

        await app.TravelTo("2026-02-10");
        (await world.Runs())[0].ShouldSatisfyAllConditions(r => r.State.ShouldBe("closed", "there is nothing to compare a first run with"), r => r.Note.ShouldBeNull());

        for (var patron = 26; patron <= 37; patron++) await world.Start(patron, 10, BillingModel.MonthlyArrears, Eur(1000));
        for (var patron = 4; patron <= 10; patron++) await world.Start(patron, 12, BillingModel.MonthlyArrears, Eur(100));
        var paid = world.Captures().Count;
        await app.TravelTo("2026-03-02");
        var held = (await world.Runs())[0];
        (held.State, held.Charges, held.Paid).ShouldBe(("review", 37, 0));
        held.Note.ShouldNotBeNull().ShouldContain("Campaign 10 (“Payee 10”): 370.00 EUR for 37 lines, a month before 250.00 EUR for 25 (+48 %).");
        held.Note.ShouldContain("All campaigns together: 380.00 EUR");
        held.Note.ShouldNotContain("Campaign 12", Case.Sensitive, "three lines that became ten are nothing to look at");
        world.Captures().Count.ShouldBe(paid);
        var opal = await app.Operator();
        foreach (var page in new[] { "/operator", $"/operator/runs/{held.Id}" }) (await opal.Open(page)).Text.ShouldContain("(+48 %)");
        await opal.Submit(await opal.Open($"/operator/runs/{held.Id}"), $"form[action='/operator/runs/{held.Id}/release']");
        await app.Drain();
        (await world.Runs())[0].ShouldSatisfyAllConditions(r => r.State.ShouldBe("closed"), r => r.Note.ShouldBeNull(), r => r.Paid.ShouldBe(37));

        await app.TravelTo("2026-04-02");
        (await world.Runs())[0].ShouldSatisfyAllConditions(r => r.BillOn.Month.ShouldBe(4), r => r.State.ShouldBe("closed"));

        await app.In(s => s.GetRequiredService<IAgreements>().Change(first.PledgeId, Eur(11_000), ChangeFrom.NextPeriod, "much more"));
        await world.Start(50, 11, BillingModel.PerCreation, Eur(100));
        for (var post = 0; post < 32; post++) await world.Publish(11, 100 + post);
        await app.TravelTo("2026-05-02");
        await app.TravelTo("2026-06-02");
        foreach (var run in (await world.Runs()).Where(r => r.State == "review"))
            run.Note.ShouldNotBeNull().ShouldNotContain("All campaigns", Case.Sensitive, "26 % are within bounds");
        var notes = string.Join("\n", (await world.Runs()).Where(r => r.State == "review").Select(r => r.Note));
        notes.ShouldContain("1 charge is more than 5 times what the patron usually pays (patron 1); the largest is 111.00 EUR, usual was 11.00 EUR.");
        notes.ShouldContain("1 pledge is billed for more than 31 posts at once, up to 32.");
        (await world.Verify()).Passed.ShouldBeTrue();
    }

    [Theory, OnEveryEngine]
    public async Task Short_months_are_compared_with_the_same_pledges(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-31");
        var world = new World(app);
        for (var patron = 1; patron <= 25; patron++) await world.Start(patron, 10, BillingModel.MonthlyAnniversary, Eur(1000)); // the 31st
        app.Time.Now = TestApp.Moment("2026-02-28T09:00:00Z");
        await app.Drain();
        for (var patron = 26; patron <= 30; patron++) await world.Start(patron, 10, BillingModel.MonthlyAnniversary, Eur(1000)); // the 28th
        await app.TravelTo("2026-05-31");
        (await world.Runs()).ShouldAllBe(r => r.State == "closed", "of 25 on the last day of February, none are due on 28 March");
        (await world.Runs()).Count.ShouldBe(7);
    }
}
