using Microsoft.AspNetCore.Http;
using Stipend.Platform.Http;
using Stipend.Posts.Model;

namespace Stipend.Posts.Feeds;

/// <summary>How often feeds are asked for: per token, and per address, which an aggregator shares among many readers.</summary>
internal sealed class FeedPace(PostsOptions options, Pace pace)
{
    private const int ReadersPerAddress = 10;

    /// <param name="http">The request; a refusal tells it when to come back.</param>
    /// <param name="token">The token's hash as text; null for a public feed.</param>
    /// <exception cref="Refusal">Too often within a minute.</exception>
    public void Count(HttpContext http, string? token)
    {
        var minute = Duration.FromMinutes(1);
        if ((pace.Count("feeds from " + WebLimits.Caller(http), options.FeedReadsPerMinute * ReadersPerAddress, minute)
            ?? (token is null ? null : pace.Count("feed " + token, options.FeedReadsPerMinute, minute))) is { } seconds)
            throw Pace.TooOften(http, seconds, "This feed was asked for too often. Wait a minute; once in ten minutes is plenty.");
    }
}
