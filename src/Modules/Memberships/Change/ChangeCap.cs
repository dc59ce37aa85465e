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
using Stipend.Platform.Time;

namespace Stipend.Memberships.Change;

/// <summary>A per-creation member sets what a month may cost at most; it counts for later posts.</summary>
internal sealed class ChangeCap(Db db, Books books, ICampaigns campaigns, Keeping keeping, IAgreements agreements)
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapPost("/{vanity}/membership/cap", Post).RequireSignIn();

    internal async Task Handle(long campaignId, long personId, PledgeCap wished, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var campaign = await campaigns.Find(campaignId, ct) ?? throw Refusal.NotFound("campaign");
        var m = await db.LiveMembership(campaign.BookId, personId, campaign.Id, ct) ?? throw Refusal.NotFound("membership");
        if (m.Model != BillingModel.PerCreation || m.PledgeId is not { } pledge || m.EndsAt is not null)
            throw Refusal.Conflict("no_cap", "A limit is for memberships that pay per post.");
        var cap = JoinRules.Cap(BillingModel.PerCreation, new Money(m.AmountMinor, campaign.Currency), wished);
        await agreements.SetCap(pledge, cap, ct);
        m.SetCap(cap);
        m.Version++;
        var now = await books.Now(m.BookId, ct);
        keeping.Note(m, personId, "cap", Words(cap, campaign), now);
        keeping.Tell(m, now, MembershipChangeKind.Changed);
        await transaction.SaveOrRefuse(ct);
    }

    internal static string Words(PledgeCap cap, CampaignInfo campaign) => cap switch
    {
        { IsNone: true } => "Took the monthly limit away; it counts for later posts.",
        { AmountMinor: null } => $"Set the monthly limit to {cap.Posts} posts; it counts for later posts.",
        { Posts: null } => $"Set the monthly limit to {new Money(cap.AmountMinor!.Value, campaign.Currency)}; it counts for later posts.",
        _ => $"Set the monthly limit to {cap.Posts} posts and {new Money(cap.AmountMinor!.Value, campaign.Currency)}; "
            + "it counts for later posts.",
    };

    private static async Task<IResult> Post(string vanity, HttpContext http, ICampaigns campaigns, ChangeCap change, CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        var input = await FormInput.Read(http, ct);
        await change.Handle(campaign.Id, http.RequireViewer().Id,
            Checkout.CapOf(input.Raw("cap_posts"), input.Raw("cap_amount"), campaign.Currency), ct);
        return Pages.SeeOther($"/{campaign.Vanity}/membership?changed=1");
    }
}
