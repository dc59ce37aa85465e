using Microsoft.AspNetCore.Http;
using Stipend.Platform.Http;
using Stipend.Platform.Security;

namespace Stipend.Accounts.Model;

/// <summary>What the browser keeps for us and what it tells about itself.</summary>
internal static class Browser
{
    private const string BrowserCookie = "stipend_browser";

    extension(HttpContext context)
    {
        /// <summary>The session of this request, set by the middleware.</summary>
        public CurrentSession? CurrentSession() => context.Features.Get<CurrentSession>();

        public CurrentSession RequireSession() => context.Features.Get<CurrentSession>() ?? throw Refusal.SignInFirst();

        /// <summary>Over TLS the cookie's name begins with __Host-, so that no neighbouring domain can plant one.</summary>
        private string SessionCookie => context.IsSecure() ? "__Host-stipend_session" : "stipend_session";

        public string? SessionToken() => context.Request.Cookies[context.SessionCookie] is { Length: 43 } token ? token : null;

        public void KeepSession(string token) => context.SetCookie(context.SessionCookie, token, TimeSpan.FromDays(90));

        public void DropSession() => context.Response.Cookies.Delete(context.SessionCookie,
            new CookieOptions { Path = "/", HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = context.IsSecure() });

        /// <summary>A random name for this browser, by which a mailed link knows whether it came back to where it was asked for.</summary>
        public string BrowserName()
        {
            if (context.KeptBrowserName() is { } kept) return kept;
            var name = Secret.Make();
            context.SetCookie(BrowserCookie, name, TimeSpan.FromDays(1));
            return name;
        }

        /// <summary>The browser's random name if it has one.</summary>
        public string? KeptBrowserName() => context.Request.Cookies[BrowserCookie] is { Length: 43 } kept ? kept : null;

        public void SetCookie(string name, string value, TimeSpan age) => context.Response.Cookies.Append(name, value, new CookieOptions
        {
            HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = context.IsSecure(), Path = "/", MaxAge = age, IsEssential = true,
        });

        /// <summary>Whether the reader's connection is encrypted, also behind a proxy that ends TLS.</summary>
        public bool IsSecure() => context.Request.IsHttps
            || (context.RequestServices.GetService(typeof(SiteOptions)) as SiteOptions)?.PublicUrl?.StartsWith("https://",
                StringComparison.OrdinalIgnoreCase) == true;

        /// <summary>Where the request comes from, as far as limits are concerned: an IPv4 address or the /64 of an IPv6 one.</summary>
        public string NetworkAddress()
        {
            if (context.Connection.RemoteIpAddress is not { } address) return "local";
            if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
            var bytes = address.GetAddressBytes();
            return Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(bytes.Length, 8)));
        }

        /// <summary>“Firefox on Linux”: enough to recognise one's own browser, nothing to track it by.</summary>
        public string Device()
        {
            var agent = context.Request.Headers.UserAgent.ToString();
            return $"{First(agent, "Unknown browser", ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))} on "
                + First(agent, "an unknown system", ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
                    ("Mac OS", "macOS"), ("Linux", "Linux"));
        }
    }

    private static string First(string text, string otherwise, params (string Mark, string Name)[] names) =>
        names.FirstOrDefault(n => text.Contains(n.Mark, StringComparison.Ordinal)).Name ?? otherwise;
}
