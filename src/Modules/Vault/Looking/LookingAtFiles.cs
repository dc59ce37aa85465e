using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Vault.Contracts;
using Stipend.Vault.Keeping;
using Stipend.Vault.Model;
using Stipend.Vault.Stores;
using Stipend.Vault.Taking;

namespace Stipend.Vault.Looking;

/// <summary>
/// Finds out, after a file was taken in, what its first bytes do not say: how long a recording is and its chapters (ffprobe), and makes a small
/// copy of a picture (vipsthumbnail). Without the programs, or when they fail, pages show the original and no length.
/// </summary>
internal sealed class LookingAtFiles(Db db, ObjectStores stores, DiskStore disk, Incoming incoming, IncomingDisk room, Shelves shelves, Tools tools,
    Ids ids, Clock clock) : IPerform<FileTaken>
{
    private const int MaxChapters = 200, MaxTitle = 200;
    private readonly Tool _ffprobe = new("ffprobe", tools, clock), _vipsthumbnail = new("vipsthumbnail", tools, clock);

    public async Task Perform(FileTaken message, MessageContext context, CancellationToken ct)
    {
        var found = await db.VaultFiles.AsNoTracking().Where(f => f.Id == message.FileId)
            .Join(db.VaultBlobs.AsNoTracking(), f => f.BlobId, b => b.Id, (f, b) => new { File = f, Blob = b }).SingleOrDefaultAsync(ct);
        if (found is null) return; // gone before its turn came
        var (file, blob) = (found.File, found.Blob);
        if (file.Kind is FileKind.Audio or FileKind.Video && !await HeardBefore(file, ct) && _ffprobe.IsHere)
            await OnDisk(blob, path => Listen(file.Id, path, ct), ct);
        if (file.Kind == FileKind.Image && !await db.VaultThumbs.AnyAsync(t => t.BlobId == blob.Id, ct) && _vipsthumbnail.IsHere)
            await OnDisk(blob, path => Shrink(blob, path, ct), ct);
    }

    /// <summary>The same bytes sound the same: what was found of another file with them is this one's too.</summary>
    private async Task<bool> HeardBefore(VaultFile file, CancellationToken ct)
    {
        var heard = await db.VaultFiles.AsNoTracking().Where(f => f.BlobId == file.BlobId && f.Id != file.Id && f.DurationMs != null)
            .Select(f => new { f.DurationMs, f.Chapters }).FirstOrDefaultAsync(ct);
        if (heard is not null) await Note(file.Id, heard.DurationMs, heard.Chapters, ct);
        return heard is not null;
    }

    /// <summary>Shows bytes to a program as a file: their own on the disk, or one fetched for so long where they were moved before their turn came.</summary>
    /// <exception cref="Refusal">Their store cannot be reached, or the disk has no room for them; tried again later.</exception>
    private async Task OnDisk(VaultBlob blob, Func<string, Task> show, CancellationToken ct)
    {
        if (blob.Store == DiskStore.StoreName && File.Exists(disk.PathOf(blob.ObjectKey)))
        {
            await show(disk.PathOf(blob.ObjectKey));
            return;
        }
        room.CheckRoom(blob.SizeBytes);
        var id = ids.Next();
        try
        {
            await using (var file = incoming.Open(id))
            await using (var content = await stores[blob.Store].Get(blob.ObjectKey, 0, blob.SizeBytes, ct))
            {
                if (content is null) return; // moved again, or missing, as a scrub will say
                await file.Receive(content, blob.SizeBytes, [], null, ct);
            }
            await show(incoming.PathOf(id));
        }
        finally
        {
            incoming.Delete(id);
        }
    }

    private async Task Listen(long fileId, string path, CancellationToken ct)
    {
        var said = await _ffprobe.Run(
            ["-v", "error", "-print_format", "json", "-show_format", "-show_chapters", "-protocol_whitelist", "file", "-i", path], ct);
        if (said is null) return;
        using var parsed = JsonDocument.Parse(said);
        var duration = parsed.RootElement.TryGetProperty("format", out var format) ? Ms(format, "duration") : null;
        var chapters = parsed.RootElement.TryGetProperty("chapters", out var list)
            ? list.EnumerateArray().Take(MaxChapters).Select((c, i) => new Chapter(Ms(c, "start_time") ?? 0, Title(c, i))).ToList() : [];
        await Note(fileId, duration, chapters.Count == 0 ? null : JsonSerializer.Serialize(chapters, Json.Options), ct);
    }

    private Task<int> Note(long fileId, long? duration, string? chapters, CancellationToken ct) =>
        db.Execute("UPDATE vault_file SET duration_ms = @duration, chapters = @chapters WHERE id = @id", ct, ("duration", duration),
            ("chapters", chapters), ("id", fileId));

    private static long? Ms(JsonElement element, string name) => element.TryGetProperty(name, out var text)
        && double.TryParse(text.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
        && seconds is >= 0 and < 1e9 ? (long)(seconds * 1000) : null;

    private static string Title(JsonElement chapter, int index)
    {
        var title = chapter.TryGetProperty("tags", out var tags) && tags.TryGetProperty("title", out var text) ? text.GetString() ?? "" : "";
        return title.Length == 0 ? (index + 1).ToString(CultureInfo.InvariantCulture) : title[..Math.Min(title.Length, MaxTitle)];
    }

    private async Task Shrink(VaultBlob blob, string path, CancellationToken ct)
    {
        var made = incoming.PathOf(ids.Next());
        try
        {
            // its last part is the format, whatever the name
            var target = Path.ChangeExtension(made, ".webp");
            if (await _vipsthumbnail.Run([path, "--size", "640x640>", "-o", $"{target}[Q=80,strip]"], ct) is null || !File.Exists(target)) return;
            File.Move(target, made);
            await Keep(blob, made, ct);
        }
        finally
        {
            File.Delete(made);
        }
    }

    private async Task Keep(VaultBlob blob, string made, CancellationToken ct)
    {
        var (key, size) = (shelves.NewKey(blob.CampaignId, blob.Hash), new FileInfo(made).Length);
        if (size == 0 || size >= blob.SizeBytes) return; // the original is smaller already
        await using var transaction = await db.BeginWrite(ct);
        var kept = await db.Execute("""
            INSERT INTO vault_thumb (blob_id, object_key, size_bytes) SELECT id, @key, @size FROM vault_blob WHERE id = @blob
            ON CONFLICT (blob_id) DO NOTHING
            """, ct, ("key", key), ("size", size), ("blob", blob.Id));
        if (kept == 0) return; // the picture went, or somebody was faster
        disk.Adopt(key, made);
        await transaction.Commit(ct);
    }
}
