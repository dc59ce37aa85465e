using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Apps.Model;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Apps.OAuth;

/// <summary>The page on which a person lets an app in or not. Its form goes back to the very address it was asked at, so that nothing the
/// client sent is lost on the way.</summary>
internal static class Authorize
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/oauth2/authorize", Show).AllowAnyone(); // a bad client is told before anybody has to sign in
        app.MapPost("/oauth2/authorize", Decide).RequireSignIn();
    }

    private static async Task<IResult> Show(HttpContext http, Db db, ICampaigns campaigns, CancellationToken ct)
    {
        var asked = await AuthorizeRequest.Read(http.Request, db, ct);
        if (asked.Error is { } error) return Results.Redirect(asked.Back("error", error));
        var viewer = http.RequireViewer();
        var campaign = await campaigns.Find(asked.Client.CampaignId, ct) ?? throw Refusal.NotFound("page");
        return Pages.Show<AuthorizePage>(new AuthorizePage.View(asked.Client.Name, asked.Client.Description, campaign,
            new Uri(asked.RedirectUri).Host, Consent.Words(Scopes.Opened(asked.Scope)), asked.Scope == Scopes.Identity, viewer.Name,
            "/oauth2/authorize" + http.Request.QueryString));
    }

    private static async Task<IResult> Decide(HttpContext http, Db db, Tokens tokens, CancellationToken ct)
    {
        var asked = await AuthorizeRequest.Read(http.Request, db, ct);
        if (asked.Error is { } error) return Results.Redirect(asked.Back("error", error));
        var form = await FormInput.Read(http, ct);
        if (form.Raw("decision") != "allow") return Results.Redirect(asked.Back("error", "access_denied"));
        var code = await tokens.Code(asked.Client, http.RequireViewer().Id, asked.Scope, asked.RedirectUri, asked.Challenge, ct);
        return Results.Redirect(asked.Back("code", code));
    }
}
