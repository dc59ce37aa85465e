using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Answers;
using Stipend.Apps.Model;
using Stipend.Apps.Sites;
using Stipend.Apps.Webhooks;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Security;

namespace Stipend.Apps.OAuth;

/// <summary>A pair of tokens as the client gets them, once.</summary>
internal sealed record IssuedTokens(string Access, string Refresh, string Scope, long GrantId, Duration Life, Instant ExpiresAt);

/// <summary>Whose request it is: the person, what they allowed, and the client they allowed it to.</summary>
internal sealed record Bearer(PersonInfo Person, OauthClient Client, HashSet<string> Scopes, string TokenKey)
{
    /// <summary>The grant it goes by.</summary>
    public long GrantId { get; init; }

    /// <summary>The creator's own token, not one somebody gave an app.</summary>
    public bool IsCreators { get; init; }

    public bool May(string scope) => Scopes.Contains(scope);
}

/// <summary>Codes and tokens from the consent to the revocation. Only their hashes are kept.</summary>
internal sealed class Tokens(Db db, Ids ids, Clock clock, IPeople people, DeliveryQueue webhooks) : IPrunes
{
    public static readonly Duration AccessLife = Duration.FromDays(31), CodeLife = Duration.FromMinutes(10),
        RefreshGrace = Duration.FromSeconds(60), KeptAfterEnd = Duration.FromDays(1);

    /// <summary>A token that may do nothing but register an app is used at once or not at all.</summary>
    public static readonly Duration ConnectingLife = Duration.FromHours(1);

    /// <summary>A refresh token nobody uses for so long ends; each use makes a new one.</summary>
    public static readonly Duration RefreshLife = Duration.FromDays(365);

    /// <summary>What a person took back is known so long as theirs, so that the app is told why it is refused.</summary>
    public static readonly Duration RevokedKept = Duration.FromDays(30);

    /// <summary>A code for a person's consent.</summary>
    public async Task<string> Code(OauthClient client, long personId, string scope, string redirectUri, string? challenge,
        CancellationToken ct) => (await NewCode(client, personId, scope, redirectUri, challenge, ct)).Code;

    /// <summary>A code, and the grant it goes by.</summary>
    public async Task<(string Code, long GrantId)> NewCode(OauthClient client, long personId, string scope, string redirectUri, string? challenge,
        CancellationToken ct)
    {
        var (code, now) = (Secret.Make(24), clock.Now());
        await using var transaction = await db.BeginWrite(ct);
        var grant = Grant(client, personId, scope, isCreators: false, now);
        db.OauthCodes.Add(new OauthCode
        {
            CodeHash = Secret.Hash(code), GrantId = grant.Id, ClientId = client.Id, RedirectUri = redirectUri, Challenge = challenge,
            ExpiresAt = now + CodeLife,
        });
        await transaction.Commit(ct);
        return (code, grant.Id);
    }

    /// <summary>The creator's own tokens, with every scope; earlier ones end.</summary>
    public async Task<IssuedTokens> IssueToCreator(OauthClient client, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("UPDATE oauth_grant SET revoked_at = @now WHERE client_id = @client AND is_creators AND revoked_at IS NULL", ct,
            ("now", clock.Now()), ("client", client.Id));
        var issued = Issue(Grant(client, client.OwnerId, string.Join(' ', Scopes.All), isCreators: true, clock.Now()));
        await transaction.Commit(ct);
        return issued;
    }

