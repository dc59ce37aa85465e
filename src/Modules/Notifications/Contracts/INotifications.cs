namespace Stipend.Notifications.Contracts;

/// <summary>What somebody is told about.</summary>
public enum NotificationKind { NewPost, Reply, Comment }

/// <summary>A thing to tell. Nobody is told of the same kind and subject twice.</summary>
/// <param name="SubjectId">The post or comment it is about.</param>
/// <param name="ActorId">Who did it, when a person did.</param>
/// <param name="Title">Of the post, as everybody may see it: nothing of a closed text.</param>
/// <param name="Path">Where it leads, on this site.</param>
public sealed record NewNotification(long BookId, NotificationKind Kind, long SubjectId, long? ActorId, string Title, string Path);

/// <summary>Tells people in the app.</summary>
public interface INotifications
{
    /// <summary>Tells each of the people once; joins the caller's transaction.</summary>
    Task Tell(IReadOnlyCollection<long> personIds, NewNotification notification, CancellationToken ct = default);

    /// <summary>Takes back what was told of a thing that is gone; joins the caller's transaction.</summary>
    Task Forget(NotificationKind kind, long subjectId, CancellationToken ct = default);

    Task<int> Unread(long personId, CancellationToken ct = default);
}
