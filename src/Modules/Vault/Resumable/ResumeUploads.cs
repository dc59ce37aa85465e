using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Vault.Model;

namespace Stipend.Vault.Resumable;

/// <summary>The resumable protocol's addresses; an upload begins where plain forms are sent to.</summary>
internal static class ResumeUploads
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        var options = app.ServiceProvider.GetRequiredService<VaultOptions>();
        app.MapMethods("/{vanity}/uploads/{kind}/{holderId:long}", [HttpMethods.Options], Capabilities).AllowAnyone();
        app.MapMethods("/{vanity}/uploads/{id:long}", [HttpMethods.Head, HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Post], One)
            .RequireSignIn().AcceptsUpTo(options.MaxFileBytes);
    }

    /// <summary>An upload under way. Surroundings that know no PATCH send POST and name the method in a header.</summary>
    private static async Task<IResult> One(string vanity, long id, HttpContext http, ICampaigns campaigns, Uploads uploads, CancellationToken ct)
    {
        var campaign = (await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("campaign")).Id;
        var method = HttpMethods.IsPost(http.Request.Method) ? http.Request.Headers["X-HTTP-Method-Override"].ToString() : http.Request.Method;
        return HttpMethods.IsHead(method) ? await uploads.Status(campaign, id, http, ct)
            : HttpMethods.IsPatch(method) ? await uploads.Append(campaign, id, http, ct)
            : HttpMethods.IsDelete(method) ? await uploads.Terminate(campaign, id, http, ct)
            : throw new Refusal(405, "method_not_allowed", "An upload takes HEAD, PATCH and DELETE, or POST with one of them as X-HTTP-Method-Override.");
    }

    private static IResult Capabilities(HttpContext http, VaultOptions options)
    {
        TusHeaders.Answer(http);
        var headers = http.Response.Headers;
        headers["Tus-Version"] = TusHeaders.Version;
        headers["Tus-Extension"] = TusHeaders.Extensions;
        headers["Tus-Checksum-Algorithm"] = TusHeaders.Algorithms;
        headers["Tus-Max-Size"] = $"{options.MaxFileBytes}";
        return Results.NoContent();
    }
}
