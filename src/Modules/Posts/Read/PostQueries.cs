using Stipend.Platform.Data;
using Stipend.Posts.Model;

namespace Stipend.Posts.Read;

/// <summary>A post without its text, which is read only once the gate has opened it.</summary>
internal sealed record PostHead(long Id, string Slug, string Title, string Teaser, PostState State, Instant? PublishedAt, Instant? PublishAt,
    Instant? EditedAt, long RuleId, int Version, string PreviewHtml);

/// <summary>What every look at a post asks, read by hand: EF's work on a query costs more than the answer.</summary>
internal sealed class PostQueries(Db db)
{
    /// <summary>A campaign's post that is published, or its owner's in any state.</summary>
    public async Task<PostHead?> Head(long postId, long campaignId, bool isOwner, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT id, slug, title, teaser, state, published_at, publish_at, edited_at, rule_id, version, preview_html FROM post
            WHERE id = @post AND campaign_id = @campaign AND deleted_at IS NULL AND (state = 'published' OR @owner = 1)
            """, ct, ("post", postId), ("campaign", campaignId), ("owner", isOwner ? 1L : 0L));
        await using var row = await command.ExecuteReaderAsync(ct);
        if (!await row.ReadAsync(ct)) return null;
        return new PostHead(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), Columns.Enum<PostState>(row.GetString(4)),
            At(5), At(6), At(7), row.GetInt64(8), (int)row.GetInt64(9), row.GetString(10));

        Instant? At(int column) => row.IsDBNull(column) ? null : Instant.FromUnixTimeMilliseconds(row.GetInt64(column));
    }

    /// <summary>The text of one version; null when the post has been changed since.</summary>
    public async Task<string?> Text(long postId, int version, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT html FROM post WHERE id = @post AND version = @version", ct, ("post", postId), ("version", version));
        return await command.ExecuteScalarAsync(ct) as string;
    }
}
