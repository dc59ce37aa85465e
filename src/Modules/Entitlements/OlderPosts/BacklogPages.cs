using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Platform.Ui;

namespace Stipend.Entitlements.OlderPosts;

/// <summary>How much of what came out before each tier opens: one form for all tiers of a campaign.</summary>
internal static class BacklogPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/backlog", Show).RequireSignIn();
        app.MapPost("/{vanity}/backlog", Save).RequireSignIn();
    }

    internal static async Task Handle(IReadOnlyDictionary<TierInfo, Backlog> policies, Db db, IBacklogs backlogs, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        foreach (var (tier, policy) in policies) await backlogs.Set(tier, policy, ct);
        await transaction.Commit(ct);
    }

    private static async Task<IResult> Show(string vanity, HttpContext http, ICampaigns campaigns, IBacklogs backlogs, Books books,
        CancellationToken ct)
    {
        var campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
        return await Draw(campaign, FormState.Empty, campaigns, backlogs, books, ct);
    }

    private static Task<IResult> Save(string vanity, HttpContext http, Db db, ICampaigns campaigns, IBacklogs backlogs, Books books,
        CancellationToken ct)
    {
        CampaignInfo? campaign = null;
        return FormInput.Submit(http, async input =>
        {
            campaign = await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");
            var policies = new Dictionary<TierInfo, Backlog>();
            foreach (var tier in await campaigns.Tiers(campaign.Id, ct))
            {
                if (!input.Has($"kind-{tier.Id}")) continue; // a tier made since the page was opened
                if (input.Choice<BacklogKind>($"kind-{tier.Id}") is not { } kind) continue;
                var counts = kind is BacklogKind.LastMonths or BacklogKind.AfterPaidMonths;
                var months = counts ? input.Integer($"months-{tier.Id}", 1, Backlog.MostMonths) : 0;
                if (counts && !input.Has($"months-{tier.Id}")) input.Wrong($"months-{tier.Id}", "Say how many months.");
                policies[tier] = new Backlog(kind, months ?? 0);
            }
            input.Check();
            await Handle(policies, db, backlogs, ct);
            http.Flashes("Saved. It holds from now on, also for those who have the tier already.");
            return Pages.SeeOther($"/{vanity}/backlog");
        }, state => Draw(campaign!, state, campaigns, backlogs, books, ct));
    }

    private static async Task<IResult> Draw(CampaignInfo campaign, FormState form, ICampaigns campaigns, IBacklogs backlogs, Books books,
        CancellationToken ct)
    {
        var policies = await backlogs.Of(campaign.Id, ct);
        var tiers = await campaigns.Tiers(campaign.Id, ct);
        return Pages.Show<BacklogPage>(new BacklogPage.View(campaign, await books.Now(campaign.BookId, ct),
            tiers.Select(t => new BacklogPage.TierPolicy(t, policies.GetValueOrDefault(t.Id, Backlog.Everything))).ToList(), form));
    }
}
