using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Platform.Ui;

namespace Stipend.Platform.Http;

/// <summary>
/// What a browser may do with our pages: run only our own script files and the one import map, show only our own styles, be framed by
/// nobody. Forms may lead to a payment provider or to an app one signs in to, so they may end at any https address.
/// </summary>
public static class SecurityHeaders
{
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app)
    {
        var assets = app.ApplicationServices.GetRequiredService<Assets>();
        return app.Use((context, next) =>
        {
            // set as the answer starts, because an error page clears what came before
            context.Response.OnStarting(Write, (context, assets));
            return next(context);
        });
    }

    /// <summary>Lets this page, and no other, show frames of these origins.</summary>
    public static void AllowFrames(this HttpContext context, IEnumerable<string> origins) =>
        context.Items[typeof(SecurityHeaders)] = string.Join(' ', origins.Distinct().Order(StringComparer.Ordinal));

    private static string Frames(HttpContext context) =>
        context.Response.StatusCode == StatusCodes.Status200OK && context.Items[typeof(SecurityHeaders)] is string { Length: > 0 } origins
            ? $"; frame-src {origins}" : "";

    private static Task Write(object state)
    {
        var (context, assets) = ((HttpContext, Assets))state;
        var isLocal = context.Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]";
        var headers = context.Response.Headers;
        headers.Remove("blazor-enhanced-nav"); // speaks to a script we do not have
        headers.XContentTypeOptions = "nosniff";
        if (context.Request.IsHttps && !isLocal) headers.StrictTransportSecurity = "max-age=31536000";
        if (context.Response.ContentType?.StartsWith("text/html", StringComparison.Ordinal) != true) return Task.CompletedTask;
        if (context.Viewer() is not null
            && headers.CacheControl.Count == 0) headers.CacheControl = "no-store"; // not for the next one at this machine
        if (headers.ContentSecurityPolicy.Count == 0) headers.ContentSecurityPolicy = Policy(assets) + Frames(context);
        headers.TryAdd("Referrer-Policy", "same-origin"); // a page with a secret in its address says no-referrer
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        return Task.CompletedTask;
    }

    /// <summary>An app that signs people in may run on their own machine.</summary>
    private const string Loopback = " http://localhost:* http://127.0.0.1:*";

    private static string Policy(Assets assets) =>
        $"default-src 'none'; script-src 'self' {assets.ImportMapSource}; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
        + $"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self' https:{Loopback}; base-uri 'none'; frame-ancestors 'none'";
}
