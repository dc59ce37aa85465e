using System.Data.Common;
using System.Globalization;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;

namespace Stipend.Posts.Podcasting;

/// <summary>The podcasts of campaigns. Every reading and change names the campaign, so that another's number leads nowhere.</summary>
internal sealed class Podcasts(Db db, Books books, SiteOptions site)
{
    /// <summary>A podcast that is over: its feed says so to the apps that still ask.</summary>
    public static Refusal Over() => new(410, "podcast_over", "This podcast is no longer offered here. Its episodes are on its creator's page, as long as they are published.");

    /// <exception cref="Refusal">The campaign has, and had, no such podcast (404), or has it no more (410).</exception>
    public async Task<Podcast> Find(long campaignId, long id, CancellationToken ct)
    {
        var found = await Read("p.campaign_id = @campaign AND p.collection_id = @id", ct, ("campaign", campaignId), ("id", id));
        return found is [var (podcast, isOffered)] ? isOffered ? podcast : throw Over() : throw Refusal.NotFound("podcast");
    }

    /// <summary>The podcast of a collection, over or not; null when it never was one.</summary>
    public async Task<(Podcast Podcast, bool IsOffered)?> OfCollection(long campaignId, long collectionId, CancellationToken ct) =>
        await Read("p.campaign_id = @campaign AND p.collection_id = @id", ct, ("campaign", campaignId), ("id", collectionId)) is [var found] ? found : null;

    /// <summary>What campaigns offer, by campaign, the oldest first; one command.</summary>
    public async Task<ILookup<long, (long Id, string Title)>> Offered(IReadOnlyCollection<long> campaignIds, CancellationToken ct)
    {
        var found = new List<(long Campaign, long Id, string Title)>();
        if (campaignIds.Count > 0)
        {
            await using var command = await db.Command($"""
                SELECT p.campaign_id, p.collection_id, c.title FROM podcast p JOIN post_collection c ON c.id = p.collection_id AND c.campaign_id = p.campaign_id
                WHERE p.is_offered = @yes AND p.campaign_id IN ({string.Join(", ", campaignIds.Select(i => i.ToString(CultureInfo.InvariantCulture)))})
                ORDER BY p.collection_id
                """, ct, ("yes", true));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) found.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2)));
        }
        return found.ToLookup(f => f.Campaign, f => (f.Id, f.Title));
    }

    /// <summary>Offers a collection of a campaign as a podcast, or changes what is said of it.</summary>
    /// <param name="artworkId">A new picture; null leaves the one there is.</param>
    /// <exception cref="Refusal">The campaign has no such collection.</exception>
    public async Task Save(CampaignInfo campaign, string slug, PodcastFacts facts, long? artworkId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await using var command = await db.Command("SELECT id FROM post_collection WHERE campaign_id = @campaign AND slug = @slug", ct,
            ("campaign", campaign.Id), ("slug", slug));
        if (await command.ExecuteScalarAsync(ct) is not long id) throw Refusal.NotFound("collection");
        await db.Execute("""
            INSERT INTO podcast (collection_id, campaign_id, guid, description, author, language, category, is_explicit, kind, artwork_id, is_offered, created_at)
            VALUES (@id, @campaign, @guid, @description, @author, @language, @category, @explicit, @kind, @artwork, @yes, @now)
            ON CONFLICT (collection_id) DO UPDATE SET description = excluded.description, author = excluded.author, language = excluded.language,
              category = excluded.category, is_explicit = excluded.is_explicit, kind = excluded.kind,
              artwork_id = COALESCE(excluded.artwork_id, podcast.artwork_id), is_offered = excluded.is_offered
            WHERE podcast.campaign_id = excluded.campaign_id
            """, ct, ("id", id), ("campaign", campaign.Id), ("guid", Podcast.GuidOf(site.Link(Podcast.PathOf(campaign.Vanity, id) + "/feed.xml"))),
            ("description", facts.Description), ("author", facts.Author), ("language", facts.Language), ("category", facts.Category),
            ("explicit", facts.IsExplicit), ("kind", Columns.Of(facts.Kind)), ("artwork", artworkId), ("yes", true),
            ("now", await books.Now(campaign.BookId, ct)));
        await transaction.Commit(ct);
    }

    /// <summary>Ends a podcast; the collection and its posts stay. Offered again it is the same podcast.</summary>
    public Task<int> End(long campaignId, long collectionId, CancellationToken ct) => db.Execute(
        "UPDATE podcast SET is_offered = @no WHERE campaign_id = @campaign AND collection_id = @id", ct, ("no", false), ("campaign", campaignId),
        ("id", collectionId));

    /// <summary>Says of one episode which season and number it has, and what it is; nulls leave the counting to its place.</summary>
    /// <exception cref="Refusal">The podcast has no such episode.</exception>
    public async Task Number(long campaignId, long collectionId, long postId, long? season, long? number, EpisodeKind kind, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("DELETE FROM podcast_episode WHERE collection_id = @id AND post_id = @post AND collection_id IN (SELECT collection_id FROM podcast WHERE campaign_id = @campaign)",
            ct, ("id", collectionId), ("post", postId), ("campaign", campaignId));
        var said = await db.Execute("""
            INSERT INTO podcast_episode (collection_id, post_id, season, number, kind)
            SELECT i.collection_id, i.post_id, CAST(@season AS bigint), CAST(@number AS bigint), @kind
            FROM post_collection_item i JOIN podcast p ON p.collection_id = i.collection_id
            WHERE i.collection_id = @id AND i.post_id = @post AND p.campaign_id = @campaign
            """, ct, ("season", season), ("number", number), ("kind", Columns.Of(kind)), ("id", collectionId), ("post", postId), ("campaign", campaignId));
        if (said == 0) throw Refusal.NotFound("episode");
        await transaction.Commit(ct);
    }

    private async Task<List<(Podcast Podcast, bool IsOffered)>> Read(string where, CancellationToken ct, params (string, object?)[] parameters)
    {
        await using var command = await db.Command($"""
            SELECT p.collection_id, c.slug, c.title, p.guid, p.description, p.author, p.language, p.category, p.is_explicit, p.kind, p.is_offered,
              i.id, i.content_type, i.width_px
            FROM podcast p LEFT JOIN post_collection c ON c.id = p.collection_id AND c.campaign_id = p.campaign_id
              LEFT JOIN post_image i ON i.id = p.artwork_id AND i.campaign_id = p.campaign_id
            WHERE {where}
            """, ct, parameters);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(Podcast, bool)>();
        while (await reader.ReadAsync(ct)) found.Add(Row(reader));
        return found;
    }

    private static (Podcast, bool) Row(DbDataReader row)
    {
        var isThere = !row.IsDBNull(1); // the collection, that is
        var facts = new PodcastFacts(row.GetString(4), row.GetString(5), row.GetString(6), row.GetString(7), row.GetBoolean(8),
            Columns.Enum<PodcastKind>(row.GetString(9)));
        return (new Podcast(row.GetInt64(0), isThere ? row.GetString(1) : "", isThere ? row.GetString(2) : "", row.GetString(3), facts,
            row.IsDBNull(11) ? null : new Artwork(row.GetInt64(11), row.GetString(12), (int)row.GetInt64(13))), isThere && row.GetBoolean(10));
    }
}
