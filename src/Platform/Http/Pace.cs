using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Stipend.Platform.Http;

/// <summary>
/// How often something was asked for, by any name: a token, an app, an address. Kept in memory, in windows that begin with a request.
/// </summary>
public sealed class Pace(Clock clock)
{
    private const int MostKept = 10_000;
    private readonly ConcurrentDictionary<string, (Instant Until, int Count)> _counts = new(StringComparer.Ordinal);

    /// <summary>Counts one more; answers how many seconds to wait when there were too many, and null otherwise.</summary>
    public int? Count(string key, int most, Duration window)
    {
        var now = clock.Now();
        if (_counts.Count > MostKept)
            foreach (var (old, (end, _)) in _counts)
                if (end <= now) _counts.TryRemove(old, out _);
        var (until, count) = _counts.AddOrUpdate(key, (now + window, 1), (_, old) =>
            old.Until > now ? (old.Until, Math.Min(old.Count, most) + 1) : (now + window, 1));
        return count > most ? (int)Math.Ceiling((until - now).TotalSeconds) : null;
    }

    /// <summary>The refusal of what came too often, whose answer says when it may be tried again.</summary>
    public static Refusal TooOften(HttpContext http, int seconds, string message)
    {
        http.Response.OnStarting(() => // as the answer starts, because an error clears what came before
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });
        return Refusal.TooMany(message);
    }
}
