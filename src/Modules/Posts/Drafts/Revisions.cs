using Stipend.Platform.Data;
using Stipend.Posts.Images;
using Stipend.Posts.Model;

namespace Stipend.Posts.Drafts;

/// <summary>A text a post once had.</summary>
public sealed record Revision(long Version, string Title, string Teaser, string Markdown, Instant SavedAt);

/// <summary>That a post once had a text; the text itself is long and read when asked for.</summary>
public sealed record RevisionLine(long Version, string Title, Instant SavedAt);

/// <summary>A text somebody typed and did not save. The slot is the opening of the composer in which they did.</summary>
public sealed record UnsavedText(long Slot, string Title, string Teaser, string Markdown, Instant TypedAt);

/// <summary>The texts a post had, and what was typed and never saved.</summary>
internal sealed class Revisions(Db db)
{
    private const int Kept = 50;

    /// <summary>Of what was typed into one post and not saved so many are offered; older ones go.</summary>
    private const int Offered = 3;

    /// <summary>Keeps the text a post has now, if it differs from the last one kept. Joins the caller's transaction.</summary>
    public async Task Keep(Post post, long authorId, CancellationToken ct)
    {
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

    /// <summary>Newest first; no more than are kept.</summary>
    public async Task<IReadOnlyList<RevisionLine>> Of(long postId, CancellationToken ct)
    {
        var found = new List<RevisionLine>();
        await using var command = await db.Command("SELECT version, title, saved_at FROM post_revision WHERE post_id = @post ORDER BY version DESC", ct,
            ("post", postId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found.Add(new RevisionLine(reader.GetInt64(0), reader.GetString(1), Instant.FromUnixTimeMilliseconds(reader.GetInt64(2))));
        return found;
    }

    /// <summary>One text of a post; null when it is not kept.</summary>
    public async Task<Revision?> Find(long postId, long version, CancellationToken ct)
    {
        await using var command = await db.Command(
            "SELECT title, teaser, markdown, saved_at FROM post_revision WHERE post_id = @post AND version = @version", ct, ("post", postId), ("version", version));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new Revision(version, reader.GetString(0), reader.GetString(1), reader.GetString(2),
            Instant.FromUnixTimeMilliseconds(reader.GetInt64(3))) : null;
    }

    /// <summary>Keeps what somebody is typing; in one slot the newest counts.</summary>
    public async Task Type(long campaignId, long authorId, long postId, UnsavedText text, CancellationToken ct)
    {
        await UnnamedPictures.Named(db, campaignId, text.Markdown, ct);
        (string, object?)[] key = [("campaign", campaignId), ("author", authorId), ("post", postId)];
        await db.Execute("""
            INSERT INTO post_unsaved (campaign_id, author_id, post_id, slot, title, teaser, markdown, typed_at)
            VALUES (@campaign, @author, @post, @slot, @title, @teaser, @markdown, @now)
            ON CONFLICT (campaign_id, author_id, post_id, slot) DO UPDATE
            SET title = excluded.title, teaser = excluded.teaser, markdown = excluded.markdown, typed_at = excluded.typed_at
            """, ct, [.. key, ("slot", text.Slot), ("title", text.Title), ("teaser", text.Teaser), ("markdown", text.Markdown), ("now", text.TypedAt)]);
        await db.Execute("""
            DELETE FROM post_unsaved WHERE campaign_id = @campaign AND author_id = @author AND post_id = @post AND slot NOT IN (
                SELECT u.slot FROM post_unsaved u WHERE u.campaign_id = @campaign AND u.author_id = @author AND u.post_id = @post
                ORDER BY u.typed_at DESC, u.slot DESC LIMIT @kept)
            """, ct, [.. key, ("kept", Offered + 1L)]); // the one being typed, and those offered beside it
    }

    /// <summary>What somebody typed into a post and did not save, newest first.</summary>
    public async Task<IReadOnlyList<UnsavedText>> Unsaved(long campaignId, long authorId, long postId, CancellationToken ct)
    {
        var found = new List<UnsavedText>();
        await using var command = await db.Command("""
            SELECT slot, title, teaser, markdown, typed_at FROM post_unsaved WHERE campaign_id = @campaign AND author_id = @author AND post_id = @post
            ORDER BY typed_at DESC, slot DESC LIMIT @most
            """, ct, ("campaign", campaignId), ("author", authorId), ("post", postId), ("most", (long)Offered));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found.Add(new UnsavedText(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3),
                Instant.FromUnixTimeMilliseconds(reader.GetInt64(4))));
        return found;
    }

    /// <summary>Forgets what was typed in one slot: it is saved, or thrown away.</summary>
    public async Task Forget(long campaignId, long authorId, long postId, long slot, CancellationToken ct) => await db.Execute(
        "DELETE FROM post_unsaved WHERE campaign_id = @campaign AND author_id = @author AND post_id = @post AND slot = @slot", ct,
        ("campaign", campaignId), ("author", authorId), ("post", postId), ("slot", slot));

    /// <summary>Everything kept of a post, when it is deleted with its text.</summary>
    public async Task Drop(long postId, CancellationToken ct)
    {
        foreach (var table in new[] { "post_revision", "post_unsaved", "post_tag", "post_collection_item", "podcast_episode", "saved_post" })
            await db.Execute($"DELETE FROM {table} WHERE post_id = @post", ct, ("post", postId));
    }
}
