using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.DevTools.Contracts;
using Stipend.Platform.Http;
using Stipend.Platform.Ui;

namespace Stipend.DevTools.Pages;

/// <summary>The creator's test mode: move the clock, watch it, erase, go live, go back. Only a campaign's owner finds these
/// pages.</summary>
internal static class SandboxPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/sandbox",
            (string vanity, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes, CancellationToken ct) =>
            Show(vanity, http, campaigns, sandboxes, FormState.Empty, ct)).RequireSignIn();
        app.MapPost("/{vanity}/sandbox", Move).RequireSignIn();
        app.MapGet("/{vanity}/sandbox/moves/{moveId:long}", Watch).RequireSignIn();
        app.MapGet("/{vanity}/sandbox/erase",
            (string vanity, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes, CancellationToken ct) =>
            Ask(vanity, "erase", http, campaigns, sandboxes, FormState.Empty, ct)).RequireSignIn();
        app.MapPost("/{vanity}/sandbox/erase", Erase).RequireSignIn();
        app.MapGet("/{vanity}/sandbox/live",
            (string vanity, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes, CancellationToken ct) =>
            Ask(vanity, "live", http, campaigns, sandboxes, FormState.Empty, ct)).RequireSignIn();
        app.MapPost("/{vanity}/sandbox/live", GoLive).RequireSignIn();
        app.MapGet("/{vanity}/sandbox/back",
            (string vanity, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes, CancellationToken ct) =>
            Ask(vanity, "back", http, campaigns, sandboxes, FormState.Empty, ct)).RequireSignIn();
        app.MapPost("/{vanity}/sandbox/back", GoBack).RequireSignIn();
    }

    private static async Task<CampaignInfo> Owned(string vanity, HttpContext http, ICampaigns campaigns, CancellationToken ct) =>
        await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");

    private static async Task<IResult> Show(string vanity, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes, FormState form,
        CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, campaigns, ct);
        return Platform.Http.Pages.Show<SandboxPage>(new SandboxPage.View(campaign, await sandboxes.Status(campaign.Id, ct), form));
    }

    private static Task<IResult> Move(string vanity, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes, CancellationToken ct) =>
        FormInput.Submit(http, async form =>
        {
            var campaign = await Owned(vanity, http, campaigns, ct);
            var leap = form.Raw("leap") switch
            {
                "month" => new Leap(Months: 1), "day" => new Leap(Days: 1), _ => new Leap(Until: Day(form)),
            };
            form.Check();
            var move = await sandboxes.Start(campaign.Id, leap, http.RequireViewer().Id, ct);
            return Platform.Http.Pages.SeeOther($"/{campaign.Vanity}/sandbox/moves/{move}");
        }, state => Show(vanity, http, campaigns, sandboxes, state, ct));

    private static LocalDate? Day(FormInput form)
    {
        if (NodaTime.Text.LocalDatePattern.Iso.Parse(form.Raw("until")) is { Success: true } parsed) return parsed.Value;
        form.Wrong("until", "Choose a day, written like 2026-12-01.");
        return null;
    }

    private static async Task<IResult> Watch(string vanity, long moveId, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes,
        CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, campaigns, ct);
        var move = await sandboxes.FindMove(campaign.Id, moveId, ct) ?? throw Refusal.NotFound("move of the clock");
        var status = await sandboxes.Status(campaign.Id, ct);
        return Platform.Http.Pages.Show<MovePage>(new MovePage.View(campaign, status.Now, move));
    }

    private static async Task<IResult> Ask(
        string vanity, string what, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes, FormState form, CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, campaigns, ct);
        var tiers = await campaigns.Tiers(campaign.Id, ct);
        return Platform.Http.Pages.Show<SwitchPage>(new SwitchPage.View(what, campaign, await sandboxes.Status(campaign.Id, ct),
            tiers.Count(t => !t.IsRetired), form));
    }

    private static Task<IResult> Erase(string vanity, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes, CancellationToken ct) =>
        FormInput.Submit(http, async form =>
        {
            var campaign = await Owned(vanity, http, campaigns, ct);
            if (!form.Ticked("sure")) form.Wrong("sure", "Tick this to erase.");
            form.Check();
            await sandboxes.Erase(campaign.Id, ct);
            http.Flashes("The test data is erased. The sandbox begins again at the present.");
            return Platform.Http.Pages.SeeOther($"/{campaign.Vanity}/sandbox");
        }, state => Ask(vanity, "erase", http, campaigns, sandboxes, state, ct));

    private static Task<IResult> GoLive(string vanity, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes,
        CancellationToken ct) =>
        FormInput.Submit(http, async form =>
        {
            var campaign = await Owned(vanity, http, campaigns, ct);
            await sandboxes.GoLive(campaign.Id, form.Ticked("sure"), ct);
            http.Flashes("Your page is live. From now on members, dates and money are real.");
            return Platform.Http.Pages.SeeOther($"/{campaign.Vanity}/sandbox");
        }, state => Ask(vanity, "live", http, campaigns, sandboxes, state, ct));

    private static Task<IResult> GoBack(string vanity, HttpContext http, ICampaigns campaigns, ISandboxes sandboxes,
        CancellationToken ct) =>
        FormInput.Submit(http, async _ =>
        {
            var campaign = await Owned(vanity, http, campaigns, ct);
            await sandboxes.GoSandbox(campaign.Id, ct);
            http.Flashes("Your page is in a sandbox again. Nobody pays real money there.");
            return Platform.Http.Pages.SeeOther($"/{campaign.Vanity}/sandbox");
        }, state => Ask(vanity, "back", http, campaigns, sandboxes, state, ct));
}
