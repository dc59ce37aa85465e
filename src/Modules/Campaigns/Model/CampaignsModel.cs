using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Campaigns.Model;

internal sealed class CampaignsModel : IModelPart
{
    public void Build(ModelBuilder model)
    {
        model.Entity<Campaign>();
        model.Entity<Tier>();
        model.Entity<TierPrice>().HasKey(p => new { p.TierId, p.Seq });
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
