using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

/// <summary>Payments made by hand go the road of all payments (ADR 0011).</summary>
public sealed class TransferTests
{
    [Theory, OnEveryEngine]
    public async Task Who_pays_by_transfer_is_a_member_once_the_operator_has_recorded_it(Engine engine)
    {
        await using var app = await Start(engine);
        var opal = await app.Operator();
        var campaign = await app.HasCampaign("ada", app.SomePerson(), model: BillingModel.MonthlyUpfront);
        var tier = await app.HasTier(campaign, "Studio", 500);
        var pat = await app.SignUp("pat");

        var join = await pat.Open($"/ada/join/{tier.Id}");
        var page = await pat.Open(await Joins(pat, join));
        page.Text.ShouldContain("€5.00");
        page.Text.ShouldContain("DE00 1234");
        var charge = (await app.In(s => s.GetRequiredService<ITransfers>().Open())).ShouldHaveSingleItem();
        (charge.PatronId, charge.Amount.Minor).ShouldBe((pat.Id, 500));
        (await app.Mails(charge.PatronId))[^1].Text.ShouldContain(charge.Reference[..4]);
        (await pat.Open("/billing")).Text.ShouldContain("Waits for your transfer");
        (await app.Membership(campaign, charge.PatronId))!.Status.ShouldBe(Stipend.Memberships.Contracts.MembershipStatus.Pending);

        (await pat.Get("/operator/transfers")).Status.ShouldNotBe(HttpStatusCode.OK);
        var form = $"form[action='/operator/transfers/{charge.ChargeId}']";
        var list = await opal.Open("/operator/transfers");
        list.Text.ShouldContain(charge.Reference);
        (await opal.Submit(list, form, ("amount", "0"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await opal.Submit(list, form, ("on", "2031-01-01"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => opal.Submit(list, form))); // pressed twice
        await app.Drain();

        (await app.In(s => s.GetRequiredService<IBillingHistory>().Find(charge.ChargeId, charge.PatronId)))!.State.ShouldBe("paid");
        (await app.Membership(campaign, charge.PatronId))!.Status.ShouldBe(Stipend.Memberships.Contracts.MembershipStatus.Active);
        var world = new World(app);
        (await world.Creator(campaign.Id)).ShouldSatisfyAllConditions(b => b.EarnedMinor.ShouldBe(500), b => b.FeesMinor.ShouldBe(25, "no gateway takes a part"));
        (await world.Verify()).Passed.ShouldBeTrue();
        (await opal.Submit(list, form)).Status.ShouldBe(HttpStatusCode.Conflict);
        app.Taken().ShouldBeEmpty();

        await app.TravelTo("2026-02-02"); // the next month is asked for by the run
        (await app.In(s => s.GetRequiredService<ITransfers>().Open())).ShouldHaveSingleItem().Amount.Minor.ShouldBe(500);
        (await world.Runs()).ShouldHaveSingleItem().State.ShouldBe("closed");
    }

    [Theory, OnEveryEngine]
    public async Task Another_amount_is_quarantined_and_what_never_comes_is_declined_and_given_up(Engine engine)
    {
        await using var app = await Start(engine);
        var world = new World(app);
        var pledges = new List<StartedPledge>();
        for (var patron = 1; patron <= 3; patron++)
            pledges.Add(await world.Start(patron, 10, BillingModel.MonthlyArrears, Eur(500 + patron), "transfer"));
        await app.TravelTo("2026-02-03");
        var open = await app.In(s => s.GetRequiredService<ITransfers>().Open());
        open.Select(o => o.Amount.Minor).Order().ShouldBe([501, 502, 503]);
        long Charge(int patron) => open.Single(o => o.PatronId == patron).ChargeId;
        Task<CollectResult> Record(int patron, long minor) => app.In(s =>
            s.GetRequiredService<ITransfers>().Record(Charge(patron), minor, new LocalDate(2026, 2, 3), 7));

        (await Record(1, 400)).Outcome.ShouldBe(CollectOutcome.Pending);
        (await world.Runs()).ShouldHaveSingleItem().Quarantined.ShouldBe(1);
        (await world.Creator(10)).EarnedMinor.ShouldBe(0);
        await Should.ThrowAsync<Refusal>(() => Record(1, 501)); // once for ever

        await app.TravelTo("2026-02-16");
        (await world.History(2)).ShouldHaveSingleItem().State.ShouldBe("declined", "fourteen days are over");
        (await world.Pledge(pledges[1].PledgeId))!.IsDeclined.ShouldBeTrue();
        await world.Card(2, "card_pays"); // which does not pay what was asked for by transfer
        await app.Drain();
        (await world.History(2)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(c => c.State.ShouldBe("declined"),
            c => c.Reason.ShouldBe("The transfer did not arrive in time."), c => c.ActionUrl.ShouldBe($"/billing/transfers/{c.Id}"));
        (await Record(2, 502)).Outcome.ShouldBe(CollectOutcome.Paid); // late, and before it was given up
        (await world.Pledge(pledges[1].PledgeId))!.IsDeclined.ShouldBeFalse();
        (await world.Creator(10)).EarnedMinor.ShouldBe(502);

        await app.TravelTo("2026-03-02"); // a month later one bill is open, not two
        (await world.History(3)).ShouldHaveSingleItem().State.ShouldBe("declined");
        await app.TravelTo("2026-05-02");
        (await world.Pledge(pledges[2].PledgeId))!.IsActive.ShouldBeFalse();
        (await Should.ThrowAsync<Refusal>(() => Record(3, 503))).Message.ShouldContain("called off");
        (await world.Verify()).Passed.ShouldBeTrue();
    }

    [Fact]
    public async Task Nobody_is_offered_a_transfer_that_has_nowhere_to_go()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, at: "2026-01-10");
        var world = new World(app);
        await Should.ThrowAsync<Refusal>(() => world.Card(1, "transfer"));
    }

    private static Task<TestApp> Start(Engine engine) => TestApp.Start(engine, at: "2026-01-10", builder =>
        builder.Configuration.AddInMemoryCollection([new("Stipend:Billing:TransferTo", "Club of Testland\nDE00 1234")]));

    /// <summary>Presses the button that joins, paying by transfer; answers where it leads.</summary>
    private static async Task<string> Joins(Actor person, Page join)
    {
        var sent = await person.Submit(join, "main form", ("method", "transfer"), ("button", "join"));
        ((int)sent.Status).ShouldBe(303, sent.Text);
        return sent.Location!;
    }
}
