using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Campaigns.Model;

/// <summary>Campaigns and tiers as other modules ask for them.</summary>
internal sealed class CampaignDirectory(Db db, Ids ids, Clock clock, Books books) : ICampaigns
{
    public async Task<CampaignInfo?> Find(long id, CancellationToken ct) => (await db.CampaignsWhere("id = @id", ct, ("id", id))).SingleOrDefault();

    public async Task<CampaignInfo?> FindByVanity(string vanity, CancellationToken ct) =>
        (await db.CampaignsWhere("vanity = @vanity", ct, ("vanity", vanity.ToLowerInvariant()))).SingleOrDefault();

    public async Task<CampaignInfo?> FindOwned(string vanity, long personId, CancellationToken ct) =>
        (await db.CampaignsWhere("vanity = @vanity AND owner_id = @owner", ct, ("vanity", vanity.ToLowerInvariant()), ("owner", personId))).SingleOrDefault();

    public async Task<IReadOnlyDictionary<long, CampaignInfo>> FindMany(IReadOnlyCollection<long> ids, CancellationToken ct) =>
        (ids.Count == 0 ? [] : await db.CampaignsWhere(db.Among("id"), ct, db.Keys(ids))).ToDictionary(c => c.Id);

    public async Task<IReadOnlyList<CampaignInfo>> OwnedBy(long personId, CancellationToken ct) =>
        await db.CampaignsWhere("owner_id = @owner", ct, ("owner", personId));

    public async Task<IReadOnlyList<CampaignInfo>> OwnedByAny(IReadOnlyCollection<long> personIds, CancellationToken ct) =>
        personIds.Count == 0 ? [] : await db.CampaignsWhere(db.Among("owner_id"), ct, db.Keys(personIds));

    public async Task<IReadOnlyDictionary<long, string>> Abouts(IReadOnlyCollection<long> ids, CancellationToken ct) =>
        await db.Campaigns.AsNoTracking().Where(c => ids.Contains(c.Id)).ToDictionaryAsync(c => c.Id, c => c.About, ct);

    public async Task<IReadOnlyList<CampaignInfo>> All(CancellationToken ct) => await db.CampaignsWhere("1 = 1", ct);

    public async Task<IReadOnlyList<TierInfo>> Tiers(long campaignId, CancellationToken ct) =>
        await db.TiersWhere("t.campaign_id = @campaign", ct, ("campaign", campaignId));

    public async Task<IReadOnlyList<TierInfo>> TiersOf(IReadOnlyCollection<long> campaignIds, CancellationToken ct) =>
        campaignIds.Count == 0 ? [] : await db.TiersWhere(db.Among("t.campaign_id"), ct, db.Keys(campaignIds));

    public async Task<TierInfo?> FindTier(long tierId, CancellationToken ct) => (await db.TiersWhere("t.id = @id", ct, ("id", tierId))).SingleOrDefault();

    public Task<TierInfo> AddTier(long campaignId, string name, string description, long priceMinor, CancellationToken ct) =>
        AddTier(new NewTier(campaignId, name, description, "", priceMinor, null), ct);

    public async Task<TierInfo> AddTier(NewTier tier, CancellationToken ct = default)
    {
        var campaign = await Find(tier.CampaignId, ct) ?? throw Refusal.NotFound("campaign");
        var (name, benefits) = (tier.Name.Trim(), string.Join('\n', Tier.Lines(tier.Benefits)));
        CampaignRules.Refuse(("name", CampaignRules.Name(name)),
            ("description", tier.Description.Length > 2000 ? "At most 2,000 characters." : null),
            ("benefits", CampaignRules.Benefits(benefits)), ("price", CampaignRules.Price(tier.PriceMinor, campaign.Currency)),
            ("seats", CampaignRules.Seats(tier.SeatLimit)));
        var others = await db.Tiers.AsNoTracking().Where(t => t.CampaignId == tier.CampaignId)
            .Select(t => new { t.Name, t.Position, t.IsRetired }).ToListAsync(ct);
        if (others.Any(t => !t.IsRetired && string.Equals(t.Name, name, StringComparison.OrdinalIgnoreCase)))
            throw new Refusal(409, "tier_name_taken", $"This campaign already has a tier called “{name}”.",
                new Dictionary<string, string> { ["name"] = "Another tier has this name." });
        if (others.Count(t => !t.IsRetired) >= CampaignRules.MaxTiers)
            throw Refusal.Conflict("too_many_tiers", $"A campaign has at most {CampaignRules.MaxTiers} tiers. Retire one first.");
        var made = new Tier
        {
            Id = ids.Next(), CampaignId = campaign.Id, Name = name, Description = tier.Description.Trim(), Benefits = benefits,
            SeatLimit = tier.SeatLimit,
            Position = others.Count == 0 ? 1 : others.Max(t => t.Position) + 1, CreatedAt = clock.Now(),
        };
        var price = new TierPrice { TierId = made.Id, Seq = 1, PriceMinor = tier.PriceMinor,
            ValidFrom = await books.Now(campaign.BookId, ct) };
        db.Tiers.Add(made);
        db.TierPrices.Add(price);
        await db.SaveChangesAsync(ct);
        return Info(new Row { Tier = made, PriceMinor = price.PriceMinor });
    }

