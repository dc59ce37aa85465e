using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Posts.Contracts;

namespace Stipend.Comments.Model;

/// <summary>What somebody may do under a campaign's posts beside reading.</summary>
internal readonly record struct Standing(bool IsOwner, bool IsModerator, bool IsBlocked)
{
    /// <summary>Keeps order: the creator, or whom the creator asked to.</summary>
    public bool Moderates => IsOwner || IsModerator;
}

/// <summary>A comment somebody may see, with the post it stands under and what they may do there.</summary>
internal sealed record Seen(Comment Comment, PostDoor Post, Standing Standing);

/// <summary>The one door to comments: only who may read the post may read or write under it; to others it is as if there were none.</summary>
internal sealed class CommentDesk(Db db, IPostDoors posts)
{
    /// <summary>A published post that is open to a person, and what they may do there.</summary>
    /// <exception cref="Refusal">There is none, or it is closed to them.</exception>
    public async Task<(PostDoor Post, Standing Standing)> Enter(long postId, long personId, CancellationToken ct)
    {
        if (await posts.Find(postId, personId, ct) is not { Decision.IsOpen: true } post) throw Refusal.NotFound("post");
        return (post, await StandingOf(post.Campaign.Id, post.Campaign.OwnerId, personId, ct));
    }

    /// <summary>A comment, tracked, as far as this person may see it.</summary>
    public async Task<Seen> Find(long commentId, long personId, CancellationToken ct)
    {
        var comment = await db.Comments.SingleOrDefaultAsync(c => c.Id == commentId, ct) ?? throw Refusal.NotFound("comment");
        if (await posts.Find(comment.PostId, personId, ct) is not { Decision.IsOpen: true } post) throw Refusal.NotFound("comment");
        var standing = await StandingOf(comment.CampaignId, post.Campaign.OwnerId, personId, ct);
        var isHidden = comment.State == CommentState.Held && comment.AuthorId != personId && !standing.Moderates;
        return isHidden ? throw Refusal.NotFound("comment") : new Seen(comment, post, standing);
    }

    public async Task<Standing> StandingOf(long campaignId, long ownerId, long personId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT (SELECT COUNT(*) FROM comment_moderator WHERE campaign_id = @campaign AND person_id = @person),
                   (SELECT COUNT(*) FROM comment_block WHERE campaign_id = @campaign AND person_id = @person)
            """, ct, ("campaign", campaignId), ("person", personId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new Standing(ownerId == personId, reader.GetInt64(0) > 0, reader.GetInt64(1) > 0);
    }
}
