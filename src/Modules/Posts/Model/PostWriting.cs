using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;
using Stipend.Posts.Collecting;
using Stipend.Posts.Contracts;
using Stipend.Posts.Drafts;
using Stipend.Posts.Images;
using Stipend.Posts.Polls;
using Stipend.Posts.Search;
using Stipend.Posts.Tagging;
using Stipend.Posts.Writing;

namespace Stipend.Posts.Model;

/// <summary>Saves what a creator wrote. Whether the post is a draft, waits or is published stays as it is.</summary>
internal sealed class PostWriting(Db db, Ids ids, Books books, IGate gate, ISearchIndex search, Releasing releasing,
    Revisions revisions, Tags tags, PollStore polls, Collections collections, Outbox outbox, IPostMail mail)
{
    /// <summary>A new draft.</summary>
    public async Task<Post> Create(CampaignInfo campaign, long authorId, PostDraft draft, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var post = new Post { Id = ids.Next(), CampaignId = campaign.Id, BookId = campaign.BookId, AuthorId = authorId,
            CreatedAt = await books.Now(campaign.BookId, ct), ByMail = draft.ByMail ?? await mail.ByMail(campaign.Id, ct) };
        await Fill(post, campaign, draft, ct);
        db.Posts.Add(post);
        if (draft.Slot is { } typed) await revisions.Forget(campaign.Id, authorId, 0, typed, ct);
        await revisions.Keep(post, authorId, ct);
        await tags.Set(post, draft.Tags, ct);
        if (draft.Poll is { } asked) await polls.Set(post, asked.Draft, ct);
        if (draft.Collections is { Count: > 0 }) await db.SaveChangesAsync(ct); // a collection takes in what is there
        await collections.Set(post, draft.Collections, ct);
        await transaction.Commit(ct);
        return post;
    }

    /// <summary>The post this person made of the same text in the last ten minutes: the same form sent again must not be published, and
    /// mailed, twice.</summary>
    public async Task<Post?> Again(CampaignInfo campaign, long authorId, PostDraft draft, CancellationToken ct)
    {
        // Of two sent in the same instant the second waits, and finds the first; on SQLite there is one writer anyway.
        if (db.Engine == Engine.Postgres) await db.Execute("SELECT pg_advisory_xact_lock(hashtextextended('new post', @author))", ct, ("author", authorId));
        var (since, title, teaser) = (await books.Now(campaign.BookId, ct) - Duration.FromMinutes(10), draft.Title.Trim(), draft.Teaser.Trim());
        return await db.Posts.AsNoTracking().Where(p => p.CampaignId == campaign.Id && p.AuthorId == authorId && p.DeletedAt == null && p.CreatedAt > since
            && p.Title == title && p.Teaser == teaser && p.Markdown == draft.Markdown).OrderBy(p => p.Id).FirstOrDefaultAsync(ct);
    }

    /// <summary>Changes a post. An edit of a published post never bills again, whatever its new audience.</summary>
    /// <exception cref="Refusal"><c>post_changed</c>: somebody saved it since this version was read.</exception>
    public async Task<Post> Edit(CampaignInfo campaign, long postId, int version, PostDraft draft, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var post = await Load(campaign.Id, postId, ct);
        if (post.Version != version)
            throw Refusal.Conflict("post_changed",
                "This post was changed in another window since you opened it. Copy your text, reload the page and put it in again.");
        await Fill(post, campaign, post.State == PostState.Published ? draft with { Charge = false, PublishAt = null } : draft, ct);
        if (draft.Slot is { } typed) await revisions.Forget(campaign.Id, campaign.OwnerId, postId, typed, ct);
        await revisions.Keep(post, campaign.OwnerId, ct);
        await tags.Set(post, draft.Tags, ct);
        if (draft.Poll is { } asked) await polls.Set(post, asked.Draft, ct);
        await collections.Set(post, draft.Collections, ct);
        if (post.State == PostState.Published)
        {
            await search.Put(Document(post), ct);
            await releasing.Plan(post, await books.Now(post.BookId, ct), ct);
        }
        await TellEdited(post, campaign, ct);
        try
        {
            await transaction.Commit(ct);
        }
        catch (DbUpdateConcurrencyException)
        {
            throw Refusal.Conflict("post_changed",
                "This post was changed in another window just now. Copy your text, reload the page and put it in again.");
        }
        return post;
    }

    /// <summary>Tells that what readers see of a post has changed.</summary>
    public async Task TellEdited(Post post, CampaignInfo campaign, CancellationToken ct)
    {
        if (post.State == PostState.Published)
            Tell(post, campaign, PostChangeKind.Edited, await books.Now(campaign.BookId, ct));
    }

    /// <summary>Tells what became of a published post, in the line of its campaign.</summary>
    public void Tell(Post post, CampaignInfo campaign, PostChangeKind kind, Instant at, PublishedPost? last = null) =>
        outbox.Publish(new PostChanged(campaign.BookId, campaign.Id, post.Id, kind, at, last), campaign.BookId, $"campaign:{campaign.Id}");

    /// <summary>A post of a campaign, tracked.</summary>
    /// <exception cref="Refusal">There is none, or it was deleted.</exception>
    public async Task<Post> Load(long campaignId, long postId, CancellationToken ct) =>
        await db.Posts.SingleOrDefaultAsync(p => p.Id == postId && p.CampaignId == campaignId && p.DeletedAt == null, ct)
            ?? throw Refusal.NotFound("post");

    public static SearchDocument Document(Post post) => new(post.Id, post.CampaignId, post.RuleId, post.PublishedAt!.Value, post.Title,
        $"{post.Teaser}\n{post.PreviewPlain}", post.Plain);

    /// <summary>Pictures of this campaign that a text names, with their sizes.</summary>
    /// <exception cref="Refusal">It names one that is not this campaign's.</exception>
    public async Task<Dictionary<long, PixelSize>> Images(long campaignId, string markdown, CancellationToken ct)
    {
        var named = PostText.ImagesNamed(markdown);
        if (named.Count == 0) return [];
        var found = await db.PostImages.AsNoTracking().Where(i => i.CampaignId == campaignId && named.Contains(i.Id))
            .ToDictionaryAsync(i => i.Id, i => new PixelSize(i.WidthPx, i.HeightPx), ct);
        if (named.FirstOrDefault(id => !found.ContainsKey(id)) is var missing and not 0)
            throw Refusal.InvalidField("markdown",
                $"The picture /media/{missing} is not one of this campaign's. Upload it here and use the address you get.");
        return found;
    }

    private async Task Fill(Post post, CampaignInfo campaign, PostDraft draft, CancellationToken ct)
    {
        draft.Check(campaign);
        if (post.State != PostState.Published)
        {
            post.SetCharge(draft.Charge);
            post.ByMail = draft.ByMail ?? post.ByMail;
        }
        post.Plan(draft.PublishAt);
        post.RuleId = await gate.Rule(campaign.Id, draft.Release, ct);
        await UnnamedPictures.Named(db, campaign.Id, draft.Markdown, ct);
        var text = PostText.Render(draft.Markdown, await Images(campaign.Id, draft.Markdown, ct));
        post.Write(draft.Title.Trim(), draft.Teaser.Trim(), draft.Markdown, text, await books.Now(campaign.BookId, ct));
        await db.Execute("DELETE FROM post_image_use WHERE post_id = @post", ct, ("post", post.Id));
        foreach (var image in text.Images)
            await db.Execute("INSERT INTO post_image_use (image_id, post_id, is_open) VALUES (@image, @post, @open)", ct, ("image", image),
                ("post", post.Id), ("open", text.Preview?.Images.Contains(image) == true));
    }
}
