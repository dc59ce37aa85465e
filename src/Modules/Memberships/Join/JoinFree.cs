using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Join;

/// <summary>A person follows a campaign as a free member: what is for all members opens, nothing is ever charged.</summary>
internal sealed class JoinFree(Db db, Ids ids, Books books, JoinRules rules, Keeping keeping)
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/join", Show).RequireSignIn();
        app.MapPost("/{vanity}/join", Post).RequireSignIn();
    }

    internal async Task<Membership> Handle(long campaignId, long personId, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        var campaign = await rules.Campaign(campaignId, personId, ct);
        var now = await books.Now(campaign.BookId, ct);
        var standing = await db.LiveMembership(campaign.BookId, personId, campaign.Id, ct);
        if (standing is { Status: MembershipStatus.Free }) return standing;
        if (standing is { EndsAt: not null })
            throw Refusal.Conflict("already_member", "What you paid for here is still open. Join for free when it has ended.");
        JoinRules.RefuseStanding(standing);

        var m = new Membership
        {
            Id = ids.Next(), BookId = campaign.BookId, PersonId = personId, CampaignId = campaign.Id, StartedAt = now,
            Status = MembershipStatus.Free,
        };
        db.Memberships.Add(m);
        await keeping.Open(m, null, GrantSource.Free, now, null, ct);
        keeping.Note(m, personId, "joined_free", "Joined as a free member.", now);
        keeping.Tell(m, now, await keeping.HasPaid(m.BookId, personId, campaign.Id, ct) ? MembershipChangeKind.Changed
            : MembershipChangeKind.Joined);
        await transaction.SaveOrRefuse(ct);
        return m;
    }

    private static async Task<IResult> Show(string vanity, HttpContext http, ICampaigns campaigns, JoinRules rules, CancellationToken ct)
    {
        var found = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        var campaign = await rules.Campaign(found.Id, http.RequireViewer().Id, ct);
        var tiers = (await campaigns.Tiers(campaign.Id, ct)).Where(t => !t.IsRetired).ToList();
        return Pages.Show<JoinFreePage>(new JoinFreePage.View(campaign, tiers));
    }

    private static async Task<IResult> Post(string vanity, HttpContext http, ICampaigns campaigns, JoinFree join, CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        await join.Handle(campaign.Id, http.RequireViewer().Id, ct);
        return Pages.SeeOther($"/{campaign.Vanity}/membership?joined=1");
    }
}
