using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Campaigns.Contracts;
using Stipend.Campaigns.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;

namespace Stipend.Campaigns.Edit;

/// <summary>The owner writes the page, chooses its colour, logo and banner, and publishes it or takes it back.</summary>
internal static class EditCampaign
{
    internal sealed record Changes(string Name, string Summary, string About, string? Accent, int Version)
    {
        /// <summary>A new logo's file; null leaves the one there is.</summary>
        public string? Logo { get; set; }
        public bool RemoveLogo { get; init; }
    }

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/edit", (string vanity, HttpContext http, CampaignEditing editing, CancellationToken ct) =>
            Draw(vanity, http, editing, FormState.Empty, ct)).RequireSignIn();
        app.MapPost("/{vanity}/edit", Post).RequireSignIn();
        app.MapPost("/{vanity}/publish", (string vanity, HttpContext http, CampaignEditing editing, Localizer l, CancellationToken ct) =>
            Publish(true, vanity, http, editing, l, ct)).RequireSignIn();
        app.MapPost("/{vanity}/unpublish", (string vanity, HttpContext http, CampaignEditing editing, Localizer l, CancellationToken ct) =>
            Publish(false, vanity, http, editing, l, ct)).RequireSignIn();
        app.MapGet("/files/banners/{name}", Banner).AllowAnyone();
    }

    private static async Task<IResult> Draw(string vanity, HttpContext http, CampaignEditing editing, FormState form,
        CancellationToken ct) =>
        Pages.Show<EditPage>(await editing.Show(vanity, http.RequireViewer().Id, form, ct));

    private static Task<IResult> Post(string vanity, HttpContext http, CampaignEditing editing, BannerStore banners, Localizer l,
        CancellationToken ct) => FormInput.Submit(http, async form =>
    {
        var changes = new Changes(form.Required("name", CampaignRules.NameLength), form.Text("summary", CampaignRules.SummaryLength),
            form.Text("about", CampaignRules.AboutLength),
            form.Ticked("own_colour") ? form.Raw("accent") : null, form.Integer("version", 1) ?? 0)
            { RemoveLogo = form.Ticked("remove_logo") };
        if (changes.Accent is not null && !Accent.IsColour(changes.Accent))
            form.Wrong("accent", "A colour is six hexadecimal digits, such as 1f7a6c.");
        form.Check();
        await editing.CheckOwner(vanity, http.RequireViewer().Id, ct); // before anything is written to disk
        var banner = form.Files.GetFile("banner") is { Length: > 0 } file
            ? await banners.Save("banner", file.OpenReadStream(), file.Length, ct) : null;
        try
        {
            if (form.Files.GetFile("logo") is { Length: > 0 } logo) changes.Logo = await banners.Save("logo", logo.OpenReadStream(), logo.Length, ct);
            await editing.Save(vanity, http.RequireViewer().Id, changes, banner, form.Ticked("remove_banner"), ct);
        }
        catch (Refusal)
        {
            banners.Remove(banner);
            banners.Remove(changes.Logo);
            throw;
        }
        http.Flashes(l["Saved."]);
        return Pages.SeeOther($"/{vanity}/edit");
    }, form => Draw(vanity, http, editing, form, ct));

    private static Task<IResult> Publish(bool publish, string vanity, HttpContext http, CampaignEditing editing, Localizer l,
        CancellationToken ct) => FormInput.Submit(http, async _ =>
    {
        await editing.Publish(vanity, http.RequireViewer().Id, publish, ct);
        http.Flashes(publish ? l["Your page is public now."] : l["Your page is a draft again; only you can see it."]);
        return Pages.SeeOther(publish ? $"/{vanity}" : $"/{vanity}/edit");
    }, form => Draw(vanity, http, editing, form, ct));

    private static IResult Banner(string name, HttpContext http, BannerStore banners)
    {
        if (banners.PathOf(name) is not { } path) throw Refusal.NotFound("picture");
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'";
        http.Response.Headers.CacheControl = "public, max-age=31536000, immutable"; // a new banner has a new name
        return Results.File(path, BannerStore.Type(Path.GetExtension(path)[1..])!);
    }
}

