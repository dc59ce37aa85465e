using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Apps.Answers;
using Stipend.Apps.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Apps.OAuth;

/// <summary>Where clients get tokens for a code, new ones for old ones, and give them up.</summary>
internal static class TokenEndpoint
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        // limited by token and client, never by address: many clients may run on one machine
        app.MapPost("/api/oauth2/token", (HttpContext http, Db db, Tokens tokens) => Issue(http, db, tokens))
            .AllowAnyone().DisableRateLimiting();
        app.MapPost("/api/oauth2/revoke", (HttpContext http, Db db, Tokens tokens) => Revoke(http, db, tokens))
            .AllowAnyone().DisableRateLimiting();
    }

    private static async Task Issue(HttpContext http, Db db, Tokens tokens)
    {
        var ct = http.RequestAborted;
        var sent = await TokenParameters.Read(http.Request, ct);
        var issued = sent.Need("grant_type") switch
        {
            "authorization_code" => await ForCode(sent, db, tokens, ct),
            "refresh_token" => await ForRefresh(sent, db, tokens, ct),
            _ => throw new OauthProblem(400, "unsupported_grant_type"),
        };
        await Send(http, issued);
    }

    private static async Task<IssuedTokens> ForCode(TokenParameters sent, Db db, Tokens tokens, CancellationToken ct)
    {
        var (code, redirect) = (sent.Need("code"), sent.Need("redirect_uri")); // a missing one is said before a wrong secret
        return await tokens.Exchange(await Client(sent, db, ct), code, redirect, sent.Find("code_verifier"), ct);
    }

    private static async Task<IssuedTokens> ForRefresh(TokenParameters sent, Db db, Tokens tokens, CancellationToken ct)
    {
        var token = sent.Need("refresh_token");
        return await tokens.Refresh(await Client(sent, db, ct), token, ct);
    }

    /// <summary>The client that proves to be itself.</summary>
    private static async Task<OauthClient> Client(TokenParameters sent, Db db, CancellationToken ct)
    {
        var (id, secret) = (sent.Need("client_id"), sent.Need("client_secret"));
        var client = await db.Clients.AsNoTracking().FirstOrDefaultAsync(c => c.PublicId == id, ct);
        return client is not null && Secret.Fits(secret, client.SecretHash) ? client : throw OauthProblem.InvalidClient();
    }

    private static Task Send(HttpContext http, IssuedTokens issued) => ApiAnswers.Send(http, 200, "application/json", json =>
    {
        http.Response.Headers.Pragma = "no-cache";
        json.WriteStartObject();
        json.WriteString("access_token", issued.Access);
        json.WriteString("refresh_token", issued.Refresh);
        json.WriteNumber("expires_in", (long)Tokens.AccessLife.TotalSeconds);
        json.WriteString("scope", issued.Scope);
        json.WriteString("token_type", "Bearer");
        json.WriteString("version", "0.0.1");
        json.WriteEndObject();
    });

    /// <summary>Always 200: whether a token was one is nobody's business (RFC 7009).</summary>
    private static async Task Revoke(HttpContext http, Db db, Tokens tokens)
    {
        var ct = http.RequestAborted;
        try
        {
            var sent = await TokenParameters.Read(http.Request, ct);
            var token = sent.Need("token");
            await tokens.Revoke(await Client(sent, db, ct), token, ct);
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
