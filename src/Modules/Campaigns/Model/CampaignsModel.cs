using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Campaigns.Model;

internal sealed class CampaignsModel : IModelPart
{
    public void Build(Tables tables)
    {
        tables.Map<Campaign>();
        tables.Map<Tier>();
        tables.Map<TierPrice>(nameof(TierPrice.TierId), nameof(TierPrice.Seq));
    }
}

internal static class CampaignsDb
{
    extension(Db db)
    {
        public DbSet<Campaign> Campaigns => db.Set<Campaign>();
        public DbSet<Tier> Tiers => db.Set<Tier>();
        public DbSet<TierPrice> TierPrices => db.Set<TierPrice>();
    }
}
