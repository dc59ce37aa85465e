using System.Data.Common;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Comments.Model;

/// <summary>A comment as a reader sees it; what they may not see is not in it. Compares by value: the drawn comment is kept under it.</summary>
/// <param name="Author">Null once it is deleted or removed.</param>
public sealed record ShownComment(long Id, long? ParentId, long AuthorId, string? Author, string Body, CommentState State, Instant At,
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
    /// <summary>How many answers to a comment stand on the page of the post.</summary>
    internal const int RepliesShown = 3;

    private const string Columns = "c.id, c.parent_id, c.author_id, c.body, c.state, c.created_at, c.edited_at, c.pinned_at";

    /// <summary>How many like comment <c>c</c>, and whether the reader does.</summary>
    private const string Likes = """
        (SELECT COUNT(*) FROM comment_like l WHERE l.comment_id = c.id) AS likes,
        (SELECT COUNT(*) FROM comment_like l WHERE l.comment_id = c.id AND l.person_id = @me) AS mine
        """;

    /// <summary>What a reader may see of comment <c>c</c>. A deleted or removed one keeps its place only where somebody answered.</summary>
    private const string Visible = """
        (c.state = 'shown' OR (c.state = 'held' AND (c.author_id = @me OR @moderates = 1))
          OR (c.state IN ('deleted', 'removed') AND EXISTS (SELECT 1 FROM comment r WHERE r.parent_id = c.id AND r.state = 'shown')))
        AND NOT EXISTS (SELECT 1 FROM comment_mute m WHERE m.person_id = @me AND m.muted_id = c.author_id)
        """;

    /// <summary>The pinned comment with the first page, the newest that stand by themselves, the first answers to each and how many there are.</summary>
    private static readonly string s_page = $"""
        WITH head AS (
          SELECT {Columns} FROM comment c WHERE @first = 1 AND c.post_id = @post AND c.pinned_at IS NOT NULL AND {Visible}
          UNION ALL
          SELECT * FROM (
            SELECT {Columns} FROM comment c
            WHERE c.post_id = @post AND c.parent_id IS NULL AND c.pinned_at IS NULL AND (c.created_at, c.id) < (@at, @id) AND {Visible}
            ORDER BY c.created_at DESC, c.id DESC LIMIT @take) AS newest),
        answer AS (
          SELECT {Columns}, ROW_NUMBER() OVER (PARTITION BY c.parent_id ORDER BY c.created_at, c.id) AS place,
            COUNT(*) OVER (PARTITION BY c.parent_id) AS answers
          FROM comment c WHERE c.parent_id IN (SELECT id FROM head) AND {Visible})
        SELECT {Columns}, {Likes}, c.answers, n.total
        FROM (SELECT COUNT(*) AS total FROM comment c WHERE c.post_id = @post AND c.state = 'shown'
                AND NOT EXISTS (SELECT 1 FROM comment_mute m WHERE m.person_id = @me AND m.muted_id = c.author_id)) AS n
        LEFT JOIN (SELECT {Columns}, 0 AS answers FROM head c
                   UNION ALL SELECT {Columns}, c.answers FROM answer c WHERE c.place <= {RepliesShown}) AS c ON 1 = 1
        """;

    /// <summary>A page of a post's comments, newest first, the pinned one above the first page; one command and one for the names.</summary>
    public async Task<CommentPage> Page(long postId, long ownerId, long me, bool moderates, string? before, int take, CancellationToken ct)
    {
        var (at, id) = PageKey.Parse(before, PageKey.Newest);
        var (rows, answers, total) = (new List<ShownComment>(), new Dictionary<long, int>(), 0);
        await using (var command = await db.Command(s_page, ct, ("post", postId), ("me", me), ("moderates", moderates ? 1L : 0L), ("at", at), ("id", id),
            ("take", take + 1), ("first", before is null ? 1L : 0L)))
        await using (var reader = await command.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
            {
                total = (int)reader.GetInt64(11);
                if (reader.IsDBNull(0)) break; // nothing on this page
                var row = Of(reader, ownerId, me);
                rows.Add(row);
                if (row.ParentId is { } parent) answers[parent] = (int)reader.GetInt64(10);
            }
        rows = await Named(rows, ct);
        var heads = rows.FindAll(r => r is { ParentId: null, IsPinned: false }).OrderByDescending(h => h.At).ThenByDescending(h => h.Id).ToList();
        (heads, var next) = PageKey.Page(heads, take, h => PageKey.Of(h.At, h.Id));
        var replies = rows.FindAll(r => r.ParentId is not null).OrderBy(r => r.At).ThenBy(r => r.Id).ToLookup(r => r.ParentId!.Value);
        return new CommentPage([.. rows.FindAll(r => r.IsPinned).Concat(heads)
            .Select(h => new CommentThread(h, [.. replies[h.Id]], answers.GetValueOrDefault(h.Id)))], next, total);
    }

    /// <summary>One thread with a page of its replies, oldest first.</summary>
    public async Task<(CommentThread Thread, string? Next)> Thread(long threadId, long ownerId, long me, bool moderates, string? after, int take,
        CancellationToken ct)
    {
        var (at, id) = PageKey.Parse(after, PageKey.Oldest);
        (string, object?)[] reader = [("thread", threadId), ("me", me)];
        var head = await Rows($"SELECT {Columns}, {Likes} FROM comment c WHERE c.id = @thread", ownerId, me, ct, reader);
        var replies = await Rows($"""
            SELECT {Columns}, {Likes} FROM comment c WHERE c.parent_id = @thread AND (c.created_at, c.id) > (@at, @id) AND {Visible}
            ORDER BY c.created_at, c.id LIMIT @take
            """, ownerId, me, ct, [.. reader, ("moderates", moderates ? 1L : 0L), ("at", at), ("id", id), ("take", take + 1)]);
        var (shown, next) = PageKey.Page(replies, take, r => PageKey.Of(r.At, r.Id));
        var named = await Named([.. head, .. shown], ct);
        return (new CommentThread(named[0], named[1..], replies.Count), next);
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
            isGone ? "" : row.GetString(3), state, Instant.FromUnixTimeMilliseconds(row.GetInt64(5)), !row.IsDBNull(6), !row.IsDBNull(7),
            !isGone && author == me, !isGone && author == ownerId) { Likes = (int)row.GetInt64(8), ILike = row.GetInt64(9) > 0 };
    }

    private async Task<List<ShownComment>> Named(List<ShownComment> comments, CancellationToken ct)
    {
        var authors = comments.Where(c => c.AuthorId > 0).Select(c => c.AuthorId).Distinct().ToList();
        if (authors.Count == 0) return comments;
        var names = await people.NamesOf(authors, ct);
        return comments.ConvertAll(c => c with { Author = names.GetValueOrDefault(c.AuthorId) });
    }
}
