using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Apps.OAuth;

/// <summary>
/// An app that is for paying members sends people here: who does not pay enough yet goes through the checkout first and then on to the
/// consent page. A cookie keeps the way, because a card or a bank may ask for a detour over other sites.
/// </summary>
internal static class BecomePatron
{
    private const string Path = "/oauth2/become-patron", Cookie = "stipend_after_joining";

    internal static void Map(IEndpointRouteBuilder app) => app.MapGet(Path, Show).AllowAnyone();

    private static async Task<IResult> Show(HttpContext http, Db db, ICampaigns campaigns, IMemberships memberships, CancellationToken ct)
    {
        var asked = await AuthorizeRequest.Read(http.Request, db, ct);
        if (asked.Error is { } error) return Results.Redirect(asked.Back("error", error));
        var viewer = http.RequireViewer();
        var campaign = await campaigns.Find(asked.Client.CampaignId, ct) ?? throw Refusal.NotFound("page");
        var least = long.TryParse(http.Request.Query["min_cents"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var cents)
            ? cents : 0;
        if (viewer.Id == campaign.OwnerId || await memberships.Find(viewer.Id, campaign.Id, ct) is { Status: MembershipStatus.Active } m
            && m.AmountMinor >= Math.Max(1, least)) return Pages.SeeOther(Onward(http.Request, asked));
        var tiers = (await campaigns.Tiers(campaign.Id, ct)).Where(t => !t.IsRetired).OrderBy(t => t.PriceMinor).ToList();
        if (tiers.Count == 0) return Pages.SeeOther(Onward(http.Request, asked)); // nothing to join
        http.Response.Cookies.Append(Cookie, Onward(http.Request, asked), new CookieOptions
        {
            HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps, Path = "/", MaxAge = TimeSpan.FromHours(1),
            IsEssential = true,
        });
        var tier = tiers.FirstOrDefault(t => t.PriceMinor >= least) ?? tiers[^1];
        var more = tier.PriceMinor < least ? "?amount=" + new Money(least, campaign.Currency).Amount() : "";
        return Pages.SeeOther($"/{campaign.Vanity}/join/{tier.Id}{more}");
    }

    /// <summary>Sends who has just joined or paid more back to where they were asked to.</summary>
    internal static Task GoOn(HttpContext http, RequestDelegate next)
    {
        if (!HttpMethods.IsGet(http.Request.Method) || http.Request.Cookies[Cookie] is not { } way
            || !http.Request.Path.Value!.EndsWith("/membership", StringComparison.Ordinal)
            || !(http.Request.Query.ContainsKey("joined") || http.Request.Query.ContainsKey("changed"))) return next(http);
        http.Response.Cookies.Delete(Cookie);
        return way.StartsWith("/oauth2/authorize?", StringComparison.Ordinal) ? Pages.SeeOther(Pages.Local(way)).ExecuteAsync(http) : next(http);
    }

    /// <summary>The consent page with all that was sent, the address to go back to now encoded.</summary>
    private static string Onward(HttpRequest request, AuthorizeRequest asked)
    {
        var kept = (request.QueryString.Value ?? "").TrimStart('?').Replace("redirect_uri=" + asked.RedirectUri, "",
            StringComparison.Ordinal).Split('&').Where(p => p.Length > 0 && !p.StartsWith("redirect_uri=", StringComparison.Ordinal));
        return $"/oauth2/authorize?{string.Join('&', kept)}&redirect_uri={Uri.EscapeDataString(asked.RedirectUri)}";
    }
}
