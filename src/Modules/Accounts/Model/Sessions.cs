using Stipend.Platform.Data;
using Stipend.Platform.Security;

namespace Stipend.Accounts.Model;

/// <summary>Signed-in browsers: starting, finding and ending sessions. The token is in the cookie only; here is its hash.</summary>
internal sealed class Sessions(Db db, Ids ids, Clock clock, SessionCache cache)
{
    private static readonly Duration s_longest = Duration.FromDays(90);
    private static readonly Duration s_idle = Duration.FromDays(30);

    /// <summary>Starts a session in the current transaction; answers its token. A new token each time, so none can be planted
    /// before.</summary>
    public string Start(long personId, string device)
    {
        var token = Secret.Make();
        var now = clock.Now();
        db.Sessions.Add(new Session
        {
            Id = ids.Next(), PersonId = personId, TokenHash = Secret.Hash(token), Device = device,
            CreatedAt = now, ProvenAt = now, LastUsedAt = now, ExpiresAt = now + s_longest,
        });
        return token;
    }

    /// <summary>The live session of a token, at the cost of one command or, for some seconds after, none.</summary>
    public async Task<CurrentSession?> Find(string token, CancellationToken ct)
    {
        if (cache.Find(token) is { } kept) return kept;
        var generation = cache.Generation;
        var now = clock.Now();
        await using var command = await db.Command("""
            SELECT s.id, s.person_id, p.name, p.is_operator, s.proven_at, s.last_used_at, s.expires_at, d.language
            FROM session s JOIN person p ON p.id = s.person_id LEFT JOIN person_pii d ON d.person_id = p.id
            WHERE s.token_hash = @hash AND s.expires_at > @now AND s.last_used_at > @idle AND p.closed_at IS NULL
            """, ct, ("hash", Secret.Hash(token)), ("now", now), ("idle", now - s_idle));
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        var session = new CurrentSession(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetBoolean(3),
            At(reader.GetInt64(4)), At(reader.GetInt64(5)), At(reader.GetInt64(6)),
            reader.IsDBNull(7) ? null : reader.GetString(7));
        cache.Keep(token, session, generation);
        return session;
    }

    /// <summary>Ends one session of a person; false when it is not theirs or already over.</summary>
    public async Task<bool> End(long personId, long sessionId, CancellationToken ct)
    {
        db.AfterCommit(() => cache.ForgetSession(sessionId));
        return await db.Execute("DELETE FROM session WHERE id = @id AND person_id = @person", ct, ("id", sessionId),
            ("person", personId)) > 0;
    }

    /// <summary>Signs a person out everywhere, but for one session when given; links already mailed stop working too.</summary>
    public async Task EndAll(long personId, CancellationToken ct, long? except = null)
    {
        await using var transaction = await db.BeginWrite(ct);
        db.AfterCommit(() => cache.ForgetPerson(personId));
        await db.Execute("DELETE FROM session WHERE person_id = @person AND id <> @except", ct, ("person", personId),
            ("except", except ?? 0));
        await db.Execute("DELETE FROM mail_link WHERE person_id = @person", ct, ("person", personId));
        await transaction.Commit(ct);
    }

    /// <summary>Drops what nobody can use any more.</summary>
    public async Task Sweep(CancellationToken ct)
    {
        var now = clock.Now();
        await db.Execute("DELETE FROM session WHERE expires_at <= @now", ct, ("now", now));
        await db.Execute("DELETE FROM mail_link WHERE expires_at <= @before", ct, ("before", now - Duration.FromDays(1)));
        await db.Execute("DELETE FROM attempt_guard WHERE touched_at <= @before", ct, ("before", now - Duration.FromDays(2)));
    }

    private static Instant At(long ms) => Instant.FromUnixTimeMilliseconds(ms);
}
