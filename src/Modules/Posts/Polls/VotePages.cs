using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;
using Stipend.Posts.Compose;
using Stipend.Posts.Contracts;

namespace Stipend.Posts.Polls;

/// <summary>Voting, for whoever may read the post; until the poll closes a vote can be changed.</summary>
internal static class VotePages
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/posts/{id:long}/vote", Vote).RequireSignIn();

    /// <summary>The poll a form describes; null when it has none.</summary>
    internal static PollDraft? Read(FormInput input, DateTimeZone zone)
    {
        if (!input.Has("poll_question") && !input.Has("poll_options")) return null;
        return new PollDraft(input.Raw("poll_question"), input.Raw("poll_options").ReplaceLineEndings("\n")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), input.Ticked("poll_multiple"),
            input.Has("poll_closes_at") ? PublishTime.Read(input.Raw("poll_closes_at"), zone, "poll_closes_at") : null);
    }

    internal static IEnumerable<(string, string)> Fields(Poll poll, DateTimeZone zone) =>
    [
        ("poll_question", poll.Question), ("poll_options", string.Join('\n', poll.Options.Select(o => o.Text))),
        ("poll_multiple", poll.IsMultiple ? "true" : "false"), ("poll_closes_at", poll.ClosesAt is { } at ? PublishTime.Write(at, zone) : ""),
    ];

    private static async Task<IResult> Vote(long id, HttpContext http, IPostDoors posts, PollStore polls, Books books, CancellationToken ct)
    {
        var me = http.RequireViewer().Id;
        if (await posts.Find(id, me, ct) is not { Decision.IsOpen: true } post) throw Refusal.NotFound("post");
        var places = (await FormInput.Read(http, ct)).All("option")
            .Select(o => long.TryParse(o, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? place : -1).ToList();
        await polls.Vote(id, me, places, await books.Now(post.Campaign.BookId, ct), ct);
        return Pages.SeeOther(post.Path + "#poll");
    }
}

/// <summary>The poll of a post, for those it is open to.</summary>
internal sealed class PollOnPost(PollStore polls, Books books) : IPostPageSection
{
    public int Order => 10;

    public async Task<RenderFragment?> Load(PostSectionRequest request, CancellationToken ct)
    {
        if (!request.Post.Decision.IsOpen || await polls.Find(request.Post.Id, request.Viewer?.Id ?? 0, ct) is not { } poll) return null;
        var isOver = poll.ClosesAt is { } at && at <= await books.Now(request.Post.Campaign.BookId, ct);
        var view = new PollView.View(request.Post.Id, request.Post.Path, poll, isOver, request.Viewer is not null, request.IsOwner);
        return Section.Of<PollView>(view);
    }

    /// <summary>The poll of a post as its creator looks at it beforehand, or with the eyes of others; null when it has none.</summary>
    public static async Task<RenderFragment?> Look(PollStore polls, long postId, string path, CancellationToken ct)
    {
        if (await polls.Find(postId, 0, ct) is not { } poll) return null;
        return Section.Of<PollView>(new PollView.View(postId, path, poll, IsOver: false, IsSignedIn: true, IsOwner: false, IsLook: true));
    }
}
