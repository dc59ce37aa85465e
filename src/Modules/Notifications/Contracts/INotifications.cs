namespace Stipend.Notifications.Contracts;

/// <summary>What somebody is told about.</summary>
public enum NotificationKind { NewPost, Reply, Comment }

/// <summary>A thing to tell. Nobody is told of the same kind and subject twice while the first is kept.</summary>
/// <param name="SubjectId">The post or comment it is about.</param>
/// <param name="ActorId">Who did it, when a person did.</param>
/// <param name="Title">Of the post, as everybody may see it: nothing of a closed text.</param>
/// <param name="Path">Where it leads, on this site.</param>
public sealed record NewNotification(long BookId, NotificationKind Kind, long SubjectId, long? ActorId, string Title, string Path)
{
    /// <summary>The post it belongs to: while that is gone it is hidden.</summary>
    public long? PostId { get; init; }

    /// <summary>Not to be forgotten before: till then the same may be told again.</summary>
    public Instant? KeepUntil { get; init; }
}

/// <summary>Tells people in the app.</summary>
public interface INotifications
{
    /// <summary>Tells each of the people once; joins the caller's transaction.</summary>
    Task Tell(IReadOnlyCollection<long> personIds, NewNotification notification, CancellationToken ct = default);

    /// <summary>Takes back what was told of a thing that is gone; joins the caller's transaction.</summary>
    Task Forget(NotificationKind kind, long subjectId, CancellationToken ct = default);

    Task<int> Unread(long personId, CancellationToken ct = default);
}
