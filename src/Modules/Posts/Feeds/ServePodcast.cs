using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Posts.Contracts;
using Stipend.Posts.Images;
using Stipend.Posts.Model;
using Stipend.Posts.Podcasting;

namespace Stipend.Posts.Feeds;

/// <summary>What the feed of a podcast points to beside the recordings: its picture, which everybody may see, and the chapters of an episode, to
/// whom the episode is open.</summary>
internal static class ServePodcast
{
    public const string ChaptersType = "application/json+chapters";
    private static readonly string[] s_reads = [HttpMethods.Get, HttpMethods.Head];
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/{vanity}/podcasts/{podcast:long}/artwork/{name}", s_reads, Picture).AllowAnyone();
        app.MapMethods("/{vanity}/podcasts/{podcast:long}/chapters/{post:long}.json", s_reads,
            (string vanity, long podcast, long post, HttpContext http, ServeFeed.Site s, FeedEpisodes episodes, CancellationToken ct) =>
                Public(vanity, podcast, post, http, s, episodes, ct)).AllowAnyone();
        app.MapMethods("/feeds/{token}/{vanity}/{podcast:long}/chapters/{post:long}.json", s_reads,
            (string token, string vanity, long podcast, long post, HttpContext http, ServeFeed.Site s, FeedEpisodes episodes, CancellationToken ct) =>
                Private(token, vanity, podcast, post, http, s, episodes, ct)).AllowAnyone();
    }

    /// <summary>The address of an episode's chapters; null where it has none.</summary>
    public static string? ChaptersPath(FeedContent feed, FeedItem item)
    {
        if (feed.Podcast is not { } podcast || item.Enclosures[0].Chapters.Count == 0) return null;
        var (vanity, token) = (feed.Reader.Campaign.Vanity, feed.Reader.Token);
        return $"{(token is null ? Podcast.PathOf(vanity, podcast.Id) : Podcast.PathOf(vanity, podcast.Id, token))}/chapters/{item.Id}.json";
    }

    internal sealed record Part(double StartTime, string Title);

    internal sealed record Parts(string Version, string Title, IReadOnlyList<Part> Chapters);

    private static async Task<IResult> Picture(string vanity, long podcast, string name, HttpContext http, ServeFeed.Site s, Db db, ImageStore store,
        CancellationToken ct)
    {
        var campaign = await s.Campaign(vanity, http.Viewer()?.Id, ct);
        var known = await s.Podcasts.Find(campaign.Id, podcast, ct);
        if (known.Artwork is not { } artwork || artwork.FileName != name) throw Refusal.NotFound("picture");
        var image = await db.PostImages.AsNoTracking().SingleOrDefaultAsync(i => i.Id == artwork.ImageId && i.CampaignId == campaign.Id, ct)
            ?? throw Refusal.NotFound("picture");
        var answer = await ServeImage.Answer(image, campaign.IsPublished, http, store, ct);
        http.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin"; // apps on the web show it in their own page
        return answer;
    }

    private static async Task<IResult> Public(string vanity, long podcast, long post, HttpContext http, ServeFeed.Site s, FeedEpisodes episodes,
        CancellationToken ct)
    {
        s.Pace.Count(http, null);
        http.Response.Headers.CacheControl = "public, max-age=60";
        return await Answer(vanity, null, null, podcast, post, s, episodes, ct);
    }

    private static async Task<IResult> Private(string token, string vanity, long podcast, long post, HttpContext http, ServeFeed.Site s,
        FeedEpisodes episodes, CancellationToken ct)
    {
        var known = await ServeFeed.Enter(token, http, s, ct);
        return await Answer(vanity, known.PersonId, token, podcast, post, s, episodes, ct);
    }

    private static async Task<IResult> Answer(string vanity, long? personId, string? token, long podcast, long post, ServeFeed.Site s,
        FeedEpisodes episodes, CancellationToken ct)
    {
        var campaign = await s.Campaign(vanity, personId, ct);
        var known = await s.Podcasts.Find(campaign.Id, podcast, ct);
        var item = (await episodes.Of(new FeedReader(campaign, personId, token), known, post, ct)).SingleOrDefault();
        if (item is null || item.Enclosures[0].Chapters.Count == 0) throw Refusal.NotFound("list of chapters");
        return Results.Json(new Parts("1.2.0", item.Title, item.Enclosures[0].Chapters.Select(c => new Part(c.StartMs / 1000d, c.Title)).ToList()), s_json,
            ChaptersType);
    }
}
