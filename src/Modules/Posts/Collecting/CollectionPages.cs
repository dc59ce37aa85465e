using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;
using Stipend.Posts.Read;

namespace Stipend.Posts.Collecting;

/// <summary>Collections: to read, the gate applied as in every list, and for their creator to make and to put in order.</summary>
internal static class CollectionPages
{
    internal const int PageSize = 30;

    /// <summary>Posts to choose from at once when one is put into a collection.</summary>
    private const int Offered = 200;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/collections", List).AllowAnyone();
        app.MapGet("/{vanity}/collections/{slug}", Show).AllowAnyone();
        app.MapGet("/{vanity}/collections/new", (string vanity, HttpContext http, Studio s, CancellationToken ct) =>
            Draw(vanity, null, http, FormState.Empty, s, ct)).RequireSignIn();
        app.MapPost("/{vanity}/collections/new", Create).RequireSignIn();
        app.MapGet("/{vanity}/collections/{slug}/edit", (string vanity, string slug, HttpContext http, Studio s, CancellationToken ct) =>
            Draw(vanity, slug, http, FormState.Empty, s, ct)).RequireSignIn();
        app.MapPost("/{vanity}/collections/{slug}/edit", Change).RequireSignIn();
        app.MapPost("/{vanity}/collections/{slug}/posts", Arrange).RequireSignIn();
        app.MapPost("/{vanity}/collections/{slug}/delete", Delete).RequireSignIn();
    }

    /// <summary>What a creator arranges collections with.</summary>
    internal sealed class Studio(Db db, ICampaigns campaigns, Books books, Collections collections)
    {
        public Db Db => db;
        public Books Books => books;
        public Collections Collections => collections;

        /// <exception cref="Refusal">The campaign is not this person's: as if it did not exist.</exception>
        public async Task<CampaignInfo> Owned(string vanity, HttpContext http, CancellationToken ct) =>
            await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("campaign");
    }

    private static async Task<IResult> List(string vanity, HttpContext http, ICampaigns campaigns, Books books, Collections collections, CancellationToken ct)
    {
        var (campaign, isOwner) = await Seen(vanity, http, campaigns, ct);
        var found = await collections.Of(campaign.Id, ct);
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<CollectionsPage>(new CollectionsPage.View(campaign, isOwner ? found : found.Where(c => c.Posts > 0).ToList(), isOwner,
            await books.Now(campaign.BookId, ct)));
    }

    /// <summary>From the post after a place on. An address with the number of a page, as there once were, shows the first.</summary>
    private static async Task<IResult> Show(string vanity, string slug, string? after, HttpContext http, ICampaigns campaigns, Books books,
        Collections collections, PostReading reading, CancellationToken ct)
    {
        var (campaign, isOwner) = await Seen(vanity, http, campaigns, ct);
        var collection = await collections.Find(campaign.Id, slug, ct);
        var place = long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var typed) ? typed : 0;
        var found = await collections.After(collection, place, PageSize + 1, ct);
        var shown = found.Take(PageSize).ToList();
        var cards = await reading.ByIds(campaign, shown.ConvertAll(p => p.PostId), http.Viewer()?.Id, ct);
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<CollectionPage>(new CollectionPage.View(campaign, collection, cards, shown is [var first, ..] ? first.Number : 1,
            found.Count > PageSize ? shown[^1].Place : null, place == 0, isOwner, await books.Now(campaign.BookId, ct)));
    }

    private static Task<IResult> Create(string vanity, HttpContext http, Studio s, CancellationToken ct) => FormInput.Submit(http, async form =>
    {
        var campaign = await s.Owned(vanity, http, ct);
        var (title, description) = Typed(form);
        var made = await s.Collections.Create(campaign, title, description, ct);
        return Pages.SeeOther($"/{campaign.Vanity}/collections/{made.Slug}/edit");
    }, state => Draw(vanity, null, http, state, s, ct));

    private static Task<IResult> Change(string vanity, string slug, HttpContext http, Studio s, Localizer l,
        CancellationToken ct) => FormInput.Submit(http, async form =>
    {
        var campaign = await s.Owned(vanity, http, ct);
        await s.Collections.Find(campaign.Id, slug, ct);
        var (title, description) = Typed(form);
        await s.Collections.Change(campaign.Id, slug, title, description, ct);
        http.Flashes(l["Saved."]);
        return Pages.SeeOther($"/{campaign.Vanity}/collections/{slug}/edit");
    }, state => Draw(vanity, slug, http, state, s, ct));

    /// <summary>Adds a post, takes one out or moves one past its neighbour; each a button of its own, so that none needs script.</summary>
    private static Task<IResult> Arrange(string vanity, string slug, HttpContext http, Studio s, CancellationToken ct) => FormInput.Submit(http, async form =>
    {
        var campaign = await s.Owned(vanity, http, ct);
        await s.Collections.Find(campaign.Id, slug, ct);
        var post = form.Id("post") ?? throw Refusal.InvalidField("post", "Choose a post first.");
        switch (form.Raw("action"))
        {
            case "up" or "down": await s.Collections.Move(campaign.Id, slug, post, form.Raw("action") == "up", ct); break;
            case "remove": await s.Collections.Remove(campaign.Id, slug, post, ct); break;
            default: await s.Collections.Add(campaign.Id, slug, post, ct); break;
        }
        var before = PageKey.Parse(form.Raw("before"), PageKey.Newest); // who adds old posts stays among them
        return Pages.SeeOther($"/{campaign.Vanity}/collections/{slug}/edit{(before == PageKey.Newest ? "" : $"?before={before}")}#order");
    }, state => Draw(vanity, slug, http, state, s, ct));

    private static async Task<IResult> Delete(string vanity, string slug, HttpContext http, Studio s, Localizer l, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        await s.Collections.Delete(campaign.Id, slug, ct);
        http.Flashes(l["The collection is gone; its posts are all there."]);
        return Pages.SeeOther($"/{campaign.Vanity}/collections");
    }

    private static (string Title, string Description) Typed(FormInput form)
    {
        var typed = (form.Required("title", Collections.MaxTitle), form.Text("description", Collections.MaxDescription));
        form.Check();
        return typed;
    }

    private static async Task<IResult> Draw(string vanity, string? slug, HttpContext http, FormState form, Studio s, CancellationToken ct)
    {
        var campaign = await s.Owned(vanity, http, ct);
        var collection = slug is null ? null : await s.Collections.Find(campaign.Id, slug, ct);
        var before = PageKey.Parse(http.Request.Query["before"], PageKey.Newest);
        var (others, next) = collection is null ? ([], null) : await s.Collections.Others(collection, campaign.Id, before, Offered, ct);
        http.Response.Headers.CacheControl = "private, no-store";
        return Pages.Show<ArrangePage>(new ArrangePage.View(campaign, collection,
            collection is null ? [] : await s.Collections.Posts(collection, onlyPublished: false, ct), others, next,
            before == PageKey.Newest ? null : before.ToString(), form, await s.Books.Now(campaign.BookId, ct)));
    }

    private static async Task<(CampaignInfo Campaign, bool IsOwner)> Seen(string vanity, HttpContext http, ICampaigns campaigns, CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        var isOwner = campaign.OwnerId == http.Viewer()?.Id;
        return campaign.IsPublished || isOwner ? (campaign, isOwner) : throw Refusal.NotFound("page");
    }
}
