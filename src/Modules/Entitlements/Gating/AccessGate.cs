using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Entitlements.Gating;

/// <summary>The gate over the database: rules, one check by the pure function, and many by one query.</summary>
internal sealed class AccessGate(Db db, Clock clock, Books books, ICampaigns campaigns, AccessRules rules, GrantReader grants, Backlogs backlogs,
    PageOfChecks page) : IGate
{
    private static readonly IReadOnlyDictionary<long, CampaignInfo> s_none = new Dictionary<long, CampaignInfo>();

    public Task<long> Rule(long campaignId, Audience audience, CancellationToken ct) => rules.Rule(campaignId, audience, ct);

    public Task<long> Rule(long campaignId, Release release, CancellationToken ct) => rules.Rule(campaignId, release, ct);

    public async Task<IReadOnlyDictionary<long, Release>> Releases(IReadOnlyCollection<long> ruleIds, CancellationToken ct) =>
        (await rules.Load(ruleIds, ct)).ToDictionary(r => r.Key, r => r.Value.AsRelease());

    public async Task<IReadOnlyDictionary<long, Audience>> Audiences(IReadOnlyCollection<long> ruleIds, CancellationToken ct)
    {
        var loaded = await rules.Load(ruleIds, ct);
        var presents = await Presents(loaded.Values, s_none, ct);
        return loaded.ToDictionary(r => r.Key, r => r.Value.At(presents.GetValueOrDefault(r.Value.CampaignId)).Audience);
    }

    public Task<Decision> Check(long? personId, long ruleId, CancellationToken ct) => Check(personId, ruleId, Instant.MinValue, ct);

    public async Task<Decision> Check(long? personId, long ruleId, Instant datedAt, CancellationToken ct) =>
        await Check(personId, await One(ruleId, ct), datedAt, null, ct);

    public async Task<Decision> Check(long? personId, long ruleId, Instant datedAt, CampaignInfo campaign, CancellationToken ct) =>
        await One(ruleId, ct) is { } rule && rule.CampaignId == campaign.Id ? await Check(personId, rule, datedAt, campaign, ct)
            : throw Refusal.NotFound("rule");

    private async Task<KnownRule> One(long ruleId, CancellationToken ct) =>
        (await rules.Load([ruleId], ct)).GetValueOrDefault(ruleId) ?? throw Refusal.NotFound("rule");

    private async Task<Decision> Check(long? personId, KnownRule rule, Instant datedAt, CampaignInfo? known, CancellationToken ct)
    {
        if (rule.Later.Count == 0 && (rule.First.Kind == AudienceKind.Public || personId is null))
            return Gate.Decide([], [], rule.First, Asker.Visitor, Instant.MinValue);
        var campaign = known ?? await campaigns.Find(rule.CampaignId, ct) ?? throw Refusal.NotFound("campaign");
        var now = await books.Now(campaign.BookId, ct);
        var audience = rule.At(now).Audience;
        if (personId is not { } person) return Gate.Decide([], [], audience, Asker.Visitor, now);
        var (mine, ends) = await grants.Of(campaign.BookId, person, campaign.Id, ct);
        return Gate.Decide(mine, ends, audience, campaign.OwnerId == person ? Asker.Owner : Asker.SignedIn, now,
            new Dated(datedAt, await backlogs.Of(campaign.Id, ct), campaign.Zone));
    }

    public async Task<Decision> CheckAs(NewcomerKind newcomer, long? tierId, long ruleId, Instant datedAt, CancellationToken ct)
    {
        var rule = await One(ruleId, ct);
        var campaign = await campaigns.Find(rule.CampaignId, ct) ?? throw Refusal.NotFound("campaign");
        var now = await books.Now(campaign.BookId, ct);
        var hasTier = newcomer == NewcomerKind.OfTier;
        var grant = new GrantFact(0, hasTier ? tierId : null, hasTier ? GrantSource.Paid : GrantSource.Free, now, null);
        return Gate.Decide([grant], [], rule.At(now).Audience, newcomer == NewcomerKind.Visitor ? Asker.Visitor : Asker.SignedIn, now,
            new Dated(datedAt, await backlogs.Of(campaign.Id, ct), campaign.Zone));
    }

    public async Task<IReadOnlyDictionary<long, Decision>> CheckPage(long? personId, IReadOnlyCollection<long> ruleIds,
        IReadOnlyDictionary<long, CampaignInfo>? known, CancellationToken ct) =>
        (await Reaches(personId, ruleIds, known, ct)).ToDictionary(r => r.Key, r => r.Value.At(Instant.MinValue));

    public async Task<IReadOnlyDictionary<long, Reach>> Reaches(long? personId, IReadOnlyCollection<long> ruleIds,
        IReadOnlyDictionary<long, CampaignInfo>? known, CancellationToken ct)
    {
        var loaded = await rules.Load(ruleIds, ct);
        var result = new Dictionary<long, Reach>(loaded.Count);
        var presents = await Presents(loaded.Values, known ?? s_none, ct);
        (long RuleId, Audience Audience) Now(KnownRule rule) => rule.At(presents.GetValueOrDefault(rule.CampaignId));
        if (personId is not { } person)
        {
            foreach (var (id, rule) in loaded) result[id] = new Reach(Gate.Decide([], [], Now(rule).Audience, Asker.Visitor, Instant.MinValue));
            return result;
        }
        var asked = new List<AskedRule>();
        var gated = loaded.Values.Where(r => Now(r).Audience.Kind != AudienceKind.Public).Select(r => r.CampaignId).Distinct().ToList();
        var homes = known is not null && gated.TrueForAll(known.ContainsKey) ? known : await campaigns.FindMany(gated, ct);
        foreach (var (id, rule) in loaded)
        {
            var (campaign, (ruleId, audience)) = (homes.GetValueOrDefault(rule.CampaignId), Now(rule));
            if (audience.Kind == AudienceKind.Public || campaign?.OwnerId == person)
                result[id] = new Reach(Gate.Decide([], [], audience, Asker.Owner, Instant.MinValue));
            else if (campaign is not null) asked.Add(new AskedRule(id, ruleId, campaign));
        }
        if (asked.Count == 0) return result;
        var answers = await page.Ask(person, asked, ct);
        foreach (var rule in asked) result[rule.Id] = answers[rule.PlainId];
        return result;
    }

    public Task<IReadOnlyList<long>> OpenTo(long ruleId, Instant datedAt, CancellationToken ct) => Asked(ruleId, datedAt, null, ct);

    public Task<IReadOnlyList<long>> OpenTo(long ruleId, Instant datedAt, IReadOnlyCollection<long> among, CancellationToken ct) =>
        Asked(ruleId, datedAt, among, ct);

    private async Task<IReadOnlyList<long>> Asked(long ruleId, Instant datedAt, IReadOnlyCollection<long>? among, CancellationToken ct)
    {
        var rule = await One(ruleId, ct);
        var campaign = await campaigns.Find(rule.CampaignId, ct) ?? throw Refusal.NotFound("campaign");
        var now = await books.Now(campaign.BookId, ct);
        var (audience, dated) = (rule.At(now).Audience, new Dated(datedAt, await backlogs.Of(campaign.Id, ct), campaign.Zone));
        var members = new List<long>();
        await foreach (var (person, mine, ends) in grants.OfAll(campaign.BookId, campaign.Id, among, ct))
            // Everybody may read what is public; told of it are those who belong here.
            if (Gate.Decide(mine, ends, Audience.Members, Asker.SignedIn, now).IsOpen
                && Gate.Decide(mine, ends, audience, Asker.SignedIn, now, dated).IsOpen) members.Add(person);
        return members;
    }

    public async Task<IReadOnlyList<long>> CampaignsOpenTo(long personId, CancellationToken ct)
    {
        var found = new List<(long Campaign, long Book)>();
        await using (var command = await db.Command($"""
            SELECT DISTINCT g.campaign_id, g.book_id FROM grant_entry g JOIN book b ON b.id = g.book_id
            WHERE g.person_id = @person AND g.valid_from <= @wall + b.offset_ms AND @wall + b.offset_ms < {GrantReader.Until}
            """, ct, ("person", personId), ("wall", clock.Now())))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct)) found.Add((reader.GetInt64(0), reader.GetInt64(1)));
        }
        var homes = await campaigns.FindMany(found.Select(f => f.Campaign).Distinct().ToList(), ct);
        return found.Where(f => homes.GetValueOrDefault(f.Campaign)?.BookId == f.Book).Select(f => f.Campaign).Order().ToList();
    }

    /// <summary>The present of each campaign that has a release in steps among the rules; of the others nobody asks.</summary>
    private async Task<Dictionary<long, Instant>> Presents(IEnumerable<KnownRule> loaded, IReadOnlyDictionary<long, CampaignInfo> known,
        CancellationToken ct)
    {
        var presents = new Dictionary<long, Instant>();
        var stepped = loaded.Where(r => r.Later.Count > 0).Select(r => r.CampaignId).Distinct().ToList();
        if (stepped.Count == 0) return presents;
        var homes = stepped.TrueForAll(known.ContainsKey) ? known : await campaigns.FindMany(stepped, ct);
        foreach (var book in stepped.Where(homes.ContainsKey).GroupBy(id => homes[id].BookId))
        {
            var now = await books.Now(book.Key, ct);
            foreach (var id in book) presents[id] = now;
        }
        return presents;
    }
}
