using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;
using Stipend.Posts.Model;

namespace Stipend.Posts.Compose;

/// <summary>
/// The last look before a post is published: what it bills, to whom, and until when that can be taken back. If the numbers have changed
/// since they were shown, they are shown again rather than billed.
/// </summary>
internal static class PublishPost
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/posts/{id:long}/publish", Show).RequireSignIn();
        app.MapPost("/{vanity}/posts/{id:long}/publish", Confirm).RequireSignIn();
    }

    /// <summary>What the creator saw and agreed to.</summary>
    internal sealed record Seen(int Patrons, long TotalMinor, int Capped);

    internal static async Task<Post> Handle(CampaignInfo campaign, long postId, Seen? seen, ComposePost.Services s, CancellationToken ct)
    {
        await using var transaction = await s.Db.BeginWrite(ct);
        var post = await s.Writing.Load(campaign.Id, postId, ct);
        var at = post.PublishAt > await s.Books.Now(campaign.BookId, ct) ? post.PublishAt : null;
        if (at is null && await s.Publishing.PreviewCharge(campaign, post, ct) is { } now
            && new Seen(now.Patrons, now.Total.Minor, now.Capped) != seen)
            throw Refusal.Conflict("preview_changed", "The numbers have changed since you looked. Check them below and confirm again.");
        var published = await s.Publishing.Publish(campaign, postId, at, ct);
        await transaction.Commit(ct);
        return published;
    }

    private static async Task<IResult> Show(string vanity, long id, HttpContext http, ComposePost.Services s, PostsOptions options,
        CancellationToken ct) =>
        await Draw(await s.Owned(vanity, http, ct), id, FormState.Empty, s, options, ct);

    private static async Task<IResult> Confirm(string vanity, long id, HttpContext http, ComposePost.Services s, PostsOptions options,
        CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        return await FormInput.Submit(http, async input =>
        {
            var seen = input.Has("patrons")
                ? new Seen(input.Integer("patrons") ?? 0, input.Id("total") ?? 0, input.Integer("capped") ?? 0) : null;
            var post = await Handle(campaign, id, seen, s, ct);
            http.Flashes(post.State != PostState.Published ? "Scheduled."
                : seen is { Patrons: > 0 } ? $"Published and billed. Under Edit you can take the charge back for {options.UndoHours} hours."
                : "Published.");
            return Pages.SeeOther(post.State == PostState.Published ? post.Path(campaign.Vanity) : $"/{campaign.Vanity}/posts");
        }, state => Draw(campaign, id, state, s, options, ct));
    }

    private static async Task<IResult> Draw(CampaignInfo campaign, long id, FormState form, ComposePost.Services s, PostsOptions options,
        CancellationToken ct)
    {
        var post = await s.Writing.Load(campaign.Id, id, ct);
        var now = await s.Books.Now(campaign.BookId, ct);
        return Pages.Show<PublishPage>(new PublishPage.View(
            campaign, id, post.Title, post.State, now, post.PublishAt > now ? post.PublishAt : null,
                await s.Publishing.PreviewCharge(campaign, post, ct), options.UndoHours, form));
    }
}
