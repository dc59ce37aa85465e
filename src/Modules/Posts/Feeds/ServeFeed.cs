using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Security;
using Stipend.Platform.Ui;
using Stipend.Posts.Contracts;
using Stipend.Posts.Images;
using Stipend.Posts.Podcasting;
using Stipend.Vault.Contracts;

namespace Stipend.Posts.Feeds;

/// <summary>
/// Feeds for readers: the public one of a campaign, and a patron's own behind a secret token, which is asked of the gate anew each time. Who
/// lost their access gets the teasers from the next request on; a token taken back leads nowhere.
/// </summary>
internal static class ServeFeed
{
    private static readonly string[] s_reads = [HttpMethods.Get, HttpMethods.Head];

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/{vanity}/feed.xml", s_reads, (string vanity, HttpContext http, Site s, CancellationToken ct) =>
            Public(new Wanted(vanity, null, false), http, s, ct)).AllowAnyone();
        app.MapMethods("/{vanity}/feed.json", s_reads, (string vanity, HttpContext http, Site s, CancellationToken ct) =>
            Public(new Wanted(vanity, null, true), http, s, ct)).AllowAnyone();
        app.MapMethods("/{vanity}/podcasts/{podcast:long}/feed.xml", s_reads, (string vanity, long podcast, HttpContext http, Site s, CancellationToken ct) =>
            Public(new Wanted(vanity, podcast, false), http, s, ct)).AllowAnyone();
        app.MapMethods("/{vanity}/podcasts/{podcast:long}/feed.json", s_reads, (string vanity, long podcast, HttpContext http, Site s, CancellationToken ct) =>
            Public(new Wanted(vanity, podcast, true), http, s, ct)).AllowAnyone();
        app.MapMethods("/feeds/{token}/{vanity}.xml", s_reads, (string token, string vanity, HttpContext http, Site s, CancellationToken ct) =>
            Private(token, new Wanted(vanity, null, false), http, s, ct)).AllowAnyone();
        app.MapMethods("/feeds/{token}/{vanity}.json", s_reads, (string token, string vanity, HttpContext http, Site s, CancellationToken ct) =>
            Private(token, new Wanted(vanity, null, true), http, s, ct)).AllowAnyone();
        app.MapMethods("/feeds/{token}/{vanity}/{podcast:long}.xml", s_reads,
            (string token, string vanity, long podcast, HttpContext http, Site s, CancellationToken ct) =>
                Private(token, new Wanted(vanity, podcast, false), http, s, ct)).AllowAnyone();
        app.MapMethods("/feeds/{token}/{vanity}/{podcast:long}.json", s_reads,
            (string token, string vanity, long podcast, HttpContext http, Site s, CancellationToken ct) =>
                Private(token, new Wanted(vanity, podcast, true), http, s, ct)).AllowAnyone();
        app.MapMethods("/feeds/{token}/media/{id:long}", s_reads, Picture).AllowAnyone();
        app.MapMethods("/feeds/{token}/media/{id:long}/{name}", s_reads, Recording).AllowAnyone();
    }

    /// <summary>Which feed: of everything where <see cref="Podcast"/> is null, or of one podcast.</summary>
    private readonly record struct Wanted(string Vanity, long? Podcast, bool Json);

    /// <summary>What a feed is made with.</summary>
    internal sealed class Site(ICampaigns campaigns, FeedTokens tokens, FeedItems items, Podcasts podcasts, FeedPace pace, SiteOptions options, Localizer l)
    {
        public Podcasts Podcasts => podcasts;
        public ICampaigns Campaigns => campaigns;
        public FeedTokens Tokens => tokens;
        public FeedItems Items => items;
        public FeedPace Pace => pace;
        public SiteOptions Options => options;
        public Localizer L => l;

        /// <exception cref="Refusal">There is none, or it is a draft and not this person's.</exception>
        public async Task<CampaignInfo> Campaign(string vanity, long? personId, CancellationToken ct) =>
            await campaigns.FindByVanity(vanity.ToLowerInvariant(), ct) is { } found && (found.IsPublished || found.OwnerId == personId) ? found
                : throw Refusal.NotFound("feed");
    }

    private static async Task<IResult> Public(Wanted wanted, HttpContext http, Site s, CancellationToken ct)
    {
        s.Pace.Count(http, null);
        http.Response.Headers.CacheControl = "public, max-age=60";
        if (wanted.Podcast is null) http.Response.Headers.Vary = "Accept-Language, Cookie";
        return await Answer(wanted, null, 0, null, http, s, ct);
    }

    private static async Task<IResult> Private(string token, Wanted wanted, HttpContext http, Site s, CancellationToken ct)
    {
        var known = await Enter(token, http, s, ct);
        http.Response.Headers["X-Robots-Tag"] = "noindex, nofollow";
        return await Answer(wanted, known.PersonId, known.Id, token, http, s, ct);
    }

    /// <summary>Counts the request, finds whose token it is, and keeps its address to this answer.</summary>
    internal static async Task<FeedToken> Enter(string token, HttpContext http, Site s, CancellationToken ct, bool isCounted = true)
    {
        http.Response.OnStarting(() =>
        {
            http.Response.Headers["Referrer-Policy"] = "no-referrer"; // also on what refuses: the token is in the address
            return Task.CompletedTask;
        });
        if (isCounted) s.Pace.Count(http, Convert.ToHexString(Secret.Hash(token)));
        var known = await s.Tokens.Find(token, ct) ?? throw Refusal.NotFound("feed");
        http.Response.Headers.CacheControl = "private, no-cache";
        return known;
    }

    private static async Task<IResult> Answer(Wanted wanted, long? personId, long tokenId, string? token, HttpContext http, Site s, CancellationToken ct)
    {
        var (json, campaign) = (wanted.Json, await s.Campaign(wanted.Vanity, personId, ct));
        var podcast = wanted.Podcast is { } id ? await s.Podcasts.Find(campaign.Id, id, ct) : null;
        var content = await s.Items.Load(new FeedReader(campaign, personId, token), podcast, tokenId, s.L.Language, ct);
        var headers = http.Response.GetTypedHeaders();
        var changed = content.ChangedAt.ToDateTimeOffset();
        headers.ETag = new EntityTagHeaderValue($"\"{content.Tag}-{(json ? "json" : "rss")}\"", isWeak: true);
        headers.LastModified = changed.AddTicks(-(changed.Ticks % TimeSpan.TicksPerSecond));
        if (IsKnown(http.Request.GetTypedHeaders(), headers)) return Results.StatusCode(StatusCodes.Status304NotModified);
        if (HttpMethods.IsHead(http.Request.Method)) return Results.Bytes([], json ? JsonFeed.ContentType : RssFeed.ContentType);
        content = await s.Items.WithTexts(content, ct);
        var root = s.Options.Link("");
        return json ? Results.Bytes(JsonFeed.Write(content, root, s.L), JsonFeed.ContentType)
            : Results.Bytes(RssFeed.Write(content, root, s.L), RssFeed.ContentType);
    }

    /// <summary>The reader has this very answer; its tag counts before its time.</summary>
    private static bool IsKnown(RequestHeaders asked, ResponseHeaders now) => asked.IfNoneMatch.Count > 0
        ? asked.IfNoneMatch.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(now.ETag!, useStrongComparison: false))
        : asked.IfModifiedSince >= now.LastModified;

    private static async Task<IResult> Picture(string token, long id, HttpContext http, Site s, Db db, IGate gate, ImageStore store,
        CancellationToken ct)
    {
        var known = await Enter(token, http, s, ct);
        var (image, _) = await ServeImage.Handle(id, known.PersonId, db, gate, s.Campaigns, ct);
        var answer = await ServeImage.Answer(image, isPublic: false, http, store, ct);
        http.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin"; // readers on the web show it in their own page
        return answer;
    }

    /// <summary>A recording for a player, which asks for it piece by piece, so its requests are not counted.</summary>
    private static async Task<IResult> Recording(string token, long id, string name, HttpContext http, Site s, IVault vault, CancellationToken ct)
    {
        var known = await Enter(token, http, s, ct, isCounted: false);
        var answer = await vault.Serve(http, id, known.PersonId, ct);
        http.Response.Headers.CacheControl = "private, no-cache"; // also of what is open to everybody: the token is in the address
        http.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        return answer;
    }
}
