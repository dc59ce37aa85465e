using System.Globalization;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Entitlements.Gating;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Entitlements.Why;

/// <summary>“Why can I (not) see this?” from the facts of every module that knows some.</summary>
internal sealed class Explaining(ICampaigns campaigns, Books books, GrantReader grants, IEnumerable<IExplains> sources) : IWhy
{
    public async Task<IReadOnlyList<ExplainedFact>> Explain(long personId, long campaignId, CancellationToken ct)
    {
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        var facts = new List<ExplainedFact>();
        foreach (var source in sources) facts.AddRange(await source.FactsOf(personId, campaign, ct));
        return facts.OrderBy(f => f.At).ToList(); // stable: what one module tells in order stays in order
    }

    public async Task<IReadOnlyList<Standing>> Standings(long personId, long campaignId, CancellationToken ct)
    {
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        var (mine, ends) = await grants.Of(campaign.BookId, personId, campaignId, ct);
        var now = await books.Now(campaign.BookId, ct);
        Standing Decide(TierInfo? tier)
        {
            var decision = Gate.Decide(mine, ends, tier is null ? Audience.Members : Audience.Tiers(tier.Id),
                campaign.OwnerId == personId ? Asker.Owner : Asker.SignedIn, now);
            var last = mine.Where(g => g.ValidFrom <= now && (tier is null || g.TierId == tier.Id)).Select(g => Gate.Until(g, ends))
                .Where(until => until > now)
                .DefaultIfEmpty(Instant.MaxValue).Max();
            return new Standing(tier, decision, decision.IsOpen && last < Instant.MaxValue ? last : null);
        }
        return [Decide(null), .. (await campaigns.Tiers(campaignId, ct)).Where(t => !t.IsRetired || mine.Exists(g => g.TierId == t.Id))
            .Select(Decide)];
    }
}

/// <summary>What the grants themselves tell.</summary>
internal sealed class ExplainingGrants(Db db, ICampaigns campaigns, Books books) : IExplains
{
    private sealed record Told(long Id, long? TierId, GrantSource Source, Instant From, Instant? Until, Instant? EndedAt, string? Reason);

    public async Task<IReadOnlyList<ExplainedFact>> FactsOf(long personId, CampaignInfo campaign, CancellationToken ct)
    {
        var names = (await campaigns.Tiers(campaign.Id, ct)).ToDictionary(t => t.Id, t => t.Name);
        var now = await books.Now(campaign.BookId, ct);
        var facts = new List<ExplainedFact>();
        foreach (var grant in (await Read(personId, campaign, ct)).GroupBy(g => g.Id))
        {
            var g = grant.First(); // ends come earliest first, and the earliest counts
            var what = g.TierId is { } tier ? names.GetValueOrDefault(tier, "a tier") : "the free level";
            var until = g.Until is { } u ? $" until {Day(u, campaign)}" : "";
            facts.Add(new ExplainedFact(g.From, $"{Verb(g.Source)} {what} from {Day(g.From, campaign)}{until}."));
            if (g.EndedAt is { } ended && (g.Until is null || ended < g.Until))
                facts.Add(new ExplainedFact(ended,
                    $"{Capital(what)} {(ended > now ? "will end" : "ended")} on {Day(ended, campaign)}: {g.Reason}"));
            else if (g.Until is { } over && over <= now)
                facts.Add(new ExplainedFact(over, $"{Capital(what)} ran out on {Day(over, campaign)}."));
        }
        return facts;
    }

    private async Task<List<Told>> Read(long personId, CampaignInfo campaign, CancellationToken ct)
    {
        var rows = new List<Told>();
        await using var command = await db.Command("""
            SELECT g.id, g.tier_id, g.source, g.valid_from, g.valid_until, e.ended_at, e.reason
            FROM grant_entry g LEFT JOIN grant_end e ON e.grant_id = g.id
            WHERE g.person_id = @person AND g.campaign_id = @campaign AND g.book_id = @book ORDER BY g.valid_from, g.id, e.ended_at
            """, ct, ("person", personId), ("campaign", campaign.Id), ("book", campaign.BookId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add(new Told(reader.GetInt64(0), GrantReader.Long(reader, 1), Columns.Enum<GrantSource>(reader.GetString(2)),
                GrantReader.At(reader, 3)!.Value,
                GrantReader.At(reader, 4), GrantReader.At(reader, 5), reader[6] as string));
        return rows;
    }

    private static string Verb(GrantSource source) => source switch
    {
        GrantSource.Free => "Joined for free:",
        GrantSource.Paid => "Paid for",
        GrantSource.Import => "Brought over from elsewhere:",
        GrantSource.Gift => "Was given",
        GrantSource.Comp => "Was invited by the creator to",
        _ => "Tries",
    };

    private static string Day(Instant at, CampaignInfo campaign) => at.InZone(campaign.Zone).Date.ToString("d MMMM uuuu",
        CultureInfo.GetCultureInfo("en"));

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
