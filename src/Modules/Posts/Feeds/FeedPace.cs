using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Stipend.Platform.Http;
using Stipend.Posts.Model;

namespace Stipend.Posts.Feeds;

/// <summary>How often feeds are asked for: per token, and per address, which an aggregator shares among many readers.</summary>
internal sealed class FeedPace(PostsOptions options) : IDisposable
{
    private const int ReadersPerAddress = 10;

    private readonly PartitionedRateLimiter<string> _tokens = Window(options.FeedReadsPerMinute);
    private readonly PartitionedRateLimiter<string> _addresses = Window(options.FeedReadsPerMinute * ReadersPerAddress);

    /// <param name="http">The request; a refusal tells it when to come back.</param>
    /// <param name="token">The token's hash as text; null for a public feed.</param>
    /// <exception cref="Refusal">Too often within a minute.</exception>
    public void Count(HttpContext http, string? token)
    {
        using var address = _addresses.AttemptAcquire(WebLimits.Caller(http));
        using var reader = token is null ? null : _tokens.AttemptAcquire(token);
        if (address.IsAcquired && reader is not { IsAcquired: false }) return;
        http.Response.OnStarting(() =>
        {
            http.Response.Headers.RetryAfter = "60";
            return Task.CompletedTask;
        });
        throw Refusal.TooMany("This feed was asked for too often. Wait a minute; once in ten minutes is plenty.");
    }

    public void Dispose()
    {
        _tokens.Dispose();
        _addresses.Dispose();
    }

    private static PartitionedRateLimiter<string> Window(int permits) => PartitionedRateLimiter.Create<string, string>(key =>
        RateLimitPartition.GetSlidingWindowLimiter(key, _ => new SlidingWindowRateLimiterOptions
        {
            PermitLimit = permits, Window = TimeSpan.FromMinutes(1), SegmentsPerWindow = 6, QueueLimit = 0,
        }));
}
