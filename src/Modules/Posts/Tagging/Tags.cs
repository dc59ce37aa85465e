using System.Globalization;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Posts.Model;
using Stipend.Posts.Search;

namespace Stipend.Posts.Tagging;

/// <summary>What posts are about. Two spellings that differ in letter case or accents alone are one tag of a campaign.</summary>
internal sealed class Tags(Db db)
{
    public const int Most = 10;
    public const int MaxLength = 40;

    /// <summary>The tags typed into a form, each once.</summary>
    public static IReadOnlyList<string> Read(FormInput input)
    {
        var tags = input.Raw("tags").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(t => KeyOf(t).Length > 0).DistinctBy(KeyOf).ToList();
        if (tags.Count > Most) input.Wrong("tags", $"At most {Most} tags; this has {tags.Count}.");
        if (tags.Find(t => t.Length > MaxLength) is { } tooLong) input.Wrong("tags", $"A tag has at most {MaxLength} characters; “{tooLong}” has {tooLong.Length}.");
        return tags;
    }

    /// <summary>A tag as it stands in addresses: its words folded, joined by hyphens.</summary>
    public static string KeyOf(string tag) => string.Join('-', Words.Of(tag));

    /// <summary>Sets a post's tags; null leaves them. Joins the caller's transaction.</summary>
    public async Task Set(Post post, IReadOnlyList<string>? tags, CancellationToken ct)
    {
        if (tags is null) return;
        await db.Execute("DELETE FROM post_tag WHERE post_id = @post", ct, ("post", post.Id));
        foreach (var (tag, place) in tags.Select((t, i) => (t, i)))
            await db.Execute("INSERT INTO post_tag (post_id, key, campaign_id, name, place) VALUES (@post, @key, @campaign, @name, @place)", ct,
                ("post", post.Id), ("key", KeyOf(tag)), ("campaign", post.CampaignId), ("name", tag), ("place", (long)place));
    }

    /// <summary>A post's tags, in the order typed.</summary>
    public async Task<IReadOnlyList<string>> Of(long postId, CancellationToken ct)
    {
        var found = new List<string>();
        await using var command = await db.Command("SELECT name FROM post_tag WHERE post_id = @post ORDER BY place", ct, ("post", postId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add(reader.GetString(0));
        return found;
    }

    /// <summary>The published posts of a campaign with a tag, newest first, and the tag as the newest of them spells it.</summary>
    public async Task<(List<(long Id, Instant At)> Posts, string? Name)> Find(long campaignId, string key, Instant at, long id, int take, CancellationToken ct)
    {
        var (found, name) = (new List<(long, Instant)>(), (string?)null);
        await using var command = await db.Command(string.Create(CultureInfo.InvariantCulture, $"""
            SELECT p.id, p.published_at, t.name FROM post_tag t JOIN post p ON p.id = t.post_id
            WHERE t.campaign_id = @campaign AND t.key = @key AND p.state = 'published' AND p.deleted_at IS NULL AND (p.published_at, p.id) < (@at, @id)
            ORDER BY p.published_at DESC, p.id DESC LIMIT {take}
            """), ct, ("campaign", campaignId), ("key", key), ("at", at), ("id", id));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            found.Add((reader.GetInt64(0), Instant.FromUnixTimeMilliseconds(reader.GetInt64(1))));
            name ??= reader.GetString(2);
        }
        return (found, name);
    }
}
