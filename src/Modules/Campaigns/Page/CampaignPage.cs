using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Campaigns.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;

namespace Stipend.Campaigns.Page;

/// <summary>A campaign's public page. A draft exists for its owner alone.</summary>
internal static class CampaignPage
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/{vanity}", Show).AllowAnyone();

    private static async Task<IResult> Show(
        string vanity, HttpContext http, Db db, CampaignDirectory directory, Books books, IEnumerable<ICampaignPageSection> sections,
        IEnumerable<ITierCards> cards, CancellationToken ct)
    {
        var (viewer, key) = (http.Viewer(), vanity.ToLowerInvariant());
        var viewerId = viewer?.Id ?? 0;
        var (campaign, about) = await db.CampaignPage(key, viewerId, ct) ?? throw Refusal.NotFound("page");
        if (vanity != key) return Results.Redirect($"/{key}{http.Request.QueryString}", permanent: true);

        var tiers = (await directory.Tiers(campaign.Id, ct)).Where(t => !t.IsRetired).ToList();
        var request = new CampaignPageRequest(campaign, tiers, viewer, http.Request.Query);
        var known = new Dictionary<long, TierCard>();
        foreach (var source in cards)
            foreach (var (tier, card) in await source.Of(request, ct)) known[tier] = card;
        var drawn = new List<(SectionPlace Place, RenderFragment Fragment)>();
        foreach (var section in sections.OrderBy(s => s.Order))
            if (await section.Load(request, ct) is { } fragment) drawn.Add((section.Place, fragment));

        List<RenderFragment> At(SectionPlace place) => drawn.Where(d => d.Place == place).Select(d => d.Fragment).ToList();
        return Pages.Show<CampaignPageView>(new CampaignPageView.View(campaign, about,
            await books.Now(campaign.BookId, ct), request.IsOwner, viewer is not null,
            tiers.ConvertAll(t => Draw(t, request, known.GetValueOrDefault(t.Id))), At(SectionPlace.Top), At(SectionPlace.Main),
            At(SectionPlace.Aside)));
    }

    private static TierCardView.View Draw(TierInfo tier, CampaignPageRequest request, TierCard? card) =>
        new(request.Campaign.Vanity, tier.Id, tier.Name, tier.Description, new(tier.Benefits), new Money(tier.PriceMinor, request.Campaign.Currency),
            request.Campaign.Model.Per(), tier.SeatLimit, card?.SeatsLeft, card?.IsMine ?? false, request.IsOwner,
            card?.Href ?? $"/{request.Campaign.Vanity}/join/{tier.Id}", card?.Action ?? "Join");

    /// <summary>Text as typed: a blank line begins a paragraph.</summary>
    internal static IReadOnlyList<string> Paragraphs(string text) =>
        text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
