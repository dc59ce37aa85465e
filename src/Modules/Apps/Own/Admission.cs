using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Apps.JsonApi;
using Stipend.Platform.Http;

namespace Stipend.Apps.Own;

/// <summary>What an access token must open to call an endpoint.</summary>
internal sealed record NeedsScope(string Scope);

/// <summary>
/// Before the endpoints of this site's own API: the token says who asks. A browser's session counts for nothing here, so another site's page
/// can do nothing in a visitor's name.
/// </summary>
internal static class Admission
{
    public const string Root = "/api/v1";

    public static T Needs<T>(this T endpoint, string scope) where T : IEndpointConventionBuilder => endpoint.WithMetadata(new NeedsScope(scope));

    /// <summary>What could not even be read is answered with an empty 400 or 415 by the framework; it is said in words here.</summary>
    /// <exception cref="Refusal">The endpoint of this API was never reached.</exception>
    public static void Explain(HttpContext context)
    {
        if (context.Response is { HasStarted: false, ContentType: null, StatusCode: 400 or 415 } response
            && context.GetEndpoint()?.Metadata.GetMetadata<NeedsScope>() is not null)
            throw new Refusal(response.StatusCode, "bad_request", "The request could not be read. Check its parameters, its JSON and its content type.");
    }

    public static async Task Admit(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<NeedsScope>() is not { Scope: var scope }) return;
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.CacheControl = "no-store";
            if (context.Response.StatusCode == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Bearer";
            return Task.CompletedTask;
        });
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || await context.RequestServices.GetRequiredService<AccessTokens>()
            .Find(header["Bearer ".Length..].Trim(), context.RequestAborted) is not { } bearer)
            throw new Refusal(401, "token_needed", "Send a valid access token as Authorization: Bearer. You make one under “Access tokens” of your account.");
        if (context.RequestServices.GetRequiredService<ApiLimits>().SecondsToWait(bearer) is { } seconds)
            throw Pace.TooOften(context, seconds, $"Too many requests with this token. Wait {seconds} seconds.");
        if (!bearer.Scopes.Contains(scope)) throw new Refusal(403, "scope_missing", $"This token does not have the scope {scope}.");
        context.SetViewer(new Viewer(bearer.Person.Id, bearer.Person.Name, IsOperator: false));
    }
}
