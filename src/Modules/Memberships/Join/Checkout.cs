using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Join;

/// <summary>
/// The checkout page: states every amount and date before anything happens, and charges exactly what it showed. When the posted amount is
/// not the one shown, or the price changed meanwhile, it shows itself again with the new figures instead of charging.
/// </summary>
internal static class Checkout
{
    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/join/{tierId:long}", Show).RequireSignIn();
        app.MapPost("/{vanity}/join/{tierId:long}", Post).RequireSignIn();
    }

    private static async Task<IResult> Show(string vanity, long tierId, HttpContext http, Services services, CancellationToken ct)
    {
        var personId = http.RequireViewer().Id;
        if (await Instead(vanity, tierId, personId, services, ct) is { } elsewhere) return Pages.SeeOther(elsewhere);
        var query = http.Request.Query;
        var shown = new Shown(query["amount"].ToString(), query["cap_posts"].ToString(), query["cap_amount"].ToString(),
            query["method"].ToString());
        return await Draw(vanity, tierId, personId, shown, FormState.Empty, services, ct);
    }

    /// <summary>Where somebody who has a membership already gets on: a locked post's button leads here whoever presses it.</summary>
    private static async Task<string?> Instead(string vanity, long tierId, long personId, Services services, CancellationToken ct)
    {
        if (await services.Campaigns.FindByVanity(vanity, ct) is not { } campaign) return null;
        var mine = $"/{campaign.Vanity}/membership";
        return await services.Db.LiveMembership(campaign.BookId, personId, campaign.Id, ct) switch
        {
            { Status: MembershipStatus.Invited } => mine + "/confirm",
            { Status: MembershipStatus.Active, EndsAt: null, PledgeId: not null } m when m.TierId != tierId => $"{mine}/change?tier={tierId}",
            { Status: MembershipStatus.Active, EndsAt: null } or { Status: MembershipStatus.Declined } => mine,
            { Status: MembershipStatus.Pending } m when m.TierId != tierId => mine,
            _ => null,
        };
    }

    private static Task<IResult> Post(string vanity, long tierId, HttpContext http, Services services, CancellationToken ct)
    {
        var personId = http.RequireViewer().Id;
        var typed = new Shown("", "", "", "");
        return FormInput.Submit(http, async input =>
        {
            typed = new Shown(input.Raw("amount"), input.Raw("cap_posts"), input.Raw("cap_amount"), input.Raw("method"));
            var campaign = await services.Campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
            if (await Retry(campaign, tierId, personId, typed, services, ct) is { } retried) return retried;
            if (input.Raw("currency") is { Length: > 0 } currency && currency != campaign.CurrencyCode)
                throw Refusal.Conflict("currency_changed",
                    $"This page now bills in {campaign.CurrencyCode}, not {currency}. Look at the amounts again before you join.");
            var request = await Read(campaign, tierId, personId, typed, services, ct);
            if (input.Raw("button") == "show") return await Draw(vanity, tierId, personId, typed, FormState.Empty, services, ct);
            var quote = await services.Agreements.QuoteStart(request.Terms, ct);
            if (input.Has("shown")
                && input.Raw("shown") != Fingerprint(request.Terms.Amount, quote)) // what would be charged is not what the page said
                return await Draw(vanity, tierId, personId, typed,
                    FormState.Empty with { Message = "The amounts below are new. Look at them, then join." }, services, ct);
            if (await services.Paying.Use(campaign.BookId, personId, typed.Method, Again(campaign, tierId, typed), ct) is { } first) return first;
            var answer = await services.Join.Handle(new JoinTier.Request(campaign.Id, tierId, request.Terms.Amount.Minor,
                request.Terms.Cap), personId, ct);
            return await services.Paying.Collect(answer.Membership, answer.ChargeId, campaign.Vanity, "joined", ct);
        }, state => Draw(vanity, tierId, personId, typed, state, services, ct));
    }

    /// <summary>The same tier again while its first payment is open: only the payment is tried again, with the card now chosen.</summary>
    private static async Task<IResult?> Retry(CampaignInfo campaign, long tierId, long personId, Shown typed, Services services,
        CancellationToken ct)
    {
        if (await services.Db.LiveMembership(campaign.BookId, personId, campaign.Id, ct) is not { Status: MembershipStatus.Pending,
            ChargeId: { } charge } m
            || m.TierId != tierId) return null;
        return await services.Paying.Use(campaign.BookId, personId, typed.Method, Again(campaign, tierId, typed), ct)
            ?? await services.Paying.Collect(m, charge, campaign.Vanity, "joined", ct);
    }

    /// <summary>This page as it was typed, for coming back to it with a card.</summary>
    private static string Again(CampaignInfo campaign, long tierId, Shown typed) => $"/{campaign.Vanity}/join/{tierId}?amount="
        + $"{Uri.EscapeDataString(typed.Amount)}&cap_posts={Uri.EscapeDataString(typed.CapPosts)}&cap_amount={Uri.EscapeDataString(typed.CapAmount)}";

    private static async Task<IResult> Draw(string vanity, long tierId, long personId, Shown shown, FormState state, Services services,
        CancellationToken ct)
    {
        var campaign = await services.Campaigns.FindByVanity(vanity, ct) ?? throw Refusal.NotFound("page");
        await services.Rules.Campaign(campaign.Id, personId, ct);
        var standing = await services.Db.LiveMembership(campaign.BookId, personId, campaign.Id, ct);
        var isRetry = standing is { Status: MembershipStatus.Pending } && standing.TierId == tierId;
        if (!isRetry) JoinRules.RefuseStanding(standing);
        var (problem, request) = await TryRead(campaign, tierId, personId, shown, services, ct);
        if (problem is not null && !state.HasErrors) state = state with { Errors = problem.Fields, Message = problem.Message };
        var quote = await services.Agreements.QuoteStart(request.Terms, ct);
        if (isRetry) quote = quote with { Today = new Money(standing!.AmountMinor, campaign.Currency) };
        var paying = await services.Paying.Offer(campaign.BookId, personId, shown.Method, ct);
        var view = new JoinPage.View(campaign, request.Tier, request.Terms.Amount, request.Terms.Cap, quote,
            Fingerprint(request.Terms.Amount, quote), paying, isRetry,
            shown.Amount, shown.CapPosts, shown.CapAmount, state, await services.Books.Now(campaign.BookId, ct));
        return Pages.Show<JoinPage>(view, state.HasErrors ? 422 : 200);
    }

    private static async Task<(Refusal? Problem, Order Request)> TryRead(
        CampaignInfo campaign, long tierId, long personId, Shown shown, Services services, CancellationToken ct)
    {
        try
        {
            return (null, await Read(campaign, tierId, personId, shown, services, ct));
        }
        catch (Refusal refusal) when (refusal.Status == 422)
        {
            return (refusal, await Read(campaign, tierId, personId, new Shown("", "", "", shown.Method), services, ct));
        }
    }

    private static async Task<Order> Read(CampaignInfo campaign, long tierId, long personId, Shown typed, Services services,
        CancellationToken ct)
    {
        var tier = await services.Rules.Tier(campaign, tierId, ct);
        var amount = JoinRules.Amount(campaign, tier, typed.Amount.Length == 0 ? null
            : Field("amount", () => Money.Parse(typed.Amount, campaign.Currency).Minor));
        var cap = JoinRules.Cap(campaign.Model, amount, CapOf(typed.CapPosts, typed.CapAmount, campaign.Currency));
        return new Order(tier, JoinTier.Terms(campaign, tier.Name, personId, amount, cap));
    }

    /// <summary>Reads a cap from its two fields; empty means none.</summary>
    internal static PledgeCap CapOf(string posts, string amount, Currency currency) => new(
        posts.Length == 0 ? null : int.TryParse(posts, out var n) ? n
        : throw Refusal.InvalidField("cap_posts", "A whole number of posts, or nothing for no limit."),
        amount.Length == 0 ? null : Field("cap_amount", () => Money.Parse(amount, currency).Minor));

    internal static long Field(string name, Func<long> read)
    {
        try
        {
            return read();
        }
        catch (Refusal refusal)
        {
            throw Refusal.InvalidField(name, refusal.Message);
        }
    }

    /// <summary>What was stated, in a form field; compared before charging.</summary>
    internal static string Fingerprint(Money amount, Quote quote) =>
        $"{amount.Minor}/{quote.Today.Minor}/{quote.Next.Minor}/{amount.Currency.Code}";

    private sealed record Shown(string Amount, string CapPosts, string CapAmount, string Method);

    private sealed record Order(TierInfo Tier, AgreementTerms Terms);

    /// <summary>What the page needs, resolved together.</summary>
    internal sealed record Services(Db Db, Books Books, ICampaigns Campaigns, IAgreements Agreements, JoinRules Rules, JoinTier Join,
        Paying Paying);
}
