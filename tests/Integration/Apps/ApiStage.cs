using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Accounts.Contracts;
using Stipend.Apps.Model;
using Stipend.Apps.OAuth;
using Stipend.Campaigns.Contracts;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>An app as its creator registered it.</summary>
internal sealed record RegisteredApp(string Id, string Secret, string Access, string Refresh);

/// <summary>An answer of the API as a client reads it.</summary>
internal sealed record ApiAnswer(HttpResponseMessage Response, string Body)
{
    public int Status => (int)Response.StatusCode;

    /// <summary>The body as JSON; asking for it fails when it is none.</summary>
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
    public JsonElement Data => Json.GetProperty("data");
    public JsonElement Error => Json.GetProperty("errors")[0];
    public string? Type => Response.Content.Headers.ContentType?.MediaType;
    public string Header(string name) => Response.Headers.GetValues(name).Single();
}

/// <summary>Two creators, a member, and an app of the first, with raw HTTP as a client would send it.</summary>
internal sealed class ApiStage : IAsyncDisposable
{
    public const string Redirect = "https://app.example.org/callback?from=stipend";
    private readonly HttpClient _http;
    private int _people;

    private ApiStage(TestApp app) => (App, _http) = (app, app.Client());

    public TestApp App { get; }
    public Actor Ada { get; private set; } = null!;
    public Actor Bea { get; private set; } = null!;
    public Actor Lin { get; private set; } = null!;
    public CampaignInfo Campaign { get; private set; } = null!;
    public CampaignInfo BeasCampaign { get; private set; } = null!;
    public TierInfo Friend { get; private set; } = null!;
    public TierInfo Studio { get; private set; } = null!;
    public RegisteredApp Client { get; private set; } = null!;

