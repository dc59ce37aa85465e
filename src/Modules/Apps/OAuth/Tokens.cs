using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Answers;
using Stipend.Apps.Model;
using Stipend.Platform.Data;

namespace Stipend.Apps.OAuth;

/// <summary>A pair of tokens as the client gets them, once.</summary>
internal sealed record IssuedTokens(string Access, string Refresh, string Scope);

/// <summary>Whose request it is: the person, what they allowed, and the client they allowed it to.</summary>
internal sealed record Bearer(PersonInfo Person, OauthClient Client, HashSet<string> Scopes, string TokenKey)
{
    public bool May(string scope) => Scopes.Contains(scope);
}

/// <summary>Codes and tokens from the consent to the revocation. Only their hashes are kept.</summary>
internal sealed class Tokens(Db db, Ids ids, Clock clock, IPeople people)
{
    public static readonly Duration AccessLife = Duration.FromDays(31), CodeLife = Duration.FromMinutes(10),
        RefreshGrace = Duration.FromSeconds(60), KeptAfterEnd = Duration.FromDays(1);

    /// <summary>A code for a person's consent.</summary>
    public async Task<string> Code(OauthClient client, long personId, string scope, string redirectUri, string? challenge,
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
        return code;
    }

    /// <summary>The creator's own tokens, with every scope; earlier ones end.</summary>
    public async Task<IssuedTokens> IssueToCreator(OauthClient client, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        await db.Execute("UPDATE oauth_grant SET revoked_at = @now WHERE client_id = @client AND is_creators AND revoked_at IS NULL", ct,
            ("now", clock.Now()), ("client", client.Id));
        var issued = await Issue(Grant(client, client.OwnerId, string.Join(' ', Scopes.All), isCreators: true, clock.Now()), ct);
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
                || (found.Challenge is { } challenge && (verifier is null || Secret.Challenge(verifier) != challenge)))
                throw OauthProblem.InvalidGrant();
            if (await db.Execute("UPDATE oauth_code SET used_at = @now WHERE code_hash = @hash AND used_at IS NULL", ct, ("now", now),
                ("hash", hash)) == 1)
            {
                var issued = await Issue(await Standing(found.GrantId, ct), ct);
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
        if (found.ReplacedAt + RefreshGrace <= now) throw OauthProblem.InvalidGrant();
        var grant = await Standing(found.GrantId, ct);
        await db.Execute("UPDATE oauth_token SET replaced_at = @now WHERE token_hash = @hash AND replaced_at IS NULL", ct, ("now", now),
            ("hash", hash));
        var issued = await Issue(grant, ct);
        await transaction.Commit(ct);
        return issued;
    }

    /// <summary>Ends a token of the client; a refresh token takes with it all that was issued beside it.</summary>
    public async Task Revoke(OauthClient client, string token, CancellationToken ct)
    {
        var hash = Secret.Hash(token);
        var found = await db.OauthTokens.AsNoTracking().FirstOrDefaultAsync(t => t.TokenHash == hash && t.ClientId == client.Id, ct);
        if (found is { Kind: TokenKind.Refresh }) await End(found.GrantId, ct);
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
        return new Bearer(person, found.Client, Scopes.Opened(found.Grant.Scope), Convert.ToHexString(hash));
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

    private async Task<IssuedTokens> Issue(OauthGrant grant, CancellationToken ct)
    {
        var (issued, now) = (new IssuedTokens(Secret.Make(), Secret.Make(), grant.Scope), clock.Now());
        await Forget(now - KeptAfterEnd, ct);
        db.OauthTokens.Add(Token(grant, issued.Access, TokenKind.Access, now, now + AccessLife));
        db.OauthTokens.Add(Token(grant, issued.Refresh, TokenKind.Refresh, now, null));
        return issued;
    }

    private static OauthToken Token(OauthGrant grant, string text, TokenKind kind, Instant now, Instant? expires) => new()
    {
        TokenHash = Secret.Hash(text), Kind = kind, GrantId = grant.Id, ClientId = grant.ClientId, IssuedAt = now, ExpiresAt = expires,
    };

    private Task End(long grantId, CancellationToken ct) => db.Execute(
        "UPDATE oauth_grant SET revoked_at = @now WHERE id = @id AND revoked_at IS NULL", ct, ("now", clock.Now()), ("id", grantId));

    /// <summary>What has ended long ago is of no use to anybody.</summary>
    private async Task Forget(Instant before, CancellationToken ct)
    {
        await db.Execute("DELETE FROM oauth_token WHERE expires_at < @before", ct, ("before", before));
        await db.Execute("DELETE FROM oauth_token WHERE replaced_at < @before", ct, ("before", before));
        await db.Execute("DELETE FROM oauth_code WHERE expires_at < @before", ct, ("before", before));
    }
}
