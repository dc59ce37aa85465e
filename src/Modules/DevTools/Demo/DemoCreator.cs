namespace Stipend.DevTools.Demo;

/// <summary>A tier of a demo campaign; its price in major units of the campaign's currency times its minor units.</summary>
internal sealed record DemoTier(string Name, string Description, long PriceMinor, string Benefits, int? Seats = null);

/// <summary>A post on a day of the demo. <see cref="For"/>: “public”, “members”, “paid”, or a tier's name (that tier and those
/// above it).</summary>
internal sealed record DemoPost(int Day, string Title, string For, string Teaser, string Markdown, bool Charge = false);

/// <summary>Posts of a demo campaign that belong together.</summary>
internal sealed record DemoSeries(string Title, string Description, string TitlesBegin);

/// <summary>A creator with their page, tiers and posts.</summary>
internal sealed record DemoCreator(
    string Vanity, string Name, string Owner, string OwnerEmail, string Accent, string CurrencyCode, string ZoneId, BillingModel Model,
    int BillDay,
    string Summary, string About, IReadOnlyList<DemoTier> Tiers, IReadOnlyList<DemoPost> Posts)
{
    /// <summary>A collection of the posts whose titles begin so, in their order; null for none.</summary>
    public DemoSeries? Series { get; init; }

    /// <summary>Everybody of the small demo, in the order they open their pages.</summary>
    public static IReadOnlyList<DemoCreator> All { get; } = [NightBus.Page, PaperAnimals.Page, FieldNotes.Page, QuietRooms.Page];
}
