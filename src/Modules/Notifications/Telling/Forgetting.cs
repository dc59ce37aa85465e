using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Notifications.Telling;

/// <summary>What a closed account was told goes with it; what others were told of it keeps no name.</summary>
internal sealed class ForgetsWhatWasTold(Db db) : IHandle<AccountClosed>
{
    public async Task Handle(AccountClosed message, MessageContext context, CancellationToken ct)
    {
        await db.Execute("DELETE FROM notification WHERE person_id = @person", ct, ("person", message.PersonId));
        await db.Execute("UPDATE notification SET actor_id = NULL WHERE actor_id = @person", ct, ("person", message.PersonId));
    }
}

/// <summary>Empties a sandbox of what its people were told.</summary>
internal sealed class ErasingNotifications(Db db) : IErasesBook
{
    public async Task Erase(long bookId, CancellationToken ct) => await db.Execute("DELETE FROM notification WHERE book_id = @book", ct, ("book", bookId));
}

/// <summary>What a person was told, in what they may take away about themselves.</summary>
internal sealed class ExportsNotifications(Db db) : IExportsPersonalData
{
    public string Section => "notifications";

    public async Task<object> Export(long personId, CancellationToken ct)
    {
        var told = new List<object>();
        await using var command = await db.Command("SELECT kind, title, path, created_at FROM notification WHERE person_id = @person ORDER BY id", ct,
            ("person", personId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            told.Add(new { Kind = reader.GetString(0), Title = reader.GetString(1), Path = reader.GetString(2),
                At = Instant.FromUnixTimeMilliseconds(reader.GetInt64(3)) });
        return told;
    }
}