    public static async Task<ApiStage> Start(Engine engine, string at = "2026-01-15", int perToken = 100_000, int perClient = 100_000,
        BillingModel model = BillingModel.MonthlyAnniversary, Action<WebApplicationBuilder>? adjust = null, bool listens = false)
    {
        var app = await TestApp.Start(engine, at, builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Stipend:Apps:RequestsPerToken"] = $"{perToken}", ["Stipend:Apps:RequestsPerClient"] = $"{perClient}",
                ["Stipend:Apps:TokenRequestsPerMinute"] = "100000",
            });
            adjust?.Invoke(builder);
        }, listens);
        var stage = new ApiStage(app) { Ada = await app.SignUp("Ada Lovelace", "ada@example.org") };
        stage.Campaign = await app.HasCampaign("ada", stage.Ada.Id, model: model);
        (stage.Friend, stage.Studio) = (await app.HasTier(stage.Campaign, "Friend", 300), await app.HasTier(stage.Campaign, "Studio", 500));
        stage.Client = await stage.Registers(stage.Ada, stage.Campaign);
        return stage;
    }

    /// <summary>Lin pays Ada for Studio and follows Bea for free.</summary>
    public async Task<ApiStage> WithLinAndBea()
    {
        (Bea, Lin) = (await App.SignUp("Bea", "bea@example.org"), await App.SignUp("Lin", "lin@example.org"));
        BeasCampaign = await App.HasCampaign("bea", Bea.Id);
        await App.HasTier(BeasCampaign, "Box", 700);
        await App.Joins(Campaign, Lin.Id, Studio);
        await App.Joins(BeasCampaign, Lin.Id, null);
        return this;
    }

    /// <summary>Somebody with an account nobody is signed in with.</summary>
    public async Task<long> Person(string? name = null)
    {
        var no = ++_people;
        return await App.In(s => s.GetRequiredService<IPeople>().Add(new NewAccount($"somebody.{no}@example.org", name ?? $"Some Body {no}")));
    }

    /// <summary>Registers an app on the creator's page and reads what is shown this once.</summary>
    public async Task<RegisteredApp> Registers(Actor creator, CampaignInfo campaign, string redirects = Redirect, int version = 2)
    {
        var page = await creator.Submit(await creator.Open($"/{campaign.Vanity}/apps"), "main form", ("name", "Door bot"),
            ("redirect_uris", redirects), ("api_version", version));
        ((int)page.Status).ShouldBe(200, page.Text);
        string Shown(string id) => page.Find("#" + id)?.TextContent ?? "";
        return new RegisteredApp(Shown("client-id"), Shown("client-secret"), Shown("creator-access-token"), Shown("creator-refresh-token"));
    }

    public static string AuthorizePath(RegisteredApp client, string scope, string redirect = Redirect, string more = "") =>
        $"/oauth2/authorize?response_type=code&client_id={client.Id}&redirect_uri={Uri.EscapeDataString(redirect)}"
        + $"&scope={Uri.EscapeDataString(scope)}{more}";

    /// <summary>Lets the app in through the consent page; answers the code.</summary>
    public async Task<string> Code(Actor person, string scope, RegisteredApp? client = null, string more = "", string redirect = Redirect)
    {
        var answer = await person.Submit(await person.Open(AuthorizePath(client ?? Client, scope, redirect, more)), "main form",
            ("decision", "allow"));
        ((int)answer.Status).ShouldBe(302, answer.Text);
        return Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(answer.Location!).Query)["code"].ToString();
    }

    public Task<ApiAnswer> Token(params (string Name, string Value)[] fields) => Send(HttpMethod.Post, "/api/oauth2/token", null,
        new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))));

    public Task<ApiAnswer> Exchange(string code, RegisteredApp? client = null, string redirect = Redirect,
        params (string, string)[] more) => Token([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect),
            ("client_id", (client ?? Client).Id), ("client_secret", (client ?? Client).Secret), .. more]);

    public Task<ApiAnswer> Refresh(string token, RegisteredApp? client = null) => Token(("grant_type", "refresh_token"),
        ("refresh_token", token), ("client_id", (client ?? Client).Id), ("client_secret", (client ?? Client).Secret));

    /// <summary>An access token of somebody for scopes, by the code that makes them; the way over the pages has its own tests.</summary>
    public Task<string> Access(Actor person, string scope, RegisteredApp? client = null) => App.In(async services =>
    {
        var tokens = services.GetRequiredService<Tokens>();
        var id = (client ?? Client).Id;
        var app = await services.GetRequiredService<Db>().Set<OauthClient>().SingleAsync(c => c.PublicId == id);
        var code = await tokens.Code(app, person.Id, Scopes.Grant(scope, app.ApiVersion)!, Redirect, null, default);
        return (await tokens.Exchange(app, code, Redirect, null, default)).Access;
    });

    /// <summary>Asks the API; a path without a slash at its head is below version 2.</summary>
    public Task<ApiAnswer> Get(string? token, string path) =>
        Send(HttpMethod.Get, path.StartsWith('/') ? path : "/api/oauth2/v2/" + path, token is null ? null : "Bearer " + token);

    public async Task<ApiAnswer> Send(HttpMethod method, string path, string? authorization = null, HttpContent? content = null,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        var response = await _http.SendAsync(request);
        return new ApiAnswer(response, await response.Content.ReadAsStringAsync());
    }

    public static string Basic(string id, string secret) => new AuthenticationHeaderValue("Basic",
        Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret)}"))).ToString();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await App.DisposeAsync();
    }
}

/// <summary>The classes that share the stages.</summary>
[CollectionDefinition(nameof(ApiTests))]
public sealed class ApiTests : ICollectionFixture<ApiStages>;

/// <summary>One stage per engine for all tests of the API: they run one after another and each makes the people it changes.</summary>
public sealed class ApiStages : IAsyncDisposable
{
    private readonly Dictionary<Engine, ApiStage> _stages = [];

    internal async Task<ApiStage> On(Engine engine)
    {
        if (!_stages.TryGetValue(engine, out var stage))
            _stages[engine] = stage = await (await ApiStage.Start(engine)).WithLinAndBea();
        return stage;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stage in _stages.Values) await stage.DisposeAsync();
    }
}
