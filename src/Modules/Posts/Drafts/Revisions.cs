using Stipend.Platform.Data;
using Stipend.Posts.Model;

namespace Stipend.Posts.Drafts;

/// <summary>A text a post once had.</summary>
public sealed record Revision(long Version, string Title, string Teaser, string Markdown, Instant SavedAt);

/// <summary>The texts a post had, and what was typed and never saved.</summary>
internal sealed class Revisions(Db db)
{
    private const int Kept = 50;

    /// <summary>Keeps the text a post has now, if it differs from the last one kept; what its writer had not saved is saved with it. Joins the
    /// caller's transaction.</summary>
    public async Task Keep(Post post, long authorId, CancellationToken ct)
    {
        await Forget(post.CampaignId, authorId, post.Id, ct);
        await db.Execute("""
            INSERT INTO post_revision (post_id, version, author_id, title, teaser, markdown, saved_at)
            SELECT @post, @version, @author, @title, @teaser, @markdown, @now WHERE NOT EXISTS (
                SELECT 1 FROM post_revision r WHERE r.post_id = @post AND r.title = @title AND r.teaser = @teaser AND r.markdown = @markdown
                  AND r.version = (SELECT MAX(l.version) FROM post_revision l WHERE l.post_id = @post))
            ON CONFLICT DO NOTHING
            """, ct, ("post", post.Id), ("version", (long)post.Version), ("author", authorId), ("title", post.Title), ("teaser", post.Teaser),
            ("markdown", post.Markdown), ("now", post.SavedAt));
        await db.Execute("""
            DELETE FROM post_revision WHERE post_id = @post AND version NOT IN (
                SELECT r.version FROM post_revision r WHERE r.post_id = @post ORDER BY r.version DESC LIMIT @kept)
            """, ct, ("post", post.Id), ("kept", (long)Kept));
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<Revision>> Of(long postId, CancellationToken ct)
    {
        var found = new List<Revision>();
        await using var command = await db.Command(
            "SELECT version, title, teaser, markdown, saved_at FROM post_revision WHERE post_id = @post ORDER BY version DESC", ct, ("post", postId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found.Add(new Revision(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3),
                Instant.FromUnixTimeMilliseconds(reader.GetInt64(4))));
        return found;
    }

    /// <summary>Keeps what somebody is typing; the newest counts.</summary>
    public Task<int> Keep(long campaignId, long authorId, long postId, string title, string teaser, string markdown, Instant now, CancellationToken ct) =>
        db.Execute("""
            INSERT INTO post_unsaved (campaign_id, author_id, post_id, title, teaser, markdown, typed_at)
            VALUES (@campaign, @author, @post, @title, @teaser, @markdown, @now)
            ON CONFLICT (campaign_id, author_id, post_id) DO UPDATE
            SET title = excluded.title, teaser = excluded.teaser, markdown = excluded.markdown, typed_at = excluded.typed_at
            """, ct, ("campaign", campaignId), ("author", authorId), ("post", postId), ("title", title), ("teaser", teaser), ("markdown", markdown), ("now", now));

    /// <summary>What somebody typed and did not save; null when nothing.</summary>
    public async Task<Revision?> Unsaved(long campaignId, long authorId, long postId, CancellationToken ct)
    {
        await using var command = await db.Command(
            "SELECT title, teaser, markdown, typed_at FROM post_unsaved WHERE campaign_id = @campaign AND author_id = @author AND post_id = @post", ct,
            ("campaign", campaignId), ("author", authorId), ("post", postId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new Revision(0, reader.GetString(0), reader.GetString(1), reader.GetString(2),
            Instant.FromUnixTimeMilliseconds(reader.GetInt64(3))) : null;
    }

    public async Task Forget(long campaignId, long authorId, long postId, CancellationToken ct) => await db.Execute(
        "DELETE FROM post_unsaved WHERE campaign_id = @campaign AND author_id = @author AND post_id = @post", ct, ("campaign", campaignId),
        ("author", authorId), ("post", postId));

    /// <summary>Everything kept of a post, when it is deleted with its text.</summary>
    public async Task Drop(long postId, CancellationToken ct)
    {
        foreach (var table in new[] { "post_revision", "post_unsaved", "post_tag", "post_collection_item", "podcast_episode", "saved_post" })
            await db.Execute($"DELETE FROM {table} WHERE post_id = @post", ct, ("post", postId));
    }
}
