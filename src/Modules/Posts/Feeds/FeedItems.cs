using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Posts.Contracts;
using Stipend.Posts.Model;
using Stipend.Posts.Podcasting;
using Stipend.Posts.Read;

namespace Stipend.Posts.Feeds;

/// <summary>A post in a feed. <see cref="Html"/> is, of a closed one, what stands above its paywall line; null without such a line.</summary>
internal sealed record FeedItem(long Id, string Title, string Path, string Teaser, Instant PublishedAt, Instant? EditedAt, LockInfo? Lock,
    IReadOnlyList<FeedEnclosure> Enclosures)
{
    public string? Html { get; init; }

    /// <summary>Of the post: a new one with every change.</summary>
    public long Version { get; init; }

    /// <summary>In the feed of a podcast.</summary>
    public EpisodePlace? Place { get; init; }
    public bool IsOpen => Lock is null;
}

/// <summary>What a reader is given, without the texts, and the tag and time by which a reader knows whether it changed. <see cref="Podcast"/>: null
/// for the feed of everything.</summary>
internal sealed record FeedContent(FeedReader Reader, Podcast? Podcast, IReadOnlyList<FeedItem> Items, string Tag, Instant ChangedAt);

/// <summary>
/// The newest posts of a campaign as one reader may have them, or all episodes of a podcast. The gate is asked at every request, and before
/// any text is fetched, so a reader that asks “anything new?” costs a handful of short commands.
/// </summary>
internal sealed class FeedItems(Db db, Clock clock, IGate gate, ICampaigns campaigns, SiteOptions site, FeedEpisodes episodes,
    IEnumerable<IFeedEnclosures> files)
{
    internal const int Most = 30;

    /// <summary>A podcast has every episode in its feed: of longer texts, and of old episodes, its readers get the teaser and the way to the page.</summary>
    private const int MostNotes = 20_000, MostWithNotes = 100;

    private readonly record struct Row(long Id, string Title, string Slug, string Teaser, long RuleId, Instant At, Instant? EditedAt, long Version);

    /// <param name="reader">For whom.</param>
    /// <param name="podcast">One of the campaign's, or null for everything.</param>
    /// <param name="tokenId">The token's id; 0 for the public feed.</param>
    /// <param name="language">Of the feed's few words.</param>
    /// <param name="ct">Cancels the reading.</param>
    public async Task<FeedContent> Load(FeedReader reader, Podcast? podcast, long tokenId, string language, CancellationToken ct)
    {
        var items = podcast is null ? await Newest(reader, ct) : await episodes.Of(reader, podcast, null, ct);
        if (podcast is not null) language = ""; // it has no words of ours
        var tag = TagOf(reader.Campaign, podcast, items, language);
        return new FeedContent(reader, podcast, items, tag, await ChangedAt(tokenId, reader.Campaign.Id, podcast?.Id ?? 0, language, tag, ct));
    }

    private async Task<List<FeedItem>> Newest(FeedReader reader, CancellationToken ct)
    {
        var campaign = reader.Campaign;
        var rules = await Rules(campaign.Id, ct);
        var reaches = await gate.Reaches(reader.PersonId, rules, new Dictionary<long, CampaignInfo> { [campaign.Id] = campaign }, ct);
        // Everybody's feed is of what is open to everybody, if only above its paywall line; a patron's also says what else there is.
        var rows = await Rows(campaign.Id, reader.PersonId is null ? rules.FindAll(r => reaches[r].Spans.Count > 0) : null, ct);
        rows.RemoveAll(r => !reaches.ContainsKey(r.RuleId)); // published this very moment, under a rule not asked about: next time
        var audiences = await gate.Audiences(rules, ct);
        var decisions = rows.ToDictionary(r => r.Id, r => reaches[r.RuleId].At(r.At));
        var tiers = rows.Exists(r => !decisions[r.Id].IsOpen) ? await campaigns.Tiers(campaign.Id, ct) : [];
        var enclosures = await Enclosures(files, reader, rows.FindAll(r => decisions[r.Id].IsOpen).ConvertAll(r => r.Id), ct);
        return rows.ConvertAll(r => new FeedItem(r.Id, r.Title, Post.PathOf(campaign.Vanity, r.Id, r.Slug), r.Teaser, r.At, r.EditedAt,
            decisions[r.Id] is { IsOpen: false } closed ? LockInfo.Of(closed.Reason, audiences[r.RuleId], campaign, tiers) : null,
            enclosures.GetValueOrDefault(r.Id, [])) { Version = r.Version });
    }

    /// <summary>The same with the texts of what is open, and of the rest what stands above the paywall line; those alone leave the database.</summary>
    public async Task<FeedContent> WithTexts(FeedContent content, CancellationToken ct)
    {
        string Ids(bool open) => string.Join(", ", content.Items.Where(i => i.IsOpen == open)
            .Select(i => i.Id.ToString(CultureInfo.InvariantCulture)).DefaultIfEmpty("0"));
        var texts = new Dictionary<long, string>();
        if (content.Items.Count > 0)
        {
            // A show lists all its episodes, but has the notes of the newest only: it would be tens of megabytes, for each who asks.
            var newest = content.Items.OrderByDescending(i => i.PublishedAt).Take(MostWithNotes).Select(i => i.Id);
            var whole = content.Podcast is null ? "html" : $"CASE WHEN length(html) <= {MostNotes} AND id IN ({SqlList.Of(newest)}) THEN html ELSE '' END";
            await using var command = await db.Command($"""
                SELECT id, {whole} FROM post WHERE id IN ({Ids(open: true)}) AND campaign_id = @campaign AND state = 'published' AND deleted_at IS NULL
                UNION ALL
                SELECT id, preview_html FROM post
                WHERE id IN ({Ids(open: false)}) AND campaign_id = @campaign AND state = 'published' AND deleted_at IS NULL AND preview_html <> ''
                """, ct, ("campaign", content.Reader.Campaign.Id));
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) texts[reader.GetInt64(0)] = Absolute(reader.GetString(1), content.Reader.Token);
        }
        return content with { Items = content.Items.Where(i => !i.IsOpen || texts.ContainsKey(i.Id))
            .Select(i => i with { Html = texts.GetValueOrDefault(i.Id) }).ToList() };
    }

    /// <summary>Our own HTML quotes every attribute and escapes quotes in text, so these beginnings are attributes and nothing else.</summary>
    private string Absolute(string html, string? token) => html
        .Replace(" src=\"/media/", $" src=\"{site.Link(token is null ? "/media/" : $"/feeds/{token}/media/")}", StringComparison.Ordinal)
        .Replace(" href=\"/", $" href=\"{site.Link("/")}", StringComparison.Ordinal);

    private async Task<List<long>> Rules(long campaignId, CancellationToken ct)
    {
        var rules = new List<long>();
        await using var command = await db.Command(
            "SELECT DISTINCT rule_id FROM post WHERE campaign_id = @campaign AND state = 'published' AND deleted_at IS NULL", ct,
            ("campaign", campaignId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) rules.Add(reader.GetInt64(0));
        return rules;
    }

    private async Task<List<Row>> Rows(long campaignId, List<long>? onlyRules, CancellationToken ct)
    {
        var rows = new List<Row>(Most);
        var only = onlyRules is null ? "" : $"AND (preview_html <> '' OR rule_id IN ({string.Join(", ", onlyRules.Select(r => r.ToString(CultureInfo.InvariantCulture)).DefaultIfEmpty("0"))}))";
        await using var command = await db.Command($"""
            SELECT id, title, slug, teaser, rule_id, published_at, edited_at, version FROM post
            WHERE campaign_id = @campaign AND state = 'published' AND deleted_at IS NULL {only}
            ORDER BY published_at DESC, id DESC LIMIT @take
            """, ct, ("campaign", campaignId), ("take", Most));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add(new Row(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4),
                Instant.FromUnixTimeMilliseconds(reader.GetInt64(5)), reader.IsDBNull(6) ? null : Instant.FromUnixTimeMilliseconds(reader.GetInt64(6)),
                reader.GetInt64(7)));
        return rows;
    }

    /// <summary>What the modules have for open posts, by post.</summary>
    internal static async Task<Dictionary<long, IReadOnlyList<FeedEnclosure>>> Enclosures(IEnumerable<IFeedEnclosures> files, FeedReader reader,
        List<long> open, CancellationToken ct)
    {
        var found = new Dictionary<long, IReadOnlyList<FeedEnclosure>>();
        if (open.Count == 0) return found;
        foreach (var source in files)
            foreach (var (post, more) in await source.Of(reader, open, ct)) found[post] = [.. found.GetValueOrDefault(post, []), .. more];
        return found;
    }

    /// <summary>Everything the feed is drawn from, hashed: a change in any of it is a new tag.</summary>
    private string TagOf(CampaignInfo campaign, Podcast? podcast, List<FeedItem> items, string language)
    {
        var facts = new StringBuilder().Append(language).Append('\n').Append(site.Link("")).Append('\n').Append(campaign.Vanity).Append('\n')
            .Append(campaign.Name).Append('\n').Append(campaign.Summary).Append('\n').Append(campaign.BannerUrl).Append('\n').Append(podcast).Append('\n');
        foreach (var item in items)
        {
            facts.Append(CultureInfo.InvariantCulture, $"{item.Path} {item.Version} {item.PublishedAt.ToUnixTimeMilliseconds()} {item.Lock} {item.Place}\n")
                .Append(item.Title).Append('\n').Append(item.Teaser).Append('\n');
            foreach (var file in item.Enclosures) facts.Append(file with { Chapters = [] }).Append(string.Join('\n', file.Chapters)).Append('\n');
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(facts.ToString())))[..32];
    }

    /// <summary>When the tag became what it is: written only when it changes.</summary>
    private async Task<Instant> ChangedAt(long tokenId, long campaignId, long podcastId, string language, string tag, CancellationToken ct)
    {
        (string, object?)[] key = [("token", tokenId), ("campaign", campaignId), ("podcast", podcastId), ("language", language)];
        await using (var command = await db.Command("""
            SELECT tag, changed_at FROM feed_state
            WHERE token_id = @token AND campaign_id = @campaign AND podcast_id = @podcast AND language = @language
            """, ct, key))
        await using (DbDataReader reader = await command.ExecuteReaderAsync(ct))
            if (await reader.ReadAsync(ct) && reader.GetString(0) == tag) return Instant.FromUnixTimeMilliseconds(reader.GetInt64(1));
        var now = clock.Now();
        await db.Execute("""
            INSERT INTO feed_state (token_id, campaign_id, podcast_id, language, tag, changed_at) VALUES (@token, @campaign, @podcast, @language, @tag, @now)
            ON CONFLICT (token_id, campaign_id, podcast_id, language) DO UPDATE SET tag = excluded.tag, changed_at = excluded.changed_at
            WHERE feed_state.tag <> excluded.tag
            """, ct, [.. key, ("tag", tag), ("now", now)]);
        return now;
    }
}
