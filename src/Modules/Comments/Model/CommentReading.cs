using System.Data.Common;
using System.Globalization;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Comments.Model;

/// <summary>A comment as a reader sees it; what they may not see is not in it.</summary>
/// <param name="Author">Null once it is deleted or removed.</param>
public sealed record ShownComment(long Id, long? ParentId, long AuthorId, string? Author, IReadOnlyList<TextPart> Body, CommentState State, Instant At,
    bool IsEdited, bool IsPinned, bool IsMine, bool IsCreator)
{
    public int Likes { get; init; }
    public bool ILike { get; init; }
}

/// <summary>A comment that stands by itself, the first of its replies and how many there are.</summary>
public sealed record CommentThread(ShownComment Head, IReadOnlyList<ShownComment> Replies, int AllReplies);

/// <summary>A page of a post's comments.</summary>
public sealed record CommentPage(IReadOnlyList<CommentThread> Threads, string? Next, int Total);

/// <summary>Comments for one reader: held ones for author and moderators alone, none of people the reader muted. A fixed number of commands
/// however many comments.</summary>
internal sealed class CommentReading(Db db, IPeople people)
{
    private const int RepliesShown = 3;
    private const string Columns = "c.id, c.parent_id, c.author_id, c.body, c.state, c.created_at, c.edited_at, c.pinned_at";

    /// <summary>What a reader may see of comment <c>c</c>. A deleted or removed one keeps its place only where somebody answered.</summary>
    private const string Visible = """
        (c.state = 'shown' OR (c.state = 'held' AND (c.author_id = @me OR @moderates = 1))
          OR (c.state IN ('deleted', 'removed') AND EXISTS (SELECT 1 FROM comment r WHERE r.parent_id = c.id AND r.state = 'shown')))
        AND NOT EXISTS (SELECT 1 FROM comment_mute m WHERE m.person_id = @me AND m.muted_id = c.author_id)
        """;

    /// <summary>A page of a post's comments, newest first, the pinned one above the first page.</summary>
    public async Task<CommentPage> Page(long postId, long ownerId, long me, bool moderates, string? before, int take, CancellationToken ct)
    {
        var (at, id) = Cursor(before);
        (string, object?)[] reader = [("post", postId), ("me", me), ("moderates", moderates ? 1L : 0L)];
        var heads = await Rows($"""
            SELECT {Columns} FROM comment c WHERE c.post_id = @post AND c.parent_id IS NULL AND c.pinned_at IS NULL AND (c.created_at, c.id) < (@at, @id)
              AND {Visible} ORDER BY c.created_at DESC, c.id DESC LIMIT @take
            """, ownerId, me, ct, [.. reader, ("at", at), ("id", id), ("take", take + 1)]);
        var next = heads.Count > take ? $"{heads[take - 1].At.ToUnixTimeMilliseconds()}-{heads[take - 1].Id}" : null;
        heads = heads.Take(take).ToList();
        if (before is null)
            heads.InsertRange(0, await Rows($"SELECT {Columns} FROM comment c WHERE c.post_id = @post AND c.pinned_at IS NOT NULL AND {Visible}", ownerId, me, ct, reader));
        var (replies, counts) = await FirstReplies(heads.ConvertAll(h => h.Id), ownerId, me, moderates, ct);
        var dressed = await Dress([.. heads, .. replies], me, ct);
        return new CommentPage(heads.ConvertAll(h => new CommentThread(dressed[h.Id],
            replies.FindAll(r => r.ParentId == h.Id).ConvertAll(r => dressed[r.Id]), counts.GetValueOrDefault(h.Id))), next,
            await Total(reader, ct));
    }

    /// <summary>One thread with a page of its replies, oldest first.</summary>
    public async Task<(CommentThread Thread, string? Next)> Thread(long threadId, long ownerId, long me, bool moderates, string? after, int take,
        CancellationToken ct)
    {
        var (at, id) = after is null ? (0, 0) : Cursor(after);
        (string, object?)[] reader = [("thread", threadId), ("me", me), ("moderates", moderates ? 1L : 0L)];
        var head = await Rows($"SELECT {Columns} FROM comment c WHERE c.id = @thread", ownerId, me, ct, reader);
        var replies = await Rows($"""
            SELECT {Columns} FROM comment c WHERE c.parent_id = @thread AND (c.created_at, c.id) > (@at, @id) AND {Visible}
            ORDER BY c.created_at, c.id LIMIT @take
            """, ownerId, me, ct, [.. reader, ("at", at), ("id", id), ("take", take + 1)]);
        var next = replies.Count > take ? $"{replies[take - 1].At.ToUnixTimeMilliseconds()}-{replies[take - 1].Id}" : null;
        var dressed = await Dress([.. head, .. replies.Take(take)], me, ct);
        return (new CommentThread(dressed[threadId], replies.Take(take).Select(r => dressed[r.Id]).ToList(), replies.Count), next);
    }

