using System.Globalization;
using Stipend.Mailings.Bouncing;
using Stipend.Mailings.Choosing;
using Stipend.Mailings.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Mail;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Mailings.Sending;

/// <summary>
/// What waits to be mailed, and the protocol by which each mail is handed over at most once (ADR 16): a row goes from waiting to sending in a
/// committed transaction before the first byte leaves, and from there only by what the server answered. A row found sending by the next who takes the
/// mailing had no answer written down: it becomes unknown, which is not failed, and is never sent again by itself.
/// </summary>
internal sealed class MailingQueue(Db db, Clock clock, Bounces bounces) : ITakeOver, IErasesBook
{
    /// <summary>Longer than a turn can take.</summary>
    public static readonly Duration Lease = Duration.FromMinutes(4);

    /// <summary>How long is waited after a “not now”, the first, the second and so on; after the last the mail is given up.</summary>
    public static readonly IReadOnlyList<Duration> Waits =
    [
        Duration.FromMinutes(5), Duration.FromMinutes(20), Duration.FromHours(1), Duration.FromHours(4), Duration.FromHours(12), Duration.FromHours(24),
    ];

    private static readonly Duration s_postponed = Duration.FromMinutes(10);

    private const string IsMine = "EXISTS (SELECT 1 FROM mailing m WHERE m.post_id = @post AND m.lease_token = @token AND NOT m.is_stopped)";
    private const string IsDue = "due_at <= @now AND NOT is_stopped AND lease_until <= @now";

