using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Memberships;

public sealed class InvitationTests
{
    private static Task Import(TestApp app, CampaignInfo campaign, TierInfo tier, long personId, string? until) =>
    app.In(s => s.GetRequiredService<IMemberships>().Import(
        campaign.Id, [new ImportedMembership(personId, tier.Id, 700, MembershipStatus.Invited, null, until is null ? null
        : TestApp.Moment(until), 4200, PledgeCap.None, "patreon 1")]));

    [Theory, OnEveryEngine]
    public async Task An_imported_member_keeps_access_to_the_paid_date_and_is_never_charged_unconfirmed(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-15");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var tier = await app.HasTier(campaign, "Studio", 500);
        var lin = app.SomePerson();
        await Import(app, campaign, tier, lin, "2026-02-10");
        (await app.Opens(campaign, tier, lin)).ShouldBeTrue();
        await app.TravelTo("2026-02-09");
        (await app.Opens(campaign, tier, lin)).ShouldBeTrue();
        await app.TravelTo("2026-06-01");
        (await app.Opens(campaign, tier, lin)).ShouldBeFalse();
        (await app.Membership(campaign, lin))!.Status.ShouldBe(MembershipStatus.Invited);
        app.Taken().ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Confirming_charges_nothing_before_the_date_paid_elsewhere_and_the_old_amount_from_then_on(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-15");
        var people = await app.People("ada", "lin");
        var (ada, lin) = (people[0], people[1]);
        var campaign = await app.HasCampaign("ada", ada.Id);
        var tier = await app.HasTier(campaign, "Studio", 500);
        await Import(app, campaign, tier, lin.Id, "2026-02-10");
        (await ada.Post("/ada/members/invite")).Location.ShouldEndWith("said=invited-1");
        (await ada.Post("/ada/members/invite")).Location.ShouldEndWith("said=invited-0");
        (await app.Mails(lin.Id)).Count(m => m.Subject.Contains("invites you")).ShouldBe(1);

        var page = await lin.Open("/ada/membership/confirm");
        page.Text.ShouldContain("€7.00");
        page.Text.ShouldContain("first payment on February 10, 2026");
        (await lin.Submit(page, "main form", ("method", "card_pays"))).Location.ShouldBe("/ada/membership?confirmed=1");
        await app.TravelTo("2026-02-10T11:00:00Z");
        app.Taken().ShouldBeEmpty();
        (await app.Opens(campaign, tier, lin.Id)).ShouldBeTrue();
        await app.TravelTo("2026-02-11");
        app.Taken().ShouldBe([700]);
        await app.TravelTo("2026-03-12");
        app.Taken().ShouldBe([700, 700]);
        (await app.Opens(campaign, tier, lin.Id)).ShouldBeTrue();
    }

    [Theory, OnEveryEngine]
    public async Task Declining_an_invitation_keeps_what_was_paid_and_ends_after_it(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-15");
        var people = await app.People("ada", "lin");
        var (ada, lin) = (people[0], people[1]);
        var campaign = await app.HasCampaign("ada", ada.Id);
        var tier = await app.HasTier(campaign, "Studio", 500);
        await Import(app, campaign, tier, lin.Id, "2026-02-10");
        await lin.Post("/ada/membership/decline");
        (await app.Opens(campaign, tier, lin.Id)).ShouldBeTrue();
        await app.TravelTo("2026-02-11");
        (await app.Opens(campaign, tier, lin.Id)).ShouldBeFalse();
        (await app.Membership(campaign, lin.Id))!.Status.ShouldBe(MembershipStatus.Ended);
        app.Taken().ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task A_sandbox_accepts_for_everybody_and_bills_each_when_their_paid_time_ends(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-15");
        var campaign = await app.HasCampaign("ada", app.SomePerson(), sandbox: true);
        var tier = await app.HasTier(campaign, "Studio", 500);
        var people = Enumerable.Range(0, 5).Select(_ => app.SomePerson()).ToList();
        foreach (var person in people) await Import(app, campaign, tier, person, person == people[0] ? null : "2026-02-10");

        await app.In(s => s.GetRequiredService<IPaymentMethods>().AddTestCards(campaign.BookId, people.ConvertAll(p => (p, "card_pays"))));
        (await app.In(s => s.GetRequiredService<IMemberships>().AcceptInvitations(campaign.Id))).ShouldBe(5);
        (await app.In(s => s.GetRequiredService<IMemberships>().AcceptInvitations(campaign.Id))).ShouldBe(0);
        await app.Drain();
        app.Taken().ShouldBe([700]); // who had nothing open elsewhere begins at once
        (await app.Opens(campaign, tier, people[0])).ShouldBeTrue();

        await app.Services.GetRequiredService<TimeTravel>().Advance(campaign.BookId, TestApp.Moment("2026-02-12"));
        app.Taken().Count.ShouldBe(5);
        (await app.In(s => s.GetRequiredService<IMemberships>().Counts(campaign.Id))).ShouldBe(new MemberCounts(5, 0, 0, 0, 0));
        foreach (var person in people) (await app.Opens(campaign, tier, person)).ShouldBeTrue();
    }

    [Theory, OnEveryEngine]
    public async Task Invitations_are_not_accepted_for_real_people_and_a_sandbox_sends_none(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var ada = await app.SignUp("ada");
        var live = await app.HasCampaign("ada", ada.Id);
        var sandbox = await app.HasCampaign("sand", ada.Id, sandbox: true);
        (await Should.ThrowAsync<Refusal>(() =>
            app.In(s => s.GetRequiredService<IMemberships>().AcceptInvitations(live.Id)))).Code.ShouldBe("not_a_sandbox");
        ((int)(await ada.Post($"/{sandbox.Vanity}/members/invite")).Status).ShouldBe(409);
    }
}
