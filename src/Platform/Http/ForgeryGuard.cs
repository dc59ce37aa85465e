using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Stipend.Platform.Http;

/// <summary>An endpoint whose address is itself the proof (a sealed link) and which looks at no cookie: it may be called from anywhere.</summary>
public sealed record CarriesItsProof;

/// <summary>Refuses unsafe requests another site's page makes in a signed-in person's name. Beside it, cookies are SameSite=Lax.</summary>
public static class ForgeryGuard
{
    public static IApplicationBuilder UseForgeryGuard(this IApplicationBuilder app) => app.Use((context, next) =>
        IsForged(context.Request) && context.GetEndpoint()?.Metadata.GetMetadata<CarriesItsProof>() is null
            ? throw Refusal.Forbidden("This form was sent from another site. Open the page here and send it again.")
            : next(context));

    /// <summary>Unsafe and cross-site by Sec-Fetch-Site or, where the browser does not send it, by Origin. Programs without either are not
    /// browsers.</summary>
    public static bool IsForged(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method)) return false;
        if (request.Headers["Sec-Fetch-Site"] is [{ Length: > 0 } site]) return site is not ("same-origin" or "none");
        if (request.Headers.Origin is not [{ Length: > 0 } origin]) return false;
        return !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }
}