/// <summary>The changes themselves. Whose campaign it is, the WHERE says.</summary>
internal sealed class CampaignEditing(Db db, Books books, BannerStore banners)
{
    public async Task<EditPage.View> Show(string vanity, long ownerId, FormState form, CancellationToken ct)
    {
        var campaign = await Owned(vanity, ownerId).AsNoTracking().FirstOrDefaultAsync(ct) ?? throw Refusal.NotFound("page");
        return new EditPage.View(CampaignDirectory.Info(campaign), campaign.About, campaign.Version, await books.Now(campaign.BookId, ct),
            await Missing(campaign, ct), form);
    }

    public async Task CheckOwner(string vanity, long ownerId, CancellationToken ct)
    {
        if (!await Owned(vanity, ownerId).AnyAsync(ct)) throw Refusal.NotFound("page");
    }

    public async Task Save(string vanity, long ownerId, EditCampaign.Changes changes, string? banner, bool removeBanner,
        CancellationToken ct)
    {
        var campaign = await Owned(vanity, ownerId).FirstOrDefaultAsync(ct) ?? throw Refusal.NotFound("page");
        CampaignRules.Refuse(("name", CampaignRules.Name(changes.Name)), ("summary", CampaignRules.Summary(changes.Summary)));
        if (changes.Version != campaign.Version) throw ChangedMeanwhile();
        (campaign.Name, campaign.Summary, campaign.About) = (changes.Name, changes.Summary, changes.About);
        campaign.Accent = changes.Accent?.TrimStart('#').ToLowerInvariant();
        var (before, logo) = (campaign.BannerFile, campaign.LogoFile);
        campaign.BannerFile = banner ?? (removeBanner ? null : before);
        campaign.LogoFile = changes.Logo ?? (changes.RemoveLogo ? null : logo);
        campaign.Version++;
        if (before != campaign.BannerFile) db.AfterCommit(() => banners.Remove(before));
        if (logo != campaign.LogoFile) db.AfterCommit(() => banners.Remove(logo));
        await SaveOrRefuse(ct);
    }

    public async Task Publish(string vanity, long ownerId, bool publish, CancellationToken ct)
    {
        var campaign = await Owned(vanity, ownerId).FirstOrDefaultAsync(ct) ?? throw Refusal.NotFound("page");
        if (campaign.IsPublished == publish) return;
        if (publish && (await Missing(campaign, ct)).FirstOrDefault(s => !s.Done) is { } step)
            throw Refusal.Invalid("not_ready", $"The page cannot be published yet. {step.Hint}");
        campaign.IsPublished = publish;
        campaign.Version++;
        await SaveOrRefuse(ct);
    }

    private async Task<IReadOnlyList<Step>> Missing(Campaign campaign, CancellationToken ct) =>
    [
        new("A sentence about what you make", campaign.Summary.Length > 0, null, "Say in one sentence what you make, and save."),
        new("At least one tier", await db.Tiers.AnyAsync(t => t.CampaignId == campaign.Id && !t.IsRetired, ct), $"/{campaign.Vanity}/tiers",
            "Add a tier, so that people can join."),
    ];

    private async Task SaveOrRefuse(CancellationToken ct)
    {
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException error) when (error.IsStale)
        {
            throw ChangedMeanwhile();
        }
    }

    private IQueryable<Campaign> Owned(string vanity, long ownerId) => db.Campaigns.Where(c => c.Vanity == vanity && c.OwnerId == ownerId);

    private static Refusal ChangedMeanwhile() =>
        Refusal.Conflict("changed_meanwhile",
            "The page was changed in another window since you opened this one. What you typed is still here: check it and save again.");
}
