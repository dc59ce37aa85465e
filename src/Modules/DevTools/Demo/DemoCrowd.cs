using Microsoft.Extensions.DependencyInjection;
using Stipend.Accounts.Contracts;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Contracts;

namespace Stipend.DevTools.Demo;

/// <summary>One campaign with many members, for measuring: people, cards and memberships in bulk, pledges by the jobs that confirmed
/// invitations have.</summary>
internal sealed class DemoCrowd(IServiceScopeFactory scopes)
{
    private const int Members = 12_000, Batch = 2_000, Posts = 30;

    /// <summary>Answers the campaign's id.</summary>
    public async Task<long> Fill(long owner, long member, IProgress<string>? progress, CancellationToken ct)
    {
        var campaign = await In(s => s.GetRequiredService<ICampaigns>().Create(new NewCampaign(owner, "the-long-queue", "The Long Queue",
            "A campaign with twelve thousand members, for measuring.", "EUR", "Europe/Berlin", BillingModel.MonthlyArrears, 1,
            Sandbox: true, Published: true), ct));
        var tiers = new List<TierInfo>();
        foreach (var (name, price) in new (string, long)[] { ("Stand", 200), ("Sit", 500), ("Skip", 1_200) })
            tiers.Add(await In(s => s.GetRequiredService<ICampaigns>().AddTier(campaign.Id, name, "", price, ct)));
        for (var n = 0; n < Posts; n++)
            await In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, owner, $"Notice number {n + 1}",
                $"Notice **{n + 1}** of {Posts}.\n\nPlease keep to the right.",
                n % 3 == 0 ? Audience.Public : Audience.Tiers(tiers[n % 3].Id), false, null), ct));
        for (var from = 0; from < Members; from += Batch)
        {
            await Import(campaign, tiers, from, from == 0 ? member : null, ct);
            progress?.Report($"{Math.Min(Members, from + Batch)} of {Members} members invited");
        }
        await In(s => s.GetRequiredService<IMemberships>().AcceptInvitations(campaign.Id, new Telling(progress), ct));
        for (int ran, done = 0; (ran = await In(s => s.GetRequiredService<MessageRunner>().RunDue(ct, 500))) > 0;)
            progress?.Report($"{done += ran} jobs done");
        return campaign.Id;
    }

    private Task<bool> Import(CampaignInfo campaign, List<TierInfo> tiers, int from, long? also, CancellationToken ct) =>
        In(async services =>
    {
        var db = services.GetRequiredService<Db>();
        List<long> people;
        await using (var transaction = await db.BeginWrite(ct))
        {
            var invited = await services.GetRequiredService<IPeople>()
                .InviteMany(Enumerable.Range(from, Math.Min(Batch, Members - from)).Select(DemoNames.Person).ToList(), ct);
            people = [.. invited.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value.Id)];
            if (also is { } one) people.Add(one);
            await services.GetRequiredService<IMemberships>().Import(campaign.Id, people.Select((id, n) =>
            {
                var tier = tiers[n % 10 switch { < 6 => 0, < 9 => 1, _ => 2 }];
                return new ImportedMembership(id, tier.Id, tier.PriceMinor, MembershipStatus.Invited, null, null, 0, PledgeCap.None,
                    "demo");
            }).ToList(), ct);
            await transaction.Commit(ct);
        }
        await services.GetRequiredService<IPaymentMethods>().AddTestCards(campaign.BookId,
            people.Select((id, n) => (id, CardOf(n))).ToList(), ct);
        return true;
    });

    private static string CardOf(int n) => (n % 50) switch
    {
        0 => "card_declines", 1 => "card_insufficient_funds_then_pays", _ => "card_pays",
    };

    private async Task<T> In<T>(Func<IServiceProvider, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider);
    }

    private sealed class Telling(IProgress<string>? progress) : IProgress<int>
    {
        public void Report(int value) => progress?.Report($"{value} invitations accepted");
    }
}
