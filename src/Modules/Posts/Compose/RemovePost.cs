using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;
using Stipend.Posts.Model;

namespace Stipend.Posts.Compose;

/// <summary>Taking back: a charge inside its window, a publication, or the whole post. Each page says what becomes of the money.</summary>
internal static class RemovePost
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/posts/{id:long}/delete", Show).RequireSignIn();
        app.MapPost("/{vanity}/posts/{id:long}/delete", Delete).RequireSignIn();
        app.MapPost("/{vanity}/posts/{id:long}/undo", Undo).RequireSignIn();
        app.MapPost("/{vanity}/posts/{id:long}/withdraw", Withdraw).RequireSignIn();
    }

    private static async Task<IResult> Show(string vanity, long id, HttpContext http, ComposePost.Services s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var post = await s.Writing.Load(campaign.Id, id, ct);
        var billed = post.Charge == ChargeState.Charged ? await s.PaidPosts.Find(id, ct) : null;
        var now = await s.Books.Now(campaign.BookId, ct);
        return Pages.Show<DeletePage>(new DeletePage.View(
            campaign, id, post.Title, post.State, now, post.Charge, post.CanUndo(await s.Books.Now(post.BookId, ct)), post.UndoUntil,
                billed));
    }

    private static async Task<IResult> Delete(string vanity, long id, HttpContext http, ComposePost.Services s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        await s.Publishing.Delete(campaign, id, ct);
        http.Flashes("Deleted.");
        return Pages.SeeOther($"/{campaign.Vanity}/posts");
    }

    private static async Task<IResult> Undo(string vanity, long id, HttpContext http, ComposePost.Services s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        await s.Publishing.UndoCharge(campaign, id, ct);
        http.Flashes("The charge is taken back. The post stays published and bills nobody.");
        return Pages.SeeOther($"/{campaign.Vanity}/posts/{id}/edit");
    }

    private static async Task<IResult> Withdraw(string vanity, long id, HttpContext http, ComposePost.Services s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        await s.Publishing.Withdraw(campaign, id, ct);
        http.Flashes("Moved to your drafts.");
        return Pages.SeeOther($"/{campaign.Vanity}/posts/{id}/edit");
    }
}
