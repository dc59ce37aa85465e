using System.Data.Common;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Campaigns.Model;

/// <summary>Campaigns and tiers read by hand: nearly every page asks for one of each, and EF's work on a query costs more than SQLite's answer.</summary>
internal static class CampaignRows
{
    private const string Columns =
        "id, book_id, vanity, name, summary, owner_id, currency_code, zone_id, model, bill_day, is_published, accent, banner_file, logo_file, created_at";

    extension(Db db)
    {
        /// <summary>The campaigns for which a condition holds, oldest first.</summary>
        public async Task<List<CampaignInfo>> CampaignsWhere(string condition, CancellationToken ct, params (string, object?)[] parameters)
        {
            var found = new List<CampaignInfo>();
            await using var command = await db.Command($"SELECT {Columns} FROM campaign WHERE {condition} ORDER BY id", ct, parameters);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) found.Add(Campaign(reader));
            return found;
        }

        /// <summary>The campaign of a lower-case vanity with its page's text, published or the viewer's own.</summary>
        public async Task<(CampaignInfo Campaign, string About)?> CampaignPage(string vanity, long viewerId, CancellationToken ct)
        {
            await using var command = await db.Command(
                $"SELECT {Columns}, about FROM campaign WHERE vanity = @vanity AND (is_published OR owner_id = @viewer)", ct,
                ("vanity", vanity), ("viewer", viewerId));
            await using var reader = await command.ExecuteReaderAsync(ct);
            return await reader.ReadAsync(ct) ? (Campaign(reader), reader.GetString(15)) : null;
        }

        /// <summary>The tiers for which a condition on <c>t</c> holds, with their present price: a campaign's together, those on sale first.</summary>
        public async Task<List<TierInfo>> TiersWhere(string condition, CancellationToken ct, params (string, object?)[] parameters)
        {
            var found = new List<TierInfo>();
            await using var command = await db.Command($"""
                SELECT t.id, t.campaign_id, t.name, t.description, p.price_minor, t.price_version, t.seat_limit, t.position, t.is_retired,
                  t.benefits, t.created_at
                FROM tier t JOIN tier_price p ON p.tier_id = t.id AND p.seq = t.price_version
                WHERE {condition} ORDER BY t.campaign_id, t.is_retired, t.position, t.id
                """, ct, parameters);
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) found.Add(Tier(reader));
            return found;
        }
    }

    private static CampaignInfo Campaign(DbDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetString(4),
        row.GetInt64(5), row.GetString(6), row.GetString(7), Platform.Data.Columns.Enum<BillingModel>(row.GetString(8)), (int)row.GetInt64(9),
        row.GetBoolean(10))
    {
        Accent = Text(row, 11), BannerFile = Text(row, 12), LogoFile = Text(row, 13), CreatedAt = Instant.FromUnixTimeMilliseconds(row.GetInt64(14)),
    };

    private static TierInfo Tier(DbDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetInt64(4),
        (int)row.GetInt64(5), row.IsDBNull(6) ? null : (int)row.GetInt64(6), (int)row.GetInt64(7), row.GetBoolean(8), Model.Tier.Lines(row.GetString(9)))
    {
        CreatedAt = Instant.FromUnixTimeMilliseconds(row.GetInt64(10)),
    };

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
