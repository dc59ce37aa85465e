using Stipend.Notifications.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Notifications.Telling;

/// <summary>
/// Forgets what was told long ago: what was read after three months, the rest after a year; of posts after two, since a post may be given a later step
/// of its release long after it came out, and only the row keeps that from telling twice. A sandbox's clock runs ahead of the real one, so what was
/// told there is only kept longer.
/// </summary>
internal sealed class Pruning(Db db, Clock clock) : IPrunes
{
    public static readonly Duration KeptWhenRead = Duration.FromDays(90), Kept = Duration.FromDays(365), KeptOfPosts = Duration.FromDays(730);

    public async Task<bool> Prune(CancellationToken ct)
    {
        const int Most = 2_000;
        var now = clock.Now();
        var ofPosts = $"kind = '{Columns.Of(NotificationKind.NewPost)}'";
        var gone = 0;
        foreach (var (which, before) in new[] { ($"read_at < @before AND NOT {ofPosts}", now - KeptWhenRead), ($"created_at < @before AND NOT {ofPosts}", now - Kept),
            ("created_at < @before", now - KeptOfPosts) })
            gone = Math.Max(gone, await db.Execute($"""
                DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE {which} AND keep_until < @now LIMIT {Most})
                """, ct, ("before", before), ("now", now)));
        return gone == Most;
    }
}
