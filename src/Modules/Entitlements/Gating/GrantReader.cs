using System.Data.Common;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Entitlements.Gating;

/// <summary>Reads grants and their ends.</summary>
internal sealed class GrantReader(Db db)
{
    /// <summary>The end of grant <c>g</c> as it stands, in SQL: its own time or its earliest end, or beyond any time.</summary>
    public const string Until = """
        COALESCE((SELECT CASE WHEN g.valid_until IS NULL OR MIN(e.ended_at) < g.valid_until THEN MIN(e.ended_at) ELSE g.valid_until END
                  FROM grant_end e WHERE e.grant_id = g.id HAVING COUNT(*) > 0), g.valid_until, 9223372036854775807)
        """;

    /// <summary>Every grant of a person in a campaign within a set of books, with the ends, oldest first.</summary>
    public async Task<(List<GrantFact> Grants, List<EndFact> Ends)> Of(long bookId, long personId, long campaignId, CancellationToken ct)
    {
        var (grants, ends) = (new List<GrantFact>(), new List<EndFact>());
        await using var command = await db.Command("""
            SELECT g.id, g.tier_id, g.source, g.valid_from, g.valid_until, e.ended_at
            FROM grant_entry g LEFT JOIN grant_end e ON e.grant_id = g.id
            WHERE g.person_id = @person AND g.campaign_id = @campaign AND g.book_id = @book ORDER BY g.id, e.ended_at
            """, ct, ("person", personId), ("campaign", campaignId), ("book", bookId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var id = reader.GetInt64(0);
            if (grants.Count == 0 || grants[^1].Id != id)
                grants.Add(new GrantFact(id, Long(reader, 1), Columns.Enum<GrantSource>(reader.GetString(2)), At(reader, 3)!.Value,
                    At(reader, 4)));
            if (At(reader, 5) is { } ended) ends.Add(new EndFact(id, ended));
        }
        return (grants, ends);
    }

    internal static long? Long(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    internal static Instant? At(DbDataReader row, int column) => Long(row, column) is { } ms ? Instant.FromUnixTimeMilliseconds(ms) : null;
}