    /// <exception cref="OauthProblem">The code is unknown, used, too old, of another client or for another address, or the verifier is
    /// wrong.</exception>
    public async Task<IssuedTokens> Exchange(OauthClient client, string code, string redirectUri, string? verifier, CancellationToken ct)
    {
        var (hash, now) = (Secret.Hash(code), clock.Now());
        await using var transaction = await db.BeginWrite(ct);
        var found = await db.OauthCodes.AsNoTracking().FirstOrDefaultAsync(c => c.CodeHash == hash && c.ClientId == client.Id, ct)
            ?? throw OauthProblem.InvalidGrant();
        if (found.UsedAt is null)
        {
            if (found.ExpiresAt <= now || found.RedirectUri != redirectUri
                // without a challenge a verifier is refused too: somebody took it out of the request on its way (RFC 9700, 4.8)
                || (verifier is null ? null : Challenge(verifier)) != found.Challenge) throw OauthProblem.InvalidGrant();
            if (await db.Execute("UPDATE oauth_code SET used_at = @now WHERE code_hash = @hash AND used_at IS NULL", ct, ("now", now),
                ("hash", hash)) == 1)
            {
                var issued = Issue(await Standing(found.GrantId, ct));
                await transaction.Commit(ct);
                return issued;
            }
        }
        await End(found.GrantId, ct); // used before: one of the two who had it should not have
        await transaction.Commit(ct);
        throw OauthProblem.InvalidGrant();
    }

    /// <exception cref="OauthProblem">The token is unknown, used up or of another client, or the person withdrew.</exception>
    public async Task<IssuedTokens> Refresh(OauthClient client, string token, CancellationToken ct)
    {
        var (hash, now) = (Secret.Hash(token), clock.Now());
        await using var transaction = await db.BeginWrite(ct);
        var found = await db.OauthTokens.AsNoTracking()
            .FirstOrDefaultAsync(t => t.TokenHash == hash && t.Kind == TokenKind.Refresh && t.ClientId == client.Id, ct)
            ?? throw OauthProblem.InvalidGrant();
        if (found.ReplacedAt + RefreshGrace <= now || found.ExpiresAt <= now) throw OauthProblem.InvalidGrant();
        var grant = await Standing(found.GrantId, ct);
        await db.Execute("UPDATE oauth_token SET replaced_at = @now WHERE token_hash = @hash AND replaced_at IS NULL", ct, ("now", now),
            ("hash", hash));
        var issued = Issue(grant);
        await transaction.Commit(ct);
        return issued;
    }

    /// <summary>Ends a token of the client; a refresh token takes with it all that was issued beside it.</summary>
    public async Task Revoke(OauthClient client, string token, CancellationToken ct)
    {
        var hash = Secret.Hash(token);
        var found = await db.OauthTokens.AsNoTracking().FirstOrDefaultAsync(t => t.TokenHash == hash && t.ClientId == client.Id, ct);
        if (found is { Kind: TokenKind.Refresh })
        {
            await using var transaction = await db.BeginWrite(ct);
            await End(found.GrantId, ct);
            await transaction.Commit(ct);
        }
        else if (found is not null) await db.Execute("DELETE FROM oauth_token WHERE token_hash = @hash", ct, ("hash", hash));
    }

    /// <summary>Who an access token speaks for; null when it does not (any more).</summary>
    public async Task<Bearer?> Find(string access, CancellationToken ct)
    {
        var (hash, now) = (Secret.Hash(access), clock.Now());
        var found = await (from token in db.OauthTokens.AsNoTracking()
                           where token.TokenHash == hash && token.Kind == TokenKind.Access && token.ExpiresAt > now
                           join grant in db.OauthGrants on token.GrantId equals grant.Id
                           where grant.RevokedAt == null
                           join client in db.Clients on grant.ClientId equals client.Id
                           select new { Grant = grant, Client = client }).FirstOrDefaultAsync(ct);
        if (found is null || await people.Find(found.Grant.PersonId, ct) is not { IsClosed: false } person) return null;
        return new Bearer(person, found.Client, Scopes.Opened(found.Grant.Scope), Convert.ToHexString(hash))
        {
            GrantId = found.Grant.Id, IsCreators = found.Grant.IsCreators,
        };
    }

    private OauthGrant Grant(OauthClient client, long personId, string scope, bool isCreators, Instant now)
    {
        var grant = new OauthGrant
        {
            Id = ids.Next(), ClientId = client.Id, PersonId = personId, Scope = scope, IsCreators = isCreators, CreatedAt = now,
        };
        db.OauthGrants.Add(grant);
        return grant;
    }

