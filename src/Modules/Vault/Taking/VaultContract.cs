using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
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
        (await Held(f => f.HolderKind == holderKind && f.HolderId == holderId).ToListAsync(ct)).ConvertAll(Of);

    public async Task<ILookup<long, HeldFile>> FilesOf(string holderKind, IReadOnlyCollection<long> holderIds, CancellationToken ct) =>
        (await Held(f => f.HolderKind == holderKind && holderIds.Contains(f.HolderId)).ToListAsync(ct)).ToLookup(r => r.File.HolderId, Of);

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
        return Of(await Held(f => f.Id == file.Id).SingleAsync(ct));
    }

    public Task Release(long campaignId, string holderKind, long holderId, CancellationToken ct) => shelves.ReleaseAll(campaignId, holderKind, holderId, ct);

    private sealed record Row(VaultFile File, long SizeBytes);

    private IQueryable<Row> Held(System.Linq.Expressions.Expression<Func<VaultFile, bool>> which) =>
        db.VaultFiles.AsNoTracking().Where(which).OrderBy(f => f.Id)
        .Join(db.VaultBlobs.AsNoTracking(), f => f.BlobId, b => b.Id, (f, b) => new Row(f, b.SizeBytes));

    private static HeldFile Of(Row row) => new(row.File.Id, row.File.Name, row.File.Kind, row.File.ContentType, row.SizeBytes,
        row.File.WidthPx, row.File.HeightPx, row.File.DurationMs,
        row.File.Chapters is null ? [] : JsonSerializer.Deserialize<List<Chapter>>(row.File.Chapters, Json.Options)!);
}
