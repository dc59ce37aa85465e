using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Stipend.Apps.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Platform.Data;
using Stipend.Platform.Security;

namespace Stipend.Apps.Sites;

/// <summary>A creator's yes to one app of one page, until the website has registered it.</summary>
internal sealed class SiteApproval
{
    public long GrantId { get; init; }
    public long CampaignId { get; init; }

    /// <summary>The addresses the creator was shown, separated by single spaces.</summary>
    public string RedirectUris { get; init; } = "";

    // What the creator was shown that it calls itself.
    public string Name { get; init; } = "";
    public string Description { get; init; } = "";
}

/// <summary>Keeps what creators said yes to. Each yes registers one app, within the hour, with the name and the addresses that were
/// shown.</summary>
internal sealed class SiteApprovals(Db db, Ids ids, Clock clock, Tokens tokens, IOptions<AppsOptions> options)
{
    /// <summary>The code that takes the website on.</summary>
    public async Task<string> Approve(SiteRequest asked, long personId, long campaignId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var (code, grantId) = await tokens.NewCode(await Connector(ct), personId, SiteRequest.Scope, asked.RedirectUri, asked.Challenge, ct);
        db.SiteApprovals.Add(new SiteApproval
        {
            GrantId = grantId, CampaignId = campaignId, RedirectUris = string.Join(' ', asked.RedirectUris), Name = asked.Name, Description = asked.Description,
        });
        await transaction.Commit(ct);
        return code;
    }

    /// <summary>Takes the yes of a grant: it can be taken once.</summary>
    public async Task<SiteApproval?> Take(long grantId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var found = await db.SiteApprovals.AsNoTracking().FirstOrDefaultAsync(a => a.GrantId == grantId, ct);
        if (found is not null && await db.Execute("DELETE FROM site_approval WHERE grant_id = @id", ct, ("id", grantId)) == 0) found = null;
        await transaction.Commit(ct);
        return found;
    }

    /// <summary>The plugin as a client: of nobody, with a secret nobody knows, so that nothing but a creator's yes lets it in.</summary>
    private async Task<OauthClient> Connector(CancellationToken ct)
    {
        var name = options.Value.SiteConnector;
        await db.Execute("""
            INSERT INTO oauth_client (id, public_id, secret_hash, campaign_id, owner_id, name, description, redirect_uris, api_version, created_at)
            VALUES (@id, @name, @secret, 0, 0, 'Website', '', '', 2, @now) ON CONFLICT DO NOTHING
            """, ct, ("id", ids.Next()), ("name", name), ("secret", Secret.Hash(Secret.Make())), ("now", clock.Now()));
        return await db.Clients.AsNoTracking().SingleAsync(c => c.PublicId == name, ct);
    }
}

internal static class SitesDb
{
    extension(Db db)
    {
        public DbSet<SiteApproval> SiteApprovals => db.Set<SiteApproval>();
    }
}
