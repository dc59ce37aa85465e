using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Campaigns.Model;

/// <summary>What every look at a campaign's page asks, compiled once per site: EF's work on a query costs more than SQLite's answer.</summary>
internal sealed class CampaignQueries
{
    /// <summary>The campaign of a lower-case vanity, published or the viewer's own.</summary>
    public Func<Db, string, long, CancellationToken, Task<Campaign?>> Page { get; } = EF.CompileAsyncQuery(
        (Db db, string vanity, long viewerId, CancellationToken _) =>
            db.Set<Campaign>().AsNoTracking().FirstOrDefault(c => c.Vanity == vanity && (c.IsPublished || c.OwnerId == viewerId)));

    /// <summary>A campaign's tiers with their present price, those on sale first, in order.</summary>
    public Func<Db, long, IAsyncEnumerable<CampaignDirectory.Row>> Tiers { get; } = EF.CompileAsyncQuery(
        (Db db, long campaignId) =>
            from tier in db.Set<Tier>().AsNoTracking()
            where tier.CampaignId == campaignId
            join price in db.Set<TierPrice>() on new { TierId = tier.Id, Seq = tier.PriceVersion } equals new { price.TierId, price.Seq }
            orderby tier.IsRetired, tier.Position, tier.Id
            select new CampaignDirectory.Row { Tier = tier, PriceMinor = price.PriceMinor });
}
