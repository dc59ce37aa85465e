using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Join;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Memberships.Leave;

/// <summary>Cancelling in two clicks: “Cancel” on the membership's page, then this one, whose reason is optional.</summary>
internal static class LeavePages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/membership/cancel", Show).RequireSignIn();
        app.MapPost("/{vanity}/membership/cancel", Post).RequireSignIn();
    }

    private static async Task<IResult> Show(string vanity, HttpContext http, Db db, ICampaigns campaigns, IAgreements agreements,
        CancellationToken ct)
    {
        var viewer = http.RequireViewer();
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        var m = await db.LiveMembership(campaign.BookId, viewer.Id, campaign.Id, ct) ?? throw Refusal.NotFound("membership");
        if (m.EndsAt is not null) return Pages.SeeOther($"/{campaign.Vanity}/membership");
        var pledge = m.PledgeId is { } id ? await agreements.Find(id, ct) : null;
        var pending = m.Model == BillingModel.PerCreation && m.PledgeId is not null
            ? (await agreements.Upcoming(m.BookId, viewer.Id, ct)).Where(l => l.PledgeId == m.PledgeId).ToList() : [];
        var openUntil = m.Status is MembershipStatus.Invited || m.StartsLater ? m.PaidElsewhereUntil : m.IsOpenEnded ? null
            : pledge?.PaidUntil;
        return Pages.Show<LeavePage>(new LeavePage.View(campaign, m.Info(), openUntil, pending));
    }

    private static async Task<IResult> Post(string vanity, HttpContext http, ICampaigns campaigns, Leave leave, ICollecting collecting,
        CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        var input = await FormInput.Read(http, ct);
        var reason = input.Text("reason", 500);
        input.Check();
        var answer = await leave.Handle(campaign.Id, http.RequireViewer().Id, reason, ct);
        if (answer.ChargeId is not { } charge) return Pages.SeeOther($"/{campaign.Vanity}/membership?cancelled=1");
        var result = await collecting.Collect(charge, ct); // leaving stands, however this ends
        return result is { Outcome: CollectOutcome.ActionNeeded, ActionUrl: { } url } ? Pages.SeeOther(url)
            : Pages.SeeOther($"/{campaign.Vanity}/membership?cancelled={(result.Outcome == CollectOutcome.Declined ? "declined" : "1")}");
    }
}
