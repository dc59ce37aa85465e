using Stipend.Platform.Data;

namespace Stipend.Accounts.Model;

/// <summary>
/// Counts wrong tries per account and locks it for a growing while after five. A try is counted before it is judged, so that many at once
/// get no more tries than one after another; addresses without an account are counted alike, so that a lock tells nothing.
/// </summary>
internal sealed class AttemptGuard(Db db, Clock clock)
{
    private const int Free = 5;

    /// <summary>Takes one try.</summary>
    /// <exception cref="Refusal">Locked for now.</exception>
    public async Task Take(string key, CancellationToken ct)
    {
        var now = clock.Now().ToUnixTimeMilliseconds();
        await using var transaction = await db.BeginWrite(ct);
        await using (var command = await db.Command($"""
            INSERT INTO attempt_guard (key, failures, locked_until, touched_at) VALUES (@key, 1, 0, @now)
            ON CONFLICT (key) DO UPDATE SET
                failures = CASE WHEN attempt_guard.touched_at < @now - 86400000 THEN 1 ELSE attempt_guard.failures + 1 END,
                locked_until = CASE
                    WHEN attempt_guard.touched_at < @now - 86400000 OR attempt_guard.failures + 1 < {Free} THEN 0
                    WHEN attempt_guard.failures + 1 = {Free} THEN @now + 60000
                    WHEN attempt_guard.failures + 1 = {Free + 1} THEN @now + 120000
                    WHEN attempt_guard.failures + 1 = {Free + 2} THEN @now + 300000
                    WHEN attempt_guard.failures + 1 = {Free + 3} THEN @now + 900000
                    ELSE @now + 3600000 END,
                touched_at = @now
            WHERE attempt_guard.locked_until <= @now
            RETURNING failures
            """, ct, ("key", key), ("now", now)))
        {
            if (await command.ExecuteScalarAsync(ct) is not null)
            {
                await transaction.Commit(ct);
                return;
            }
        }
        await using var until = await db.Command("SELECT locked_until FROM attempt_guard WHERE key = @key", ct, ("key", key));
        var wait = Duration.FromMilliseconds(await until.ExecuteScalarAsync(ct) is long at ? at - now : 60_000);
        throw Refusal.TooMany($"There were too many wrong tries. Wait {Throttle.Wait(wait)}, or have a sign-in link mailed to you.");
    }

    /// <summary>The try was right: start counting afresh.</summary>
    public Task Right(string key, CancellationToken ct) => db.Execute("DELETE FROM attempt_guard WHERE key = @key", ct, ("key", key));
}
