using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stipend.Apps.Answers;
using Stipend.Apps.Clients;
using Stipend.Apps.Contracts;
using Stipend.Apps.JsonApi;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Apps.Sites;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Apps.V2;

/// <summary>
/// Registering and removing apps over the API. What is registered has the creator's own tokens, so no app may do it that is merely let in or
/// was given such tokens, whatever scope it has: only a website whose creator has just said yes to it. An app removes itself.
/// </summary>
internal static class ClientEndpoints
{
    private const long LargestBody = 64 * 1024;

    internal static void Map(IEndpointRouteBuilder app)
    {
        var clients = app.MapGroup(ApiPaths.V2 + "/clients").AllowAnyone().DisableRateLimiting().AcceptsUpTo(LargestBody);
        clients.MapPost("", (HttpContext http) => Create(http));
        clients.MapDelete("/{id}", (string id, HttpContext http) => Delete(id, http));
    }

    private static async Task Create(HttpContext http)
    {
        var call = await ApiCall.Open(http, SiteRequest.Scope);
        if (call.Query.Steps.FirstOrDefault(s => s is not ["creator_token"]) is { } unknown)
            throw ApiProblem.WrongParameter("include", $"An oauth-client has no relationship “{string.Join('.', unknown)}”.");
        var told = Told(RequestBody.Part(await RequestBody.Data(http, null, "oauth-client", "client"), "attributes"));
        var services = http.RequestServices;
        await using var transaction = await services.GetRequiredService<Db>().BeginWrite(call.Ct);
        var made = await services.GetRequiredService<AppRegistry>().Add(await CampaignFor(told, call, services), told, call.Ct);
        await services.GetRequiredService<Tokens>().End(call.Bearer.GrantId, call.Ct); // one yes, one app
        await transaction.Commit(call.Ct);
        await Send(call, http, made, call.Query.Steps.Count > 0);
    }

    private static async Task Delete(string id, HttpContext http)
    {
        var call = await ApiCall.Open(http, SiteRequest.Scope);
        var registry = http.RequestServices.GetRequiredService<AppRegistry>();
        if (call.Bearer.Client.PublicId != id)
            throw await http.RequestServices.GetRequiredService<Db>().Clients.AnyAsync(c => c.PublicId == id, call.Ct)
                ? ApiProblem.Forbidden("An app is removed with its own creator's token, or on the page of its creator.") : ApiProblem.Missing("client");
        if (!call.Bearer.IsCreators) throw ApiProblem.Forbidden("This token was not made for the app's creator.");
        await registry.Remove(call.Bearer.Client.Id, call.Ct);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>The page the token may register an app of. The app gets the name its creator was shown, whatever it calls itself now.</summary>
    private static async Task<CampaignInfo> CampaignFor(OauthClient told, ApiCall call, IServiceProvider services)
    {
        if (call.Bearer.Client.PublicId != services.GetRequiredService<IOptions<AppsOptions>>().Value.SiteConnector // turned off since the yes
            || await services.GetRequiredService<SiteApprovals>().Take(call.Bearer.GrantId, call.Ct) is not { } approval)
            throw ApiProblem.Forbidden("Only a website its creator has just connected may register an app. Otherwise creators do on their page.");
        if (told.Redirects.Except(approval.RedirectUris.Split(' '), StringComparer.Ordinal).Any())
            throw ApiProblem.Forbidden("The creator was not asked about these redirect_uris. Connect the website again.");
        (told.Name, told.Description) = (approval.Name, approval.Description);
        return (await call.Reads.Campaigns.OwnedBy(call.Bearer.Person.Id, call.Ct)).FirstOrDefault(c => c.Id == approval.CampaignId)
            ?? throw Endpoints.NotYours("campaign");
    }

    private static OauthClient Told(JsonElement attributes)
    {
        string? Line(string name, int most) =>
            RequestBody.Text(attributes, name) is { } text && SiteRequest.Line(text, most) is { Length: > 0 } line ? line : null;
        var redirects = (RequestBody.Text(attributes, "redirect_uris") ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Distinct(StringComparer.Ordinal).ToList();
        if (redirects.Count is 0 or > 10 || !redirects.TrueForAll(AppPages.IsRedirect))
            throw ApiProblem.WrongBody("redirect_uris: one to ten addresses in one text, separated by spaces, each beginning with https:// and without a # part.");
        return new OauthClient
        {
            Name = Line("name", 80) ?? throw ApiProblem.WrongBody("name is needed."), Description = Line("description", 300) ?? "",
            RedirectUris = string.Join(' ', redirects), ApiVersion = Version(RequestBody.Part(attributes, "version")), AuthorName = Line("author_name", 80),
            Domain = Line("domain", 300), PrivacyPolicyUrl = Line("privacy_policy_url", 500), TosUrl = Line("tos_url", 500), IconUrl = Line("icon_url", 500),
        };
    }

    private static int Version(JsonElement version) => version.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? 2
        : RequestBody.NumberOrText(version) switch
    {
        "1" => 1,
        "2" => 2,
        _ => throw ApiProblem.WrongBody("version is 1 or 2."),
    };

    private static Task Send(ApiCall call, HttpContext http, RegisteredClient made, bool withToken) =>
        ApiAnswers.Send(http, StatusCodes.Status201Created, ApiAnswers.Document, json =>
        {
            http.Response.Headers.CacheControl = "no-store"; // it holds secrets
            var (client, token) = (made.Client, made.Tokens);
            var tokenId = token.GrantId.ToString(CultureInfo.InvariantCulture);
            json.WriteStartObject();
            json.WriteStartObject("data");
            json.WriteStartObject("attributes");
            foreach (var (name, value) in new (string, string?)[]
            {
                ("name", client.Name), ("description", client.Description), ("client_secret", made.Secret), ("redirect_uris", client.RedirectUris),
                ("author_name", client.AuthorName), ("domain", client.Domain), ("privacy_policy_url", client.PrivacyPolicyUrl),
                ("tos_url", client.TosUrl), ("icon_url", client.IconUrl),
            }) json.WriteString(name, value);
            json.WriteNumber("version", client.ApiVersion);
            json.WriteEndObject();
            json.WriteString("id", client.PublicId);
            if (withToken)
            {
                json.WriteStartObject("relationships");
                json.WriteStartObject("creator_token");
                json.WriteStartObject("data");
                json.WriteString("id", tokenId);
                json.WriteString("type", "oauth-token");
                json.WriteEndObject();
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteString("type", "oauth-client");
            json.WriteEndObject();
            if (withToken)
            {
                json.WriteStartArray("included");
                json.WriteStartObject();
                json.WriteStartObject("attributes");
                json.WriteString("access_token", token.Access);
                json.WriteString("expires_at", Document.Time(token.ExpiresAt));
                json.WriteString("refresh_token", token.Refresh);
                json.WriteString("scopes", token.Scope);
                json.WriteEndObject();
                json.WriteString("id", tokenId);
                json.WriteString("type", "oauth-token");
                json.WriteEndObject();
                json.WriteEndArray();
            }
            json.WriteStartObject("links");
            json.WriteString("self", $"{call.Origin}{ApiPaths.V2}/clients/{client.PublicId}");
            json.WriteEndObject();
            json.WriteEndObject();
        });
}
