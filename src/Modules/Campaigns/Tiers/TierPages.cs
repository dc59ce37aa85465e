using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Campaigns.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;

namespace Stipend.Campaigns.Tiers;

/// <summary>The owner's pages for tiers: list, add, edit with the price's history, move, retire, bring back.</summary>
internal static class TierPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/tiers", List).RequireSignIn();
        app.MapGet("/{vanity}/tiers/new", (string vanity, HttpContext http, TierEditing tiers, CancellationToken ct) =>
            Draw(vanity, null, http, tiers, FormState.Empty, ct)).RequireSignIn();
        app.MapPost("/{vanity}/tiers/new", Add).RequireSignIn();
        app.MapGet("/{vanity}/tiers/{id:long}", (string vanity, long id, HttpContext http, TierEditing tiers, CancellationToken ct) =>
            Draw(vanity, id, http, tiers, FormState.Empty, ct)).RequireSignIn();
        app.MapPost("/{vanity}/tiers/{id:long}", Save).RequireSignIn();
        app.MapPost("/{vanity}/tiers/{id:long}/move", Move).RequireSignIn();
        app.MapPost("/{vanity}/tiers/{id:long}/retire", (string vanity, long id, HttpContext http, TierEditing tiers, Localizer l,
            CancellationToken ct) => Retire(true, vanity, id, http, tiers, l, ct)).RequireSignIn();
        app.MapPost("/{vanity}/tiers/{id:long}/restore", (string vanity, long id, HttpContext http, TierEditing tiers, Localizer l,
            CancellationToken ct) => Retire(false, vanity, id, http, tiers, l, ct)).RequireSignIn();
    }

    private static async Task<IResult> List(string vanity, HttpContext http, ICampaigns campaigns, Books books, CancellationToken ct)
    {
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
        return Pages.Show<TiersPage>(new TiersPage.ListView(campaign, await books.Now(campaign.BookId, ct),
            await campaigns.Tiers(campaign.Id, ct)));
    }

    private static async Task<IResult> Draw(string vanity, long? id, HttpContext http, TierEditing tiers, FormState form,
        CancellationToken ct) =>
        Pages.Show<TierPage>(await tiers.Show(vanity, http.RequireViewer().Id, id, form, ct));

    private static Task<IResult> Add(string vanity, HttpContext http, ICampaigns campaigns, TierEditing tiers, CampaignDirectory directory,
        Localizer l, CancellationToken ct) =>
        FormInput.Submit(http, async form =>
        {
            var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
            var fields = Read(form, campaign.Currency);
            var made = await directory.AddTier(new NewTier(campaign.Id, fields.Name, fields.Description, fields.Benefits, fields.PriceMinor,
                fields.SeatLimit), ct);
            http.Flashes(l["{0} is added.", made.Name]);
            return Pages.SeeOther($"/{vanity}/tiers");
        }, form => Draw(vanity, null, http, tiers, form, ct));

    private static Task<IResult> Save(string vanity, long id, HttpContext http, ICampaigns campaigns, TierEditing tiers, Localizer l,
        CancellationToken ct) =>
        FormInput.Submit(http, async form =>
        {
            var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
            var repriced = await tiers.Save(campaign, id, Read(form, campaign.Currency), form.Integer("version", 1) ?? 0, ct);
            http.Flashes(repriced ? l["Saved. New members pay the new price; those who are members already keep theirs."] : l["Saved."]);
            return Pages.SeeOther($"/{vanity}/tiers");
        }, form => Draw(vanity, id, http, tiers, form, ct));

    private static TierFields Read(FormInput form, Currency currency)
    {
        var price = form.Amount("price", currency);
        if (price is { } p && CampaignRules.Price(p.Minor, currency) is { } problem) form.Wrong("price", problem);
        var fields = new TierFields(form.Required("name", CampaignRules.NameLength), form.Text("description", 2000),
            form.Text("benefits", 5000), price?.Minor ?? 0, form.Integer("seats", 1, 1_000_000));
        form.Check();
        return fields;
    }

    private static async Task<IResult> Move(string vanity, long id, HttpContext http, ICampaigns campaigns, TierEditing tiers,
        CancellationToken ct)
    {
        var form = await FormInput.Read(http, ct);
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
        await tiers.Move(campaign.Id, id, form.Raw("to") == "up", ct);
        return Pages.SeeOther($"/{vanity}/tiers");
    }

    private static async Task<IResult> Retire(bool retire, string vanity, long id, HttpContext http, TierEditing tiers, Localizer l,
        CancellationToken ct)
    {
        var name = await tiers.Retire(vanity, http.RequireViewer().Id, id, retire, ct);
        http.Flashes(retire ? l["{0} takes no new members. Those it has keep it.", name] : l["{0} is open to new members again.", name]);
        return Pages.SeeOther($"/{vanity}/tiers");
    }
}

/// <summary>A tier's fields as a form gives them.</summary>
internal sealed record TierFields(string Name, string Description, string Benefits, long PriceMinor, int? SeatLimit);
