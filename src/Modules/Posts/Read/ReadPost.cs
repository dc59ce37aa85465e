using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;
using Stipend.Posts.Contracts;
using Stipend.Posts.Files;
using Stipend.Posts.Model;
using Stipend.Posts.Polls;
using Stipend.Posts.Tagging;
using Stipend.Posts.Writing;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Read;

/// <summary>One post. The text is fetched only after the gate has said yes; a draft exists for its creator alone.</summary>
internal static class ReadPost
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/{vanity}/posts/{post}", Show).AllowAnyone();

    internal static async Task<ReadPostPage.View> Handle(
        string vanity, long postId, long? viewerId, string? seenAs, Books books, ICampaigns campaigns, IGate gate, Tags tags, IVault vault,
        PostQueries queries, CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("campaign");
        var isOwner = viewerId == campaign.OwnerId;
        var post = await queries.Head(postId, campaign.Id, isOwner, ct);
        if (post is null || (!campaign.IsPublished && !isOwner)) throw Refusal.NotFound("post");
        var (newcomer, tierId) = isOwner ? Newcomer(seenAs) : (null, null);
        var decision = newcomer is { } kind ? await gate.CheckAs(kind, tierId, post.RuleId, post.PublishedAt ?? Instant.MaxValue, ct)
            : isOwner ? new Decision(true, AccessReason.Owner, null)
            : await gate.Check(viewerId, post.RuleId, post.PublishedAt ?? Instant.MaxValue, campaign, ct);
        var (release, now) = ((await gate.Releases([post.RuleId], ct))[post.RuleId], await books.Now(campaign.BookId, ct));
        var audience = release.At(now);
        var tiers = await campaigns.Tiers(campaign.Id, ct);
        var html = decision.IsOpen ? await queries.Text(postId, post.Version, ct)
            ?? throw Refusal.Conflict("post_changed", "This post was changed just now. Load the page again.") : null; // the text belongs to the rule asked about
        return new ReadPostPage.View(
            campaign, post.Id, Post.PathOf(campaign.Vanity, post.Id, post.Slug), post.Title, post.Teaser, post.State, post.PublishedAt
                ?? post.PublishAt, post.EditedAt, html,
            decision.Reason, AudienceLabel.Of(audience, tiers), decision.IsOpen ? null
                : LockInfo.Of(decision.Reason, audience, campaign, tiers), isOwner, now, await vault.FilesOf(PostFiles.KindName, postId, ct))
            {
                Preview = decision.IsOpen || post.PreviewHtml.Length == 0 ? null : post.PreviewHtml,
                SeenAs = newcomer is null ? null : seenAs,
                Newcomers = isOwner ? [.. tiers.Where(t => !t.IsRetired).Select(t => new Option($"{t.Id}", t.Name))] : [],
                Tags = await tags.Of(post.Id, ct),
                Door = newcomer is null && post is { State: PostState.Published, PublishedAt: { } at } ? new PostDoor(post.Id, campaign, post.Title,
                    Post.PathOf(campaign.Vanity, post.Id, post.Slug), post.RuleId, at, decision) : null,
                Next = release.Later.FirstOrDefault(s => s.From > now) is { } step
                    ? new ReadPostPage.NextStep(step.From, AudienceLabel.Of(step.Audience, tiers)) : null,
            };
    }

    /// <summary>Whom the creator wants to see with the eyes of: “visitor”, “member” or a tier's id.</summary>
    private static (NewcomerKind? Kind, long? TierId) Newcomer(string? seenAs) => seenAs switch
    {
        "visitor" => (NewcomerKind.Visitor, null),
        "member" => (NewcomerKind.Member, null),
        _ when long.TryParse(seenAs, NumberStyles.None, CultureInfo.InvariantCulture, out var tier) => (NewcomerKind.OfTier, tier),
        _ => (null, null),
    };

    private static async Task<IResult> Show(
        string vanity, string post, HttpContext http, Books books, ICampaigns campaigns, IGate gate,
        IEnumerable<IPostPageSection> sections, Tags tags, IVault vault, IPlaying playing, PollStore polls, PostsOptions options, PostQueries queries,
        CancellationToken ct)
    {
        var dash = post.IndexOf('-', StringComparison.Ordinal);
        if (!long.TryParse(dash < 0 ? post : post[..dash], NumberStyles.None, CultureInfo.InvariantCulture,
            out var id)) throw Refusal.NotFound("post");
        var view = await Handle(vanity, id, http.Viewer()?.Id, http.Request.Query["as"], books, campaigns, gate, tags, vault, queries, ct);
        if (view.Path != $"/{vanity}/posts/{post}") return Results.LocalRedirect(view.Path + http.Request.QueryString);
        if (http.Viewer() is { } viewer && view.Lock is null)
        {
            var recordings = view.Files.Where(f => f.Kind is FileKind.Audio or FileKind.Video).Select(f => f.Id).ToList();
            view = view with { Positions = await playing.Of(viewer.Id, recordings, ct) };
        }
        if ((view.Html ?? view.Preview) is { } text)
        {
            view = view with { Text = TextBlocks.Of(text, options.PeerTubes) };
            http.AllowFrames(view.Text.OfType<VideoBlock>().Select(v => v.Video.Origin));
        }
        if (view.Door is { } door)
        {
            var request = new PostSectionRequest(door, http.Viewer(), http.Request.Query);
            var drawn = new List<RenderFragment>();
            foreach (var section in sections.OrderBy(s => s.Order))
                if (await section.Load(request, ct) is { } fragment) drawn.Add(fragment);
            view = view with { Sections = drawn };
        }
        else if (view is { IsOwner: true, Lock: null } && await PollOnPost.Look(polls, view.Id, view.Path, ct) is { } poll)
        {
            view = view with { Sections = [poll] };
        }
        if (view.Audience.Kind != AudienceKind.Public || view.IsOwner) http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<ReadPostPage>(view);
    }
}
