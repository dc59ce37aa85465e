using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Memberships;

public sealed class SeatTests
{
    [Theory, OnEveryEngine]
    public async Task Two_hundred_join_at_once_for_ten_seats_and_exactly_ten_get_one(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var campaign = await app.HasCampaign("ada", app.SomePerson(), model: BillingModel.PerCreation);
        var tier = await app.HasTier(campaign, "Studio", 500);
        await app.Limit(tier, 10);
        var people = Enumerable.Range(0, 200).Select(_ => app.SomePerson()).ToList();
        await app.In(s => s.GetRequiredService<IPaymentMethods>().AddTestCards(campaign.BookId, people.ConvertAll(p => (p, "card_pays"))));

        var (joined, full) = (0, 0);
        await Parallel.ForEachAsync(people, new ParallelOptions { MaxDegreeOfParallelism = 40 }, async (person, ct) =>
        {
            try
            {
                await app.In(s => s.GetRequiredService<IMemberships>()
                    .Join(new NewMembership(person, campaign.Id, tier.Id, null, PledgeCap.None), ct));
                Interlocked.Increment(ref joined);
            }
            catch (Refusal refusal) when (refusal.Code == "tier_full")
            {
                Interlocked.Increment(ref full);
            }
        });

        (joined, full).ShouldBe((10, 190));
        (await app.SeatRows(tier)).ShouldBe(10);
        (await app.In(s => s.GetRequiredService<IMemberships>().SeatsTaken(campaign.Id)))[tier.Id].ShouldBe(10);
        (await app.In(s => s.GetRequiredService<IMemberships>().Counts(campaign.Id))).Paid.ShouldBe(10);
    }

    [Theory, OnEveryEngine]
    public async Task A_seat_is_kept_to_the_end_of_what_is_paid_and_free_after_it(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var campaign = await app.HasCampaign("ada", app.SomePerson());
        var tier = await app.HasTier(campaign, "Studio", 500);
        await app.Limit(tier, 1);
        var (lin, sam) = (app.SomePerson(), app.SomePerson());
        await app.Joins(campaign, lin, tier);
        (await app.Leaves(campaign, lin)).EndsAt.ShouldNotBeNull();

        (await Should.ThrowAsync<Refusal>(() => app.Joins(campaign, sam, tier))).Code.ShouldBe("tier_full");

        await app.TravelTo("2026-02-16");
        (await app.Membership(campaign, lin))!.Status.ShouldBe(MembershipStatus.Ended);
        (await app.Joins(campaign, sam, tier)).Status.ShouldBe(MembershipStatus.Active);
    }

    [Theory, OnEveryEngine]
    public async Task A_limit_set_below_those_who_are_in_throws_nobody_out_and_lets_nobody_in(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var campaign = await app.HasCampaign("ada", app.SomePerson(), model: BillingModel.PerCreation);
        var tier = await app.HasTier(campaign, "Studio", 500);
        foreach (var _ in Enumerable.Range(0, 3)) await app.Joins(campaign, app.SomePerson(), tier);
        await app.Limit(tier, 2);

        (await Should.ThrowAsync<Refusal>(() => app.Joins(campaign, app.SomePerson(), tier))).Code.ShouldBe("tier_full");
        (await app.In(s => s.GetRequiredService<IMemberships>().Counts(campaign.Id))).Paid.ShouldBe(3);
    }
}
