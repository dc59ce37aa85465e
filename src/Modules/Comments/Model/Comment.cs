using Stipend.Platform.Data;

namespace Stipend.Comments.Model;

/// <summary>What becomes of a comment: shown to all readers; held for a moderator; removed by one; deleted by its author.</summary>
public enum CommentState { Shown, Held, Removed, Deleted }

/// <summary>A comment under a post.</summary>
internal sealed class Comment
{
    public const int MaxBody = 5_000;

    public long Id { get; init; }
    public long BookId { get; init; }
    public long CampaignId { get; init; }
    public long PostId { get; init; }

    /// <summary>The comment it answers; null for one that stands by itself.</summary>
    public long? ParentId { get; init; }
    public long AuthorId { get; init; }
    public string Body { get; private set; } = "";
    public CommentState State { get; private set; }
    public Instant CreatedAt { get; init; }
    public Instant? EditedAt { get; private set; }
    public Instant? PinnedAt { get; private set; }

    /// <summary>The comment whose thread this belongs to.</summary>
    public long ThreadId => ParentId ?? Id;

    public static Comment Written(long id, long bookId, long campaignId, long postId, long? parentId, long authorId, string body, bool held, Instant now) =>
        new() { Id = id, BookId = bookId, CampaignId = campaignId, PostId = postId, ParentId = parentId, AuthorId = authorId, CreatedAt = now, Body = body,
            State = held ? CommentState.Held : CommentState.Shown };

    /// <summary>New words; those a filter knows hold it back, and new words never bring back what a moderator removed.</summary>
    public void Edit(string body, bool held, Instant now)
    {
        (Body, EditedAt) = (body, now);
        if (held && State == CommentState.Shown) Hold();
    }

    public void Delete() => (Body, State, PinnedAt) = ("", CommentState.Deleted, null);
    public void Hold() => (State, PinnedAt) = (CommentState.Held, null);
    public void Remove() => (State, PinnedAt) = (CommentState.Removed, null);
    public void Keep() => State = CommentState.Shown;
    public void Pin(Instant? at) => PinnedAt = at;
}

/// <summary>The tables of Comments; all but the comments themselves are written and read by key.</summary>
internal sealed class CommentsModel : IModelPart
{
    public void Build(Tables tables) => tables.Map<Comment>();
}

internal static class CommentTables
{
    extension(Db db)
    {
        public Microsoft.EntityFrameworkCore.DbSet<Comment> Comments => db.Set<Comment>();
    }
}
