namespace Stipend.Platform.Http;

/// <summary>Facts about the site every module may need.</summary>
public sealed record SiteOptions
{
    /// <summary>Name shown in the header and in mails; what the operator chose at setup wins over the configuration.</summary>
    public string Name { get; set; } = "Stipend";

    /// <summary>Where the site is reached from outside, without a trailing slash; null: taken from the address it listens on.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>Development conveniences: mailbox on screen, component page.</summary>
    public bool IsDevelopment { get; init; }

    /// <summary>An absolute link to a path of this site.</summary>
    public string Link(string path) => (PublicUrl ?? "http://localhost:5000") + path;
}
