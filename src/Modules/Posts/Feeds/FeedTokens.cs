using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Security;
using Stipend.Posts.Contracts;
using Stipend.Posts.Model;

namespace Stipend.Posts.Feeds;

/// <summary>A device that may read somebody's feeds: only the hash of its token is kept.</summary>
internal sealed class FeedToken
{
    public const int MaxName = 60;

    /// <summary>Few enough to stand on one page.</summary>
    public const int MostPerPerson = 20;

    public long Id { get; init; }
    public long PersonId { get; init; }
    public string Name { get; init; } = "";
    public byte[] Hash { get; init; } = [];
    public Instant CreatedAt { get; init; }
    public Instant? LastUsedAt { get; init; }
}

/// <summary>Makes, finds and takes back the tokens of feeds. 256 random bits need no slow hash.</summary>
internal sealed class FeedTokens(Db db, Ids ids, Clock clock) : IFeedTokens
{
    private static readonly Duration s_grain = Duration.FromMinutes(10);

    /// <summary>A new token for a device; answers the secret, which nobody can read again.</summary>
    /// <exception cref="Refusal">The name is taken, or there are too many.</exception>
    public async Task<string> Make(long personId, string name, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (await db.FeedTokens.CountAsync(t => t.PersonId == personId, ct) >= FeedToken.MostPerPerson)
            throw Refusal.InvalidField("name", $"You have {FeedToken.MostPerPerson} readers, which is the most. Remove one you no longer use first.");
        var secret = Secret.Make();
        db.FeedTokens.Add(new FeedToken { Id = ids.Next(), PersonId = personId, Name = name, Hash = Secret.Hash(secret), CreatedAt = clock.Now() });
        try
        {
            await transaction.Commit(ct);
        }
        catch (DbUpdateException error) when (error.IsDuplicate)
        {
            throw Refusal.InvalidField("name", "You have a reader of this name. Choose another, or remove that one first.");
        }
        return secret;
    }

    /// <summary>The row of a secret; null when there is none. Writes when it was last used, at most once in ten minutes.</summary>
    public async Task<FeedToken?> Find(string secret, CancellationToken ct)
    {
        if (secret.Length is < 20 or > 100) return null;
        var hash = Secret.Hash(secret);
        var found = await db.FeedTokens.AsNoTracking().SingleOrDefaultAsync(t => t.Hash == hash, ct);
        if (found is not null && (found.LastUsedAt is not { } last || last < clock.Now() - s_grain))
            await db.Execute("UPDATE feed_token SET last_used_at = @now WHERE id = @id", ct, ("now", clock.Now()), ("id", found.Id));
        return found;
    }

    public async Task<long?> PersonOf(string token, CancellationToken ct) => (await Find(token, ct))?.PersonId;

    /// <summary>Takes a person's token back: from the next request on it opens nothing.</summary>
    public async Task<bool> Remove(long personId, long id, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var removed = await db.Execute("DELETE FROM feed_token WHERE id = @id AND person_id = @person", ct, ("id", id), ("person", personId));
        if (removed == 1) await db.Execute("DELETE FROM feed_state WHERE token_id = @id", ct, ("id", id));
        await transaction.Commit(ct);
        return removed == 1;
    }
}

/// <summary>A closed account's readers read nothing more.</summary>
internal sealed class ForgetsFeedReaders(Db db) : IHandle<AccountClosed>
{
    public async Task Handle(AccountClosed message, MessageContext context, CancellationToken ct)
    {
        var person = ("person", (object?)message.PersonId);
        await db.Execute("DELETE FROM feed_state WHERE token_id IN (SELECT id FROM feed_token WHERE person_id = @person)", ct, person);
        await db.Execute("DELETE FROM feed_token WHERE person_id = @person", ct, person);
    }
}

/// <summary>The readers a person set up, in what they may take away about themselves.</summary>
internal sealed class ExportsFeedReaders(Db db) : IExportsPersonalData
{
    public string Section => "feed_readers";

    public async Task<object> Export(long personId, CancellationToken ct) => await db.FeedTokens.AsNoTracking()
        .Where(t => t.PersonId == personId).OrderBy(t => t.Id).Select(t => new { t.Name, t.CreatedAt, t.LastUsedAt }).ToListAsync(ct);
}
