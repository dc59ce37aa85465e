using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Memberships.Change;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Memberships;

public sealed class MembershipLifeTests
{
    [Theory, OnEveryEngine]
    public async Task A_free_member_sees_what_is_for_members_and_loses_it_on_leaving(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var lin = app.SomePerson();
        (await app.Joins(campaign, lin, null)).Status.ShouldBe(MembershipStatus.Free);
        (await app.OpensToMembers(campaign, lin)).ShouldBeTrue();
        (await app.Leaves(campaign, lin)).Status.ShouldBe(MembershipStatus.Ended);
        (await app.OpensToMembers(campaign, lin)).ShouldBeFalse();
        app.Taken().ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Joining_upfront_opens_with_the_payment_and_the_next_month_keeps_it_open(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-31");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var tier = await app.HasTier(campaign, "Studio", 500);
        var lin = app.SomePerson();
        (await app.Joins(campaign, lin, tier)).Status.ShouldBe(MembershipStatus.Active);
        (await app.Opens(campaign, tier, lin)).ShouldBeTrue();
        app.Taken().ShouldBe([500]);

        await app.TravelTo("2026-04-01");
        app.Taken().ShouldBe([500, 500, 500]);
        (await app.Opens(campaign, tier, lin)).ShouldBeTrue();
    }

    [Theory, OnEveryEngine]
    public async Task Cancelling_keeps_what_is_paid_and_rejoining_meanwhile_charges_nothing_again(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-15");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var tier = await app.HasTier(campaign, "Studio", 500);
        var lin = app.SomePerson();
        await app.Joins(campaign, lin, tier);
        await app.TravelTo("2026-01-20");
        (await app.Leaves(campaign, lin)).EndsAt.ShouldNotBeNull();
        (await app.Opens(campaign, tier, lin)).ShouldBeTrue();

        var back = await app.Joins(campaign, lin, tier);
        back.Status.ShouldBe(MembershipStatus.Active);
        back.EndsAt.ShouldBeNull();
        app.Taken().ShouldBe([500]);

        await app.TravelTo("2026-02-16");
        app.Taken().ShouldBe([500, 500]);
        (await app.Opens(campaign, tier, lin)).ShouldBeTrue();

        await app.Leaves(campaign, lin);
        await app.TravelTo("2026-03-16");
        (await app.Opens(campaign, tier, lin)).ShouldBeFalse();
        app.Taken().ShouldBe([500, 500]);
    }

    [Theory, OnEveryEngine]
    public async Task A_declined_renewal_closes_the_tier_keeps_the_seat_and_a_paid_retry_opens_it_again(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-10");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var tier = await app.HasTier(campaign, "Studio", 500);
        await app.Limit(tier, 1);
        var lin = app.SomePerson();
        await app.Joins(campaign, lin, tier, card: "card_pays_until:2026-01-31");
        await app.TravelTo("2026-02-11");
        (await app.Membership(campaign, lin))!.Status.ShouldBe(MembershipStatus.Declined);
        (await app.Opens(campaign, tier, lin)).ShouldBeFalse();
        (await app.SeatRows(tier)).ShouldBe(1);

        await app.Card(campaign, lin);
        await app.Drain();
        (await app.Membership(campaign, lin))!.Status.ShouldBe(MembershipStatus.Active);
        (await app.Opens(campaign, tier, lin)).ShouldBeTrue();
        app.Taken().ShouldBe([500, 500]);
    }

    [Theory, OnEveryEngine]
    public async Task A_bill_that_is_never_paid_ends_on_the_free_level_and_frees_the_seat(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-10");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var tier = await app.HasTier(campaign, "Studio", 500);
        await app.Limit(tier, 1);
        var lin = app.SomePerson();
        await app.Joins(campaign, lin, tier, card: "card_pays_until:2026-01-31");
        await app.TravelTo("2026-04-15");
        (await app.Membership(campaign, lin))!.Status.ShouldBe(MembershipStatus.Free);
        (await app.Opens(campaign, tier, lin)).ShouldBeFalse();
        (await app.OpensToMembers(campaign, lin)).ShouldBeTrue();
        (await app.SeatRows(tier)).ShouldBe(0);
        (await app.History(campaign, lin)).ShouldBe(["joining", "joined", "declined", "fell_free"]);
    }

    [Theory, OnEveryEngine]
    public async Task An_upgrade_bills_the_flat_difference_now_and_a_downgrade_waits_for_the_next_period(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-15");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var bronze = await app.HasTier(campaign, "Bronze", 300);
        var gold = await app.HasTier(campaign, "Gold", 1500);
        var lin = app.SomePerson();
        await app.Joins(campaign, lin, bronze);

        (await app.In(s => s.GetRequiredService<ChangeTier>()
            .Look(new(campaign.Id, gold.Id, null, null), lin, default))).Quote.Today.Minor.ShouldBe(1200);
        await Change(app, campaign.Id, gold.Id, lin);
        (await app.Membership(campaign, lin))!.TierId.ShouldBe(gold.Id);
        (await app.Opens(campaign, gold, lin)).ShouldBeTrue();
        app.Taken().ShouldBe([300, 1200]);

        await Change(app, campaign.Id, bronze.Id, lin);
        (await app.Membership(campaign, lin))!.TierId.ShouldBe(gold.Id);
        await app.TravelTo("2026-02-16");
        (await app.Membership(campaign, lin))!.TierId.ShouldBe(bronze.Id);
        app.Taken().ShouldBe([300, 1200, 300]);
        await app.TravelTo("2026-02-20");
        (await app.Opens(campaign, gold, lin)).ShouldBeFalse();
        (await app.Opens(campaign, bronze, lin)).ShouldBeTrue();
    }

    [Theory, OnEveryEngine]
    public async Task An_upgrade_whose_payment_is_declined_changes_nothing(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-15");
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var bronze = await app.HasTier(campaign, "Bronze", 300);
        var gold = await app.HasTier(campaign, "Gold", 1500);
        await app.Limit(gold, 1);
        var lin = app.SomePerson();
        await app.Joins(campaign, lin, bronze);
        await app.Card(campaign, lin, "card_declines");
        await Change(app, campaign.Id, gold.Id, lin);

        var m = (await app.Membership(campaign, lin))!;
        (m.TierId, m.Status, m.AmountMinor).ShouldBe((bronze.Id, MembershipStatus.Active, 300));
        (await app.Opens(campaign, bronze, lin)).ShouldBeTrue();
        (await app.SeatRows(gold)).ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task Leaving_a_per_creation_campaign_settles_the_posts_up_to_now_and_closes_at_once(Engine engine)
    {
        await using var app = await TestApp.Start(engine, "2026-01-15");
        var campaign = await app.HasCampaign("ada", app.SomePerson(), model: BillingModel.PerCreation);
        var tier = await app.HasTier(campaign, "Studio", 400);
        var lin = app.SomePerson();
        (await app.Joins(campaign, lin, tier, cap: new PledgeCap(2, null))).Status.ShouldBe(MembershipStatus.Active);
        (await app.Opens(campaign, tier, lin)).ShouldBeTrue();
        app.Taken().ShouldBeEmpty();
        foreach (var post in (long[])[1, 2, 3])
        {
            await app.In(s => s.GetRequiredService<IPaidPosts>()
                .Publish(campaign.BookId, campaign.Id, post, $"Song {post}", app.Time.Now, app.Time.Now + Duration.FromDays(1)));
            await app.Drain();
        }

        await app.TravelTo("2026-01-17"); // the posts can no longer be taken back

        (await app.Leaves(campaign, lin)).Status.ShouldBe(MembershipStatus.Ended);
        app.Taken().ShouldBe([800]); // the cap of two posts holds
        (await app.Opens(campaign, tier, lin)).ShouldBeFalse();
    }

    [Theory, OnEveryEngine]
    public async Task What_cannot_be_joined_is_refused_in_one_clear_sentence(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, lin) = (app.SomePerson(), app.SomePerson());
        var campaign = await app.HasCampaign("ada", ada);
        var hidden = await app.HasCampaign("hidden", ada, published: false);
        var (tier, other) = (await app.HasTier(campaign, "Studio", 500), await app.HasTier(hidden, "Studio", 500));
        var retired = await app.HasTier(campaign, "Old", 500);
        await app.In(s => s.GetRequiredService<Db>()
            .Execute("UPDATE tier SET is_retired = @yes WHERE id = @id", default, ("yes", true), ("id", retired.Id)));
        await app.Joins(campaign, app.SomePerson(), tier);

        (await Code(() => app.Joins(campaign, ada, tier))).ShouldBe("own_campaign");
        (await Code(() => app.Joins(hidden, lin, other))).ShouldBe("not_found", "a draft exists for its owner alone");
        Task Publish(bool yes) => app.In(s => s.GetRequiredService<Db>()
            .Execute("UPDATE campaign SET is_published = @yes WHERE id = @id", default, ("yes", yes), ("id", hidden.Id)));
        await Publish(true);
        await app.Joins(hidden, lin, null);
        await Publish(false);
        (await Code(() => app.Joins(hidden, lin, other))).ShouldBe("campaign_unpublished", "to a member it is no secret");
        (await Code(() => app.Joins(campaign, lin, other))).ShouldBe("not_found");
        (await Code(() => app.Joins(campaign, lin, retired))).ShouldBe("tier_retired");
        (await Code(() => app.Joins(campaign, lin, tier, amount: 499))).ShouldBe("invalid_amount");
        (await Code(() => app.Joins(campaign, lin, tier, amount: 0))).ShouldBe("invalid_amount");
        (await Code(() => app.Joins(campaign, lin, tier, amount: 100_000_001_00))).ShouldBe("invalid_amount");
        await app.Joins(campaign, lin, tier);
        (await Code(() => app.Joins(campaign, lin, tier))).ShouldBe("already_member");
        app.Taken().ShouldBe([500, 500]);
    }

    private static async Task Change(TestApp app, long campaignId, long tierId, long personId)
    {
        var answer = await app.In(s => s.GetRequiredService<ChangeTier>().Handle(new(campaignId, tierId, null, null), personId, default));
        if (answer.ChargeId is { } charge) await app.In(s => s.GetRequiredService<ICollecting>().Collect(charge));
        await app.Drain();
    }

    private static async Task<string> Code(Func<Task> act) => (await Should.ThrowAsync<Refusal>(act)).Code;
}
