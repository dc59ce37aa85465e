using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Stipend.Accounts.Contracts;
using Stipend.Apps.V2;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Ledger.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;
using Stipend.Posts.Contracts;

namespace Stipend.Apps.Own;

/// <summary>
/// This site's own API, for programs of the person whose token it is: what the pages show, as JSON. What is not theirs does not exist here.
/// </summary>
internal static class OwnApi
{
    private const int UsualPage = 20, LargestPage = 100;

    internal sealed record Services(ICampaigns Campaigns, IMembers Members, IPeople People, IPatronFigures Figures, IPostArchive Archive, IPosts Posts,
        IPostSearch Search, IBillingHistory History, IPaidPosts PaidPosts, ILedger Ledger, Books Books)
    {
        /// <exception cref="Refusal">It is not this person's: as if it did not exist.</exception>
        public async Task<CampaignInfo> Owned(string id, HttpContext http, CancellationToken ct) =>
            Number(id) is { } number && await Campaigns.Find(number, ct) is { } campaign && campaign.OwnerId == http.RequireViewer().Id
                ? campaign : throw Refusal.NotFound("campaign");
    }

    internal static void Map(IEndpointRouteBuilder app)
    {
        var v1 = app.MapGroup(Admission.Root).AllowAnyone().ProducesProblem(401).ProducesProblem(403).ProducesProblem(404).ProducesProblem(422)
            .ProducesProblem(429);
        v1.MapGet("/me", Mine).Needs(OwnScopes.Profile).WithSummary("Who you are").WithTags("You");
        v1.MapGet("/statements", Statements).Needs(OwnScopes.Statements).WithSummary("What you have been charged, newest first").WithTags("You");
        v1.MapGet("/campaigns", OwnCampaigns).Needs(OwnScopes.Campaigns).WithSummary("Your pages").WithTags("Campaigns");
        v1.MapGet("/campaigns/{campaign}/tiers", Tiers).Needs(OwnScopes.Campaigns).WithSummary("The tiers of a page, retired ones last").WithTags("Campaigns");
        v1.MapGet("/campaigns/{campaign}/earnings", Earnings).Needs(OwnScopes.Earnings)
            .WithSummary("What a page has earned: what stands now in each currency, and its months, newest first").WithTags("Campaigns");
        v1.MapGet("/campaigns/{campaign}/members", Members).Needs(OwnScopes.Members)
            .WithSummary("Everybody who is or was a member, in the order they came").WithTags("Members");
        v1.MapGet("/members/{member}", OneMember).Needs(OwnScopes.Members).WithSummary("One member").WithTags("Members");
        v1.MapGet("/campaigns/{campaign}/posts", Posts).Needs(OwnScopes.Posts).WithSummary("Published posts, newest first").WithTags("Posts");
        v1.MapPost("/campaigns/{campaign}/posts", Publish).Needs(OwnScopes.Write).WithIdempotency().WithSummary("Publish or schedule a post")
            .WithDescription("Nobody is billed unless `charge` is true; then `charged` of the answer says whom it bills and how much. Send an `Idempotency-Key` of your own choice: the same request with the same key publishes once and is answered alike.")
            .WithTags("Posts");
        v1.MapGet("/posts/{post}", OnePost).Needs(OwnScopes.Posts).WithSummary("One post").WithTags("Posts");
        v1.MapGet("/campaigns/{campaign}/search", Search).Needs(OwnScopes.Posts).WithSummary("Posts of any page with these words, as far as you may read")
            .WithTags("Posts");
    }

