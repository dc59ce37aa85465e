using System.Collections.Concurrent;

namespace Stipend.Accounts.Model;

/// <summary>The session of a request, as read from the database or the cache.</summary>
internal sealed record CurrentSession(long Id, long PersonId, string Name, bool IsOperator, Instant ProvenAt, Instant LastUsedAt,
    Instant ExpiresAt, string? Language);

/// <summary>When a session was used last, and the language its browser asked for, if it did.</summary>
internal sealed record UsedSession(long PersonId, Instant At, string? Language);

/// <summary>
/// Keeps sessions for some seconds, so that most pages of a signed-in person cost no command for it. What ends a session in this process
/// ends it here at once; what ends it in another process is seen after <see cref="s_fresh"/>.
/// </summary>
internal sealed class SessionCache(Clock clock)
{
    private const int Capacity = 20_000;
    private static readonly Duration s_fresh = Duration.FromSeconds(15);
    private readonly ConcurrentDictionary<string, Entry> _byToken = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, UsedSession> _used = new();
    private long _generation;

    private sealed record Entry(CurrentSession Session, Instant ReadAt);

    /// <summary>Grows whenever something is forgotten; what was read before must not be kept after.</summary>
    public long Generation => Interlocked.Read(ref _generation);

    public CurrentSession? Find(string token)
    {
        if (!_byToken.TryGetValue(token, out var entry)) return null;
        var now = clock.Now();
        if (now - entry.ReadAt <= s_fresh && now >= entry.ReadAt && now < entry.Session.ExpiresAt) return entry.Session;
        _byToken.TryRemove(token, out _);
        return null;
    }

    public void Keep(string token, CurrentSession session, long generation)
    {
        if (_byToken.Count >= Capacity) _byToken.Clear();
        _byToken[token] = new Entry(session, clock.Now());
        if (generation != Generation) _byToken.TryRemove(token, out _); // something ended while this was read
    }

    public void ForgetPerson(long personId) => Forget(session => session.PersonId == personId);
    public void ForgetSession(long id) => Forget(session => session.Id == id);

    private void Forget(Predicate<CurrentSession> which)
    {
        Interlocked.Increment(ref _generation);
        foreach (var (token, entry) in _byToken)
            if (which(entry.Session)) _byToken.TryRemove(token, out _);
    }

    /// <summary>Notes that a session was used; written by <see cref="SessionUse"/> later, so that no page waits for a write.</summary>
    public void Used(CurrentSession session, string? language)
    {
        var now = clock.Now();
        // What is noted already is the later word than the session's: a language changed and changed back is noted twice.
        if (now - session.LastUsedAt >= SessionUse.Grain || (language ?? session.Language) != session.Language || _used.ContainsKey(session.Id))
            _used.AddOrUpdate(session.Id, _ => new UsedSession(session.PersonId, now, language),
                (_, earlier) => new UsedSession(session.PersonId, now, language ?? earlier.Language));
    }

    public Dictionary<long, UsedSession> TakeUsed()
    {
        var taken = new Dictionary<long, UsedSession>();
        foreach (var id in _used.Keys)
            if (_used.TryRemove(id, out var use)) taken[id] = use;
        return taken;
    }
}
