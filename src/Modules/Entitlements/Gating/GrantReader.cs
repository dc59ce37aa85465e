using System.Data.Common;
using System.Runtime.CompilerServices;
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
        while (await reader.ReadAsync(ct)) Add(reader, grants, ends);
        return (grants, ends);
    }

    /// <summary>Every person to whom something of a campaign is open within a set of books, one after another, with their grants and the ends.</summary>
    /// <param name="bookId">The books the campaign lives in.</param>
    /// <param name="campaignId">The campaign.</param>
    /// <param name="among">Only these, whether something is open to them or not; null: everybody.</param>
    /// <param name="ct">Stops the reading.</param>
    public async IAsyncEnumerable<(long PersonId, List<GrantFact> Grants, List<EndFact> Ends)> OfAll(long bookId, long campaignId,
        IReadOnlyCollection<long>? among, [EnumeratorCancellation] CancellationToken ct)
    {
        var these = among is not null ? db.Among("g.person_id")
            : "g.person_id IN (SELECT n.person_id FROM entitlement n WHERE n.campaign_id = @campaign AND n.book_id = @book)";
        (string, object?)[] named = among is null ? [] : [db.Keys(among)];
        await using var command = await db.Command($"""
            SELECT g.id, g.tier_id, g.source, g.valid_from, g.valid_until, e.ended_at, g.person_id
            FROM grant_entry g LEFT JOIN grant_end e ON e.grant_id = g.id
            WHERE {these}
              AND g.campaign_id = @campaign AND g.book_id = @book ORDER BY g.person_id, g.id, e.ended_at
            """, ct, [("campaign", campaignId), ("book", bookId), .. named]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var (person, grants, ends) = (0L, new List<GrantFact>(), new List<EndFact>());
        while (await reader.ReadAsync(ct))
        {
            if (grants.Count > 0 && reader.GetInt64(6) != person)
            {
                yield return (person, grants, ends);
                (grants, ends) = ([], []);
            }
            person = reader.GetInt64(6);
            Add(reader, grants, ends);
        }
        if (grants.Count > 0) yield return (person, grants, ends);
    }

    /// <summary>A row of a grant and one of its ends; the rows of a grant come together.</summary>
    private static void Add(DbDataReader reader, List<GrantFact> grants, List<EndFact> ends)
    {
        var id = reader.GetInt64(0);
        if (grants.Count == 0 || grants[^1].Id != id)
            grants.Add(new GrantFact(id, Long(reader, 1), Columns.Enum<GrantSource>(reader.GetString(2)), At(reader, 3)!.Value, At(reader, 4)));
        if (At(reader, 5) is { } ended) ends.Add(new EndFact(id, ended));
    }

    internal static long? Long(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    internal static Instant? At(DbDataReader row, int column) => Long(row, column) is { } ms ? Instant.FromUnixTimeMilliseconds(ms) : null;
}