    private static async Task<Ok<Me>> Mine(HttpContext http, Services s, CancellationToken ct)
    {
        var me = await s.People.Find(http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("person");
        return TypedResults.Ok(new Me(Own.Campaign.Text(me.Id), me.Name, me.Email, me.CreatedAt.ToDateTimeOffset()));
    }

    private static async Task<Ok<ListPage<Statement>>> Statements([Description("`next` of the page before.")] string? after, int? limit, HttpContext http,
        Services s, CancellationToken ct)
    {
        var (take, before) = (Take(limit), after is null ? long.MaxValue : Place(after));
        var found = await s.History.OfPatron(http.RequireViewer().Id, before, take + 1, ct);
        return TypedResults.Ok(new ListPage<Statement>(found.Take(take).Select(Statement.Of).ToList(),
            found.Count > take ? Own.Campaign.Text(found[take - 1].Id) : null));
    }

    private static async Task<Ok<ListPage<Campaign>>> OwnCampaigns(HttpContext http, Services s, CancellationToken ct) =>
        TypedResults.Ok(new ListPage<Campaign>((await s.Campaigns.OwnedBy(http.RequireViewer().Id, ct)).Select(Own.Campaign.Of).ToList(), null));

    private static async Task<Ok<ListPage<Tier>>> Tiers(string campaign, HttpContext http, Services s, CancellationToken ct)
    {
        var owned = await s.Owned(campaign, http, ct);
        return TypedResults.Ok(new ListPage<Tier>((await s.Campaigns.Tiers(owned.Id, ct)).Select(Tier.Of).ToList(), null));
    }

    private static async Task<Ok<Earnings>> Earnings(string campaign, HttpContext http, Services s, CancellationToken ct)
    {
        var owned = await s.Owned(campaign, http, ct);
        return TypedResults.Ok(Own.Earnings.Of(await s.Ledger.CreatorBalance(owned.BookId, owned.Id, ct), await s.History.Pending(owned.BookId, owned.Id, ct),
            await s.Ledger.CreatorMonths(owned.BookId, owned.Id, ct)));
    }

    private static async Task<Ok<ListPage<Member>>> Members(string campaign, [Description("`next` of the page before.")] string? after, int? limit,
        HttpContext http, Services s, CancellationToken ct)
    {
        var (owned, take) = (await s.Owned(campaign, http, ct), Take(limit, 1_000));
        var found = await s.Members.Page(owned, new MemberPage(after is null ? null : Place(after), false, take + 1), ct);
        return TypedResults.Ok(new ListPage<Member>(await Told(owned, found.Take(take).ToList(), s, ct),
            found.Count > take ? Own.Campaign.Text(found[take - 1].Id) : null));
    }

    private static async Task<Ok<Member>> OneMember(string member, HttpContext http, Services s, CancellationToken ct)
    {
        if (MemberId.Read(member) is not { } id || await s.Members.Find(id, ct) is not { } found
            || await s.Campaigns.Find(found.Now.CampaignId, ct) is not { } campaign || campaign.OwnerId != http.RequireViewer().Id)
            throw Refusal.NotFound("member");
        return TypedResults.Ok((await Told(campaign, [found], s, ct))[0]);
    }

    private static async Task<Ok<ListPage<Post>>> Posts(string campaign, [Description("`next` of the page before.")] string? after, int? limit,
        HttpContext http, Services s, CancellationToken ct)
    {
        var (owned, take) = (await s.Owned(campaign, http, ct), Take(limit));
        var place = after?.Split('-') is [var at, var id] ? (Time: Place(at), Id: Place(id)) : after is null ? default : throw WrongPlace();
        if (place.Time > Instant.MaxValue.ToUnixTimeMilliseconds()) throw WrongPlace();
        var found = await s.Archive.Page(owned, new PostPageRequest(after is null ? null : Instant.FromUnixTimeMilliseconds(place.Time), place.Id, false,
            take + 1), ct);
        return TypedResults.Ok(new ListPage<Post>(found.Take(take).Select(Post.Of).ToList(), found.Count > take
            ? string.Create(CultureInfo.InvariantCulture, $"{found[take - 1].PublishedAt.ToUnixTimeMilliseconds()}-{found[take - 1].Id}") : null));
    }

    private static async Task<Ok<Post>> OnePost(string post, HttpContext http, Services s, CancellationToken ct)
    {
        if (Number(post) is not { } id || await s.Archive.CampaignOf(id, ct) is not { } of || await s.Campaigns.Find(of, ct) is not { } campaign
            || campaign.OwnerId != http.RequireViewer().Id || await s.Archive.Find(campaign, id, ct) is not { } found) throw Refusal.NotFound("post");
        return TypedResults.Ok(Post.Of(found));
    }

    private static async Task<Created<PublishedPostId>> Publish(string campaign, PostToPublish body, HttpContext http, Services s, CancellationToken ct)
    {
        var owned = await s.Owned(campaign, http, ct);
        if (new[] { body.Title, body.Text, body.Teaser }.Any(t => t?.Contains('\0') == true))
            throw Refusal.Invalid("broken_text", "A text holds a character that cannot be kept.");
        var kind = Enum.GetValues<AudienceKind>().Where(k => Columns.Of(k) == body.Audience).Select(k => (AudienceKind?)k).SingleOrDefault()
            ?? throw Refusal.InvalidField("audience", "public, members, paid_members or tiers.");
        var tiers = (body.Tiers ?? []).Select(t => Number(t) ?? throw Refusal.InvalidField("tiers", $"“{t}” is no tier.")).ToList();
        var bills = body.Charge ? await s.PaidPosts.Preview(owned.BookId, owned.Id, ct) : null;
        var id = await s.Posts.Publish(new NewPost(owned.Id, owned.OwnerId, body.Title ?? "", body.Text ?? "",
            new Audience(kind, kind == AudienceKind.Tiers ? tiers : []), body.Charge,
            body.PublishAt is { } at ? Instant.FromDateTimeOffset(at) : null, body.Teaser ?? ""), ct);
        return TypedResults.Created($"{Admission.Root}/posts/{Own.Campaign.Text(id)}", new PublishedPostId(Own.Campaign.Text(id),
            bills is not null && await s.PaidPosts.Find(id, ct) is { } charge
                ? new PostCharged(bills.Patrons, bills.Total.Minor, owned.CurrencyCode, charge.UndoUntil.ToDateTimeOffset()) : null));
    }

    private static async Task<Ok<ListPage<Hit>>> Search([Description("The page's id.")] string campaign, [Description("What to look for.")] string? q,
        [Description("`next` of the page before.")] string? after, HttpContext http, Services s, CancellationToken ct)
    {
        var viewer = http.RequireViewer().Id;
        if (Number(campaign) is not { } id || await s.Campaigns.Find(id, ct) is not { } found || !(found.IsPublished || found.OwnerId == viewer))
            throw Refusal.NotFound("campaign");
        var page = await s.Search.Find(found, q ?? "", after, viewer, ct);
        return TypedResults.Ok(new ListPage<Hit>(page.Posts.Select(Hit.Of).ToList(), page.Next));
    }

    private static async Task<List<Member>> Told(CampaignInfo campaign, IReadOnlyList<MemberInfo> found, Services s, CancellationToken ct)
    {
        var patrons = found.Select(m => m.Now.PersonId).ToList();
        var (people, money, now) = (await s.People.FindMany(patrons, ct), await s.Figures.Of([campaign.Id], patrons, ct),
            await s.Books.Now(campaign.BookId, ct));
        return found.Select(m => Member.Of(m, MemberStanding.Of(m, money.GetValueOrDefault(new PatronKey(campaign.BookId, campaign.Id, m.Now.PersonId)), now),
            people.GetValueOrDefault(m.Now.PersonId)?.Name, people.GetValueOrDefault(m.Now.PersonId)?.Email)).ToList();
    }

    private static int Take(int? limit, int most = LargestPage) =>
        limit is null ? UsualPage : limit < 1 ? throw Refusal.InvalidField("limit", "A whole number, at least 1.") : Math.Min(limit.Value, most);

    private static long Place(string after) => Number(after) ?? throw WrongPlace();

    private static Refusal WrongPlace() => Refusal.InvalidField("after", "This leads nowhere. Start again without it.");

    private static long? Number(string text) => Endpoints.Number(text);
}
