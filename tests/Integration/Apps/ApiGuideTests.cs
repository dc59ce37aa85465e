using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Shouldly;
using Stipend.Integration.Memberships;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>Sends the requests of the guides as they stand there and holds the answers against those printed.</summary>
public sealed partial class ApiGuideTests
{
    [Theory]
    [InlineData("sign-in-with-stipend.md", 4)]
    [InlineData("read-members.md", 3)]
    [InlineData("receive-webhooks.md", 2)]
    [InlineData("move-a-patreon-integration.md", 2)]
    public async Task Every_request_of_the_guide_is_answered_as_it_says(string guide, int requests)
    {
        await using var hooks = await HookStage.Start(Engine.Sqlite, "2026-01-15");
        var stage = await hooks.Api.WithLinAndBea();
        await stage.App.Joins(stage.Campaign, await stage.Person(), null);
        var client = await stage.Registers(stage.Ada, stage.Campaign, "https://app.example.org/callback");
        var values = new Dictionary<string, string>
        {
            ["CLIENT_ID"] = client.Id, ["CLIENT_SECRET"] = client.Secret, ["STATE"] = "s1", ["CREATOR_TOKEN"] = client.Access,
            ["CAMPAIGN_ID"] = $"{stage.Campaign.Id}", ["HOOK_URL"] = hooks.Receiver.Url("/guide"),
        };
        var (sent, last) = (0, "");
        foreach (Match block in Block().Matches(await File.ReadAllTextAsync(Path(guide))))
        {
            var text = Indent().Replace(block.Groups[2].Value, "");
            if (block.Groups[1].Value == "json")
            {
                Missing(JsonDocument.Parse(text).RootElement, JsonDocument.Parse(last).RootElement, "").ShouldBeEmpty(last);
                continue;
            }
            if (block.Groups[1].Value == "webhook")
            {
                await stage.App.Joins(stage.Campaign, await stage.Person(), stage.Studio);
                Compare(text, (await hooks.Told("/guide"))[^1]);
                continue;
            }
            text = Placeholder().Replace(text, m => values.TryGetValue(m.Value, out var value) ? value : m.Value);
            last = await Send(stage, text, values);
            sent++;
        }
        sent.ShouldBe(requests);
    }

    private static async Task<string> Send(ApiStage stage, string text, Dictionary<string, string> values)
    {
        var (head, body) = text.Split("\n\n", 2) is [var first, var second] ? (first, second.Trim()) : (text, null);
        var lines = head.Trim().Split('\n');
        var (method, path) = (lines[0].Split(' ')[0], lines[0].Split(' ')[1]);
        if (path.StartsWith("/oauth2/authorize", StringComparison.Ordinal))
        {
            var back = await stage.Lin.Submit(await stage.Lin.Open(path), "main form", ("decision", "allow"));
            values["CODE"] = Regex.Match(back.Location!, "code=([^&]+)").Groups[1].Value;
            back.Location.ShouldEndWith("&state=s1");
            return "{}";
        }
        var headers = lines[1..].Select(l => l.Split(": ", 2)).ToDictionary(h => h[0], h => h[1]);
        var answer = await stage.Send(new HttpMethod(method), path, headers.GetValueOrDefault("Authorization"),
            body is null ? null : new StringContent(body, MediaTypeHeaderValue.Parse(headers["Content-Type"])));
        answer.Status.ShouldBe(method == "POST" && path.Contains("/v2/", StringComparison.Ordinal) ? 201 : 200, $"{text}\n{answer.Body}");
        if (path.EndsWith("/webhooks", StringComparison.Ordinal)) values["WEBHOOK_ID"] = answer.Data.GetProperty("id").GetString()!;
        if (answer.Json.TryGetProperty("access_token", out var access))
            (values["ACCESS_TOKEN"], values["REFRESH_TOKEN"]) = (access.GetString()!, answer.Json.GetProperty("refresh_token").GetString()!);
        else if (path.Contains("/members?", StringComparison.Ordinal)) values["MEMBER_ID"] = answer.Data[0].GetProperty("id").GetString()!;
        return answer.Body;
    }

    /// <summary>A printed delivery against one that arrived.</summary>
    private static void Compare(string printed, Arrived arrived)
    {
        var (head, body) = printed.Split("\n\n", 2) is [var first, var second] ? (first, second) : throw new FormatException(printed);
        foreach (var line in head.Split('\n').Select(l => l.Split(": ", 2)))
        {
            arrived.Headers.ContainsKey(line[0]).ShouldBeTrue(line[0]);
            if (line[1] != "…") arrived.Headers[line[0]].ShouldBe(line[1]);
        }
        Missing(JsonDocument.Parse(body).RootElement, arrived.Json, "").ShouldBeEmpty(arrived.Text);
    }

    /// <summary>What the guide prints and the answer has not, by name and, where the guide says one, by value.</summary>
    private static IEnumerable<string> Missing(JsonElement printed, JsonElement answered, string at)
    {
        switch (printed.ValueKind)
        {
            case JsonValueKind.Object:
                return answered.ValueKind != JsonValueKind.Object ? [at] : printed.EnumerateObject().SelectMany(p =>
                    answered.TryGetProperty(p.Name, out var value) ? Missing(p.Value, value, $"{at}.{p.Name}") : [$"{at}.{p.Name}"]);
            case JsonValueKind.Array:
                return printed.EnumerateArray().SelectMany((p, n) =>
                    answered.EnumerateArray().Any(a => !Missing(p, a, "").Any()) ? [] : (string[])[$"{at}[{n}]"]);
            default:
                return printed.ToString() == "…" || printed.GetRawText() == answered.GetRawText() ? [] : [$"{at} = {answered.GetRawText()}"];
        }
    }

    private static string Path(string guide)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(root.FullName, "Stipend.slnx"))) root = root.Parent!;
        return System.IO.Path.Combine(root.FullName, "docs", "how-to", guide);
    }

    [GeneratedRegex(@"```(http|json|webhook)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    /// <summary>Blocks inside a list are indented.</summary>
    [GeneratedRegex(@"^   (?=\S)", RegexOptions.Multiline)]
    private static partial Regex Indent();

    [GeneratedRegex(@"\b[A-Z]+(?:_[A-Z]+)+\b|\b(?:CODE|STATE)\b")]
    private static partial Regex Placeholder();
}
