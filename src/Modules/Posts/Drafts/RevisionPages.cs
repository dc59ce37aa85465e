using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;
using Stipend.Posts.Compose;
using Stipend.Posts.Model;

namespace Stipend.Posts.Drafts;

/// <summary>The texts a post had: look, bring one back (which is a new one, so that nothing is lost). And the keeping of what is being typed.</summary>
internal static class RevisionPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/posts/{id:long}/revisions", Show).RequireSignIn();
        app.MapPost("/{vanity}/posts/{id:long}/revisions/{version:long}", Restore).RequireSignIn();
        app.MapPost("/{vanity}/posts/unsaved", Autosave).RequireSignIn();
        app.MapPost("/{vanity}/posts/unsaved/discard", Discard).RequireSignIn();
    }

    private static async Task<IResult> Show(string vanity, long id, string? version, HttpContext http, ComposePost.Services s, Revisions revisions,
        CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var post = await s.Writing.Load(campaign.Id, id, ct);
        http.Response.Headers.CacheControl = "private, no-store";
        var lines = await revisions.Of(id, ct);
        var asked = lines.FirstOrDefault(l => version == l.Version.ToString(CultureInfo.InvariantCulture)) ?? (lines.Count > 1 ? lines[1] : null);
        return Pages.Show<RevisionsPage>(new RevisionsPage.View(campaign, post.Id, post.Title,
            await s.Books.Now(campaign.BookId, ct), lines, asked is null ? null : await revisions.Find(id, asked.Version, ct)));
    }

    private static async Task<IResult> Restore(string vanity, long id, long version, HttpContext http, ComposePost.Services s, Revisions revisions,
        CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        await using var transaction = await s.Db.BeginWrite(ct);
        var post = await s.Writing.Load(campaign.Id, id, ct);
        var old = await revisions.Find(id, version, ct) ?? throw Refusal.NotFound("revision");
        var release = (await s.Gate.Releases([post.RuleId], ct))[post.RuleId];
        var draft = new PostDraft(old.Title, old.Teaser, old.Markdown, release.First, post.Charge == ChargeState.OnPublish, post.PublishAt)
        {
            Later = release.Later,
        };
        await s.Writing.Edit(campaign, id, post.Version, draft, ct);
        await transaction.Commit(ct);
        http.Flashes("The earlier text is back. The one before it is kept too.");
        return Pages.SeeOther($"/{campaign.Vanity}/posts/{id}/edit");
    }

    /// <summary>Keeps what the composer's script sends while somebody types; nothing readers see changes.</summary>
    private static async Task<IResult> Autosave(string vanity, HttpContext http, ComposePost.Services s, Revisions revisions, Clock clock, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var input = await FormInput.Read(http, ct);
        var postId = input.Id("post") ?? 0;
        if (postId != 0) await s.Writing.Load(campaign.Id, postId, ct);
        var (title, teaser, markdown) = (input.Text("title", Post.MaxTitle), input.Text("teaser", Post.MaxTeaser), input.Text("markdown", Post.MaxMarkdown));
        input.Check();
        await revisions.Type(campaign.Id, http.RequireViewer().Id, postId, new UnsavedText(input.Id("slot") ?? 0, title, teaser, markdown, clock.Now()), ct);
        return Results.NoContent();
    }

    private static async Task<IResult> Discard(string vanity, HttpContext http, ComposePost.Services s, Revisions revisions, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var input = await FormInput.Read(http, ct);
        var postId = input.Id("post") ?? 0;
        await revisions.Forget(campaign.Id, http.RequireViewer().Id, postId, input.Id("slot") ?? 0, ct);
        return Pages.SeeOther(postId == 0 ? $"/{campaign.Vanity}/posts/new" : $"/{campaign.Vanity}/posts/{postId}/edit");
    }
}
