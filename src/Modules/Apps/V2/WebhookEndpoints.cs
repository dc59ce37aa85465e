using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Apps.Answers;
using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Apps.Webhooks;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Apps.V2;

/// <summary>An app's own webhooks: those it made itself, on campaigns its person owns. Those the creator or another app made do not exist
/// here.</summary>
internal static class WebhookEndpoints
{
    private const int PageSize = 20;
    private const long LargestBody = 64 * 1024;

    internal static void Map(IEndpointRouteBuilder app)
    {
        var webhooks = app.MapGroup(ApiPaths.V2 + "/webhooks").AllowAnyone().DisableRateLimiting().AcceptsUpTo(LargestBody);
        webhooks.MapGet("", (HttpContext http) => All(http));
        webhooks.MapGet("/{id}", (string id, HttpContext http) => One(id, http));
        webhooks.MapPost("", (HttpContext http) => Create(http));
        webhooks.MapPatch("/{id}", (string id, HttpContext http) => Change(id, http));
        webhooks.MapDelete("/{id}", (string id, HttpContext http) => Delete(id, http));
    }

    private static async Task All(HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Webhooks);
        var (size, after) = (call.Query.PageSize(PageSize), call.Place("webhooks", 1)?[0] ?? 0);
        var own = Own(http, call);
        var found = await own.Where(w => w.Id > after).OrderBy(w => w.Id).Take(size + 1).ToListAsync(call.Ct);
        var total = await own.CountAsync(call.Ct);
        var known = await call.Reads.Campaigns.FindMany(found.Select(w => w.CampaignId).Distinct().ToList(), call.Ct);
        await call.SendList(Schema.Webhook, [.. found.Take(size).Select(w => new WebhookEntity(w, known[w.CampaignId]))], total,
            found.Count > size ? ApiCall.CursorOf("webhooks", found[size - 1].Id) : null);
    }

    private static async Task One(string id, HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Webhooks);
        await call.SendOne(Schema.Webhook, await Find(id, http, call));
    }

    private static async Task Create(HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Webhooks);
        var data = await RequestBody.Data(http, null, "webhook");
        if (RequestBody.Part(RequestBody.Part(RequestBody.Part(RequestBody.Part(data, "relationships"), "campaign"), "data"), "id")
            is not { ValueKind: JsonValueKind.String } campaignId) throw ApiProblem.WrongBody("data.relationships.campaign names the campaign.");
        var attributes = RequestBody.Part(data, "attributes");
        var campaign = await Endpoints.Owned(RequestBody.Text(campaignId), call);
        var webhook = await http.RequestServices.GetRequiredService<WebhookSubscriptions>().Add(campaign, call.Bearer.Client.Id,
            string.Join(' ', call.Bearer.Scopes.Order(StringComparer.Ordinal)), call.Origin, Uri(attributes) ?? throw ApiProblem.WrongBody("uri is needed."),
            TriggersOf(attributes) ?? throw ApiProblem.WrongBody("triggers are needed."), call.Ct);
        await call.ForAllOf(Schema.Webhook).SendOne(Schema.Webhook, new WebhookEntity(webhook, campaign), StatusCodes.Status201Created);
    }

    private static async Task Change(string id, HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Webhooks);
        var found = await Find(id, http, call);
        var attributes = RequestBody.Part(await RequestBody.Data(http, id, "webhook"), "attributes");
        var (uri, triggers, paused) = (Uri(attributes), TriggersOf(attributes), Paused(attributes));
        // What is told shows what the token could see that made the webhook: a lesser one may not turn that elsewhere.
        if ((uri is not null || triggers is not null) && !Scopes.Opened(found.Webhook.Scope).IsSubsetOf(call.Bearer.Scopes))
            throw ApiProblem.Forbidden("To change uri or triggers, the access token needs every scope the webhook was made with.");
        await http.RequestServices.GetRequiredService<WebhookSubscriptions>().Change(found.Webhook.Id, uri, triggers, paused, call.Ct);
        await call.ForAllOf(Schema.Webhook).SendOne(Schema.Webhook, await Find(id, http, call));
    }

    private static async Task Delete(string id, HttpContext http)
    {
        var call = await ApiCall.Open(http, Scopes.Webhooks);
        var found = await Find(id, http, call);
        await http.RequestServices.GetRequiredService<DeliveryQueue>().Remove([found.Webhook.Id], call.Ct);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static IQueryable<Webhook> Own(HttpContext http, ApiCall call)
    {
        var (client, owner) = (call.Bearer.Client.Id, call.Bearer.Person.Id);
        return http.RequestServices.GetRequiredService<Db>().Webhooks.AsNoTracking().Where(w => w.ClientId == client && w.OwnerId == owner);
    }

    private static async Task<WebhookEntity> Find(string id, HttpContext http, ApiCall call)
    {
        if (Endpoints.Number(id) is not { } number) throw ApiProblem.Missing("webhook");
        if (await Own(http, call).FirstOrDefaultAsync(w => w.Id == number, call.Ct) is not { } webhook)
            throw await http.RequestServices.GetRequiredService<Db>().Webhooks.AnyAsync(w => w.Id == number, call.Ct)
                ? Endpoints.NotYours("webhook") : ApiProblem.Missing("webhook");
        return new WebhookEntity(webhook, await call.Reads.Campaigns.Find(webhook.CampaignId, call.Ct) ?? throw ApiProblem.Missing("webhook"));
    }

    private static string? Uri(JsonElement attributes) => RequestBody.Part(attributes, "uri") switch
    {
        { ValueKind: JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.String } text => RequestBody.Text(text),
        _ => throw ApiProblem.WrongBody("uri is a text."),
    };

    private static List<string>? TriggersOf(JsonElement attributes) => RequestBody.Part(attributes, "triggers") switch
    {
        { ValueKind: JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String) =>
            list.EnumerateArray().Select(RequestBody.Text).ToList(),
        _ => throw ApiProblem.WrongBody("triggers is a list of texts."),
    };

    /// <summary>A truth, or its name: a published example sends it as text.</summary>
    private static bool? Paused(JsonElement attributes) => RequestBody.Part(attributes, "paused") switch
    {
        { ValueKind: JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.String } text when RequestBody.Text(text) is "true" or "false" => RequestBody.Text(text) == "true",
        _ => throw ApiProblem.WrongBody("paused is true or false."),
    };
}
