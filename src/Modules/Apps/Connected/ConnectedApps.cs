using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.Webhooks;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;

namespace Stipend.Apps.Connected;

/// <summary>The apps a person has let in, and taking that back.</summary>
internal static class ConnectedApps
{
    private const int PageSize = 30;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/account/apps", Show).RequireSignIn();
        app.MapPost("/account/apps/{id:long}/disconnect", Disconnect).RequireSignIn();
    }

    /// <summary>In the order in which they were first let in; a page goes on after that first time, whose key is the grant it made.</summary>
    private static async Task<IResult> Show(long? after, HttpContext http, Db db, CancellationToken ct)
    {
        var (me, from) = (http.RequireViewer().Id, after ?? 0);
        var found = await db.OauthGrants.AsNoTracking().Where(g => g.PersonId == me && g.RevokedAt == null && !g.IsCreators).GroupBy(g => g.ClientId)
            .Select(g => new { Client = g.Key, First = g.Min(x => x.Id) }).Where(g => g.First > from).OrderBy(g => g.First).Take(PageSize + 1).ToListAsync(ct);
        var shown = found.Take(PageSize).Select(g => g.Client).ToList();
        var grants = await (from grant in db.OauthGrants.AsNoTracking()
                            where grant.PersonId == me && grant.RevokedAt == null && !grant.IsCreators && shown.Contains(grant.ClientId)
                            join client in db.Clients on grant.ClientId equals client.Id
                            orderby grant.Id
                            select new { client.Id, client.Name, grant.Scope, grant.CreatedAt }).ToListAsync(ct);
        return Pages.Show<ConnectedAppsPage>(new ConnectedAppsPage.View(grants.GroupBy(g => g.Id).Select(g =>
            new ConnectedAppsPage.Row(g.Key, g.Last().Name, OAuth.Consent.Words([.. g.SelectMany(x => Scopes.Opened(x.Scope))]),
                g.Last().CreatedAt)).ToList(), found.Count > PageSize ? found[PageSize - 1].First : null, from == 0));
    }

    private static async Task<IResult> Disconnect(long id, HttpContext http, Db db, Clock clock, DeliveryQueue webhooks, CancellationToken ct)
    {
        var me = http.RequireViewer().Id;
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute(
            "UPDATE oauth_grant SET revoked_at = @now WHERE client_id = @client AND person_id = @me AND revoked_at IS NULL AND NOT is_creators",
            ct, ("now", clock.Now()), ("client", id), ("me", me));
        await webhooks.RemoveUnheard(id, me, ct);
        await transaction.Commit(ct);
        return Pages.SeeOther("/account/apps");
    }
}

/// <summary>A closed account lets nobody in, and its apps ask nobody any more.</summary>
internal sealed class ForgetsPeople(Db db, DeliveryQueue webhooks) : IHandle<AccountClosed>
{
    private const string Theirs = "(SELECT id FROM oauth_client WHERE owner_id = @person)";

    public async Task Handle(AccountClosed message, MessageContext context, CancellationToken ct)
    {
        var (person, clients) = (("person", (object?)message.PersonId), db.Clients);
        await webhooks.Remove(await db.Webhooks.Where(w => w.OwnerId == message.PersonId
            || clients.Any(c => c.Id == w.ClientId && c.OwnerId == message.PersonId)).Select(w => w.Id).ToListAsync(ct), ct);
        await webhooks.Forget(message.PersonId, ct);
        await db.Execute($"DELETE FROM oauth_token WHERE client_id IN {Theirs} OR grant_id IN (SELECT id FROM oauth_grant WHERE person_id = @person)",
            ct, person);
        await db.Execute($"DELETE FROM oauth_code WHERE client_id IN {Theirs} OR grant_id IN (SELECT id FROM oauth_grant WHERE person_id = @person)",
            ct, person);
        await db.Execute($"DELETE FROM site_approval WHERE grant_id IN (SELECT id FROM oauth_grant WHERE person_id = @person)", ct, person);
        await db.Execute($"DELETE FROM oauth_grant WHERE client_id IN {Theirs} OR person_id = @person", ct, person);
        await db.Execute("DELETE FROM oauth_client WHERE owner_id = @person", ct, person);
        await db.Execute("DELETE FROM access_token WHERE person_id = @person", ct, person);
    }
}
