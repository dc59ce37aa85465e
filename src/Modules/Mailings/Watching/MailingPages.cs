using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;
using Stipend.Posts.Contracts;

namespace Stipend.Mailings.Watching;

/// <summary>A creator's posts by mail: how far each is, stopping and going on, and whether new posts go out by mail at all.</summary>
internal static class MailingPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/mail", Show).RequireSignIn();
        app.MapPost("/{vanity}/mail/default", SetDefault).RequireSignIn();
        app.MapGet("/{vanity}/mail/{id:long}/progress", Progress).RequireSignIn();
        app.MapPost("/{vanity}/mail/{id:long}/{act}", Act).RequireSignIn();
    }

    private static async Task<IResult> Show(string vanity, string? before, HttpContext http, ICampaigns campaigns, MailingDesk desk, IPostMail mail,
        Books books, CancellationToken ct)
    {
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
        var (rows, next) = PageKey.Page(await desk.Of(campaign.Id, PageKey.Parse(before, PageKey.Newest), ct), MailingDesk.PageSize,
            r => PageKey.Of(r.CreatedAt, r.PostId));
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<MailingsPage>(new MailingsPage.View(campaign, rows, await mail.ByMail(campaign.Id, ct),
            await books.Now(campaign.BookId, ct), next, before is null));
    }

    private static async Task<IResult> SetDefault(string vanity, HttpContext http, ICampaigns campaigns, IPostMail mail, CancellationToken ct)
    {
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
        await mail.SetByMail(campaign.Id, (await FormInput.Read(http, ct)).Ticked("by_mail"), ct);
        http.Flashes("Saved.");
        return Pages.SeeOther($"/{campaign.Vanity}/mail");
    }

    /// <summary>How far one is, for the bar that draws itself again.</summary>
    private static async Task<IResult> Progress(string vanity, long id, HttpContext http, ICampaigns campaigns, MailingDesk desk, CancellationToken ct)
    {
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
        var row = await desk.Find(campaign.Id, id, ct) ?? throw Refusal.NotFound("mailing");
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<MailingBar>(new MailingBar.View(campaign.Vanity, row));
    }

    private static async Task<IResult> Act(string vanity, long id, string act, HttpContext http, ICampaigns campaigns, MailingDesk desk, CancellationToken ct)
    {
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
        if (await desk.Find(campaign.Id, id, ct) is null) throw Refusal.NotFound("mailing");
        switch (act)
        {
            case "stop":
                await desk.Stop(campaign.Id, id, ct);
                http.Flashes("Stopped. Mails that were on their way at this moment may still arrive.");
                break;
            case "go-on":
                await desk.GoOn(campaign.Id, id, ct);
                http.Flashes("It goes on.");
                break;
            case "again":
                await desk.SendUnknownAgain(campaign.Id, id, ct);
                http.Flashes("They are sent once more.");
                break;
            default: throw Refusal.NotFound("page");
        }
        return Pages.SeeOther($"/{campaign.Vanity}/mail");
    }
}

/// <summary>Under a post, for its creator: how far its mails are.</summary>
internal sealed class MailingOnPost(MailingDesk desk) : IPostPageSection
{
    public int Order => 5;

    public async Task<RenderFragment?> Load(PostSectionRequest request, CancellationToken ct)
    {
        if (!request.IsOwner || await desk.Find(request.Post.Campaign.Id, request.Post.Id, ct) is not { } row) return null;
        var view = new MailingBox.View(request.Post.Campaign.Vanity, row);
        return Section.Of<MailingBox>(view);
    }
}
