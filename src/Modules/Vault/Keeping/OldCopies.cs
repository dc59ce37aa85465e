using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Vault.Model;
using Stipend.Vault.Stores;

namespace Stipend.Vault.Keeping;

/// <summary>What a move left behind for its day of grace: the same bytes in the store they came from, for when the one they went to is gone.</summary>
internal sealed class OldCopies(Db db, ObjectStores stores)
{
    /// <summary>A blob's bytes, from the old copy if their own store does not give them.</summary>
    public ObjectReading Read(VaultBlob blob) => new(stores[blob.Store], blob.ObjectKey, blob.SizeBytes, ct => Of(blob, ct));

    /// <summary>Whether removing an object that waits for it would take the last of bytes that files name.</summary>
    public async Task<bool> IsLast(string store, string key, CancellationToken ct)
    {
        if (key.Split('/') is not [var campaign, _, var name] || !long.TryParse(campaign, out var campaignId)) return false;
        var hash = name.Split('.')[0];
        var blob = await db.VaultBlobs.AsNoTracking().SingleOrDefaultAsync(b => b.CampaignId == campaignId && b.Hash == hash, ct);
        return blob is not null && blob.ObjectKey != key && await stores[store].Size(key, ct) == blob.SizeBytes
            && (blob.Damage is not null || await stores[blob.Store].Size(blob.ObjectKey, ct) != blob.SizeBytes);
    }

    private async Task<(IObjectStore, string)?> Of(VaultBlob blob, CancellationToken ct)
    {
        var beginning = $"{blob.CampaignId}/{blob.Hash[..2]}/{blob.Hash}.";
        var old = await db.VaultDoomed.AsNoTracking().Where(d => d.ObjectKey.StartsWith(beginning) && d.ObjectKey != blob.ObjectKey && d.Store != blob.Store)
            .ToListAsync(ct);
        foreach (var copy in old.Where(d => stores.Has(d.Store)))
            if (await stores[copy.Store].Size(copy.ObjectKey, ct) == blob.SizeBytes) return (stores[copy.Store], copy.ObjectKey); // else a small picture of it
        return null;
    }
}
