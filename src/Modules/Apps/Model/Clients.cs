using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;

namespace Stipend.Apps.Model;

/// <summary>A program a creator registered: it may ask people of the site for access.</summary>
internal sealed class OauthClient
{
    public long Id { get; init; }

    /// <summary>What the program calls itself: URL-safe text.</summary>
    public string PublicId { get; init; } = "";
    public byte[] SecretHash { get; set; } = [];
    public long CampaignId { get; init; }
    public long OwnerId { get; init; }
    public string Name { get; set; } = "";
    public string Description { get; set; } = "";

    /// <summary>Where people may be sent back to, separated by single spaces.</summary>
    public string RedirectUris { get; set; } = "";

    // What it said of itself when it registered over the API.
    public string? AuthorName { get; init; }
    public string? Domain { get; init; }
    public string? PrivacyPolicyUrl { get; init; }
    public string? TosUrl { get; init; }
    public string? IconUrl { get; init; }

    /// <summary>1 or 2: which scopes an empty request means.</summary>
    public int ApiVersion { get; set; }
    public Instant CreatedAt { get; init; }

    public IReadOnlyList<string> Redirects => RedirectUris.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A person let a client in. The creator's own tokens hang on one too.</summary>
internal sealed class OauthGrant
{
    public long Id { get; init; }
    public long ClientId { get; init; }
    public long PersonId { get; init; }
    public string Scope { get; init; } = "";
    public bool IsCreators { get; init; }
    public Instant CreatedAt { get; init; }
    public Instant? RevokedAt { get; set; }

    /// <summary>In SQL, of a grant <c>g</c>: webhooks are heard by it. It stands, and lets the app be told of things; signing in to the app alone
    /// is no such thing.</summary>
    public const string Hears = $"g.revoked_at IS NULL AND ' ' || g.scope || ' ' LIKE '% {Scopes.Webhooks} %'";
}

/// <summary>A code on its way from the consent page to the token endpoint.</summary>
internal sealed class OauthCode
{
    public byte[] CodeHash { get; init; } = [];
    public long GrantId { get; init; }
    public long ClientId { get; init; }
    public string RedirectUri { get; init; } = "";

    /// <summary>S256 challenge; null when the client sent none.</summary>
    public string? Challenge { get; init; }
    public Instant ExpiresAt { get; init; }
    public Instant? UsedAt { get; set; }
}

internal enum TokenKind { Access, Refresh }

/// <summary>A token by its hash.</summary>
internal sealed class OauthToken
{
    public byte[] TokenHash { get; init; } = [];
    public TokenKind Kind { get; init; }
    public long GrantId { get; init; }
    public long ClientId { get; init; }
    public Instant IssuedAt { get; init; }
    public Instant? ExpiresAt { get; init; }

    /// <summary>A refresh token's first use: it works a little longer, because clients race.</summary>
    public Instant? ReplacedAt { get; set; }
}

internal sealed class AppsModel : IModelPart
{
    public void Build(Tables tables)
    {
        tables.Map<OauthClient>();
        tables.Map<OauthGrant>();
        tables.Map<OauthCode>(nameof(OauthCode.CodeHash));
        tables.Map<OauthToken>(nameof(OauthToken.TokenHash));
        tables.Map<Sites.SiteApproval>(nameof(Sites.SiteApproval.GrantId));
        tables.Map<Own.AccessToken>();
        tables.Map<Webhook>();
        tables.Map<WebhookPayload>();
        tables.Map<WebhookDelivery>();
    }
}

internal static class AppsDb
{
    extension(Db db)
    {
        public DbSet<OauthClient> Clients => db.Set<OauthClient>();
        public DbSet<OauthGrant> OauthGrants => db.Set<OauthGrant>();

        /// <summary>Grants by which webhooks are heard.</summary>
        public IQueryable<OauthGrant> Hearing =>
            db.Set<OauthGrant>().FromSqlRaw("SELECT g.* FROM oauth_grant g WHERE " + OauthGrant.Hears);
        public DbSet<OauthCode> OauthCodes => db.Set<OauthCode>();
        public DbSet<OauthToken> OauthTokens => db.Set<OauthToken>();
    }
}
