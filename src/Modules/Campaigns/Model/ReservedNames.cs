namespace Stipend.Campaigns.Model;

/// <summary>Words a campaign's address cannot be, because the site itself answers there, or may one day. A test holds every route's first
/// segment against it.</summary>
internal static class ReservedNames
{
    private static readonly HashSet<string> s_words = new(StringComparer.Ordinal)
    {
        "about", "accent", "accept", "account", "accounts", "admin", "api", "app", "apps", "assets", "auth", "avatars", "billing",
        "campaign", "campaigns", "chat", "checkout", "comments", "components", "confirm", "contact", "create", "css", "dashboard", "debug", "demo",
        "dev", "discover", "docs", "download", "downloads", "edit", "embed", "error", "explore", "export", "favicon", "favicon-svg",
        "feed", "feeds", "file", "files", "fonts", "forgot-password", "health", "healthz", "help", "home", "images", "img", "import",
        "imports", "inbox", "invitations", "invite", "join", "js", "ledger", "legal", "library", "login", "logout", "mail", "mailbox",
        "manifest", "me", "media", "member", "members", "memberships", "messages", "metrics", "mine", "new", "news", "notifications",
        "oauth", "oauth2", "openapi", "operator", "passkeys", "pay", "payments", "payouts", "post", "posts", "preferences", "preview",
        "pricing", "privacy", "problems", "profile", "public", "receipts", "register", "reset", "robots", "root", "rss", "sandbox",
        "search", "security", "service-worker", "session", "sessions", "settings", "setup", "sign-in", "sign-out", "sign-up", "signin",
        "signup", "sitemap", "site", "staff", "static", "statements", "status", "stipend", "support", "system", "terms", "test",
        "test-gateway", "tiers", "tos", "upload", "uploads", "user", "users", "vendor", "verify", "webhook", "webhooks", "well-known",
        "why", "www",
    };

    public static bool Contains(string vanity) => s_words.Contains(vanity);
}
