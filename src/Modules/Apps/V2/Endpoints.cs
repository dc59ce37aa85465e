using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stipend.Apps.Answers;
using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Http;
using Stipend.Posts.Contracts;

namespace Stipend.Apps.V2;

/// <summary>Version 2 of the API. Who may read what is the token's: its scope, and that its person owns what is read.</summary>
internal static class Endpoints
{
    private const int Campaigns = 20, Members = 1_000, MembersWithHistory = 500, Posts = 20;

    internal static void Map(IEndpointRouteBuilder app)
    {
        var v2 = app.MapGroup(ApiPaths.V2).AllowAnyone().DisableRateLimiting(); // the token is asked for by each, and counted
        v2.MapGet("/identity", (HttpContext http) => Identity(http));
        v2.MapGet("/campaigns", (HttpContext http) => OwnCampaigns(http));
        v2.MapGet("/campaigns/{id}", (string id, HttpContext http) => OneCampaign(id, http));
        v2.MapGet("/campaigns/{id}/members", (string id, HttpContext http) => CampaignMembers(id, http));
        v2.MapGet("/members/{id}", (string id, HttpContext http) => OneMember(id, http));
        v2.MapGet("/campaigns/{id}/posts", (string id, HttpContext http) => CampaignPosts(id, http));
        v2.MapGet("/posts/{id}", (string id, HttpContext http) => OnePost(id, http));
    }

    private static async Task Identity(HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Identity);
        var me = call.Bearer.Person.Id;
        await call.SendOne(Schema.User, (await call.Reads.Users([me], call))[me]);
    }

    private static async Task OwnCampaigns(HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Campaigns);
        var (size, newest) = (call.Query.PageSize(Campaigns), call.Query.Newest == true);
        var list = newest ? "campaigns-newest" : "campaigns";
        var after = call.Place(list, 1)?[0];
        var owned = (await call.Reads.Campaigns.OwnedBy(call.Bearer.Person.Id, call.Ct)).ToList();
        if (newest) owned.Reverse();
        var rest = owned.Where(c => after is null || (newest ? c.Id < after : c.Id > after)).ToList();
        var pages = await call.Reads.Pages(rest.Take(size), call);
        await call.SendList(Schema.Campaign, [.. rest.Take(size).Select(c => pages[c.Id])], owned.Count,
            rest.Count > size ? ApiCall.CursorOf(list, rest[size - 1].Id) : null);
    }

    private static async Task OneCampaign(string id, HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Campaigns);
        var campaign = await Owned(id, call);
        await call.SendOne(Schema.Campaign, (await call.Reads.Pages([campaign], call))[campaign.Id]);
    }

    private static async Task CampaignMembers(string id, HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Members);
        var campaign = await Owned(id, call);
        var size = call.Query.PageSize(call.Query.Steps.Any(s => s is ["pledge_history"]) ? MembersWithHistory : Members);
        var newest = call.Query.Newest == true;
        var list = $"members-{campaign.Id}{(newest ? "-newest" : "")}";
        var found = await call.Reads.Members.Page(campaign, new(call.Place(list, 1)?[0], newest, size + 1), call.Ct);
        var total = await call.Reads.Members.Count(campaign, call.Ct);
        var members = await call.Reads.MembersOf(found.Take(size).ToList(), Known(campaign), call);
        await call.SendList(Schema.Member, members, total, found.Count > size ? ApiCall.CursorOf(list, found[size - 1].Id) : null);
    }

    private static async Task OneMember(string id, HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Members);
        if (MemberId.Read(id) is not { } first || await call.Reads.Members.Find(first, call.Ct) is not { } member)
            throw ApiProblem.Missing("member");
        var campaign = await Owned(member.Now.CampaignId, call) ?? throw NotYours("member");
        await call.SendOne(Schema.Member, (await call.Reads.MembersOf([member], Known(campaign), call))[0]);
    }

    private static async Task CampaignPosts(string id, HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Posts);
        var campaign = await Owned(id, call);
        var (size, oldest) = (call.Query.PageSize(Posts), call.Query.Newest == false);
        var list = $"posts-{campaign.Id}{(oldest ? "-oldest" : "")}";
        var place = call.Place(list, 2);
        if (place?[0] > Instant.MaxValue.ToUnixTimeMilliseconds()) throw ApiProblem.WrongParameter("page[cursor]", "This cursor leads nowhere.");
        Instant? at = place is null ? null : Instant.FromUnixTimeMilliseconds(place[0]);
        var found = await call.Reads.Posts.Page(campaign, new PostPageRequest(at, place?[1] ?? 0, oldest, size + 1), call.Ct);
        var total = await call.Reads.Posts.Count(campaign.Id, call.Ct);
        var shown = found.Take(size).ToList();
        await call.SendList(Schema.Post, await call.Reads.PostsOf(shown, campaign, call), total, found.Count > size
            ? ApiCall.CursorOf(list, shown[^1].PublishedAt.ToUnixTimeMilliseconds(), shown[^1].Id) : null);
    }

    private static async Task OnePost(string id, HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Posts);
        if (Number(id) is not { } number || await call.Reads.Posts.CampaignOf(number, call.Ct) is not { } campaignId)
            throw ApiProblem.Missing("post");
        var campaign = await Owned(campaignId, call) ?? throw NotYours("post");
        var post = await call.Reads.Posts.Find(campaign, number, call.Ct) ?? throw ApiProblem.Missing("post");
        await call.SendOne(Schema.Post, (await call.Reads.PostsOf([post], campaign, call))[0]);
    }

    /// <summary>The campaign of an id when the token's person owns it.</summary>
    /// <exception cref="ApiProblem">404: there is none. 403: it is somebody else's.</exception>
    internal static async Task<CampaignInfo> Owned(string id, ApiCall call)
    {
        var number = Number(id) ?? throw ApiProblem.Missing("campaign");
        return await Owned(number, call)
            ?? throw (await call.Reads.Campaigns.Find(number, call.Ct) is null ? ApiProblem.Missing("campaign") : NotYours("campaign"));
    }

    private static async Task<CampaignInfo?> Owned(long id, ApiCall call) =>
        (await call.Reads.Campaigns.OwnedBy(call.Bearer.Person.Id, call.Ct)).FirstOrDefault(c => c.Id == id);

    internal static ApiProblem NotYours(string what) => ApiProblem.Forbidden($"This {what} is not yours.");

    private static Dictionary<long, CampaignInfo> Known(CampaignInfo campaign) => new() { [campaign.Id] = campaign };

    internal static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
