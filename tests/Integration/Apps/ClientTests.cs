using System.Diagnostics;
using System.Text.Json;
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
        var folder = Folder();
        if (await Run("node", folder, null, "--version") is not { Code: 0 })
        {
            Environment.GetEnvironmentVariable("CI").ShouldNotBe("true", "Node.js is needed in CI");
            Assert.Skip("There is no Node.js on this machine.");
        }
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            (await Run("npm", folder, null, "ci", "--ignore-scripts", "--no-audit", "--no-fund"))!.Code.ShouldBe(0);
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
        var ran = (await Run("node", folder, JsonSerializer.Serialize(site), "run.mjs"))!;
        var lines = ran.Output.Split('\n').Where(l => l.StartsWith("ok ", StringComparison.Ordinal) || l.StartsWith("not ok ", StringComparison.Ordinal))
            .ToList(); // clients talk, too
        lines.Where(l => !l.StartsWith("ok ", StringComparison.Ordinal)).ShouldBeEmpty(ran.Errors);
        lines.Count.ShouldBe(10, ran.Errors);
    }

    private sealed record Ended(int Code, string Output, string Errors);

    private static async Task<Ended?> Run(string program, string folder, string? input, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            await process.WaitForExitAsync(limit.Token);
            return new Ended(process.ExitCode, await output, await errors);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // there is no such program
        }
    }

    private static string Folder()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Stipend.slnx"))) root = root.Parent!;
        return Path.Combine(root.FullName, "tests", "Clients");
    }
}
