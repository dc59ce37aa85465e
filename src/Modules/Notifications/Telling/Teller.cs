using System.Globalization;
using Stipend.Notifications.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;

namespace Stipend.Notifications.Telling;

/// <summary>Writes what people are told; the unique key makes “once” true.</summary>
internal sealed class Teller(Db db, Ids ids, Books books) : INotifications
{
    private const int Batch = 400;

    public async Task Tell(IReadOnlyCollection<long> personIds, NewNotification notification, CancellationToken ct)
    {
        if (personIds.Count == 0) return;
        await using var transaction = await db.BeginWrite(ct);
        var now = await books.Now(notification.BookId, ct);
        // numbers only, so nothing to escape
        var (actor, post) = (notification.ActorId?.ToString(CultureInfo.InvariantCulture) ?? "NULL", notification.PostId?.ToString(CultureInfo.InvariantCulture) ?? "NULL");
        foreach (var some in personIds.Distinct().Order().Chunk(Batch))
        {
            var rows = string.Join(", ", some.Select(person => string.Create(CultureInfo.InvariantCulture,
                $"({ids.Next()}, @book, {person}, @kind, @subject, {actor}, @title, @path, @now, {post}, @until)")));
            await db.Execute($"""
                INSERT INTO notification (id, book_id, person_id, kind, subject_id, actor_id, title, path, created_at, post_id, keep_until) VALUES {rows}
                ON CONFLICT (person_id, kind, subject_id) DO NOTHING
                """, ct, ("book", notification.BookId), ("kind", Columns.Of(notification.Kind)), ("subject", notification.SubjectId),
                ("title", notification.Title), ("path", notification.Path), ("now", now),
                ("until", notification.KeepUntil?.ToUnixTimeMilliseconds() ?? 0));
        }
        await transaction.Commit(ct);
    }

    public async Task Forget(NotificationKind kind, long subjectId, CancellationToken ct) =>
        await db.Execute("DELETE FROM notification WHERE kind = @kind AND subject_id = @subject", ct, ("kind", Columns.Of(kind)), ("subject", subjectId));

    public async Task<int> Unread(long personId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT COUNT(*) FROM notification WHERE person_id = @person AND read_at IS NULL AND NOT is_hidden", ct,
            ("person", personId));
        return (int)(long)(await command.ExecuteScalarAsync(ct))!;
    }
}
