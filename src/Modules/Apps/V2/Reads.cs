using Stipend.Accounts.Contracts;
using Stipend.Apps.JsonApi;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;

namespace Stipend.Apps.V2;

/// <summary>Loads what resources are made of, always for many at once, and of what costs a command only what the request asks for.</summary>
internal sealed class Reads(IPeople people, ICampaigns campaigns, IMembers members, IPatronFigures figures, IPostArchive posts, IGate gate,
    Books books)
{
    public ICampaigns Campaigns => campaigns;
    public IMembers Members => members;
    public IPostArchive Posts => posts;

    public async Task<IReadOnlyDictionary<long, UserEntity>> Users(IEnumerable<long> ids, ApiCall call)
    {
        var wanted = ids.Distinct().ToList();
        var found = await people.FindMany(wanted, call.Ct);
        var pages = call.Query.Wants("user", "vanity", "url", "is_creator")
            ? (await campaigns.OwnedByAny(wanted, call.Ct)).Where(c => c.IsPublished).GroupBy(c => c.OwnerId).ToDictionary(g => g.Key, g => g.First())
            : [];
        return found.ToDictionary(p => p.Key, p => new UserEntity(p.Value, pages.GetValueOrDefault(p.Key)));
    }

    public async Task<IReadOnlyDictionary<long, CampaignEntity>> Pages(IEnumerable<CampaignInfo> known, ApiCall call)
    {
        var all = known.DistinctBy(c => c.Id).ToList();
        var ids = all.ConvertAll(c => c.Id);
        var abouts = call.Query.Wants("campaign", "summary") ? await campaigns.Abouts(ids, call.Ct) : new Dictionary<long, string>();
        var counts = call.Query.Wants("campaign", "patron_count")
            ? (await members.Counts(all, call.Ct)).Where(c => c.TierId is not null).ToLookup(c => c.CampaignId, c => c.Members) : null;
        return all.ToDictionary(c => c.Id, c => new CampaignEntity(c, abouts.GetValueOrDefault(c.Id, ""), counts?[c.Id].Sum() ?? 0));
    }

    /// <summary>Every tier of the campaigns, the free level first.</summary>
    public async Task<ILookup<long, TierEntity>> Tiers(IEnumerable<CampaignInfo> known, ApiCall call)
    {
        var all = known.DistinctBy(c => c.Id).ToList();
        var tiers = (await campaigns.TiersOf(all.ConvertAll(c => c.Id), call.Ct)).ToLookup(t => t.CampaignId);
        var counts = call.Query.Wants("tier", "patron_count")
            ? (await members.Counts(all, call.Ct)).ToDictionary(c => c.TierId ?? TierEntity.FreeId(c.CampaignId), c => c.Members) : [];
        var seats = call.Query.Wants("tier", "remaining") ? await members.SeatsTaken(all, call.Ct) : new Dictionary<long, int>();
        return all.SelectMany(c => tiers[c.Id].Select(t => new TierEntity(c, t, counts.GetValueOrDefault(t.Id),
                t.SeatLimit is { } limit ? Math.Max(0, limit - seats.GetValueOrDefault(t.Id)) : null))
            .Prepend(new TierEntity(c, null, counts.GetValueOrDefault(TierEntity.FreeId(c.Id)), null))).ToLookup(t => t.Campaign.Id);
    }

    public async Task<IReadOnlyList<MemberEntity>> MembersOf(IReadOnlyList<MemberInfo> found, IReadOnlyDictionary<long, CampaignInfo> known,
        ApiCall call)
    {
        var patrons = found.Select(m => m.Now.PersonId).Distinct().ToList();
        var who = await people.FindMany(patrons, call.Ct);
        var money = await figures.Of(found.Select(m => m.Now.CampaignId).Distinct().ToList(), patrons, call.Ct);
        var now = new Dictionary<long, Instant>();
        foreach (var book in found.Select(m => m.Now.BookId).Distinct()) now[book] = await books.Now(book, call.Ct);
        return found.Select(m => new MemberEntity(m,
            MemberStanding.Of(m, money.GetValueOrDefault(new PatronKey(m.Now.BookId, m.Now.CampaignId, m.Now.PersonId)), now[m.Now.BookId]),
            known[m.Now.CampaignId], who.GetValueOrDefault(m.Now.PersonId))).ToList();
    }

    /// <summary>A person's memberships that the call may know of: its own person's (all, or in the client's campaign alone), or, of others,
    /// those in campaigns its person owns and may read the members of.</summary>
    public async Task<ILookup<long, MemberEntity>> MembershipsOf(IReadOnlyList<UserEntity> users, ApiCall call)
    {
        var (me, known, found) = (call.Bearer.Person.Id, new Dictionary<long, CampaignInfo>(), new List<MemberInfo>());
        if (users.Any(u => u.Person.Id == me))
        {
            var mine = (await members.OfPerson(me, call.Ct)).Where(m =>
                call.May(Model.Scopes.Memberships) || m.Now.CampaignId == call.Bearer.Client.CampaignId).ToList();
            foreach (var (id, campaign) in await campaigns.FindMany(mine.ConvertAll(m => m.Now.CampaignId), call.Ct)) known[id] = campaign;
            found.AddRange(mine);
        }
        var others = users.Where(u => u.Person.Id != me).Select(u => u.Person.Id).ToList();
        if (others.Count > 0 && call.May(Model.Scopes.Members))
            foreach (var campaign in await campaigns.OwnedBy(me, call.Ct))
            {
                known[campaign.Id] = campaign;
                found.AddRange(await members.Among(campaign, others, call.Ct));
            }
        return (await MembersOf(found, known, call)).ToLookup(m => m.Member.Now.PersonId);
    }

    public async Task<ILookup<PatronKey, EventEntity>> History(IReadOnlyList<MemberEntity> of, ApiCall call)
    {
        var known = of.DistinctBy(m => m.Campaign.Id).ToDictionary(m => m.Campaign.Id, m => m.Campaign);
        var events = await figures.History(known.Keys, of.Select(m => m.Member.Now.PersonId).Distinct().ToList(), call.Ct);
        return events.ToLookup(e => e.Key, e => new EventEntity(e, known[e.Key.PayeeId]));
    }

    public async Task<IReadOnlyList<PostEntity>> PostsOf(IReadOnlyList<PublishedPost> found, CampaignInfo campaign, ApiCall call)
    {
        var audiences = await gate.Audiences(found.Select(p => p.RuleId).Distinct().ToList(), call.Ct);
        var tiers = call.Query.Wants("post", "tiers") ? await campaigns.Tiers(campaign.Id, call.Ct) : [];
        return found.Select(p => new PostEntity(p, campaign, audiences[p.RuleId], tiers)).ToList();
    }
}
