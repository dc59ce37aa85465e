using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Stipend.Apps.Answers;
using Stipend.Apps.Contracts;
using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Security;

namespace Stipend.Apps.OAuth;

/// <summary>Where clients get tokens for a code, new ones for old ones, and give them up.</summary>
internal static class TokenEndpoint
{
    private const long LargestBody = 256 * 1024;

    /// <summary>What knows clients and their tokens, and counts how often they come.</summary>
    internal sealed record Known(Db Db, Tokens Tokens, ApiLimits Limits, IOptions<AppsOptions> Options);

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/api/oauth2/token", (HttpContext http, Known known) => Issue(http, known)).AllowAnyone().DisableRateLimiting()
            .AcceptsUpTo(LargestBody);
        app.MapPost("/api/oauth2/revoke", (HttpContext http, Known known) => Revoke(http, known)).AllowAnyone().DisableRateLimiting()
            .AcceptsUpTo(LargestBody);
    }

    private static async Task Issue(HttpContext http, Known known)
    {
        var ct = http.RequestAborted;
        known.Limits.CountTokens(http);
        var sent = await TokenParameters.Read(http.Request, ct);
        var issued = sent.Need("grant_type") switch
        {
            "authorization_code" => await ForCode(http, sent, known, ct),
            "refresh_token" => await ForRefresh(http, sent, known, ct),
            _ => throw new OauthProblem(400, "unsupported_grant_type"),
        };
        await Send(http, issued);
    }

    private static async Task<IssuedTokens> ForCode(HttpContext http, TokenParameters sent, Known known, CancellationToken ct)
    {
        var (code, redirect) = (sent.Need("code"), sent.Need("redirect_uri")); // a missing one is said before a wrong secret
        return await known.Tokens.Exchange(await Client(http, sent, known, ct, mayBePublic: true), code, redirect, sent.Find("code_verifier"), ct);
    }

    private static async Task<IssuedTokens> ForRefresh(HttpContext http, TokenParameters sent, Known known, CancellationToken ct)
    {
        var token = sent.Need("refresh_token");
        return await known.Tokens.Refresh(await Client(http, sent, known, ct), token, ct);
    }

    /// <summary>The client that proves to be itself. The plugin that connects websites cannot, and need not for a code: what it may do with it
    /// its creator has said.</summary>
    private static async Task<OauthClient> Client(HttpContext http, TokenParameters sent, Known known, CancellationToken ct, bool mayBePublic = false)
    {
        var id = sent.Need("client_id");
        var secret = mayBePublic && id == known.Options.Value.SiteConnector ? null : sent.Need("client_secret");
        if (await AuthorizeRequest.FindClient(known.Db, id, ct) is not { } client)
            throw secret is null ? OauthProblem.InvalidGrant() : OauthProblem.InvalidClient();
        known.Limits.CountTokens(http, client); // one that is here: names somebody makes up would be counted without end
        return secret is null || Secret.Fits(secret, client.SecretHash) ? client : throw OauthProblem.InvalidClient();
    }

    private static Task Send(HttpContext http, IssuedTokens issued) => ApiAnswers.Send(http, 200, "application/json", json =>
    {
        http.Response.Headers.Pragma = "no-cache";
        json.WriteStartObject();
        json.WriteString("access_token", issued.Access);
        json.WriteString("refresh_token", issued.Refresh);
        json.WriteNumber("expires_in", (long)issued.Life.TotalSeconds);
        json.WriteString("scope", issued.Scope);
        json.WriteString("token_type", "Bearer");
        json.WriteString("version", "0.0.1");
        json.WriteEndObject();
    });

    /// <summary>Always 200: whether a token was one is nobody's business (RFC 7009).</summary>
    private static async Task Revoke(HttpContext http, Known known)
    {
        var ct = http.RequestAborted;
        known.Limits.CountTokens(http);
        try
        {
            var sent = await TokenParameters.Read(http.Request, ct);
            var token = sent.Need("token");
            await known.Tokens.Revoke(await Client(http, sent, known, ct), token, ct);
        }
        catch (OauthProblem)
        {
            // nothing was revoked, and the answer says no more than otherwise
        }
        await ApiAnswers.Send(http, 200, "application/json", json =>
        {
            json.WriteStartObject();
            json.WriteEndObject();
        });
    }
}
