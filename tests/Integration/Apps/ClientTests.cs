using System.Text.RegularExpressions;
using Shouldly;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>Programs written for Patreon by others (<c>tests/Clients</c>), run unchanged against the site.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task Clients_of_others_work_after_changing_the_host_alone()
    {
        var folder = await Node.Clients();
        await using var stage = await HookStage.Start(Engine.Sqlite, listens: true);
        var api = stage.Api;
        var (lin, mia) = (await api.Person("Lin"), await api.Person("Mia"));
        var hook = await stage.Hook("/hook");
        await api.App.Joins(api.Campaign, lin, api.Studio);
        await api.App.Joins(api.Campaign, mia, null);
        var deliveries = await stage.Told("/hook");
        deliveries.Count.ShouldBe(4);
        var v2 = "/api/oauth2/v2/";
        var site = new
        {
            origin = api.App.Address.GetLeftPart(UriPartial.Authority), clientId = api.Client.Id, clientSecret = api.Client.Secret,
            accessToken = api.Client.Access, refreshToken = api.Client.Refresh, code = await api.Code(api.Ada, "users pledges-to-me my-campaign"),
            redirect = ApiStage.Redirect, campaignId = $"{api.Campaign.Id}", secret = hook.Secret,
            deliveries = deliveries.ConvertAll(d => new { body = d.Text, headers = d.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value) }),
            guide = Regex.Match(await File.ReadAllTextAsync(Path.Combine(folder, "..", "..", "docs", "how-to", "receive-webhooks.md")), "```js\n(.*?)```",
                RegexOptions.Singleline).Groups[1].Value,
            paths = new[]
            {
                v2 + "identity?include=memberships.campaign,campaign.tiers&fields[user]=full_name", v2 + "campaigns?include=tiers.benefits,goals,creator",
                v2 + $"campaigns/{api.Campaign.Id}/posts?include=user", v2 + "webhooks?include=campaign,client",
            },
        };
        await Node.Passes("run.mjs", 10, site);
    }
}
