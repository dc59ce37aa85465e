using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Messaging;
using Stipend.Platform.Ui;
using Stipend.Posts.Contracts;
using Stipend.Posts.Read;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Shelf;

/// <summary>Posts a person has put by. What is closed may be put by too: it opens when its time comes.</summary>
internal sealed class SavedPosts(Db db, Clock clock, IPlaying playing) : IHandle<AccountClosed>, IExportsPersonalData
{
    public async Task<bool> Has(long personId, long postId, CancellationToken ct)
    {
        await using var command = await db.Command("SELECT 1 FROM saved_post WHERE person_id = @person AND post_id = @post", ct, ("person", personId),
            ("post", postId));
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    public Task Set(long personId, long postId, bool saved, CancellationToken ct) => saved
        ? db.Execute("INSERT INTO saved_post (person_id, post_id, saved_at) VALUES (@person, @post, @now) ON CONFLICT DO NOTHING", ct, ("person", personId),
            ("post", postId), ("now", clock.Now()))
        : db.Execute("DELETE FROM saved_post WHERE person_id = @person AND post_id = @post", ct, ("person", personId), ("post", postId));

    /// <summary>Last put by first.</summary>
    public async Task<List<(long PostId, Instant At)>> Page(long personId, PostCursor after, int take, CancellationToken ct)
    {
        var found = new List<(long, Instant)>();
        await using var command = await db.Command("""
            SELECT post_id, saved_at FROM saved_post WHERE person_id = @person AND (saved_at, post_id) < (@at, @id)
            ORDER BY saved_at DESC, post_id DESC LIMIT @take
            """, ct, ("person", personId), ("at", after.At), ("id", after.Id), ("take", (long)take));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add((reader.GetInt64(0), Instant.FromUnixTimeMilliseconds(reader.GetInt64(1))));
        return found;
    }

    public async Task Handle(AccountClosed message, MessageContext context, CancellationToken ct)
    {
        await db.Execute("DELETE FROM saved_post WHERE person_id = @person", ct, ("person", message.PersonId));
        await playing.Forget(message.PersonId, ct);
    }

    public string Section => "library";

    public async Task<object> Export(long personId, CancellationToken ct) => new
    {
        Saved = (await Page(personId, PostCursor.Start, 100_000, ct)).ConvertAll(s => new { s.PostId, s.At }),
        Begun = (await playing.UnfinishedOf(personId, PageKey.Newest, 100_000, ct)).Select(u => new { u.Name, u.AtMs, u.ChangedAt }).ToList(),
    };
}

/// <summary>Putting a post by, with a button that is a form.</summary>
internal sealed class SaveOnPost(SavedPosts saved, Kept kept) : IPostPageSection
{
    public int Order => 0;

    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/posts/{id:long}/save", Save).RequireSignIn();

    public async Task<RenderFragment?> Load(PostSectionRequest request, CancellationToken ct)
    {
        if (request.Viewer is not { } viewer || request.IsOwner) return null;
        var view = new SaveButton.View(request.Post.Id, await saved.Has(viewer.Id, request.Post.Id, ct));
        return await kept.Fragment<SaveButton>(view);
    }

    private static async Task<IResult> Save(long id, HttpContext http, IPostDoors posts, SavedPosts saved, CancellationToken ct)
    {
        var me = http.RequireViewer().Id;
        var input = await FormInput.Read(http, ct);
        if (input.Ticked("saved"))
        {
            var post = await posts.Find(id, me, ct) ?? throw Refusal.NotFound("post");
            await saved.Set(me, id, true, ct);
            return Pages.SeeOther(post.Path);
        }
        await saved.Set(me, id, false, ct);
        return Pages.SeeOther(input.Raw("back") == "library" || await posts.Find(id, me, ct) is not { } still ? "/library" : still.Path);
    }
}
