using System.Data.Common;
using System.Globalization;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;
using Stipend.Posts.Model;
using Stipend.Posts.Writing;

namespace Stipend.Posts.Collecting;

/// <summary>Posts in an order of their creator's. <see cref="Posts"/>: how many of them are published.</summary>
public sealed record Collection(long Id, string Slug, string Title, string Description, long Posts, bool IsPodcast);

/// <summary>A collection among those of several campaigns, and when something to read last came into it.</summary>
internal sealed record CollectionOnShelf(Collection Collection, long CampaignId, Instant ChangedAt);

/// <summary>A post as its creator sees it in a collection, published or not.</summary>
public sealed record CollectedPost(long Id, string Title, bool IsPublished);

/// <summary>Where a post stands in a collection, and the published posts before and after it.</summary>
public sealed record PlaceInCollection(string Slug, string Title, long Number, long Of, (string Path, string Title)? Before,
    (string Path, string Title)? After);

/// <summary>Collections of a campaign. Every change names the campaign, so that a number of somebody else's collection leads nowhere.</summary>
internal sealed class Collections(Db db, Ids ids, Books books) : IPostCollections
{
    public const int MaxTitle = 100;
    public const int MaxDescription = 1000;

    /// <summary>A campaign's collections stand on one page, and a post's form offers them all.</summary>
    public const int Most = 100;

    /// <summary>So few that their creator puts them in order on one page; readers get them page by page.</summary>
    public const int MostPosts = 500;

    private const string Columns = """
        c.id, c.slug, c.title, c.description, (SELECT COUNT(*) FROM post_collection_item i JOIN post p ON p.id = i.post_id
          WHERE i.collection_id = c.id AND p.state = 'published' AND p.deleted_at IS NULL),
        (SELECT COUNT(*) FROM podcast d WHERE d.collection_id = c.id AND d.is_offered)
        """;