    public async Task<CampaignInfo> Create(NewCampaign campaign, CancellationToken ct)
    {
        var c = campaign with { Name = campaign.Name.Trim(), Summary = campaign.Summary.Trim(),
            Vanity = campaign.Vanity.Trim().ToLowerInvariant() };
        CampaignRules.Check(c);
        await using var transaction = await db.BeginWrite(ct);
        if (await db.Campaigns.AnyAsync(x => x.Vanity == c.Vanity, ct)) throw VanityTaken(c.Vanity);
        long? sandbox = c.Sandbox ? await books.OpenSandbox(ct) : null;
        var made = new Campaign
        {
            Id = ids.Next(), BookId = sandbox ?? Book.Live, SandboxBookId = sandbox, OwnerId = c.OwnerId, Vanity = c.Vanity, Name = c.Name,
            Summary = c.Summary,
            CurrencyCode = Currency.Of(c.CurrencyCode).Code, ZoneId = c.ZoneId, Model = c.Model, BillDay = c.BillDay,
            IsPublished = c.Published, CreatedAt = clock.Now(),
            About = c.About, Accent = c.Accent,
        };
        db.Campaigns.Add(made);
        try
        {
            await transaction.Commit(ct);
        }
        catch (DbUpdateException error) when (error.IsDuplicate)
        {
            throw VanityTaken(c.Vanity); // somebody else took it between the look and the write
        }
        return Info(made);
    }

    public async Task SetBook(long campaignId, long bookId, CancellationToken ct)
    {
        var campaign = await db.Campaigns.FirstOrDefaultAsync(c => c.Id == campaignId, ct) ?? throw Refusal.NotFound("campaign");
        campaign.BookId = bookId;
        if (bookId != Book.Live) campaign.SandboxBookId = bookId;
        campaign.Version++;
        await db.SaveChangesAsync(ct);
    }

    public async Task<long> SandboxOf(long campaignId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var campaign = await db.Campaigns.FirstOrDefaultAsync(c => c.Id == campaignId, ct) ?? throw Refusal.NotFound("campaign");
        campaign.SandboxBookId ??= await books.OpenSandbox(ct);
        await transaction.Commit(ct);
        return campaign.SandboxBookId.Value;
    }

    internal sealed class Row
    {
        public required Tier Tier { get; init; }
        public required long PriceMinor { get; init; }
    }

    /// <summary>Tiers with their present price, in one command.</summary>
    internal IQueryable<Row> Rows() =>
        from tier in db.Tiers.AsNoTracking()
        join price in db.TierPrices on new { TierId = tier.Id, Seq = tier.PriceVersion } equals new { price.TierId, price.Seq }
        select new Row { Tier = tier, PriceMinor = price.PriceMinor };

    internal static TierInfo Info(Row row) => new(row.Tier.Id, row.Tier.CampaignId, row.Tier.Name, row.Tier.Description, row.PriceMinor,
        row.Tier.PriceVersion, row.Tier.SeatLimit, row.Tier.Position, row.Tier.IsRetired, Tier.Lines(row.Tier.Benefits))
        { CreatedAt = row.Tier.CreatedAt };

    internal static CampaignInfo Info(Campaign c) =>
        new(c.Id, c.BookId, c.Vanity, c.Name, c.Summary, c.OwnerId, c.CurrencyCode, c.ZoneId, c.Model, c.BillDay, c.IsPublished)
        { Accent = c.Accent, BannerFile = c.BannerFile, LogoFile = c.LogoFile, CreatedAt = c.CreatedAt };

    private static Refusal VanityTaken(string vanity) => new(409, "vanity_taken", $"The address “{vanity}” is taken. Choose another.",
        new Dictionary<string, string> { ["vanity"] = "This address is taken." });
}