    private async Task<OauthGrant> Standing(long grantId, CancellationToken ct)
    {
        var grant = await db.OauthGrants.AsNoTracking().FirstOrDefaultAsync(g => g.Id == grantId, ct);
        if (grant is not { RevokedAt: null } || await people.Find(grant.PersonId, ct) is not { IsClosed: false }) throw OauthProblem.Denied();
        return grant;
    }

    private IssuedTokens Issue(OauthGrant grant)
    {
        var now = clock.Now();
        var (life, refreshLife) = grant.Scope == SiteRequest.Scope ? (ConnectingLife, ConnectingLife) : (AccessLife, RefreshLife);
        var issued = new IssuedTokens(Secret.Make(), Secret.Make(), grant.Scope, grant.Id, life, now + life);
        db.OauthTokens.Add(Token(grant, issued.Access, TokenKind.Access, now, now + life));
        db.OauthTokens.Add(Token(grant, issued.Refresh, TokenKind.Refresh, now, now + refreshLife));
        return issued;
    }

    private static OauthToken Token(OauthGrant grant, string text, TokenKind kind, Instant now, Instant? expires) => new()
    {
        TokenHash = Secret.Hash(text), Kind = kind, GrantId = grant.Id, ClientId = grant.ClientId, IssuedAt = now, ExpiresAt = expires,
    };

    /// <summary>Ends a grant, and what its client heard by it when it was the last.</summary>
    public async Task End(long grantId, CancellationToken ct)
    {
        await db.Execute("UPDATE oauth_grant SET revoked_at = @now WHERE id = @id AND revoked_at IS NULL", ct, ("now", clock.Now()), ("id", grantId));
        if (await db.OauthGrants.AsNoTracking().FirstOrDefaultAsync(g => g.Id == grantId, ct) is { } grant)
            await webhooks.RemoveUnheard(grant.ClientId, grant.PersonId, ct);
    }

    /// <summary>Forgets a part of what has ended long ago, and grants of which nothing is left: each signing in leaves one. Answers whether
    /// there may be more.</summary>
    public async Task<bool> Prune(CancellationToken ct)
    {
        const int Most = 2_000;
        var (ended, revoked) = (("before", (object?)(clock.Now() - KeptAfterEnd)), ("revoked", (object?)(clock.Now() - RevokedKept)));
        Task<int> Some(string table, string key, string which, (string, object?) when) =>
            db.Execute($"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} t WHERE {which} LIMIT {Most})", ct, when);
        const string OfRevoked = "grant_id IN (SELECT id FROM oauth_grant WHERE revoked_at < @revoked)"; // found by its index
        int[] gone =
        [
            await Some("oauth_token", "token_hash", "expires_at < @before", ended),
            await Some("oauth_token", "token_hash", "replaced_at < @before", ended),
            await Some("oauth_token", "token_hash", OfRevoked, revoked),
            await Some("oauth_code", "code_hash", "expires_at < @before", ended),
            // The creator's own stays: it is what the webhooks of their app go by. So does one a webhook was made by.
            await Some("oauth_grant", "id", """
                (NOT is_creators OR revoked_at IS NOT NULL) AND created_at < @before
                AND NOT EXISTS (SELECT 1 FROM oauth_token k WHERE k.grant_id = t.id) AND NOT EXISTS (SELECT 1 FROM oauth_code c WHERE c.grant_id = t.id)
                AND (revoked_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM webhook w WHERE w.client_id = t.client_id AND w.owner_id = t.person_id))
                """, ended),
            await Some("site_approval", "grant_id", "NOT EXISTS (SELECT 1 FROM oauth_grant g WHERE g.id = t.grant_id)", ended),
        ];
        return gone.Contains(Most);
    }

    /// <summary>A challenge of RFC 7636 from its verifier, method S256.</summary>
    private static string Challenge(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
}
