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

namespace Stipend.Memberships.Invitations;

/// <summary>What an invited member had, what it will cost here and from when; confirm with a card, or decline.</summary>
internal static class InvitationPages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/membership/confirm", Show).RequireSignIn();
        app.MapPost("/{vanity}/membership/confirm", Confirm).RequireSignIn();
        app.MapPost("/{vanity}/membership/decline", Decline).RequireSignIn();
    }

    internal sealed record Services(Db Db, Books Books, ICampaigns Campaigns, Paying Paying, ConfirmInvitation Confirm,
        ConfirmedStarts Starts, Leave.Leave Leave);

    private static Task<IResult> Show(string vanity, HttpContext http, Services services, CancellationToken ct)
    {
        var query = http.Request.Query;
        return Draw(vanity, http, new Typed(query["tier"].ToString(), query["amount"].ToString(), "", "", ""), FormState.Empty, services,
            ct);
    }

    private static async Task<IResult> Draw(string vanity, HttpContext http, Typed typed, FormState state, Services services,
        CancellationToken ct)
    {
        var personId = http.RequireViewer().Id;
        var campaign = await services.Campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        var m = await services.Db.LiveMembership(campaign.BookId, personId, campaign.Id, ct);
        if (m is null && !campaign.IsPublished && campaign.OwnerId != personId) throw Refusal.NotFound("page");
        if (m is not { Status: MembershipStatus.Invited }) return Pages.SeeOther($"/{campaign.Vanity}/membership");
        var now = await services.Books.Now(campaign.BookId, ct);
        var tiers = (await services.Campaigns.Tiers(campaign.Id, ct)).Where(t => !t.IsRetired || t.Id == m.TierId).ToList();
        var starts = ConfirmInvitation.StartsAt(m, campaign, now);
        var paying = await services.Paying.Offer(campaign.BookId, personId, typed.Method, ct);
        var view = new ConfirmPage.View(campaign, m.Info(), tiers, new Money(m.AmountMinor, campaign.Currency), starts > now ? starts
            : null,
            starts.InZone(campaign.Zone).Date, paying, state);
        return Pages.Show<ConfirmPage>(view, state.HasErrors ? 422 : 200);
    }

    private static Task<IResult> Confirm(string vanity, HttpContext http, Services services, CancellationToken ct)
    {
        var typed = new Typed("", "", "", "", "");
        return FormInput.Submit(http, async input =>
        {
            typed = new Typed(input.Raw("tier"), input.Raw("amount"), input.Raw("cap_posts"), input.Raw("cap_amount"), input.Raw("method"));
            var personId = http.RequireViewer().Id;
            var campaign = await services.Campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
            var tier = long.TryParse(typed.Tier, out var id) ? id : throw Refusal.InvalidField("tier", "Choose a tier.");
            long? amount = typed.Amount.Length == 0 ? null
                : Checkout.Field("amount", () => Money.Parse(typed.Amount, campaign.Currency).Minor);
            var cap = Checkout.CapOf(typed.CapPosts, typed.CapAmount, campaign.Currency);
            if (await services.Paying.Use(campaign.BookId, personId, typed.Method, $"/{campaign.Vanity}/membership/confirm", ct) is { } first)
                return first;
            var m = await services.Confirm.Handle(new ConfirmInvitation.Request(campaign.Id, tier, amount, cap), personId, ct);
            if (m.Status != MembershipStatus.Pending) return Pages.SeeOther($"/{campaign.Vanity}/membership?confirmed=1");
            await services.Starts.Start(m.Id, ct); // nothing is paid elsewhere any more: it begins now, and the page says how that went
            return Pages.SeeOther($"/{campaign.Vanity}/membership?paying=1");
        }, state => Draw(vanity, http, typed, state, services, ct));
    }

    private static async Task<IResult> Decline(string vanity, HttpContext http, Services services, CancellationToken ct)
    {
        var campaign = await services.Campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        await services.Leave.Handle(campaign.Id, http.RequireViewer().Id, "declined the invitation", ct);
        return Pages.SeeOther($"/{campaign.Vanity}/membership?cancelled=1");
    }

    private sealed record Typed(string Tier, string Amount, string CapPosts, string CapAmount, string Method);
}
