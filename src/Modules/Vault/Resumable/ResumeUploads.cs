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
        app.MapMethods("/{vanity}/uploads/{id:long}", [HttpMethods.Head], async (string vanity, long id, HttpContext http, ICampaigns campaigns, Uploads uploads,
            CancellationToken ct) => await uploads.Status(await Owned(vanity, http, campaigns, ct), id, http, ct)).RequireSignIn();
        app.MapPatch("/{vanity}/uploads/{id:long}", async (string vanity, long id, HttpContext http, ICampaigns campaigns, Uploads uploads,
            CancellationToken ct) => await uploads.Append(await Owned(vanity, http, campaigns, ct), id, http, ct))
            .RequireSignIn().AcceptsUpTo(options.MaxFileBytes);
        app.MapDelete("/{vanity}/uploads/{id:long}", async (string vanity, long id, HttpContext http, ICampaigns campaigns, Uploads uploads,
            CancellationToken ct) => await uploads.Terminate(await Owned(vanity, http, campaigns, ct), id, http, ct)).RequireSignIn();
    }

    private static async Task<long> Owned(string vanity, HttpContext http, ICampaigns campaigns, CancellationToken ct) =>
        (await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("campaign")).Id;

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
