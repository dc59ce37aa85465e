using System.Data.Common;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;
using Stipend.Posts.Model;
using Stipend.Posts.Podcasting;

namespace Stipend.Posts.Feeds;

/// <summary>What an episode is in its podcast. <see cref="Number"/>: as its creator gave it or, in a serial, by its place; else null.</summary>
internal sealed record EpisodePlace(EpisodeKind Kind, long? Season, long? Given, long? Number);

/// <summary>
/// The episodes of a podcast as one reader may have them: published posts of the collection with something to play that are open to the
/// reader. Of what is closed nothing is said; numbers count it all the same, so that an episode has one number for everybody.
/// </summary>
internal sealed class FeedEpisodes(Db db, IGate gate, IEnumerable<IFeedEnclosures> files)
{
    private readonly record struct Row(long Id, string Title, string Slug, string Teaser, long RuleId, Instant At, Instant? EditedAt, long Version,
        EpisodeKind Kind, long? Season, long? Given, long? Number);

    /// <param name="reader">For whom.</param>
    /// <param name="podcast">Of the reader's campaign.</param>
    /// <param name="only">One post alone, or null for all.</param>
    /// <param name="ct">Cancels the reading.</param>
    /// <returns>A serial in its order, anything else the newest first.</returns>
    public async Task<List<FeedItem>> Of(FeedReader reader, Podcast podcast, long? only, CancellationToken ct)
    {
        var campaign = reader.Campaign;
        var rows = await Rows(campaign.Id, podcast, only, ct);
        if (rows.Count == 0) return [];
        var reaches = await gate.Reaches(reader.PersonId, rows.Select(r => r.RuleId).Distinct().ToList(),
            new Dictionary<long, Stipend.Campaigns.Contracts.CampaignInfo> { [campaign.Id] = campaign }, ct);
        var open = rows.FindAll(r => reaches[r.RuleId].At(r.At).IsOpen);
        var enclosures = await FeedItems.Enclosures(files, reader, open.ConvertAll(r => r.Id), ct);
        var items = new List<FeedItem>(open.Count);
        foreach (var r in open)
        {
            var playable = enclosures.GetValueOrDefault(r.Id, []).Where(IsPlayable).ToList();
            if (playable.Count > 0)
                items.Add(new FeedItem(r.Id, r.Title, Post.PathOf(campaign.Vanity, r.Id, r.Slug), r.Teaser, r.At, r.EditedAt, null, playable)
                    { Version = r.Version, Place = new EpisodePlace(r.Kind, r.Season, r.Given, r.Number) });
        }
        return podcast.Facts.Kind == PodcastKind.Serial ? items : items.OrderByDescending(i => i.PublishedAt).ThenByDescending(i => i.Id).ToList();
    }

    private static bool IsPlayable(FeedEnclosure file) =>
        file.ContentType.StartsWith("audio/", StringComparison.Ordinal) || file.ContentType.StartsWith("video/", StringComparison.Ordinal);

    private async Task<List<Row>> Rows(long campaignId, Podcast podcast, long? only, CancellationToken ct)
    {
        (string, object?)[] asked = [("podcast", podcast.Id), ("campaign", campaignId)];
        await using var command = await db.Command($"""
            SELECT p.id, p.title, p.slug, p.teaser, p.rule_id, p.published_at, p.edited_at, p.version, e.kind, e.season, e.number
            FROM post_collection c JOIN post_collection_item i ON i.collection_id = c.id JOIN post p ON p.id = i.post_id AND p.campaign_id = c.campaign_id
              LEFT JOIN podcast_episode e ON e.collection_id = i.collection_id AND e.post_id = i.post_id
            WHERE c.id = @podcast AND c.campaign_id = @campaign AND p.state = 'published' AND p.deleted_at IS NULL {(only is null ? "" : "AND p.id = @only")}
            ORDER BY i.place
            """, ct, only is null ? asked : [.. asked, ("only", only)]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<Row>();
        var counted = new Dictionary<long, long>(); // the last number of each season
        while (await reader.ReadAsync(ct)) rows.Add(Counted(Read(reader), podcast.Facts.Kind, counted));
        return rows;
    }

    /// <summary>A serial counts its whole episodes in order, anew in each season; a number that was given is gone on from.</summary>
    private static Row Counted(Row row, PodcastKind podcast, Dictionary<long, long> counted)
    {
        if (podcast != PodcastKind.Serial || row.Kind != EpisodeKind.Full) return row;
        var number = row.Given ?? counted.GetValueOrDefault(row.Season ?? 0) + 1;
        counted[row.Season ?? 0] = number;
        return row with { Number = number };
    }

    private static Row Read(DbDataReader r)
    {
        long? Known(int at) => r.IsDBNull(at) ? null : r.GetInt64(at);
        var given = Known(10);
        return new Row(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt64(4), Instant.FromUnixTimeMilliseconds(r.GetInt64(5)),
            Known(6) is { } edited ? Instant.FromUnixTimeMilliseconds(edited) : null, r.GetInt64(7),
            r.IsDBNull(8) ? EpisodeKind.Full : Columns.Enum<EpisodeKind>(r.GetString(8)), Known(9), given, given);
    }
}