    private async Task<(List<ShownComment> Replies, Dictionary<long, int> Counts)> FirstReplies(List<long> heads, long ownerId, long me, bool moderates,
        CancellationToken ct)
    {
        var counts = new Dictionary<long, int>();
        if (heads.Count == 0) return ([], counts);
        var replies = new List<ShownComment>();
        await using var command = await db.Command($"""
            SELECT {Columns}, c.all_of_them FROM (
                SELECT {Columns}, ROW_NUMBER() OVER (PARTITION BY c.parent_id ORDER BY c.created_at, c.id) AS place,
                       COUNT(*) OVER (PARTITION BY c.parent_id) AS all_of_them
                FROM comment c WHERE c.parent_id IN ({SqlList.Of(heads)}) AND {Visible}) AS c
            WHERE c.place <= @shown ORDER BY c.parent_id, c.place
            """, ct, ("me", me), ("moderates", moderates ? 1L : 0L), ("shown", (long)RepliesShown));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var reply = Of(reader, ownerId, me);
            replies.Add(reply);
            counts[reply.ParentId!.Value] = (int)reader.GetInt64(8);
        }
        return (replies, counts);
    }

    private async Task<List<ShownComment>> Rows(string sql, long ownerId, long me, CancellationToken ct, params (string, object?)[] parameters)
    {
        var rows = new List<ShownComment>();
        await using var command = await db.Command(sql, ct, parameters);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) rows.Add(Of(reader, ownerId, me));
        return rows;
    }

    private static ShownComment Of(DbDataReader row, long ownerId, long me)
    {
        var state = Platform.Data.Columns.Enum<CommentState>(row.GetString(4));
        var isGone = state is CommentState.Deleted or CommentState.Removed;
        var author = row.GetInt64(2);
        return new ShownComment(row.GetInt64(0), row.IsDBNull(1) ? null : row.GetInt64(1), isGone ? 0 : author, null,
            isGone ? [] : CommentText.Parts(row.GetString(3)), state, Instant.FromUnixTimeMilliseconds(row.GetInt64(5)), !row.IsDBNull(6), !row.IsDBNull(7),
            !isGone && author == me, !isGone && author == ownerId);
    }

    /// <summary>Names and likes.</summary>
    private async Task<Dictionary<long, ShownComment>> Dress(List<ShownComment> comments, long me, CancellationToken ct)
    {
        if (comments.Count == 0) return [];
        var names = await people.FindMany(comments.Where(c => c.AuthorId > 0).Select(c => c.AuthorId).Distinct().ToList(), ct);
        var likes = new Dictionary<long, (int Count, bool Mine)>();
        await using var command = await db.Command($"""
            SELECT comment_id, COUNT(*), MAX(CASE WHEN person_id = @me THEN 1 ELSE 0 END) FROM comment_like
            WHERE comment_id IN ({SqlList.Of(comments.ConvertAll(c => c.Id))}) GROUP BY comment_id
            """, ct, ("me", me));
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                likes[reader.GetInt64(0)] = ((int)reader.GetInt64(1), Convert.ToInt64(reader.GetValue(2), CultureInfo.InvariantCulture) == 1);
        return comments.ToDictionary(c => c.Id, c => c with { Author = names.GetValueOrDefault(c.AuthorId)?.Name,
            Likes = likes.GetValueOrDefault(c.Id).Count, ILike = likes.GetValueOrDefault(c.Id).Mine });
    }

    private async Task<int> Total((string, object?)[] reader, CancellationToken ct)
    {
        await using var command = await db.Command($"SELECT COUNT(*) FROM comment c WHERE c.post_id = @post AND c.state = 'shown' AND {Visible}", ct, reader);
        return (int)(long)(await command.ExecuteScalarAsync(ct))!;
    }

    private static (long At, long Id) Cursor(string? text) => text?.Split('-') is [var time, var last]
        && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
        && long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? (at, id) : (long.MaxValue, long.MaxValue);
}
