using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Join;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Memberships.Change;

/// <summary>Choosing another tier, and its preview to the cent.</summary>
internal static class ChangePages
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/membership/change", Show).RequireSignIn();
        app.MapPost("/{vanity}/membership/change", Post).RequireSignIn();
    }

    private static Task<IResult> Show(string vanity, HttpContext http, Db db, ICampaigns campaigns, ChangeTier change,
        CancellationToken ct) =>
        Draw(vanity, http.Request.Query["tier"].ToString(), http.Request.Query["amount"].ToString(), http.RequireViewer().Id,
            FormState.Empty, db, campaigns, change, ct);

    private static Task<IResult> Post(string vanity, HttpContext http, Db db, ICampaigns campaigns, ChangeTier change, Paying paying,
        CancellationToken ct)
    {
        var personId = http.RequireViewer().Id;
        var (tier, amount) = ("", "");
        return FormInput.Submit(http, async input =>
        {
            (tier, amount) = (input.Raw("tier"), input.Raw("amount"));
            var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
            var request = Request(campaign, tier, amount, input.Integer("version"));
            var preview = await change.Look(request, personId, ct);
            if (input.Raw("shown") != Checkout.Fingerprint(preview.Amount, preview.Quote))
                return await Draw(vanity, tier, amount, personId,
                    FormState.Empty with { Message = "The amounts below are new. Look at them, then change." }, db, campaigns, change, ct);
            var answer = await change.Handle(request, personId, ct);
            return await paying.Collect(answer.Membership, answer.ChargeId, campaign.Vanity, "changed", ct);
        }, state => Draw(vanity, tier, amount, personId, state, db, campaigns, change, ct));
    }

    private static ChangeTier.Request Request(CampaignInfo campaign, string tier, string amount, int? version) => new(campaign.Id,
        long.TryParse(tier, out var id) ? id : throw Refusal.InvalidField("tier", "Choose a tier."),
        amount.Length == 0 ? null : Checkout.Field("amount", () => Money.Parse(amount, campaign.Currency).Minor), version);

    private static async Task<IResult> Draw(
        string vanity, string tier, string amount, long personId, FormState state, Db db, ICampaigns campaigns, ChangeTier change,
        CancellationToken ct)
    {
        var campaign = await campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        var m = await db.LiveMembership(campaign.BookId, personId, campaign.Id, ct) ?? throw Refusal.NotFound("membership");
        var tiers = (await campaigns.Tiers(campaign.Id, ct)).Where(t => !t.IsRetired || t.Id == m.TierId).ToList();
        ChangePage.Proposal? proposal = null;
        try
        {
            if (tier.Length > 0)
            {
                var p = await change.Look(Request(campaign, tier, amount, null), personId, ct);
                proposal = new ChangePage.Proposal(p.Tier, p.Amount, p.Quote, p.On, Checkout.Fingerprint(p.Amount, p.Quote), m.Version);
            }
        }
        catch (Refusal refusal) when (refusal.Status is 409 or 422 && !state.HasErrors)
        {
            state = state with { Errors = refusal.Fields, Message = refusal.Message };
        }
        catch (Refusal refusal) when (refusal.Status is 409 or 422)
        {
            // the first refusal is the one to show
        }
        return Pages.Show<ChangePage>(new ChangePage.View(campaign, m.Info(), tiers, proposal, tier, amount, state), state.HasErrors ? 422
            : 200);
    }
}
