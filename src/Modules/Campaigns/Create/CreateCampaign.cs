using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Campaigns.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.Campaigns.Create;

/// <summary>A new campaign from three questions: a draft in a sandbox of its own, with three suggested tiers.</summary>
internal static class CreateCampaign
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/create", Show).RequireSignIn();
        app.MapPost("/create", Post).RequireSignIn();
    }

    private static async Task<IResult> Show(HttpContext http, ICreatorPolicy policy, Localizer l, CancellationToken ct)
    {
        await policy.RequireMayOpenCampaign(http.RequireViewer().Id, ct);
        return Draw(FormState.Empty, l);
    }

    private static IResult Draw(FormState form, Localizer l) => Pages.Show<CreatePage>(new CreatePage.View(form, Zones.All, l.Zone.Id));

    private static Task<IResult> Post(HttpContext http, Db db, CampaignDirectory directory, ICreatorPolicy policy, Localizer l,
        CancellationToken ct) =>
        FormInput.Submit(http, async form =>
    {
        var name = form.Required("name", CampaignRules.NameLength);
        var vanity = form.Has("vanity") ? form.Raw("vanity") : CampaignRules.SuggestVanity(name);
        if (vanity.Length == 0 && name.Length > 0)
            form.Wrong("vanity", "No address could be made from this name. Write one with small letters, digits and hyphens.");
        var model = form.Choice<BillingModel>("model");
        var day = form.Integer("bill_day", 1, 31) ?? 1;
        var campaign = new NewCampaign(http.RequireViewer().Id, vanity.ToLowerInvariant(), name,
            form.Text("summary", CampaignRules.SummaryLength), form.Raw("currency"),
            form.Raw("zone"), model ?? BillingModel.MonthlyAnniversary, day, Sandbox: true, Published: false);
        form.Check();
        await policy.RequireMayOpenCampaign(campaign.OwnerId, ct);
        var made = await Handle(campaign, db, directory, ct);
        http.Flashes(l["{0} stands, in a sandbox with test money. These three tiers are suggestions: make them yours.", made.Name]);
        return Pages.SeeOther($"/{made.Vanity}/tiers");
    }, form => Task.FromResult(Draw(form, l)));

    internal static async Task<CampaignInfo> Handle(NewCampaign campaign, Db db, CampaignDirectory directory, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var made = await directory.Create(campaign, ct);
        foreach (var tier in TierSuggestions.For(made)) await directory.AddTier(tier, ct);
        await transaction.Commit(ct);
        return made;
    }
}

/// <summary>The time zones offered: every place's own, by name.</summary>
internal static class Zones
{
    public static IReadOnlyList<string> All { get; } = (NodaTime.TimeZones.TzdbDateTimeZoneSource.Default.ZoneLocations ?? [])
        .Select(l => l.ZoneId).Append("UTC").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
}

/// <summary>Three tiers to begin with, at prices that look natural in a currency: about 3, 8 and 25 euros.</summary>
internal static class TierSuggestions
{
    private static readonly Dictionary<string, long> s_scale = new(StringComparer.Ordinal)
    {
        ["AED"] = 4, ["ARS"] = 1000, ["BGN"] = 2, ["BRL"] = 5, ["CLP"] = 1000, ["CNY"] = 7, ["COP"] = 4000, ["CZK"] = 20, ["DKK"] = 7,
        ["EGP"] = 40, ["HKD"] = 8, ["HUF"] = 300, ["IDR"] = 15_000, ["ILS"] = 4, ["INR"] = 50, ["ISK"] = 100, ["JPY"] = 100, ["KES"] = 100,
        ["KRW"] = 1000, ["MAD"] = 10, ["MXN"] = 15, ["MYR"] = 4, ["NGN"] = 1000, ["NOK"] = 10, ["PEN"] = 4, ["PHP"] = 50, ["PLN"] = 4,
        ["RON"] = 5, ["RSD"] = 100, ["SAR"] = 4, ["SEK"] = 10, ["THB"] = 30, ["TRY"] = 30, ["TWD"] = 30, ["TND"] = 3, ["UAH"] = 40,
        ["UGX"] = 4000, ["UYU"] = 40, ["VND"] = 20_000, ["XAF"] = 500, ["XOF"] = 500, ["ZAR"] = 15,
    };

    public static IEnumerable<NewTier> For(CampaignInfo campaign)
    {
        var unit = checked(s_scale.GetValueOrDefault(campaign.CurrencyCode, 1) * campaign.Currency.MinorPerMajor);
        var perPost = campaign.Model == BillingModel.PerCreation;
        yield return new NewTier(campaign.Id, "Friend", "Keeps the work going.", "Every post for members\nYour name among the supporters",
            (perPost ? 1 : 3) * unit, null);
        yield return new NewTier(campaign.Id, "Studio", "See everything as it is made.",
            "All of Friend\nWork in progress\nVote on what comes next", (perPost ? 3 : 8) * unit, null);
        yield return new NewTier(campaign.Id, "Patron", "For the few who carry the most.", "All of Studio\nA personal thank-you each year",
            (perPost ? 10 : 25) * unit, 20);
    }
}
