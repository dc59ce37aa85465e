using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Stipend.Platform.Http;

/// <summary>
/// How often something was asked for, by any name: a token, an app, an address. Kept in memory, in windows that begin with a request. The
/// names are to be known ones or addresses: what anybody can make up fills the room, and then all begin anew.
/// </summary>
public sealed class Pace(Clock clock)
{
    private const int SweptFrom = 10_000, MostKept = 100_000;
    private static readonly Duration s_betweenSweeps = Duration.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (Instant Until, int Count)> _counts = new(StringComparer.Ordinal);
    private Instant _sweptAt = Instant.MinValue;

    /// <summary>Counts one more; answers how many seconds to wait when there were too many, and null otherwise.</summary>
    public int? Count(string key, int most, Duration window)
    {
        var now = clock.Now();
        lock (_lock)
        {
            var isRunning = _counts.TryGetValue(key, out var old) && old.Until > now;
            if (!isRunning && _counts.Count >= SweptFrom) MakeRoom(now);
            var (until, count) = _counts[key] = isRunning ? (old.Until, Math.Min(old.Count, most) + 1) : (now + window, 1);
            return count > most ? (int)Math.Ceiling((until - now).TotalSeconds) : null;
        }
    }

    /// <summary>Forgets windows that are over; at the most it may hold, all of them: better that many begin anew than that memory ends.</summary>
    private void MakeRoom(Instant now)
    {
        if (now - _sweptAt >= s_betweenSweeps) // walking over all takes too long to be done for every request
        {
            _sweptAt = now;
            foreach (var (key, (end, _)) in _counts)
                if (end <= now) _counts.Remove(key); // allowed while walking
        }
        if (_counts.Count >= MostKept) _counts.Clear();
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