    /// <summary>Takes the mailing that has waited longest for a turn. Null when none is due.</summary>
    public async Task<Turn?> Claim(CancellationToken ct)
    {
        await using (var look = await db.Command($"SELECT 1 FROM mailing WHERE {IsDue} LIMIT 1", ct, ("now", clock.Now())))
            if (await look.ExecuteScalarAsync(ct) is null) return null; // nobody waits for the right to write while there is nothing to do
        await using var transaction = await db.BeginWrite(ct);
        Turn? turn = null;
        await using (var claim = await db.Command($"""
            UPDATE mailing SET lease_until = @until, lease_token = lease_token + 1, turn_at = @now WHERE post_id IN (
              SELECT post_id FROM mailing WHERE {IsDue} ORDER BY turn_at, post_id LIMIT 1{(db.Engine == Engine.Postgres ? " FOR UPDATE SKIP LOCKED" : "")})
            RETURNING post_id, book_id, campaign_id, troubles, lease_token
            """, ct, ("until", clock.Now() + Lease), ("now", clock.Now())))
        await using (var reader = await claim.ExecuteReaderAsync(ct))
        {
            if (await reader.ReadAsync(ct))
                turn = new Turn(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), (int)reader.GetInt64(3), reader.GetInt64(4));
        }
        if (turn is not null)
            await db.Execute("UPDATE mailing_recipient SET state = 'unknown', changed_at = @now WHERE post_id = @post AND state = 'sending'", ct,
                ("now", clock.Now()), ("post", turn.PostId));
        await transaction.Commit(ct);
        return turn;
    }

    /// <summary>Who waits now, at most so many.</summary>
    public async Task<List<(long Id, long PersonId, int Attempts)>> Next(long postId, int most, CancellationToken ct)
    {
        var waiting = new List<(long, long, int)>();
        await using var command = await db.Command("""
            SELECT id, person_id, attempts FROM mailing_recipient WHERE post_id = @post AND state = 'waiting' AND due_at <= @now
            ORDER BY due_at, person_id LIMIT @most
            """, ct, ("post", postId), ("now", clock.Now()), ("most", (long)most));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) waiting.Add((reader.GetInt64(0), reader.GetInt64(1), (int)reader.GetInt64(2)));
        return waiting;
    }

    /// <summary>Leaves out who waits for nothing; nobody when the mailing is somebody else's by now, or its post another.</summary>
    /// <param name="personIds">These, or null: everybody who waits.</param>
    public async Task LeaveOut(Turn turn, IReadOnlyCollection<long>? personIds, LeftOutReason reason, CancellationToken ct)
    {
        if (personIds is { Count: 0 }) return;
        await using var transaction = await db.BeginWrite(ct);
        await Hold(turn.PostId, ct);
        await db.Execute($"""
            UPDATE mailing_recipient SET state = 'left_out', reason = @reason, changed_at = @now
            WHERE post_id = @post AND state = 'waiting'{(personIds is null ? "" : $" AND person_id IN ({SqlList.Of(personIds)})")} AND {IsMine}
            """, ct, ("reason", Columns.Of(reason)), ("now", clock.Now()), ("post", turn.PostId), ("token", turn.Token));
        await transaction.Commit(ct);
    }

    /// <summary>
    /// Locks a mailing, before its recipients, as everybody does who writes to those: two that lock them in two orders would wait for each other for
    /// ever, and of the answers one of them brings nobody would know any more. What is asked after it has seen all that came before.
    /// </summary>
    public Task Hold(long postId, CancellationToken ct) => db.Engine == Engine.Sqlite ? Task.CompletedTask
        : db.Execute("SELECT 1 FROM mailing WHERE post_id = @post FOR UPDATE", ct, ("post", postId));

    /// <summary>
    /// Writes down what became of some letters and that others are now on their way; answers which of them may leave. One that is no longer waiting,
    /// whose mailing was stopped or is somebody else's by now, or who wants none since the batch was made, may not.
    /// </summary>
    public async Task<HashSet<long>> Pass(Turn turn, IReadOnlyCollection<Posted> posted, IReadOnlyCollection<Letter> leaving, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await Hold(turn.PostId, ct);
        var now = clock.Now();
        await Settle(turn, "state = 'sent'", posted.Where(p => p.Answer.Fate == MailFate.Taken), now, ct);
        await Settle(turn, "state = 'unknown'", posted.Where(p => p.Answer.Fate == MailFate.Unknown), now, ct);
        await Settle(turn, "state = 'waiting', attempts = attempts - 1", posted.Where(p => p.Answer.Fate == MailFate.Unreachable), now, ct);
        await Settle(turn, "state = 'refused', reason = 'refused'", posted.Where(p => p.Answer.Fate == MailFate.Refused), now, ct);
        foreach (var bounced in posted.Where(p => p.Answer.Fate == MailFate.NoSuchAddress).OrderBy(p => p.Letter.PersonId))
        {
            // Without a row the account was closed meanwhile, and nothing is written down about it any more.
            if (await Settle(turn, "state = 'refused', reason = 'bouncing'", [bounced], now, ct) == 0) continue;
            await bounces.Note(bounced.Letter.PersonId, bounced.Letter.To.Address, bounced.Answer.Words ?? "", ct);
        }
        foreach (var later in posted.Where(p => p.Answer.Fate == MailFate.Later))
        {
            var tried = later.Letter.Attempts; // before this one
            await Settle(turn, tried < Waits.Count
                ? string.Create(CultureInfo.InvariantCulture, $"state = 'waiting', due_at = {(now + Waits[tried]).ToUnixTimeMilliseconds()}")
                : "state = 'refused', reason = 'given_up'", [later], now, ct);
        }
        // Somebody else ended the turn meanwhile, and saw nobody waiting: who waits again is looked for all the same.
        if (posted.Any(p => p.Answer.Fate is MailFate.Unreachable or MailFate.Later))
            await db.Execute("UPDATE mailing SET due_at = @now WHERE post_id = @post AND lease_token <> @token AND COALESCE(due_at, @now) >= @now",
                ct, ("now", now), ("post", turn.PostId), ("token", turn.Token));
        var may = leaving.Count == 0 ? [] : await Leave(turn, leaving, now, ct);
        await transaction.Commit(ct);
        return may;
    }

    /// <summary>Ends a turn. After trouble, with the mail server itself or on the way to it, everybody waits a while, longer each time.</summary>
    public async Task End(Turn turn, TurnEnd how, CancellationToken ct)
    {
        var troubles = how == TurnEnd.Troubled ? Math.Min(turn.Troubles + 1, 6) : 0;
        var now = clock.Now();
        await using var transaction = await db.BeginWrite(ct);
        // A statement that had to wait for the row would look for the earliest recipient as they were before it waited: so the row is taken first.
        await Hold(turn.PostId, ct);
        // Their answers could not be written down, and no connection is at them any more: whoever has the mailing by now.
        await db.Execute("""
            UPDATE mailing_recipient SET state = 'unknown', changed_at = @now WHERE post_id = @post AND state = 'sending' AND turn_token = @token
            """, ct, ("now", now), ("post", turn.PostId), ("token", turn.Token));
        await db.Execute($"""
            UPDATE mailing SET lease_until = 0, troubles = @troubles, due_at = {(how != TurnEnd.Done ? "@next"
                : "(SELECT MIN(r.due_at) FROM mailing_recipient r WHERE r.post_id = mailing.post_id AND r.state = 'waiting')")}
            WHERE post_id = @post AND lease_token = @token
            """, ct, ("troubles", (long)troubles), ("next", now + (how == TurnEnd.Postponed ? s_postponed : Duration.FromMinutes(1 << troubles >> 1))),
            ("post", turn.PostId), ("token", turn.Token));
        await transaction.Commit(ct);
    }

    /// <summary>Ends the turn somebody has, if any: what they have not handed over is asked about and drawn anew. Joins the caller's transaction.</summary>
    public Task Break(long postId, CancellationToken ct) =>
        db.Execute("UPDATE mailing SET lease_token = lease_token + 1, lease_until = 0 WHERE post_id = @post", ct, ("post", postId));

    public async Task TakeOver(CancellationToken ct)
    {
        await db.Execute("UPDATE mailing SET lease_until = 0 WHERE lease_until > 0", ct);
        // Also of a mailing that is stopped, which nobody will take.
        await db.Execute("UPDATE mailing_recipient SET state = 'unknown', changed_at = @now WHERE state = 'sending'", ct, ("now", clock.Now()));
    }

    public async Task Erase(long bookId, CancellationToken ct)
    {
        foreach (var table in (string[])["mailing", "mailing_recipient"]) // in the order in which everybody locks them
            await db.Execute($"DELETE FROM {table} WHERE book_id = @book", ct, ("book", bookId));
    }

    /// <summary>An answer that comes when the mailing is another's already is still the truth about its letter, as long as no later turn has sent
    /// that person one. Answers how many it settled.</summary>
    private async Task<int> Settle(Turn turn, string change, IEnumerable<Posted> posted, Instant now, CancellationToken ct)
    {
        var people = posted.Select(p => p.Letter.PersonId).ToList();
        if (people.Count == 0) return 0;
        return await db.Execute($"""
            UPDATE mailing_recipient SET {change}, changed_at = @now
            WHERE post_id = @post AND person_id IN ({SqlList.Of(people)}) AND state IN ('sending', 'unknown') AND turn_token = @token
            """, ct, ("now", now), ("post", turn.PostId), ("token", turn.Token));
    }

    private async Task<HashSet<long>> Leave(Turn turn, IReadOnlyCollection<Letter> leaving, Instant now, CancellationToken ct)
    {
        var may = new HashSet<long>();
        await using var command = await db.Command($"""
            UPDATE mailing_recipient SET state = 'sending', attempts = attempts + 1, turn_token = @token, changed_at = @now
            WHERE post_id = @post AND person_id IN ({SqlList.Of(leaving.Select(l => l.PersonId))}) AND state = 'waiting' AND {IsMine}
              AND NOT {MailChoices.Unwanted("mailing_recipient.person_id", "mailing_recipient.kind")}
            RETURNING person_id
            """, ct, ("now", now), ("post", turn.PostId), ("token", turn.Token), ("campaign", turn.CampaignId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) may.Add(reader.GetInt64(0));
        return may;
    }
}
