using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Campaigns.Model;

/// <summary>What every look at a campaign's page asks, compiled once: EF's work on a query costs more than SQLite's answer.</summary>
internal sealed class CampaignQueries
{
    /// <summary>The campaign of a lower-case vanity, published or the viewer's own.</summary>
    public Func<Db, string, long, CancellationToken, Task<Campaign?>> Page { get; } = EF.CompileAsyncQuery(
        (Db db, string vanity, long viewerId, CancellationToken _) =>
            db.Set<Campaign>().AsNoTracking().FirstOrDefault(c => c.Vanity == vanity && (c.IsPublished || c.OwnerId == viewerId)));

    public Func<Db, long, CancellationToken, Task<Campaign?>> ById { get; } = EF.CompileAsyncQuery(
        (Db db, long id, CancellationToken _) => db.Set<Campaign>().AsNoTracking().FirstOrDefault(c => c.Id == id));

    /// <summary>The campaign of a lower-case vanity, whoever asks.</summary>
    public Func<Db, string, CancellationToken, Task<Campaign?>> ByVanity { get; } = EF.CompileAsyncQuery(
        (Db db, string vanity, CancellationToken _) => db.Set<Campaign>().AsNoTracking().FirstOrDefault(c => c.Vanity == vanity));

    /// <summary>A campaign's tiers with their present price, those on sale first, in order.</summary>
    public Func<Db, long, IAsyncEnumerable<CampaignDirectory.Row>> Tiers { get; } = EF.CompileAsyncQuery(
        (Db db, long campaignId) =>
            from tier in db.Set<Tier>().AsNoTracking()
            where tier.CampaignId == campaignId
            join price in db.Set<TierPrice>() on new { TierId = tier.Id, Seq = tier.PriceVersion } equals new { price.TierId, price.Seq }
            orderby tier.IsRetired, tier.Position, tier.Id
            select new CampaignDirectory.Row { Tier = tier, PriceMinor = price.PriceMinor });

    /// <summary>Campaigns by id, in any order.</summary>
    public Func<Db, List<long>, IAsyncEnumerable<Campaign>> Many { get; } = EF.CompileAsyncQuery(
        (Db db, List<long> ids) => db.Set<Campaign>().AsNoTracking().Where(c => ids.Contains(c.Id)));

    /// <summary>The tiers of several campaigns, each in the order of <see cref="Tiers"/>.</summary>
    public Func<Db, List<long>, IAsyncEnumerable<CampaignDirectory.Row>> TiersOf { get; } = EF.CompileAsyncQuery(
        (Db db, List<long> campaignIds) =>
            from tier in db.Set<Tier>().AsNoTracking()
            where campaignIds.Contains(tier.CampaignId)
            join price in db.Set<TierPrice>() on new { TierId = tier.Id, Seq = tier.PriceVersion } equals new { price.TierId, price.Seq }
            orderby tier.CampaignId, tier.IsRetired, tier.Position, tier.Id
            select new CampaignDirectory.Row { Tier = tier, PriceMinor = price.PriceMinor });
}