    /// <summary>A campaign's collections, the newest first.</summary>
    public async Task<IReadOnlyList<Collection>> Of(long campaignId, CancellationToken ct)
    {
        await using var command = await db.Command(
            $"SELECT {Columns} FROM post_collection c WHERE c.campaign_id = @campaign ORDER BY c.id DESC", ct, ("campaign", campaignId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<Collection>();
        while (await reader.ReadAsync(ct)) found.Add(Row(reader));
        return found;
    }

    /// <summary>Collections of several campaigns with something to read in them, the one that last got something first.</summary>
    public async Task<List<CollectionOnShelf>> InCampaigns(IReadOnlyCollection<long> campaignIds, PageKey after, int take, CancellationToken ct)
    {
        var found = new List<CollectionOnShelf>();
        if (campaignIds.Count == 0) return found;
        await using var command = await db.Command($"""
            SELECT {Columns}, c.campaign_id, c.changed_at FROM post_collection c WHERE c.id IN (
              SELECT s.id FROM post_collection s WHERE {db.Among("s.campaign_id")} AND (s.changed_at, s.id) < (@at, @id)
                AND EXISTS (SELECT 1 FROM post_collection_item i JOIN post p ON p.id = i.post_id
                  WHERE i.collection_id = s.id AND p.state = 'published' AND p.deleted_at IS NULL)
              ORDER BY s.changed_at DESC, s.id DESC LIMIT @take)
            ORDER BY c.changed_at DESC, c.id DESC
            """, ct, db.Keys(campaignIds), ("at", after.At), ("id", after.Id), ("take", (long)take)); // posts are counted for what is shown alone
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found.Add(new CollectionOnShelf(Row(reader), reader.GetInt64(6), Instant.FromUnixTimeMilliseconds(reader.GetInt64(7))));
        return found;
    }

    /// <summary>Something to read has come into the collections a post is in. Joins the caller's transaction.</summary>
    public Task Grew(long postId, Instant now, CancellationToken ct) => db.Execute(
        "UPDATE post_collection SET changed_at = @now WHERE id IN (SELECT i.collection_id FROM post_collection_item i WHERE i.post_id = @post)", ct,
        ("now", now), ("post", postId));

    /// <exception cref="Refusal">The campaign has no such collection.</exception>
    public async Task<Collection> Find(long campaignId, string slug, CancellationToken ct)
    {
        await using var command = await db.Command(
            $"SELECT {Columns} FROM post_collection c WHERE c.campaign_id = @campaign AND c.slug = @slug", ct, ("campaign", campaignId), ("slug", slug));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? Row(reader) : throw Refusal.NotFound("collection");
    }

    /// <summary>A new, empty collection.</summary>
    public async Task<Collection> Create(CampaignInfo campaign, string title, string description, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var known = (await Of(campaign.Id, ct)).Select(c => c.Slug).Append("new").ToHashSet(StringComparer.Ordinal);
        if (known.Count > Most) throw Refusal.Conflict("too_many_collections", $"A campaign has at most {Most} collections. Delete one you no longer need.");
        var name = Slugs.Of(title) is { Length: > 0 } words ? words : "collection";
        var slug = Enumerable.Range(1, known.Count + 1).Select(n => n == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{n}"))
            .First(s => !known.Contains(s));
        var collection = new Collection(ids.Next(), slug, title, description, 0, false);
        await db.Execute("""
            INSERT INTO post_collection (id, campaign_id, slug, title, description, created_at, changed_at)
            VALUES (@id, @campaign, @slug, @title, @description, @now, @now)
            """, ct, ("id", collection.Id), ("campaign", campaign.Id), ("slug", slug), ("title", title), ("description", description),
            ("now", await books.Now(campaign.BookId, ct)));
        await transaction.Commit(ct);
        return collection;
    }

    public async Task<string> Make(CampaignInfo campaign, string title, string description, IReadOnlyList<long> postIds, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var made = await Create(campaign, title, description, ct);
        foreach (var post in postIds) await Add(campaign.Id, made.Slug, post, ct);
        await transaction.Commit(ct);
        return made.Slug;
    }

    public async Task Change(long campaignId, string slug, string title, string description, CancellationToken ct) => await db.Execute(
        "UPDATE post_collection SET title = @title, description = @description WHERE campaign_id = @campaign AND slug = @slug", ct,
        ("title", title), ("description", description), ("campaign", campaignId), ("slug", slug));

    /// <summary>Deletes a collection; its posts stay.</summary>
    public async Task Delete(long campaignId, string slug, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var collection = await Find(campaignId, slug, ct);
        await db.Execute("DELETE FROM post_collection_item WHERE collection_id = @id", ct, ("id", collection.Id));
        await db.Execute("DELETE FROM podcast_episode WHERE collection_id = @id", ct, ("id", collection.Id));
        await db.Execute("UPDATE podcast SET is_offered = @no WHERE collection_id = @id", ct, ("no", false), ("id", collection.Id)); // its feed says so
        await db.Execute("DELETE FROM post_collection WHERE id = @id", ct, ("id", collection.Id));
        await transaction.Commit(ct);
    }

    /// <summary>The posts of a collection in order; with drafts and scheduled ones for its creator.</summary>
    public async Task<IReadOnlyList<CollectedPost>> Posts(Collection collection, bool onlyPublished, CancellationToken ct)
    {
        await using var command = await db.Command($"""
            SELECT p.id, p.title, p.state FROM post_collection_item i JOIN post p ON p.id = i.post_id
            WHERE i.collection_id = @id AND p.deleted_at IS NULL {(onlyPublished ? "AND p.state = 'published'" : "")} ORDER BY i.place
            """, ct, ("id", collection.Id));
        return await Titles(command, ct);
    }

    /// <summary>The published posts of a collection that stand after a place, in order, each with its place and the number it has among them.</summary>
    public async Task<List<(long PostId, long Place, int Number)>> After(Collection collection, long place, int take, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT i.post_id, i.place, (SELECT COUNT(*) FROM post_collection_item b JOIN post o ON o.id = b.post_id
              WHERE b.collection_id = @id AND b.place <= @place AND o.state = 'published' AND o.deleted_at IS NULL)
            FROM post_collection_item i JOIN post p ON p.id = i.post_id
            WHERE i.collection_id = @id AND i.place > @place AND p.state = 'published' AND p.deleted_at IS NULL ORDER BY i.place LIMIT @take
            """, ct, ("id", collection.Id), ("place", place), ("take", (long)take));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(long, long, int)>();
        while (await reader.ReadAsync(ct)) found.Add((reader.GetInt64(0), reader.GetInt64(1), (int)reader.GetInt64(2) + found.Count + 1));
        return found;
    }

    /// <summary>A page of the posts of a campaign that are not in a collection yet, last saved first.</summary>
    public async Task<(List<CollectedPost> Posts, string? Next)> Others(Collection collection, long campaignId, PageKey before, int take, CancellationToken ct)
    {
        var found = new List<(CollectedPost Post, PageKey Key)>();
        await using var command = await db.Command("""
            SELECT p.id, p.title, p.state, p.saved_at FROM post p
            WHERE p.campaign_id = @campaign AND p.deleted_at IS NULL AND (p.saved_at, p.id) < (@at, @before)
              AND NOT EXISTS (SELECT 1 FROM post_collection_item i WHERE i.collection_id = @id AND i.post_id = p.id)
            ORDER BY p.saved_at DESC, p.id DESC LIMIT @take
            """, ct, ("campaign", campaignId), ("id", collection.Id), ("at", before.At), ("before", before.Id), ("take", take + 1L));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add((Title(reader), new PageKey(reader.GetInt64(3), reader.GetInt64(0))));
        var (rows, next) = PageKey.Page(found, take, f => f.Key);
        return (rows.ConvertAll(r => r.Post), next);
    }

    /// <summary>Adds a post of the campaign at the end; one that is in already stays where it is. Joins the caller's transaction.</summary>
    /// <exception cref="Refusal">The campaign has no such collection or post, or the collection is full.</exception>
    public async Task Add(long campaignId, string slug, long postId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var collection = await Find(campaignId, slug, ct);
        var posts = await Posts(collection, onlyPublished: false, ct);
        if (posts.Any(p => p.Id == postId))
        {
            await transaction.Commit(ct); // left open it would undo what the caller did
            return;
        }
        if (posts.Count >= MostPosts)
            throw Refusal.InvalidField("post", $"A collection has at most {MostPosts} posts. Begin a second one.");
        var added = await db.Execute("""
            INSERT INTO post_collection_item (collection_id, post_id, place)
            SELECT @id, p.id, (SELECT COALESCE(MAX(i.place), 0) + 1 FROM post_collection_item i WHERE i.collection_id = @id)
            FROM post p WHERE p.id = @post AND p.campaign_id = @campaign AND p.deleted_at IS NULL
            ON CONFLICT (collection_id, post_id) DO UPDATE SET place = post_collection_item.place
            """, ct, ("id", collection.Id), ("post", postId), ("campaign", campaignId));
        if (added == 0) throw Refusal.NotFound("post");
        await using var published = await db.Command("SELECT book_id FROM post WHERE id = @post AND state = 'published'", ct, ("post", postId));
        if (await published.ExecuteScalarAsync(ct) is long book)
            await db.Execute("UPDATE post_collection SET changed_at = @now WHERE id = @id", ct, ("now", await books.Now(book, ct)), ("id", collection.Id));
        await transaction.Commit(ct);
    }

    /// <summary>Takes a post out; the post itself stays. Joins the caller's transaction.</summary>
    public Task<int> Remove(long campaignId, string slug, long postId, CancellationToken ct) => db.Execute("""
        DELETE FROM post_collection_item WHERE post_id = @post
          AND collection_id IN (SELECT id FROM post_collection WHERE campaign_id = @campaign AND slug = @slug)
        """, ct, ("post", postId), ("campaign", campaignId), ("slug", slug));

    /// <summary>Moves a post one place up or down, past the one beside it; at the end it stays.</summary>
    public async Task Move(long campaignId, string slug, long postId, bool up, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var collection = await Find(campaignId, slug, ct);
        var posts = await Posts(collection, onlyPublished: false, ct);
        var at = posts.ToList().FindIndex(p => p.Id == postId);
        var beside = up ? at - 1 : at + 1;
        if (at < 0 || beside < 0 || beside >= posts.Count) return;
        var (mine, theirs) = (await Place(collection.Id, postId, ct), await Place(collection.Id, posts[beside].Id, ct));
        foreach (var (post, place) in new[] { (postId, -1L), (posts[beside].Id, mine), (postId, theirs) }) // no two may hold one place, not even on the way
            await db.Execute("UPDATE post_collection_item SET place = @place WHERE collection_id = @id AND post_id = @post", ct, ("place", place),
                ("id", collection.Id), ("post", post));
        await transaction.Commit(ct);
    }

    /// <summary>Puts a post into exactly these collections of its campaign; null leaves it where it is. Joins the caller's transaction.</summary>
    public async Task Set(Post post, IReadOnlyList<string>? slugs, CancellationToken ct)
    {
        if (slugs is null) return;
        foreach (var collection in await Of(post.CampaignId, ct))
            if (!slugs.Contains(collection.Slug)) await Remove(post.CampaignId, collection.Slug, post.Id, ct);
            else await Add(post.CampaignId, collection.Slug, post.Id, ct);
    }

    /// <summary>The collections a post is in, by slug.</summary>
    public async Task<IReadOnlyList<string>> Holding(long postId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT c.slug FROM post_collection_item i JOIN post_collection c ON c.id = i.collection_id WHERE i.post_id = @post ORDER BY c.id
            """, ct, ("post", postId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<string>();
        while (await reader.ReadAsync(ct)) found.Add(reader.GetString(0));
        return found;
    }

    /// <summary>Where a published post stands among the published posts of each of its collections.</summary>
    public async Task<IReadOnlyList<PlaceInCollection>> Places(CampaignInfo campaign, long postId, CancellationToken ct)
    {
        await using var command = await db.Command("""
            SELECT slug, title, number, total, before_id, before_title, before_slug, after_id, after_title, after_slug FROM (
              SELECT i.post_id, c.id AS collection, c.slug, c.title, ROW_NUMBER() OVER line AS number, COUNT(*) OVER (PARTITION BY c.id) AS total,
                LAG(p.id) OVER line AS before_id, LAG(p.title) OVER line AS before_title, LAG(p.slug) OVER line AS before_slug,
                LEAD(p.id) OVER line AS after_id, LEAD(p.title) OVER line AS after_title, LEAD(p.slug) OVER line AS after_slug
              FROM post_collection_item i JOIN post_collection c ON c.id = i.collection_id JOIN post p ON p.id = i.post_id
              WHERE i.collection_id IN (SELECT m.collection_id FROM post_collection_item m WHERE m.post_id = @post)
                AND p.state = 'published' AND p.deleted_at IS NULL
              WINDOW line AS (PARTITION BY c.id ORDER BY i.place)) placed
            WHERE post_id = @post ORDER BY collection
            """, ct, ("post", postId));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<PlaceInCollection>();
        while (await reader.ReadAsync(ct))
            found.Add(new PlaceInCollection(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), Beside(4), Beside(7)));
        return found;

        (string, string)? Beside(int at) => reader.IsDBNull(at) ? null
            : (Post.PathOf(campaign.Vanity, reader.GetInt64(at), reader.GetString(at + 2)), reader.GetString(at + 1));
    }

    private async Task<long> Place(long collectionId, long postId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT place FROM post_collection_item WHERE collection_id = @id AND post_id = @post", ct,
            ("id", collectionId), ("post", postId));
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task<IReadOnlyList<CollectedPost>> Titles(DbCommand command, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<CollectedPost>();
        while (await reader.ReadAsync(ct)) found.Add(Title(reader));
        return found;
    }

    private static CollectedPost Title(DbDataReader row) => new(row.GetInt64(0), row.GetString(1), row.GetString(2) == "published");

    private static Collection Row(DbDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5) > 0);
}
