using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stipend.Apps.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;

namespace Stipend.Apps.Sites;

/// <summary>
/// The page on which a creator connects a website with one click: says yes to an app of their page that the website registers by itself. The
/// website gets the creator's own tokens by it, so only who owns a page is asked, and for that page alone.
/// </summary>
internal static class ConnectSite
{
    private const string Path = "/oauth2/register-client-creation";

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(Path, Show).AllowAnyone(); // a bad wish is told before anybody has to sign in
        app.MapPost(Path, Decide).RequireSignIn();
    }

    private static async Task<IResult> Show(HttpContext http, ICampaigns campaigns, IOptions<AppsOptions> options, CancellationToken ct)
    {
        var asked = SiteRequest.Read(http.Request, options.Value.SiteConnector);
        var viewer = http.RequireViewer();
        return Pages.Show<ConnectSitePage>(new ConnectSitePage.View(asked.Name, asked.Description, asked.Hosts, new Uri(asked.RedirectUri).Authority,
            asked.RedirectUri, [.. asked.RedirectUris.Where(uri => uri != asked.RedirectUri)], await campaigns.OwnedBy(viewer.Id, ct),
            Consent.Words([.. Scopes.All]), viewer.Name, Path + http.Request.QueryString));
    }

    private static async Task<IResult> Decide(HttpContext http, ICampaigns campaigns, IOptions<AppsOptions> options, SiteApprovals approvals,
        CancellationToken ct)
    {
        var asked = SiteRequest.Read(http.Request, options.Value.SiteConnector);
        var form = await FormInput.Read(http, ct);
        if (form.Raw("decision") != "allow") return Results.Redirect(asked.Back("error", "access_denied"));
        var (me, chosen) = (http.RequireViewer().Id, form.Raw("campaign"));
        var campaign = (await campaigns.OwnedBy(me, ct)).FirstOrDefault(c => c.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) == chosen)
            ?? throw Refusal.NotFound("page");
        return Results.Redirect(asked.Back("code", await approvals.Approve(asked, me, campaign.Id, ct)));
    }
}
