using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Posts.Model;
using Stipend.Posts.Writing;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Images;

/// <summary>
/// Lets pictures go that nothing has named for a month: no post in whatever state, no earlier text of one, nothing typed and not saved, no podcast.
/// Looked for once a day, a campaign at a time. Whoever names a picture takes its mark off first (<see cref="Named"/>), so what still has one after a
/// month was named by nothing all that time; and every look takes the mark off what it finds named after all.
/// </summary>
internal sealed class UnnamedPictures(Db db, IVault vault, OldPictures old, Clock clock) : IPrunes
{
    public static readonly Duration Grace = Duration.FromDays(30);
    private static readonly Duration s_between = Duration.FromDays(1);

    private const string IsShown = """
        EXISTS (SELECT 1 FROM post_image_use u WHERE u.image_id = post_image.id)
          OR EXISTS (SELECT 1 FROM podcast p WHERE p.campaign_id = post_image.campaign_id AND p.artwork_id = post_image.id)
        """;

    /// <summary>A text that names pictures is about to be kept, so they stay. Inside its transaction: one that is going is gone for it, or stays.</summary>
    public static async Task Named(Db db, long campaignId, string markdown, CancellationToken ct)
    {
        if (PostText.ImagesNamed(markdown) is { Count: > 0 } named)
            await db.Execute($"""
                UPDATE post_image SET unnamed_since = NULL WHERE campaign_id = @campaign AND unnamed_since IS NOT NULL AND {db.Among("id")}
                """, ct, ("campaign", campaignId), db.Keys(named));
    }

    public async Task<bool> Prune(CancellationToken ct)
    {
        var now = clock.Now();
        var before = now - s_between;
        var longest = db.PostImages.Where(i => i.LookedAt < before).OrderBy(i => i.LookedAt).Select(i => (long?)i.CampaignId);
        if (await longest.FirstOrDefaultAsync(ct) is not { } campaign) return false;
        await Mark(campaign, await NamedIn(campaign, ct), now, ct);
        var until = now - Grace;
        var due = await db.PostImages.AsNoTracking().Where(i => i.CampaignId == campaign && i.UnnamedSince <= until).ToListAsync(ct);
        foreach (var image in due) await Remove(image, until, ct);
        return true;
    }

    private async Task Mark(long campaign, HashSet<long> named, Instant now, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute($"""
            UPDATE post_image SET unnamed_since = NULL WHERE campaign_id = @campaign AND unnamed_since IS NOT NULL AND ({db.Among("id")} OR {IsShown})
            """, ct, ("campaign", campaign), db.Keys(named));
        await db.Execute($"""
            UPDATE post_image SET unnamed_since = @now WHERE campaign_id = @campaign AND unnamed_since IS NULL AND NOT ({db.Among("id")} OR {IsShown})
            """, ct, ("now", now), ("campaign", campaign), db.Keys(named));
        await db.Execute("UPDATE post_image SET looked_at = @now WHERE campaign_id = @campaign", ct, ("now", now), ("campaign", campaign));
        await transaction.Commit(ct);
    }

    /// <summary>The pictures that texts of a campaign name, now or in what is kept of before.</summary>
    private async Task<HashSet<long>> NamedIn(long campaign, CancellationToken ct)
    {
        var named = new HashSet<long>();
        await using var command = await db.Command("""
            SELECT markdown FROM post WHERE campaign_id = @campaign AND markdown LIKE '%/media/%'
            UNION ALL SELECT r.markdown FROM post_revision r JOIN post p ON p.id = r.post_id WHERE p.campaign_id = @campaign AND r.markdown LIKE '%/media/%'
            UNION ALL SELECT markdown FROM post_unsaved WHERE campaign_id = @campaign AND markdown LIKE '%/media/%'
            """, ct, ("campaign", campaign));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) named.UnionWith(PostText.ImagesNamed(reader.GetString(0)));
        return named;
    }

    /// <summary>The vault comes first, as where a picture is taken in: two that take the same things in another order would wait for each other.</summary>
    private async Task Remove(PostImage image, Instant until, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (image.FileId is { } file) await vault.Release(image.CampaignId, file, ct);
        else old.Forget(image.CampaignId, image.Hash);
        if (await db.Execute($"""
            DELETE FROM post_image WHERE id = @id AND unnamed_since <= @until AND file_id IS {(image.FileId is null ? "" : "NOT ")}NULL AND NOT ({IsShown})
            """, ct, ("id", image.Id), ("until", until)) == 0) return; // named just now, or brought: nothing of this was
        await transaction.Commit(ct);
    }
}
