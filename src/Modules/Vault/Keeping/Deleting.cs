using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Vault.Stores;
using Stipend.Vault.Taking;

namespace Stipend.Vault.Keeping;

/// <summary>Removes objects whose rows went. Their names are never given again, so this may be late, and may be repeated. What a move left behind goes
/// only when the copy is still where it went.</summary>
internal sealed class DeletingObjects(ObjectStores stores, OldCopies copies, Db db) : IPerform<DeleteObject>
{
    /// <exception cref="Refusal"><c>last_copy</c>: the bytes are nowhere else, or it cannot be asked now.</exception>
    public async Task Perform(DeleteObject message, MessageContext context, CancellationToken ct)
    {
        if (await copies.IsLast(message.Store, message.Key, ct))
            throw Refusal.Conflict("last_copy", $"Object {message.Key} was moved, but its copy is no longer where it went, so this one stays and is served. “stipend vault move” moves it again.");
        await stores[message.Store].Delete(message.Key, ct);
        await db.Execute("DELETE FROM vault_doomed WHERE object_key = @key", ct, ("key", message.Key));
    }
}

/// <summary>Forgets uploads nobody took up again.</summary>
internal sealed class ExpiringUploads(Db db, Incoming incoming, Outbox outbox) : IPerform<ExpireUpload>
{
    public async Task Perform(ExpireUpload message, MessageContext context, CancellationToken ct)
    {
        await using (var transaction = await db.BeginWrite(ct))
        {
            if (await db.Execute("DELETE FROM vault_upload WHERE id = @id AND expires_at <= @now", ct, ("id", message.UploadId), ("now", context.Now)) == 0)
            {
                await using var command = await db.Command("SELECT expires_at FROM vault_upload WHERE id = @id", ct, ("id", message.UploadId));
                if (await command.ExecuteScalarAsync(ct) is not long later) return;
                outbox.Enqueue(message, Instant.FromUnixTimeMilliseconds(later)); // it got on meanwhile
                await transaction.Commit(ct);
                return;
            }
            await transaction.Commit(ct);
        }
        incoming.Delete(message.UploadId);
    }
}

/// <summary>Clears what a process that died left on its way in, and refuses a start with a store that is not set up.</summary>
internal sealed class ClearingIncoming(Incoming incoming, ObjectStores stores, Model.VaultOptions options, Clock clock) : IAtStart
{
    /// <exception cref="Refusal">New files belong in a store this site does not have.</exception>
    public Task Start(CancellationToken ct)
    {
        _ = stores[options.Store];
        incoming.DeleteLeftBehind(clock.Now() - Duration.FromHours(24 + options.UploadHours));
        return Task.CompletedTask;
    }
}
