using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Vault.Model;
using Stipend.Vault.Stores;
using Stipend.Vault.Taking;

namespace Stipend.Vault.Keeping;

/// <summary>All of a campaign's bytes belong in another store from now on; one batch, then the next.</summary>
internal sealed record MoveShelf(long CampaignId, string To, long AfterBlobId);

/// <summary>
/// Moves bytes between stores while they are served: copied, read back and compared with their name, and only then is the row pointed at the
/// copy. The old object stays for the downloads under way. May stop anywhere and be repeated.
/// </summary>
internal sealed class Moving(Db db, ObjectStores stores, OldCopies copies, Shelves shelves, Outbox outbox, Clock clock)
{
    public const int Batch = 50;

    /// <summary>From now on the campaign's files belong in a store; the moving itself is a job.</summary>
    /// <exception cref="Refusal">There is no such store here.</exception>
    public async Task Begin(long campaignId, string to, CancellationToken ct)
    {
        if (!stores.Has(to))
            throw Refusal.Invalid("unknown_store", $"This site has no file store “{to}”, only {string.Join(" and ", stores.All.Select(s => s.Name).Order(StringComparer.Ordinal))}. Set it up under Stipend:Vault first.");
        await shelves.Open(campaignId, ct);
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("UPDATE vault_shelf SET store = @to WHERE campaign_id = @campaign", ct, ("to", to), ("campaign", campaignId));
        outbox.Enqueue(new MoveShelf(campaignId, to, 0), clock.Now());
        await transaction.Commit(ct);
    }

    /// <summary>The next blobs that are not where they belong.</summary>
    public Task<List<long>> Next(long campaignId, string to, long after, CancellationToken ct) => db.VaultBlobs
        .Where(b => b.CampaignId == campaignId && b.Store != to && b.Id > after).OrderBy(b => b.Id).Select(b => b.Id).Take(Batch).ToListAsync(ct);

    /// <summary>Moves one; false when there was nothing to do. The copy has a name of its own, so nothing that is late can remove it.</summary>
    /// <exception cref="Refusal">A store cannot be reached, or the copy is not the original.</exception>
    public async Task<bool> Move(long blobId, string to, CancellationToken ct)
    {
        if (await db.VaultBlobs.AsNoTracking().SingleOrDefaultAsync(b => b.Id == blobId, ct) is not { } blob) return false; // its last file went
        var shelf = (await shelves.Find(blob.CampaignId, ct))!;
        if (blob.Store == to || shelf.Store != to) return false; // done, or the campaign belongs elsewhere by now
        var key = shelves.NewKey(blob.CampaignId, blob.Hash);
        await using (var source = copies.Read(blob))
            await stores[to].Put(key, source, blob.SizeBytes, ct);
        var isSound = false;
        await using (var copy = await stores[to].Get(key, 0, blob.SizeBytes, ct))
            isSound = copy is not null && await Incoming.Hash(copy, shelf.HashKey, ct) == blob.Hash;
        await using var transaction = await db.BeginWrite(ct);
        var moved = isSound && await db.Execute("UPDATE vault_blob SET store = @to, object_key = @key WHERE id = @id AND object_key = @from", ct,
            ("to", to), ("key", key), ("id", blob.Id), ("from", blob.ObjectKey)) == 1;
        if (moved) shelves.Doom(blob.Store, blob.ObjectKey, clock.Now() + Shelves.Grace);
        else shelves.Doom(to, key, clock.Now());
        await transaction.Commit(ct);
        return isSound ? moved : throw Damaged(blob);
    }

    private static Refusal Damaged(VaultBlob blob) => Refusal.Conflict("bytes_damaged",
        $"The bytes of object {blob.ObjectKey} are not those that were taken in, so they were not moved. “stipend vault scrub” says more.");
}

/// <summary>Moves a campaign's bytes batch by batch; each batch that is done is not done again.</summary>
internal sealed class MovingShelves(Moving moving, Progress progress, Db db, Outbox outbox, Clock clock) : IPerform<MoveShelf>
{
    public async Task Perform(MoveShelf message, MessageContext context, CancellationToken ct)
    {
        var batch = await moving.Next(message.CampaignId, message.To, message.AfterBlobId, ct);
        foreach (var id in batch)
        {
            await moving.Move(id, message.To, ct);
            await progress.Made(context, ct);
        }
        if (batch.Count < Moving.Batch) return;
        await using var transaction = await db.BeginWrite(ct);
        outbox.Enqueue(message with { AfterBlobId = batch[^1] }, clock.Now());
        await transaction.Commit(ct);
    }
}

/// <summary>New files of a campaign whose store is elsewhere land on the disk and follow.</summary>
internal sealed class MovingBlobs(Moving moving) : IPerform<MoveBlob>
{
    public Task Perform(MoveBlob message, MessageContext context, CancellationToken ct) => moving.Move(message.BlobId, message.To, ct);
}
