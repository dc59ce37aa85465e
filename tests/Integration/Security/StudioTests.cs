using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Campaigns.Contracts;
using Stipend.Integration.Posts;
using Stipend.Platform.Data;
using Stipend.Platform.Http;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Security;

/// <summary>Every page of a campaign that is not for its readers belongs to its owner alone, also the pages of tomorrow.</summary>
public sealed class StudioTests
{
    /// <summary>What readers and members of a campaign may ask for; all else under its address is its creator's studio.</summary>
    private static readonly HashSet<string> s_forReaders =
    [
        "/{vanity}", "/{vanity}/join", "/{vanity}/join/{tierId:long}", "/{vanity}/membership", "/{vanity}/membership/pay",
        "/{vanity}/membership/cap", "/{vanity}/membership/change", "/{vanity}/membership/cancel", "/{vanity}/membership/confirm",
        "/{vanity}/membership/decline", "/{vanity}/posts/{post}", "/{vanity}/search", "/{vanity}/why",
        "/{vanity}/feed.xml", "/{vanity}/feed.json", "/{vanity}/tags/{tag}", "/{vanity}/collections", "/{vanity}/collections/{slug}",
        "/{vanity}/podcasts/{podcast:long}/feed.xml", "/{vanity}/podcasts/{podcast:long}/feed.json", "/{vanity}/podcasts/{podcast:long}/artwork/{name}",
        "/{vanity}/podcasts/{podcast:long}/chapters/{post:long}.json",
    ];

    [Theory, OnEveryEngine]
    public async Task Another_creators_studio_does_not_exist_neither_its_pages_nor_what_is_in_it(Engine engine)
    {
        await using var stage = await PostStage.Start(engine);
        var eve = await stage.App.SignUp("eve");
        var own = await stage.App.HasCampaign("eves-own", eve.Id);
        var post = await stage.Publishes("Plans", "The plans.");
        var routes = Routes(stage.App);
        routes.Count.ShouldBeGreaterThan(25);
        var wrong = new List<string>();
        foreach (var (method, route) in routes)
        {
            foreach (var vanity in new[] { "ada-makes", "eves-own" })
            foreach (var id in new[] { stage.Big.Id, post })
            {
                if (vanity == "eves-own" && !route.Contains("d:long}", StringComparison.Ordinal)) continue; // a page of her own
                if (vanity == "eves-own" && route.EndsWith("/unblock", StringComparison.Ordinal)) continue; // a block not there: no change
                var answer = await Send(eve, method, Fill(route, vanity, id), own);
                if (answer.StatusCode != HttpStatusCode.NotFound)
                    wrong.Add($"{method} {Fill(route, vanity, id)}: {(int)answer.StatusCode}");
            }
        }
        wrong.ShouldBeEmpty();
        (await stage.Ada.Open($"/ada-makes/posts/{post}")).Text.ShouldContain("The plans.");
        (await stage.App.In(s => s.GetRequiredService<ICampaigns>().Tiers(stage.Campaign.Id))).ShouldBe([stage.Small, stage.Big],
            "nothing was changed on the way");
    }

    [Fact]
    public async Task The_readers_pages_named_here_are_all_there()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        s_forReaders.Except(All(app).Select(r => r.Route)).ShouldBeEmpty("a page that moved must not leave its excuse behind");
    }

    private static async Task<HttpResponseMessage> Send(Actor actor, string method, string path, CampaignInfo own)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("Tus-Resumable", "1.0.0"); // else uploads are refused before anything is looked up
        request.Headers.Add("Upload-Offset", "0");
        if (method == "POST") request.Headers.Add("X-HTTP-Method-Override", "DELETE"); // an upload under way is ended so too
        if (method == "PATCH") request.Content = new ByteArrayContent([1]) { Headers = { { "Content-Type", "application/offset+octet-stream" } } };
        if (method == "POST") request.Content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["name"] = "Taken", ["title"] = "Taken", ["markdown"] = "Taken", ["text"] = "x", ["audience"] = "public", ["action"] = "save",
            ["version"] = "1", ["price"] = "9", ["sure"] = "on", ["leap"] = "month", ["to"] = "up", ["campaign"] = own.Vanity,
        });
        return await actor.Client.SendAsync(request);
    }

    private static List<(string Method, string Route)> Routes(TestApp app) => All(app)
        .Where(r => !s_forReaders.Contains(r.Route) && r.Method != "OPTIONS").ToList(); // what the protocol can do is no secret

    private static IEnumerable<(string Method, string Route)> All(TestApp app) =>
        from endpoint in app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let route = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        where endpoint.RoutePattern.PathSegments.FirstOrDefault()?.Parts is [RoutePatternParameterPart { Name: "vanity" }]
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        where method != "HEAD"
        select (method, route);

    private static string Fill(string route, string vanity, long id) => string.Join('/', route.Split('/').Select(part =>
        part == "{vanity}" ? vanity : part.StartsWith('{') ? id.ToString(CultureInfo.InvariantCulture) : part));
}
