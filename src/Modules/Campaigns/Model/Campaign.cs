namespace Stipend.Campaigns.Model;

/// <summary>A creator's page and the terms its members are billed by.</summary>
internal sealed class Campaign
{
    public required long Id { get; init; }
    public required long BookId { get; set; }
    public long? SandboxBookId { get; set; }
    public required long OwnerId { get; init; }
    public required string Vanity { get; set; }
    public required string Name { get; set; }
    public required string Summary { get; set; }

    /// <summary>The page's text, Markdown.</summary>
    public string About { get; set; } = "";
    public required string CurrencyCode { get; set; }
    public required string ZoneId { get; set; }
    public required BillingModel Model { get; set; }
    public required int BillDay { get; set; }

    /// <summary>Six hexadecimal digits, lower case; null: the site's own colour.</summary>
    public string? Accent { get; set; }

    /// <summary>Name of the banner's file in the files folder.</summary>
    public string? BannerFile { get; set; }

    /// <summary>Name of the logo's file, kept beside the banners.</summary>
    public string? LogoFile { get; set; }
    public required bool IsPublished { get; set; }
    public required Instant CreatedAt { get; init; }
    public int Version { get; set; } = 1;
}

/// <summary>A level of support. Its prices are versions, so that members keep the one they joined at.</summary>
internal sealed class Tier
{
    public required long Id { get; init; }
    public required long CampaignId { get; init; }
    public required string Name { get; set; }
    public required string Description { get; set; }

    /// <summary>One benefit per line, in order.</summary>
    public required string Benefits { get; set; }
    public int PriceVersion { get; set; } = 1;
    public int? SeatLimit { get; set; }
    public required int Position { get; set; }
    public bool IsRetired { get; set; }
    public required Instant CreatedAt { get; init; }
    public int Version { get; set; } = 1;

    public static IReadOnlyList<string> Lines(string benefits) => benefits.Split('\n',
        StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>One price of a tier; appended, never changed.</summary>
internal sealed class TierPrice
{
    public required long TierId { get; init; }
    public required int Seq { get; init; }
    public required long PriceMinor { get; init; }
    public required Instant ValidFrom { get; init; }
}
