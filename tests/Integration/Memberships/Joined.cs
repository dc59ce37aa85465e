using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.TestGateway;

namespace Stipend.Integration.Memberships;

/// <summary>Memberships as a test looks at them: by contracts and, for counting, by this module's own rows.</summary>
internal static class Joined
{
    extension(TestApp app)
    {
        public Task Card(CampaignInfo campaign, long personId, string card = "card_pays") =>
            app.In(s => s.GetRequiredService<IPaymentMethods>().Add(campaign.BookId, personId, card));

        /// <summary>Joins as the page does: store the card, join, collect, deliver.</summary>
        public async Task<MembershipInfo> Joins(CampaignInfo campaign, long personId, TierInfo? tier, string card = "card_pays",
            long? amount = null, PledgeCap? cap = null)
        {
            if (tier is not null) await app.Card(campaign, personId, card);
            var outcome = await app.In(s => s.GetRequiredService<IMemberships>()
                .Join(new NewMembership(personId, campaign.Id, tier?.Id, amount, cap ?? PledgeCap.None)));
            if (outcome.ChargeId is { } charge) await app.In(s => s.GetRequiredService<ICollecting>().Collect(charge));
            await app.Drain();
            return (await app.Membership(campaign, personId))!;
        }

        public async Task<MembershipInfo> Leaves(CampaignInfo campaign, long personId)
        {
            var outcome = await app.In(s => s.GetRequiredService<IMemberships>().Leave(personId, campaign.Id, ""));
            if (outcome.ChargeId is { } charge) await app.In(s => s.GetRequiredService<ICollecting>().Collect(charge));
            await app.Drain();
            return (await app.Membership(campaign, personId))!;
        }

        public Task<MembershipInfo?> Membership(CampaignInfo campaign, long personId) =>
            app.In(s => s.GetRequiredService<IMemberships>().Find(personId, campaign.Id));

        /// <summary>Whether the gate opens a tier's things to a person now.</summary>
        public Task<bool> Opens(CampaignInfo campaign, TierInfo tier, long personId) => app.In(async s =>
        {
            var gate = s.GetRequiredService<IGate>();
            return (await gate.Check(personId, await gate.Rule(campaign.Id, Audience.Tiers(tier.Id)))).IsOpen;
        });

        public Task<bool> OpensToMembers(CampaignInfo campaign, long personId) => app.In(async s =>
        {
            var gate = s.GetRequiredService<IGate>();
            return (await gate.Check(personId, await gate.Rule(campaign.Id, Audience.Members))).IsOpen;
        });

        public Task<int> SeatRows(TierInfo tier) => app.In(async s =>
        {
            await using var command = await s.GetRequiredService<Db>()
                .Command("SELECT COUNT(*) FROM tier_seat WHERE tier_id = @tier", default, ("tier", tier.Id));
            return Convert.ToInt32(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
        });

        public Task<List<string>> History(CampaignInfo campaign, long personId) =>
            app.In(async s => await s.GetRequiredService<Db>().Set<MembershipEvent>()
            .Where(e => e.CampaignId == campaign.Id && e.PersonId == personId).OrderBy(e => e.Id).Select(e => e.Kind).ToListAsync());

        /// <summary>What the gateway itself says it took, in order.</summary>
        public List<long> Taken() => app.Services.GetRequiredService<TestGatewayStore>().Captures().Select(c => c.AmountMinor).ToList();

        /// <summary>Limits a tier's seats, as its form would.</summary>
        public Task Limit(TierInfo tier, int seats) => app.In(s => s.GetRequiredService<Db>().Execute(
            "UPDATE tier SET seat_limit = @seats WHERE id = @id", default, ("seats", (long)seats), ("id", tier.Id)));
    }
}
