using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.Own;
using Stipend.Platform.Data;

namespace Stipend.Apps.Connected;

/// <summary>The apps a person let in, in what they may take away about themselves.</summary>
internal sealed class ExportsApps(Db db) : IExportsPersonalData
{
    public string Section => "apps";

    public async Task<object> Export(long personId, CancellationToken ct) =>
        await (from grant in db.OauthGrants.AsNoTracking()
               where grant.PersonId == personId && !grant.IsCreators
               join client in db.Clients on grant.ClientId equals client.Id
               orderby grant.Id
               select new { client.Name, grant.Scope, LetInAt = grant.CreatedAt, TakenBackAt = grant.RevokedAt }).ToListAsync(ct);
}

/// <summary>The access tokens a person made: that they are there, not what they say.</summary>
internal sealed class ExportsTokens(Db db) : IExportsPersonalData
{
    public string Section => "access_tokens";

    public async Task<object> Export(long personId, CancellationToken ct) =>
        await db.AccessTokens.AsNoTracking().Where(t => t.PersonId == personId).OrderBy(t => t.Id)
            .Select(t => new { t.Name, t.Scope, t.CreatedAt, t.ExpiresAt, t.LastUsedAt }).ToListAsync(ct);
}
