using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Security;

namespace Stipend.Apps.Own;

/// <summary>A token a person made for a program of their own.</summary>
internal sealed class AccessToken
{
    public long Id { get; init; }
    public long PersonId { get; init; }
    public byte[] TokenHash { get; init; } = [];
    public string Name { get; init; } = "";
    public string Scope { get; init; } = "";
    public Instant CreatedAt { get; init; }

    /// <summary>Null: until taken back.</summary>
    public Instant? ExpiresAt { get; init; }

    /// <summary>To the hour.</summary>
    public Instant? LastUsedAt { get; init; }
}

/// <summary>What an access token may open of this site's own API.</summary>
internal static class OwnScopes
{
    public const string Profile = "profile.read", Campaigns = "campaigns.read", Posts = "posts.read", Write = "posts.write", Members = "members.read",
        Statements = "statements.read", Earnings = "earnings.read";

    /// <summary>Each with what it opens, in words for the page where it is chosen.</summary>
    public static readonly IReadOnlyList<(string Scope, string Words)> All =
    [
        (Profile, "Read who you are."), (Campaigns, "Read your pages and their tiers."), (Posts, "Read your pages' posts, and search posts as you can."),
        (Write, "Publish posts on your pages, and bill your patrons for them where a page is paid per post and the request says so."), (Members, "Read your pages' members with their addresses."), (Statements, "Read what you have paid."),
        (Earnings, "Read what your pages have earned."),
    ];
}

/// <summary>Who asks, and what they may.</summary>
internal sealed record TokenBearer(PersonInfo Person, IReadOnlyList<string> Scopes, string TokenKey);

/// <summary>Makes access tokens and knows them again by their hashes.</summary>
internal sealed class AccessTokens(Db db, Ids ids, Clock clock, IPeople people)
{
    public const int Most = 50;
    private const string Prefix = "stp_"; // so that people, and scanners for leaked secrets, see what it is
    private static readonly Duration s_hour = Duration.FromHours(1);

    /// <summary>The token's text, which is not kept.</summary>
    public async Task<string> Make(long personId, string name, IEnumerable<string> scopes, int? days, CancellationToken ct)
    {
        var (text, now) = (Prefix + Secret.Make(), clock.Now());
        await using var transaction = await db.BeginWrite(ct);
        if (await db.AccessTokens.CountAsync(t => t.PersonId == personId, ct) >= Most)
            throw Refusal.Conflict("too_many_tokens", "You have 50 access tokens. Remove one first.");
        db.AccessTokens.Add(new AccessToken
        {
            Id = ids.Next(), PersonId = personId, TokenHash = Secret.Hash(text), Name = name, Scope = string.Join(' ', scopes), CreatedAt = now,
            ExpiresAt = days is { } d ? now + Duration.FromDays(d) : null,
        });
        await transaction.Commit(ct);
        return text;
    }

    /// <summary>Whose a token is; null when it is none, has run out, or its person's account is closed.</summary>
    public async Task<TokenBearer?> Find(string text, CancellationToken ct)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length > 100) return null;
        var (hash, now) = (Secret.Hash(text), clock.Now());
        if (await db.AccessTokens.AsNoTracking().FirstOrDefaultAsync(t => t.TokenHash == hash && (t.ExpiresAt == null || t.ExpiresAt > now), ct)
            is not { } token || await people.Find(token.PersonId, ct) is not { IsClosed: false } person) return null;
        if (!(token.LastUsedAt + s_hour > now))
            await db.Execute("UPDATE access_token SET last_used_at = @now WHERE id = @id", ct, ("now", now), ("id", token.Id));
        return new TokenBearer(person, token.Scope.Split(' '), Convert.ToHexString(hash));
    }

    public Task Remove(long personId, long id, CancellationToken ct) =>
        db.Execute("DELETE FROM access_token WHERE id = @id AND person_id = @person", ct, ("id", id), ("person", personId));
}

internal static class OwnDb
{
    extension(Db db)
    {
        public DbSet<AccessToken> AccessTokens => db.Set<AccessToken>();
    }
}
