namespace Stipend.Posts.Model;

/// <summary>Settings under <c>Stipend:Posts</c>.</summary>
internal sealed record PostsOptions
{
    /// <summary>Hours after publishing during which a charge can be taken back; then its lines are frozen.</summary>
    public int UndoHours { get; init; } = 24;

    /// <summary>Paid posts a campaign may publish in one day; more is most likely a mistake or a stolen account.</summary>
    public int MaxPaidPostsPerDay { get; init; } = 20;

    /// <summary>Largest picture, in bytes.</summary>
    public int MaxImageBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>How often a feed may be asked for in a minute with one token; from one address ten times that.</summary>
    public int FeedReadsPerMinute { get; init; } = 60;

    /// <summary>Hosts of PeerTube whose videos are played in posts, separated by commas. YouTube and Vimeo are known; all others stay links.</summary>
    public string PeerTubeHosts { get; init; } = "";

    private IReadOnlySet<string>? _peerTubes;

    /// <summary><see cref="PeerTubeHosts"/>, each by itself.</summary>
    internal IReadOnlySet<string> PeerTubes => _peerTubes ??=
        PeerTubeHosts.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);

    public Duration UndoWindow => Duration.FromHours(UndoHours);
}
