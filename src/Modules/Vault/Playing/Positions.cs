using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Vault.Contracts;
using Stipend.Vault.Model;
using Stipend.Vault.Serving;

namespace Stipend.Vault.Playing;

/// <summary>Where people stopped in recordings: a row per person and file, the last word wins whatever device it comes from.</summary>
internal sealed class Positions(Db db, Clock clock) : IPlaying
{
    /// <summary>Who stops so near the end has heard it.</summary>
    internal const long NearEndMs = 10_000;

    /// <summary>No recording is longer.</summary>
    internal const long LongestMs = 7L * 24 * 3600 * 1000;

    public async Task<IReadOnlyDictionary<long, long>> Of(long personId, IReadOnlyCollection<long> fileIds, CancellationToken ct)
    {
        var found = new Dictionary<long, long>();
        if (fileIds.Count == 0) return found;
        await using var command = await db.Command($"""
            SELECT file_id, at_ms FROM play_position WHERE person_id = @person AND {db.Among("file_id")}
              AND (length_ms IS NULL OR at_ms < length_ms)
            """, ct, ("person", personId), db.Keys(fileIds));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found[reader.GetInt64(0)] = reader.GetInt64(1);
        return found;
    }

    public async Task<List<Unfinished>> UnfinishedOf(long personId, PageKey after, int take, CancellationToken ct)
    {
        var found = new List<Unfinished>();
        await using var command = await db.Command("""
            SELECT p.file_id, f.name, f.kind, f.holder_kind, f.holder_id, p.at_ms, p.length_ms, p.changed_at
            FROM play_position p JOIN vault_file f ON f.id = p.file_id
            WHERE p.person_id = @person AND (p.changed_at, p.file_id) < (@at, @id) AND p.at_ms > 0 AND (p.length_ms IS NULL OR p.at_ms < p.length_ms)
            ORDER BY p.changed_at DESC, p.file_id DESC LIMIT @take
            """, ct, ("person", personId), ("at", after.At), ("id", after.Id), ("take", (long)take));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found.Add(new Unfinished(reader.GetInt64(0), reader.GetString(1), Columns.Enum<FileKind>(reader.GetString(2)), reader.GetString(3),
                reader.GetInt64(4), reader.GetInt64(5), reader.IsDBNull(6) ? null : reader.GetInt64(6), Instant.FromUnixTimeMilliseconds(reader.GetInt64(7))));
        return found;
    }

    public Task Note(long personId, long fileId, long atMs, long? lengthMs, CancellationToken ct)
    {
        var at = lengthMs is { } length && atMs >= length - NearEndMs ? length : atMs;
        return db.Execute("""
            INSERT INTO play_position (person_id, file_id, at_ms, length_ms, changed_at) VALUES (@person, @file, @at, @length, @now)
            ON CONFLICT (person_id, file_id) DO UPDATE SET at_ms = @at, length_ms = @length, changed_at = @now
            """, ct, ("person", personId), ("file", fileId), ("at", at), ("length", lengthMs), ("now", clock.Now()));
    }

    public Task Forget(long personId, CancellationToken ct) =>
        db.Execute("DELETE FROM play_position WHERE person_id = @person", ct, ("person", personId));
}

/// <summary>A player tells where it is: every 15 seconds at most, and when it stops.</summary>
internal static class TellPosition
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/media/{id:long}/position", Tell).RequireSignIn();

    private static async Task<IResult> Tell(long id, HttpContext http, ServeFile.Door door, Positions positions, CancellationToken ct)
    {
        var (input, me) = (await FormInput.Read(http, ct), http.RequireViewer().Id);
        if (Ms(input.Raw("at")) is not { } at) throw Refusal.InvalidField("at", "Say the second where it is.");
        await door.Ask(id, me, ct); // a closed file has no position
        await positions.Note(me, id, at, Ms(input.Raw("of")) is > 0 and { } length && length >= at ? length : null, ct);
        return Results.NoContent();
    }

    private static long? Ms(string seconds) =>
        double.TryParse(seconds, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var s) && s * 1000 <= Positions.LongestMs
            ? (long)(s * 1000) : null;
}
