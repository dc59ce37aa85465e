using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Vault.Contracts;
using Stipend.Vault.Model;
using Stipend.Vault.Stores;
using Stipend.Vault.Taking;

namespace Stipend.Vault.Keeping;

/// <summary>Reads everything again, before somebody needs it.</summary>
internal sealed class Scrubbing(Db db, ObjectStores stores, Shelves shelves, Moving moving, Clock clock, IVault vault, IEnumerable<IFileHolder> holders)
    : IVaultKeeping
{
    private const int Batch = 200;
    private static readonly Duration s_orphanAge = Duration.FromDays(2);

    public async Task<ScrubReport> Scrub(long? campaignId, bool removeOrphans, CancellationToken ct)
    {
        var findings = new List<ScrubFinding>();
        foreach (var holder in holders) findings.AddRange(await holder.Bring(vault, campaignId, ct)); // what comes in is read below with the rest
        var (objects, bytes, after) = (0L, 0L, 0L);
        var keys = new Dictionary<long, string>();
        while (await Next(campaignId, after, ct) is { Count: > 0 } batch)
        {
            foreach (var blob in batch)
            {
                if (!keys.TryGetValue(blob.CampaignId, out var key)) keys[blob.CampaignId] = key = (await shelves.Find(blob.CampaignId, ct))!.HashKey;
                var fault = await FaultOf(blob, key, ct);
                if (fault == "missing" && !await IsAsRead(blob, ct)) fault = null; // moved or removed while it was looked at
                await db.Execute("UPDATE vault_blob SET checked_at = @now, damage = @damage WHERE id = @id", ct, ("now", clock.Now()), ("damage", fault), ("id", blob.Id));
                if (fault is not null) findings.Add(new ScrubFinding(blob.Store, blob.ObjectKey, fault, await NamesOf(blob.Id, ct)));
                (objects, bytes) = (objects + 1, bytes + blob.SizeBytes);
            }
            after = batch[^1].Id;
        }
        findings.AddRange(await Orphans(campaignId, removeOrphans, ct));
        return new ScrubReport(objects, bytes, findings);
    }

    public Task BeginMove(long campaignId, string store, CancellationToken ct) => moving.Begin(campaignId, store, ct);

    public async Task<MoveReport> MoveNow(long campaignId, CancellationToken ct)
    {
        var (to, moved, after) = ((await shelves.Open(campaignId, ct)).Store, 0L, 0L);
        while (await moving.Next(campaignId, to, after, ct) is { Count: > 0 } batch)
        {
            foreach (var id in batch)
                if (await moving.Move(id, to, ct)) moved++;
            after = batch[^1];
        }
        return new MoveReport(moved, await db.VaultBlobs.LongCountAsync(b => b.CampaignId == campaignId && b.Store != to, ct));
    }

    private Task<List<VaultBlob>> Next(long? campaignId, long after, CancellationToken ct) => db.VaultBlobs.AsNoTracking()
        .Where(b => b.Id > after && (campaignId == null || b.CampaignId == campaignId)).OrderBy(b => b.Id).Take(Batch).ToListAsync(ct);

    private async Task<string?> FaultOf(VaultBlob blob, string hashKey, CancellationToken ct)
    {
        try
        {
            await using var content = await stores[blob.Store].Get(blob.ObjectKey, 0, long.MaxValue / 2, ct);
            if (content is null) return "missing";
            return await Incoming.Hash(content, hashKey, ct) == blob.Hash ? null : "damaged";
        }
        catch (IOException)
        {
            return "unreadable"; // a bad sector, a line that breaks at every try
        }
    }

    private Task<bool> IsAsRead(VaultBlob blob, CancellationToken ct) => db.VaultBlobs.AnyAsync(b => b.Id == blob.Id && b.ObjectKey == blob.ObjectKey, ct);

    private Task<List<string>> NamesOf(long blobId, CancellationToken ct) =>
        db.VaultFiles.Where(f => f.BlobId == blobId).OrderBy(f => f.Id).Select(f => f.Name).Take(10).ToListAsync(ct);

    private async Task<bool> IsNamed(string key, CancellationToken ct) =>
        await db.VaultBlobs.AnyAsync(b => b.ObjectKey == key, ct) || await db.VaultDoomed.AnyAsync(d => d.ObjectKey == key, ct)
        || await db.VaultThumbs.AnyAsync(t => t.ObjectKey == key, ct);

    /// <summary>Objects without a row, old enough to be neither on their way in nor waiting for their removal.</summary>
    private async Task<List<ScrubFinding>> Orphans(long? campaignId, bool remove, CancellationToken ct)
    {
        var found = new List<ScrubFinding>();
        var before = Instant.FromDateTimeOffset(clock.Provider.GetUtcNow()) - s_orphanAge;
        foreach (var store in stores.All)
        {
            await foreach (var stored in store.List(campaignId is { } id ? $"{id}/" : "", ct))
            {
                if (stored.ChangedAt > before || await IsNamed(stored.Key, ct)) continue;
                found.Add(new ScrubFinding(store.Name, stored.Key, "orphan", []));
                if (remove) await store.Delete(stored.Key, ct);
            }
        }
        return found;
    }
}
