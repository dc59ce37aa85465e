using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Model;

namespace Stipend.Posts.Polls;

/// <summary>A question as a creator writes it. <see cref="Options"/>: from two to ten.</summary>
internal sealed record PollDraft(string Question, IReadOnlyList<string> Options, bool IsMultiple, Instant? ClosesAt)
{
    public const int MaxText = 150;
    public const int MostOptions = 10;

    /// <exception cref="Refusal">A question without a choice, or with too many or too long ones.</exception>
    public void Check()
    {
        if (Question.Length is 0 or > MaxText) throw Refusal.InvalidField("poll_question", $"A poll has a question of at most {MaxText} characters.");
        if (Options.Count is < 2 or > MostOptions) throw Refusal.InvalidField("poll_options", $"A poll has from 2 to {MostOptions} options, one per line.");
        if (Options.Any(o => o.Length > MaxText)) throw Refusal.InvalidField("poll_options", $"An option has at most {MaxText} characters.");
        if (Options.Distinct(StringComparer.OrdinalIgnoreCase).Count() < Options.Count) throw Refusal.InvalidField("poll_options", "Two options are the same. Change one.");
    }
}

/// <summary>An option and how it stands.</summary>
public sealed record PollOption(long Place, string Text, int Votes, bool IsMine);

/// <summary>A poll as one reader sees it.</summary>
public sealed record Poll(string Question, bool IsMultiple, Instant? ClosesAt, IReadOnlyList<PollOption> Options, int Voters)
{
    public bool HasVoted => Options.Any(o => o.IsMine);
}

/// <summary>Polls under posts.</summary>
internal sealed class PollStore(Db db)
{
    /// <summary>Sets, changes or takes away a post's poll; joins the caller's transaction.</summary>
    /// <exception cref="Refusal"><c>poll_locked</c>: somebody has voted, so what they voted on stays.</exception>
    public async Task Set(Post post, PollDraft? draft, CancellationToken ct)
    {
        draft?.Check();
        var known = await Find(post.Id, 0, ct);
        var isSame = known is null == draft is null && (known is null || (draft!.IsMultiple == known.IsMultiple
            && draft.Options.SequenceEqual(known.Options.Select(o => o.Text))));
        if (known is { Voters: > 0 } && !isSame)
            throw new Refusal(409, "poll_locked", "People have voted, so the poll's options stay as they are. You may still change its question and its end.",
                new Dictionary<string, string> { ["poll_options"] = "These stay from the first vote on." });
        if (!isSame)
        {
            await db.Execute("DELETE FROM poll_option WHERE post_id = @post", ct, ("post", post.Id));
            await db.Execute("DELETE FROM poll WHERE post_id = @post", ct, ("post", post.Id));
        }
        if (draft is null) return;
        await db.Execute("""
            INSERT INTO poll (post_id, question, is_multiple, closes_at) VALUES (@post, @question, @multiple, @closes)
            ON CONFLICT (post_id) DO UPDATE SET question = excluded.question, closes_at = excluded.closes_at
            """, ct, ("post", post.Id), ("question", draft.Question), ("multiple", draft.IsMultiple), ("closes", draft.ClosesAt?.ToUnixTimeMilliseconds()));
        if (isSame) return;
        foreach (var (text, place) in draft.Options.Select((t, i) => (t, i)))
            await db.Execute("INSERT INTO poll_option (post_id, place, text) VALUES (@post, @place, @text)", ct, ("post", post.Id), ("place", (long)place),
                ("text", text));
    }

    /// <summary>The poll of a post with its results; two commands.</summary>
    public async Task<Poll?> Find(long postId, long personId, CancellationToken ct)
    {
        (string Question, bool IsMultiple, Instant? ClosesAt, int Voters) head;
        await using (var command = await db.Command("""
            SELECT question, is_multiple, closes_at, (SELECT COUNT(DISTINCT v.person_id) FROM poll_vote v WHERE v.post_id = @post) FROM poll WHERE post_id = @post
            """, ct, ("post", postId)))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct)) return null;
            head = (reader.GetString(0), reader.GetBoolean(1), reader.IsDBNull(2) ? null : Instant.FromUnixTimeMilliseconds(reader.GetInt64(2)),
                (int)reader.GetInt64(3));
        }
        var options = new List<PollOption>();
        await using (var command = await db.Command("""
            SELECT o.place, o.text, COUNT(v.person_id), COUNT(CASE WHEN v.person_id = @me THEN 1 END)
            FROM poll_option o LEFT JOIN poll_vote v ON v.post_id = o.post_id AND v.place = o.place
            WHERE o.post_id = @post GROUP BY o.place, o.text ORDER BY o.place
            """, ct, ("post", postId), ("me", personId)))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                options.Add(new PollOption(reader.GetInt64(0), reader.GetString(1), (int)reader.GetInt64(2), reader.GetInt64(3) > 0));
        return new Poll(head.Question, head.IsMultiple, head.ClosesAt, options, head.Voters);
    }

    /// <summary>Takes a person's vote, in place of the one before.</summary>
    public async Task Vote(long postId, long personId, IReadOnlyCollection<long> places, Instant now, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var poll = await Find(postId, personId, ct) ?? throw Refusal.NotFound("poll");
        if (poll.ClosesAt <= now) throw Refusal.Conflict("poll_closed", "This poll is over.");
        if (places.Count == 0 || (!poll.IsMultiple && places.Count > 1) || places.Any(p => poll.Options.All(o => o.Place != p)))
            throw Refusal.Invalid("no_option", "Choose an option first.");
        await db.Execute("DELETE FROM poll_vote WHERE post_id = @post AND person_id = @me", ct, ("post", postId), ("me", personId));
        foreach (var place in places.Distinct())
            await db.Execute("INSERT INTO poll_vote (post_id, person_id, slot, place, voted_at) VALUES (@post, @me, @slot, @place, @now)", ct, ("post", postId),
                ("me", personId), ("slot", poll.IsMultiple ? place : 0L), ("place", place), ("now", now));
        await transaction.Commit(ct);
    }

    /// <summary>The poll of a post that is deleted.</summary>
    public async Task Drop(long postId, CancellationToken ct)
    {
        foreach (var table in new[] { "poll_vote", "poll_option", "poll" })
            await db.Execute($"DELETE FROM {table} WHERE post_id = @post", ct, ("post", postId));
    }
}

/// <summary>A closed account's votes are taken out of the count.</summary>
internal sealed class ForgetsVotes(Db db) : IHandle<AccountClosed>
{
    public async Task Handle(AccountClosed message, MessageContext context, CancellationToken ct) =>
        await db.Execute("DELETE FROM poll_vote WHERE person_id = @person", ct, ("person", message.PersonId));
}
