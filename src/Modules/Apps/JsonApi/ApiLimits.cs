using System.Collections.Concurrent;
using Stipend.Apps.Answers;
using Stipend.Apps.Contracts;
using Stipend.Apps.OAuth;
using Stipend.Apps.Own;

namespace Stipend.Apps.JsonApi;

/// <summary>
/// How often an app, and one token of it, may ask. Kept in memory, in windows that begin with a request; new tokens of an app do not make room, because the app
/// is counted as well.
/// </summary>
internal sealed class ApiLimits(Microsoft.Extensions.Options.IOptions<AppsOptions> options, Clock clock)
{
    private const int MostKept = 10_000;
    private readonly ConcurrentDictionary<string, (Instant Until, int Count)> _counts = new(StringComparer.Ordinal);

    /// <exception cref="ApiProblem">It was too often; the answer says in how many seconds it may be tried again.</exception>
    public void Count(Bearer bearer)
    {
        var now = Forget();
        if ((Take("client " + bearer.Client.PublicId, now, Duration.FromSeconds(2), options.Value.RequestsPerClient)
            ?? Take("token " + bearer.TokenKey, now, Duration.FromMinutes(1), options.Value.RequestsPerToken)) is { } seconds)
            throw ApiProblem.Throttled(seconds);
    }

    /// <summary>Counts a request with a token of a person's own; answers how long to wait when there were too many.</summary>
    public int? SecondsToWait(TokenBearer bearer) =>
        Take("own " + bearer.TokenKey, Forget(), Duration.FromMinutes(1), options.Value.RequestsPerToken);

    private Instant Forget()
    {
        var now = clock.Now();
        if (_counts.Count > MostKept)
            foreach (var (key, (until, _)) in _counts)
                if (until <= now) _counts.TryRemove(key, out _);
        return now;
    }

    private int? Take(string key, Instant now, Duration window, int most)
    {
        var (until, count) = _counts.AddOrUpdate(key, (now + window, 1), (_, old) =>
            old.Until > now ? (old.Until, Math.Min(old.Count, most) + 1) : (now + window, 1));
        return count > most ? (int)Math.Ceiling((until - now).TotalSeconds) : null;
    }
}
