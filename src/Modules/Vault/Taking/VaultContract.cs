using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Vault.Contracts;
using Stipend.Vault.Model;
using Stipend.Vault.Serving;
using Stipend.Vault.Stores;

namespace Stipend.Vault.Taking;

/// <summary>The vault seen by other modules.</summary>
internal sealed class VaultContract(Db db, Shelves shelves, Intake intake, ServeFile.Door door, ObjectStores stores) : IVault
{
    public async Task<IReadOnlyList<HeldFile>> FilesOf(string holderKind, long holderId, CancellationToken ct) =>
        (await Held("f.holder_kind = @kind AND f.holder_id = @holder", ct, ("kind", holderKind), ("holder", holderId))).ConvertAll(h => h.File);

    public async Task<ILookup<long, HeldFile>> FilesOf(string holderKind, IReadOnlyCollection<long> holderIds, CancellationToken ct) =>
        (await Held($"f.holder_kind = @kind AND {db.Among("f.holder_id")}", ct, ("kind", holderKind), db.Keys(holderIds))).ToLookup(h => h.Holder, h => h.File);

    public Task<IResult> Serve(HttpContext http, long fileId, long? personId, CancellationToken ct) =>
        ServeFile.Answer(http, fileId, personId, door, stores, db, ct);

    public async Task<VaultUse> UseOf(long campaignId, CancellationToken ct)
    {
        var shelf = await shelves.Find(campaignId, ct);
        return new VaultUse(shelf?.UsedBytes ?? 0, shelves.QuotaOf(shelf));
    }

    public async Task<HeldFile> Take(CampaignInfo campaign, long uploaderId, string holderKind, long holderId, string name, Stream content,
        CancellationToken ct)
    {
        if (db.InTransaction) throw new InvalidOperationException("Bytes are taken in before a transaction, not in it.");
        var file = await intake.Take(campaign, uploaderId, holderKind, holderId, name, content, ct);
        return (await Held("f.id = @id", ct, ("id", file.Id))).Single().File;
    }

    public Task Take(NewFile file, Stream content, CancellationToken ct) => db.InTransaction
        ? throw new InvalidOperationException("Bytes are taken in before a transaction, not in it.") : intake.Take(file, content, ct);

    public Task<IResult> Give(HttpContext http, long fileId, CancellationToken ct) => ServeFile.Give(http, fileId, stores, door.Copies, db, ct);

    public Task Release(long campaignId, long fileId, CancellationToken ct) => shelves.Release(campaignId, [fileId], ct);

    public Task Release(long campaignId, string holderKind, long holderId, CancellationToken ct) => shelves.ReleaseAll(campaignId, holderKind, holderId, ct);

    /// <summary>The files for which a condition on <c>f</c> holds, in the order they were taken.</summary>
    private async Task<List<(long Holder, HeldFile File)>> Held(string condition, CancellationToken ct, params (string, object?)[] parameters)
    {
        var found = new List<(long, HeldFile)>();
        await using var command = await db.Command($"""
            SELECT f.holder_id, f.id, f.name, f.kind, f.content_type, b.size_bytes, f.width_px, f.height_px, f.duration_ms, f.chapters
            FROM vault_file f JOIN vault_blob b ON b.id = f.blob_id WHERE {condition} ORDER BY f.id
            """, ct, parameters);
        await using var row = await command.ExecuteReaderAsync(ct);
        while (await row.ReadAsync(ct))
            found.Add((row.GetInt64(0), new HeldFile(row.GetInt64(1), row.GetString(2), Columns.Enum<FileKind>(row.GetString(3)), row.GetString(4),
                row.GetInt64(5), (int?)Number(6), (int?)Number(7), Number(8),
                row.IsDBNull(9) ? [] : JsonSerializer.Deserialize<List<Chapter>>(row.GetString(9), Json.Options)!)));
        return found;

        long? Number(int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
    }
}
