using Microsoft.AspNetCore.Http;

namespace Stipend.Platform.Ui;

/// <summary>A sentence shown once, on the next page: set before a redirect.</summary>
public static class Flash
{
    private const string Cookie = "flash";

    /// <summary>Says something good on the next page: “Saved.”</summary>
    public static void Flashes(this HttpContext context, string message, Tone tone = Tone.Success)
        => context.Response.Cookies.Append(Cookie, $"{tone}:{message}", new CookieOptions
        {
            HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = context.Request.IsHttps, IsEssential = true,
                MaxAge = TimeSpan.FromMinutes(5),
        });

    /// <summary>The waiting message, taken so that it is not shown again.</summary>
    internal static (Tone Tone, string Message)? Take(HttpContext? context)
    {
        if (context?.Request.Cookies[Cookie] is not { Length: > 0 and < 1000 } kept) return null;
        if (!context.Response.HasStarted) context.Response.Cookies.Delete(Cookie);
        var colon = kept.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && Enum.TryParse<Tone>(kept[..colon], out var tone) && Enum.IsDefined(tone) ? (tone, kept[(colon + 1)..]) : null;
    }
}
