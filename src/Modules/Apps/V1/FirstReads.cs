using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Apps.V2;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;

namespace Stipend.Apps.V1;

/// <summary>Loads what version 1 shows, from what version 2 loads and the pledges that stand.</summary>
internal sealed class FirstReads(Reads reads, ICampaigns campaigns, IMembers members, IPatronFigures figures, IPledgeRoll roll)
{
    public IPledgeRoll Roll => roll;

    public async Task<IReadOnlyDictionary<long, FirstUser>> Users(IEnumerable<long> ids, bool areMyPatrons, ApiCall call) =>
        (await reads.Users(ids, call)).ToDictionary(u => u.Key, u => new FirstUser(u.Value, areMyPatrons));

    public async Task<IReadOnlyDictionary<long, FirstCampaign>> Campaigns(IEnumerable<CampaignInfo> known, ApiCall call)
    {
        var pages = await reads.Pages(known, call);
        var (counts, totals) = (await reads.Posts.Counts([.. pages.Keys], call.Ct), await roll.Totals([.. pages.Keys], call.Ct));
        return pages.ToDictionary(p => p.Key, p => new FirstCampaign(p.Value, counts.GetValueOrDefault(p.Key),
            totals.GetValueOrDefault((p.Value.Info.BookId, p.Key)).SumMinor));
    }

    /// <summary>The rewards of campaigns: the two virtual ones, then the tiers.</summary>
    public async Task<ILookup<long, Reward>> Rewards(IEnumerable<CampaignInfo> known, ApiCall call)
    {
        var all = known.DistinctBy(c => c.Id).ToList();
        var tiers = await reads.Tiers(all, call);
        return all.SelectMany(c => tiers[c.Id].Where(t => t.Tier is not null).Select(t => new Reward(c, t, 0))
            .Prepend(new Reward(c, null, 0)).Prepend(new Reward(c, null, -1))).ToLookup(r => r.Campaign.Id);
    }

    public async Task<IReadOnlyList<FirstPledge>> Pledges(IReadOnlyList<StandingPledge> found, IReadOnlyDictionary<long, CampaignInfo> known,
        ApiCall call)
    {
        var (payees, patrons) = (found.Select(p => p.Key.PayeeId).Distinct().ToList(), found.Select(p => p.Key.PatronId).Distinct().ToList());
        var money = await figures.Of(payees, patrons, call.Ct);
        var tiers = new Dictionary<(long, long), long?>();
        foreach (var payee in payees)
            foreach (var member in await members.Among(known[payee], patrons, call.Ct))
                tiers[(payee, member.Now.PersonId)] = member.Now.TierId;
        return found.Select(p => new FirstPledge(p, known[p.Key.PayeeId], tiers.GetValueOrDefault((p.Key.PayeeId, p.Key.PatronId)),
            money.GetValueOrDefault(p.Key))).ToList();
    }

    /// <summary>Pledges of the token's own person that the call may know of: to the client's campaign, or with a wide scope to all. Of
    /// others, none.</summary>
    public async Task<IReadOnlyList<FirstPledge>> MyPledges(ApiCall call)
    {
        var all = await roll.OfPatron(call.Bearer.Person.Id, call.Ct);
        var known = await campaigns.FindMany(all.Select(p => p.Key.PayeeId).Distinct().ToList(), call.Ct);
        return await Pledges(all.Where(p => known.TryGetValue(p.Key.PayeeId, out var campaign) && campaign.BookId == p.Key.BookId
            && (call.May(Scopes.Memberships) || campaign.Id == call.Bearer.Client.CampaignId)).ToList(), known, call);
    }
}
