namespace Stipend.Campaigns.Contracts;

/// <summary>A campaign as other modules see it.</summary>
/// <param name="BookId">The books its people and money live in now: the real ones, or its own sandbox.</param>
/// <param name="BillDay">Day of the month for the day-of-month models and per creation; 1–31.</param>
public sealed record CampaignInfo(
    long Id, long BookId, string Vanity, string Name, string Summary, long OwnerId, string CurrencyCode, string ZoneId,
    BillingModel Model, int BillDay, bool IsPublished)
{
    /// <summary>The page's colour, six hexadecimal digits; null: the site's own. Pages of the campaign give it to Shell.</summary>
    public string? Accent { get; init; }

    /// <summary>Name of the banner's file, when there is one.</summary>
    public string? BannerFile { get; init; }

    /// <summary>Name of the logo's file, when there is one.</summary>
    public string? LogoFile { get; init; }

    public Instant CreatedAt { get; init; }

    /// <summary>Where the logo is served from; null without one.</summary>
    public string? LogoUrl => LogoFile is null ? null : $"/files/banners/{LogoFile}";

    /// <summary>Where the banner is served from; null without one.</summary>
    public string? BannerUrl => BannerFile is null ? null : $"/files/banners/{BannerFile}";

    public Currency Currency => Currency.Of(CurrencyCode);
    public DateTimeZone Zone => DateTimeZoneProviders.Tzdb[ZoneId];
    public bool IsSandbox => BookId != Book.Live;
}

/// <summary>A tier at its present price version.</summary>
public sealed record TierInfo(
    long Id, long CampaignId, string Name, string Description, long PriceMinor, int PriceVersion, int? SeatLimit, int Position,
    bool IsRetired,
    IReadOnlyList<string> Benefits)
{
    public Instant CreatedAt { get; init; }
}

/// <summary>Campaigns and their tiers.</summary>
public interface ICampaigns
{
    Task<CampaignInfo?> Find(long id, CancellationToken ct = default);
    Task<CampaignInfo?> FindByVanity(string vanity, CancellationToken ct = default);

    /// <summary>The campaign of a vanity when this person owns it; otherwise null, as if it did not exist.</summary>
    Task<CampaignInfo?> FindOwned(string vanity, long personId, CancellationToken ct = default);

    Task<IReadOnlyDictionary<long, CampaignInfo>> FindMany(IReadOnlyCollection<long> ids, CancellationToken ct = default);
    Task<IReadOnlyList<CampaignInfo>> OwnedBy(long personId, CancellationToken ct = default);

    /// <summary>Campaigns of any of the people, oldest first, in one command.</summary>
    Task<IReadOnlyList<CampaignInfo>> OwnedByAny(IReadOnlyCollection<long> personIds, CancellationToken ct = default);

    /// <summary>The pages' texts as typed, a blank line between paragraphs, in one command.</summary>
    Task<IReadOnlyDictionary<long, string>> Abouts(IReadOnlyCollection<long> ids, CancellationToken ct = default);
    Task<IReadOnlyList<CampaignInfo>> All(CancellationToken ct = default);

    /// <summary>Tiers of a campaign by position, retired ones last.</summary>
    Task<IReadOnlyList<TierInfo>> Tiers(long campaignId, CancellationToken ct = default);

    /// <summary>Tiers of several campaigns, each in the order of <see cref="Tiers"/>, in one command.</summary>
    Task<IReadOnlyList<TierInfo>> TiersOf(IReadOnlyCollection<long> campaignIds, CancellationToken ct = default);
    Task<TierInfo?> FindTier(long tierId, CancellationToken ct = default);

    /// <summary>Makes a tier, for importers; joins the caller's transaction.</summary>
    Task<TierInfo> AddTier(long campaignId, string name, string description, long priceMinor, CancellationToken ct = default);

    /// <summary>Makes a tier with its benefits and seat limit; joins the caller's transaction.</summary>
    /// <exception cref="Refusal">A field is wrong, the name is taken, or there are too many tiers.</exception>
    Task<TierInfo> AddTier(NewTier tier, CancellationToken ct = default);

    /// <summary>Makes a campaign (an own sandbox book when asked), for the demo and for importers; the page's form calls the
    /// same.</summary>
    Task<CampaignInfo> Create(NewCampaign campaign, CancellationToken ct = default);

    /// <summary>Moves a campaign between its sandbox and the real books; the caller has checked that it may.</summary>
    Task SetBook(long campaignId, long bookId, CancellationToken ct = default);

    /// <summary>The campaign's own sandbox book, opened when it never had one: where it goes back to.</summary>
    Task<long> SandboxOf(long campaignId, CancellationToken ct = default);
}

/// <summary>What a new campaign needs.</summary>
public sealed record NewCampaign(
    long OwnerId, string Vanity, string Name, string Summary, string CurrencyCode, string ZoneId, BillingModel Model, int BillDay,
    bool Sandbox, bool Published)
{
    /// <summary>The page's text, Markdown.</summary>
    public string About { get; init; } = "";

    /// <summary>The page's colour, six hexadecimal digits in lower case; null: the site's own.</summary>
    public string? Accent { get; init; }
}

/// <summary>A tier to add. <see cref="Benefits"/>: one per line. <see cref="SeatLimit"/> null: no limit.</summary>
public sealed record NewTier(long CampaignId, string Name, string Description, string Benefits, long PriceMinor, int? SeatLimit);
