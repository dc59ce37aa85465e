using Microsoft.EntityFrameworkCore;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Apps.Webhooks;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Security;

namespace Stipend.Apps.Clients;

/// <summary>An app that was just registered, with what is shown or sent this once.</summary>
internal sealed record RegisteredClient(OauthClient Client, string Secret, IssuedTokens Tokens);

/// <summary>Registers and removes apps, by the same rules for creators on their page and for websites over the API.</summary>
internal sealed class AppRegistry(Db db, Ids ids, Clock clock, Tokens tokens, DeliveryQueue webhooks)
{
    /// <summary>Few enough to stand on one page.</summary>
    private const int Most = 50;

    /// <summary>Registers an app of a campaign; its id, owner and secret are made here.</summary>
    /// <exception cref="Refusal">The campaign has too many.</exception>
    public async Task<RegisteredClient> Add(CampaignInfo campaign, OauthClient told, CancellationToken ct)
    {
        var secret = Secret.Make(48);
        var client = new OauthClient
        {
            Id = ids.Next(), PublicId = Secret.Make(48), SecretHash = Secret.Hash(secret), CampaignId = campaign.Id, OwnerId = campaign.OwnerId,
            Name = told.Name, Description = told.Description, RedirectUris = told.RedirectUris, ApiVersion = told.ApiVersion, CreatedAt = clock.Now(),
            AuthorName = told.AuthorName, Domain = told.Domain, PrivacyPolicyUrl = told.PrivacyPolicyUrl, TosUrl = told.TosUrl, IconUrl = told.IconUrl,
        };
        await using var transaction = await db.BeginWrite(ct);
        if (await db.Clients.CountAsync(c => c.CampaignId == campaign.Id, ct) >= Most)
            throw Refusal.Conflict("too_many_apps", "A page has at most 50 apps. Remove one first.");
        db.Clients.Add(client);
        var issued = await tokens.IssueToCreator(client, ct);
        await transaction.Commit(ct);
        return new RegisteredClient(client, secret, issued);
    }

    /// <summary>Removes an app with all it was given and everything it hears.</summary>
    public async Task Remove(long clientId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await webhooks.Remove(await db.Webhooks.Where(w => w.ClientId == clientId).Select(w => w.Id).ToListAsync(ct), ct);
        foreach (var table in (string[])["oauth_token", "oauth_code", "oauth_grant"])
            await db.Execute($"DELETE FROM {table} WHERE client_id = @id", ct, ("id", clientId));
        await db.Execute("DELETE FROM oauth_client WHERE id = @id", ct, ("id", clientId));
        await transaction.Commit(ct);
    }
}
