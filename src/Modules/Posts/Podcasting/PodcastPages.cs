using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;
using Stipend.Posts.Collecting;
using Stipend.Posts.Contracts;
using Stipend.Posts.Feeds;
using Stipend.Posts.Images;

namespace Stipend.Posts.Podcasting;

/// <summary>A creator's podcasts: which collections are ones, what apps are told of each, and the numbers of its episodes.</summary>
internal static partial class PodcastPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/podcasts", List).RequireSignIn();
        app.MapGet("/{vanity}/collections/{slug}/podcast", (string vanity, string slug, HttpContext http, Studio s, CancellationToken ct) =>
            Draw(vanity, slug, http, FormState.Empty, null, s, ct)).RequireSignIn();
        app.MapPost("/{vanity}/collections/{slug}/podcast", Save).RequireSignIn();
        app.MapPost("/{vanity}/collections/{slug}/podcast/episodes", Number).RequireSignIn();
        app.MapPost("/{vanity}/collections/{slug}/podcast/end", End).RequireSignIn();
    }

    /// <summary>What a creator keeps podcasts with.</summary>
    internal sealed class Studio(ICampaigns campaigns, Collections collections, Podcasts podcasts, FeedEpisodes episodes, ImageStore images, Books books,
        SiteOptions site, Localizer l)
    {
        public Collections Collections => collections;
        public Podcasts Podcasts => podcasts;
        public FeedEpisodes Episodes => episodes;
        public ImageStore Images => images;
        public Books Books => books;
        public SiteOptions Site => site;
        public Localizer L => l;

        /// <exception cref="Refusal">The campaign is not this person's, or has no such collection: as if it did not exist.</exception>
        public async Task<CampaignInfo> Owned(string vanity, HttpContext http, CancellationToken ct) =>
            await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("campaign");
    }

    private static async Task<IResult> List(string vanity, HttpContext http, Studio s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var rows = (await s.Collections.Of(campaign.Id, ct))
            .OrderByDescending(c => c.IsPodcast).Select(c => new PodcastsPage.Row(c, s.Site.Link(Podcast.PathOf(campaign.Vanity, c.Id) + "/feed.xml"))).ToList();
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<PodcastsPage>(new PodcastsPage.View(campaign, rows, s.Site.Link($"/{campaign.Vanity}/feed.xml"),
            await s.Books.Now(campaign.BookId, ct)));
    }

    private static Task<IResult> Save(string vanity, string slug, HttpContext http, Studio s, CancellationToken ct) => FormInput.Submit(http, async form =>
    {
        var campaign = await s.Owned(vanity, http, ct);
        var collection = await s.Collections.Find(campaign.Id, slug, ct);
        var facts = Typed(form);
        var picture = await Picture(form, campaign, http.RequireViewer().Id, s, ct);
        await s.Podcasts.Save(campaign, slug, facts, picture, ct);
        http.Flashes(collection.IsPodcast ? "Saved." : s.L["It is a podcast now."]);
        return Pages.SeeOther($"/{campaign.Vanity}/collections/{slug}/podcast");
    }, state => Draw(vanity, slug, http, state, null, s, ct));

    /// <exception cref="Refusal">A field is missing or wrong.</exception>
    private static PodcastFacts Typed(FormInput form)
    {
        var (description, author, category) = (form.Required("description", Podcast.MaxDescription), form.Required("author", Podcast.MaxAuthor), form.Raw("category"));
        if (!PodcastCategories.All.Contains(category)) form.Wrong("category", "Choose a category: directories list a podcast under one.");
        var language = form.Raw("language").ToLowerInvariant();
        if (!LanguageCode().IsMatch(language)) form.Wrong("language", "A language is written as a code, such as en, de or pt-br.");
        var kind = form.Choice<PodcastKind>("type");
        form.Check();
        return new PodcastFacts(description, author, language, category, form.Ticked("explicit"), kind!.Value);
    }

    /// <summary>The picture that came with the form, taken in; null when none came.</summary>
    /// <exception cref="Refusal">It is no square JPEG or PNG.</exception>
    private static async Task<long?> Picture(FormInput form, CampaignInfo campaign, long me, Studio s, CancellationToken ct)
    {
        if (form.Files.GetFile("picture") is not { Length: > 0 } file) return null;
        if (file.Length > s.Images.MaxBytes)
            throw Refusal.InvalidField("picture", $"A picture can have at most {s.Images.MaxBytes / (1024 * 1024)} MB. Make it smaller and try again.");
        var bytes = new byte[file.Length];
        await using (var sent = file.OpenReadStream()) await sent.ReadExactlyAsync(bytes, ct);
        var format = ImageFormat.Sniff(bytes);
        if (format.ContentType is not ("image/jpeg" or "image/png"))
            throw Refusal.InvalidField("picture", "Podcast apps take artwork as JPEG or PNG. Save the picture as one of these and send it again.");
        if (format.Width != format.Height)
            throw Refusal.InvalidField("picture", $"Podcast artwork is square; this picture has {format.Width} × {format.Height} pixels. Cut it and send it again.");
        return (await s.Images.Add(campaign, me, file, ct)).Id;
    }

    private static Task<IResult> Number(string vanity, string slug, HttpContext http, Studio s, CancellationToken ct)
    {
        var post = 0L;
        return FormInput.Submit(http, async form =>
        {
            var campaign = await s.Owned(vanity, http, ct);
            var collection = await s.Collections.Find(campaign.Id, slug, ct);
            post = form.Id("post") ?? throw Refusal.NotFound("episode");
            var (season, number, kind) = (form.Integer("season", 1, 9_999), form.Integer("number", 1, 99_999), form.Choice<EpisodeKind>("kind"));
            form.Check();
            await s.Podcasts.Number(campaign.Id, collection.Id, post, season, number, kind!.Value, ct);
            http.Flashes("Saved.");
            return Pages.SeeOther($"/{campaign.Vanity}/collections/{slug}/podcast#episodes");
        }, state => Draw(vanity, slug, http, state, post, s, ct));
    }

    private static async Task<IResult> End(string vanity, string slug, HttpContext http, Studio s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        await s.Podcasts.End(campaign.Id, (await s.Collections.Find(campaign.Id, slug, ct)).Id, ct);
        http.Flashes(s.L["It is no podcast any more. The collection and its posts are all there."]);
        return Pages.SeeOther($"/{campaign.Vanity}/podcasts");
    }

    /// <param name="vanity">The campaign's.</param>
    /// <param name="slug">The collection's.</param>
    /// <param name="http">The request.</param>
    /// <param name="form">What was typed and what was wrong.</param>
    /// <param name="wrongEpisode">The post whose own form came back; null when it is the podcast's.</param>
    /// <param name="s">What it takes.</param>
    /// <param name="ct">Cancels the reading.</param>
    private static async Task<IResult> Draw(string vanity, string slug, HttpContext http, FormState form, long? wrongEpisode, Studio s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var collection = await s.Collections.Find(campaign.Id, slug, ct);
        var known = await s.Podcasts.OfCollection(campaign.Id, collection.Id, ct);
        var facts = known?.Podcast.Facts
            ?? new PodcastFacts(collection.Description, campaign.Name, s.L.Language, "", false, PodcastKind.Episodic);
        var podcast = known?.Podcast ?? new Podcast(collection.Id, collection.Slug, collection.Title, "", facts, null);
        var all = await s.Episodes.Of(new FeedReader(campaign, campaign.OwnerId, null), podcast, null, ct);
        var open = (await s.Episodes.Of(new FeedReader(campaign, null, null), podcast, null, ct)).Select(i => i.Id).ToHashSet();
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<PodcastPage>(new PodcastPage.View(campaign, podcast, known?.IsOffered == true,
            all.ConvertAll(i => new PodcastPage.Episode(i.Id, i.Title, i.Path, i.Place!.Kind, i.Place.Season, i.Place.Number, open.Contains(i.Id),
                i.Place.Given)),
            s.Site.Link(Podcast.PathOf(campaign.Vanity, podcast.Id) + "/feed"), form, wrongEpisode, await s.Books.Now(campaign.BookId, ct)));
    }

    [GeneratedRegex("^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,2}\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex LanguageCode();
}
