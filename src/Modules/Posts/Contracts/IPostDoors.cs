using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Http;

namespace Stipend.Posts.Contracts;

/// <summary>A published post as what hangs on it sees it (comments, files), with the gate's decision for whoever asks.</summary>
public sealed record PostDoor(long Id, CampaignInfo Campaign, string Title, string Path, long RuleId, Instant PublishedAt, Decision Decision);

/// <summary>May this person, now, have what hangs on a post?</summary>
public interface IPostDoors
{
    /// <summary>Null when there is no such published post, or its campaign is a draft of somebody else.</summary>
    Task<PostDoor?> Find(long postId, long? personId, CancellationToken ct = default);
}

/// <summary>What a section of a post's page is drawn for. <see cref="Query"/>: the page's query string, for paging.</summary>
public sealed record PostSectionRequest(PostDoor Post, Viewer? Viewer, IQueryCollection Query)
{
    public bool IsOwner => Viewer?.Id == Post.Campaign.OwnerId;
}

/// <summary>
/// A part of a published post's page that another module draws, under the text; register with <c>AddScoped&lt;IPostPageSection, …&gt;</c>.
/// It is asked also when the post is closed to the viewer, with a constant number of commands.
/// </summary>
public interface IPostPageSection
{
    /// <summary>Smaller comes first.</summary>
    int Order { get; }

    /// <summary>Loads what is shown and answers how it is drawn; null when there is nothing to show.</summary>
    Task<RenderFragment?> Load(PostSectionRequest request, CancellationToken ct);
}
