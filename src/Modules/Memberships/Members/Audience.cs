using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Stipend.Accounts.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Memberships.Contracts;
using Stipend.Memberships.Invitations;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Platform.Time;

namespace Stipend.Memberships.Members;

/// <summary>The creator's audience: who is a member and how, by page, tier and name; inviting the imported; blocking.</summary>
internal static class Audience
{
    private const int PageSize = 50;

    /// <summary>A search by name looks at this many members per page asked for, then offers to go on.</summary>
    private const int SearchReach = 5_000;
    private const int SearchChunk = 500;

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/{vanity}/members", Show).RequireSignIn();
        app.MapGet("/{vanity}/members.csv", ExportMembers.Get).RequireSignIn();
        app.MapPost("/{vanity}/members/invite", Invite).RequireSignIn();
        app.MapPost("/{vanity}/members/{personId:long}/block", Block).RequireSignIn();
        app.MapPost("/{vanity}/members/{personId:long}/unblock", Unblock).RequireSignIn();
    }

    /// <summary>What the list is narrowed to, as the address says it.</summary>
    internal sealed record Filter(MembershipStatus Status, long? TierId, string Name, long? Before)
    {
        public static Filter Of(HttpRequest request)
        {
            var status = Enum.GetValues<MembershipStatus>()
                .FirstOrDefault(s => Columns.Of(s) == request.Query["status"].ToString(), MembershipStatus.Active);
            return new Filter(status, long.TryParse(request.Query["tier"], out var tier) ? tier : null,
                request.Query["name"].ToString().Trim(), long.TryParse(request.Query["before"], out var before) ? before : null);
        }
    }

    /// <summary>Members of one status, newest first; of former members the last ended membership of those who did not come back.</summary>
    internal static IQueryable<Membership> Query(Db db, CampaignInfo campaign, Filter filter)
    {
        var members = db.Memberships.AsNoTracking()
            .Where(m => m.CampaignId == campaign.Id && m.BookId == campaign.BookId && m.Status == filter.Status);
        if (filter.TierId is { } tier) members = members.Where(m => m.TierId == tier);
        var all = db.Memberships;
        if (filter.Status == MembershipStatus.Ended)
            members = members.Where(m =>
                !all.Any(o => o.CampaignId == campaign.Id && o.BookId == campaign.BookId && o.PersonId == m.PersonId
                && (o.Status != MembershipStatus.Ended || o.Id > m.Id)));
        return members.OrderByDescending(m => m.Id);
    }

    private static async Task<CampaignInfo> Owned(string vanity, HttpContext http, ICampaigns campaigns, CancellationToken ct) =>
        await campaigns.FindOwned(vanity, http.RequireViewer().Id, ct) ?? throw Refusal.NotFound("page");

    private static async Task<IResult> Show(string vanity, HttpContext http, Db db, ICampaigns campaigns, IPeople people,
        IMemberships memberships, Books books, CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, campaigns, ct);
        var filter = Filter.Of(http.Request);
        var (rows, next) = filter.Name.Length == 0 ? await Newest(db, campaign, filter, people, ct)
            : await Search(db, campaign, filter, people, ct);
        var tiers = await campaigns.Tiers(campaign.Id, ct);
        var counts = await memberships.Counts(campaign.Id, ct);
        var uninvited = counts.Invited == 0 || campaign.IsSandbox ? 0 : await db.Memberships.CountAsync(
            m => m.CampaignId == campaign.Id && m.BookId == campaign.BookId && m.Status == MembershipStatus.Invited && m.InvitedAt == null,
            ct);
        var blocked = await Blocked(db, campaign, http.Request.Query["blocked"], people, ct);
        return Pages.Show<MembersPage>(new MembersPage.View(campaign, filter.Status, filter.TierId, filter.Name, counts, tiers, rows, next,
            uninvited, blocked,
            http.Request.Query["said"].ToString(), await books.Now(campaign.BookId, ct)));
    }

    private static async Task<(List<MembersPage.Row> Rows, long? Next)> Newest(Db db, CampaignInfo campaign, Filter filter, IPeople people,
        CancellationToken ct)
    {
        var page = await Query(db, campaign, filter).Where(m => filter.Before == null || m.Id < filter.Before).Take(PageSize + 1)
            .ToListAsync(ct);
        var shown = page.Take(PageSize).ToList();
        var who = await people.FindMany(shown.ConvertAll(m => m.PersonId), ct);
        return (shown.ConvertAll(m => RowOf(m, who, campaign)), page.Count > PageSize ? shown[^1].Id : null);
    }

    /// <summary>Names live with Accounts, so a search reads members in chunks and asks for their people, up to a reach per page.</summary>
    private static async Task<(List<MembersPage.Row> Rows, long? Next)> Search(Db db, CampaignInfo campaign, Filter filter, IPeople people,
        CancellationToken ct)
    {
        var rows = new List<MembersPage.Row>();
        var before = filter.Before;
        for (var seen = 0; seen < SearchReach; seen += SearchChunk)
        {
            var from = before;
            var chunk = await Query(db, campaign, filter).Where(m => from == null || m.Id < from).Take(SearchChunk).ToListAsync(ct);
            var who = await people.FindMany(chunk.ConvertAll(m => m.PersonId), ct);
            foreach (var m in chunk)
            {
                before = m.Id;
                if (who.TryGetValue(m.PersonId, out var person)
                    && (person.Name.Contains(filter.Name, StringComparison.CurrentCultureIgnoreCase)
                    || person.Email?.Contains(filter.Name, StringComparison.OrdinalIgnoreCase) == true)) rows.Add(RowOf(m, who, campaign));
                if (rows.Count == PageSize) return (rows, before);
            }
            if (chunk.Count < SearchChunk) return (rows, null);
        }
        return (rows, before);
    }

    private static MembersPage.Row RowOf(Membership m, IReadOnlyDictionary<long, PersonInfo> who, CampaignInfo campaign) => new(
        m.Info(), who.TryGetValue(m.PersonId, out var person) ? person.Name : "Former member", person?.Email,
        new Money(m.AmountMinor, campaign.Currency), m.EndedAt, m.InvitedAt);

    /// <summary>Last blocked first.</summary>
    private static async Task<MembersPage.BlockedPage> Blocked(Db db, CampaignInfo campaign, string? before, IPeople people, CancellationToken ct)
    {
        var from = PageKey.Parse(before, PageKey.Newest);
        var (at, id) = (from.Time, from.Id);
        var (rows, next) = PageKey.Page(await db.MemberBlocks.AsNoTracking()
            .Where(b => b.CampaignId == campaign.Id && b.BookId == campaign.BookId && (b.At < at || (b.At == at && b.PersonId < id)))
            .OrderByDescending(b => b.At).ThenByDescending(b => b.PersonId).Take(PageSize + 1).ToListAsync(ct), PageSize, b => PageKey.Of(b.At, b.PersonId));
        var names = rows.Count == 0 ? null : await people.NamesOf(rows.ConvertAll(b => b.PersonId), ct);
        return new MembersPage.BlockedPage(rows.ConvertAll(b => (b.PersonId, names!.GetValueOrDefault(b.PersonId, "Former member"))), next,
            from == PageKey.Newest);
    }

    private static async Task<IResult> Invite(string vanity, HttpContext http, ICampaigns campaigns, SendInvitations send, SiteOptions site,
        CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, campaigns, ct);
        var sent = await send.Handle(campaign, http.RequireViewer().Id, site.Link($"/{campaign.Vanity}/membership/confirm"), ct);
        return Pages.SeeOther($"/{campaign.Vanity}/members?status=invited&said=invited-{sent}");
    }

    private static async Task<IResult> Block(string vanity, long personId, HttpContext http, ICampaigns campaigns, BlockMember block,
        CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, campaigns, ct);
        await block.Handle(campaign, personId, http.RequireViewer().Id, ct);
        return Pages.SeeOther($"/{campaign.Vanity}/members?said=blocked");
    }

    private static async Task<IResult> Unblock(string vanity, long personId, HttpContext http, ICampaigns campaigns, BlockMember block,
        CancellationToken ct)
    {
        var campaign = await Owned(vanity, http, campaigns, ct);
        await block.Undo(campaign, personId, ct);
        return Pages.SeeOther($"/{campaign.Vanity}/members?said=unblocked");
    }
}
