namespace Stipend.Billing.Contracts;

/// <summary>Per-creation billing, seen by Posts.</summary>
public interface IPaidPosts
{
    /// <summary>What publishing with the charge tick would bill now: the exact lines, computed by the code that makes them.</summary>
    Task<PostChargePreview> Preview(long bookId, long payeeId, CancellationToken ct = default);

    /// <summary>
    /// Records a paid post at an instant: lines fan out as a job, one per active pledge, pending until <paramref name="undoUntil"/> and
    /// then frozen.
    /// The same post twice is one post. Joins the caller's transaction.
    /// </summary>
    Task Publish(long bookId, long payeeId, long postId, string title, Instant publishedAt, Instant undoUntil,
        CancellationToken ct = default);

    /// <summary>Voids the post's lines and gives cap places back.</summary>
    /// <exception cref="Refusal">The undo window is over.</exception>
    Task Undo(long postId, CancellationToken ct = default);

    /// <summary>What a paid post has billed so far; null when it is not a paid post.</summary>
    Task<PostCharge?> Find(long postId, CancellationToken ct = default);
}

/// <summary>A preview of a paid post: patrons billed, their total, and patrons at their cap who pay nothing more.</summary>
public sealed record PostChargePreview(int Patrons, Money Total, int Capped);

/// <summary>The state of a paid post's billing.</summary>
public sealed record PostCharge(long PostId, int Patrons, Money Total, int Capped, Instant UndoUntil, bool IsUndone);
