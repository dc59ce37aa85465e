using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Contracts;
using Stipend.Notifications.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Notifications.Reading;

/// <summary>What somebody was told, newest first; reading is said by a button, so that a page fetched ahead counts as nothing read.</summary>
internal static class NotificationPages
{
    internal const int PageSize = 30;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/notifications", Show).RequireSignIn();
        app.MapPost("/notifications/read", ReadAll).RequireSignIn();
        app.MapPost("/notifications/{id:long}", Open).RequireSignIn();
    }

    private static async Task<IResult> Show(string? before, HttpContext http, Db db, IPeople people, INotifications notifications, CancellationToken ct)
    {
        var me = http.RequireViewer().Id;
        var (rows, next) = PageKey.Page(await Rows(me, PageKey.Parse(before, PageKey.Newest), db, ct), PageSize, r => PageKey.Of(r.At, r.Id));
        var names = await people.NamesOf(rows.Select(r => r.ActorId ?? 0).Where(id => id > 0).Distinct().ToList(), ct);
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<NotificationsPage>(new NotificationsPage.View(
            rows.ConvertAll(r => r with { Actor = r.ActorId is { } actor ? names.GetValueOrDefault(actor) : null }),
            await notifications.Unread(me, ct), next, before is null));
    }

    private static async Task<List<NotificationsPage.Row>> Rows(long me, PageKey before, Db db, CancellationToken ct)
    {
        var rows = new List<NotificationsPage.Row>();
        await using var command = await db.Command("""
            SELECT id, kind, actor_id, title, created_at, read_at FROM notification
            WHERE person_id = @me AND NOT is_hidden AND (created_at, id) < (@at, @id) ORDER BY created_at DESC, id DESC LIMIT @take
            """, ct, ("me", me), ("at", before.At), ("id", before.Id), ("take", PageSize + 1));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add(new NotificationsPage.Row(reader.GetInt64(0), Columns.Enum<NotificationKind>(reader.GetString(1)),
                reader.IsDBNull(2) ? null : reader.GetInt64(2), null, reader.GetString(3),
                Instant.FromUnixTimeMilliseconds(reader.GetInt64(4)), !reader.IsDBNull(5)));
        return rows;
    }

    /// <summary>Marks one as read and leads to what it is about.</summary>
    private static async Task<IResult> Open(long id, HttpContext http, Db db, Clock clock, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT path FROM notification WHERE id = @id AND person_id = @me AND NOT is_hidden", ct, ("id", id),
            ("me", http.RequireViewer().Id));
        if (await command.ExecuteScalarAsync(ct) is not string path) throw Refusal.NotFound("notification");
        await db.Execute("UPDATE notification SET read_at = @now WHERE id = @id AND person_id = @me AND read_at IS NULL", ct, ("now", clock.Now()),
            ("id", id), ("me", http.RequireViewer().Id));
        return Pages.SeeOther(Pages.Local(path));
    }

    private static async Task<IResult> ReadAll(HttpContext http, Db db, Clock clock, CancellationToken ct)
    {
        await db.Execute("UPDATE notification SET read_at = @now WHERE person_id = @me AND read_at IS NULL AND NOT is_hidden", ct, ("now", clock.Now()),
            ("me", http.RequireViewer().Id));
        return Pages.SeeOther("/notifications");
    }
}
