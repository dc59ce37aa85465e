using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Entitlements.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;

namespace Stipend.Integration.Entitlements;

public sealed class WhyTests
{
    [Theory, OnEveryEngine]
    public async Task The_page_tells_me_what_is_open_and_the_facts_behind_it_and_the_owner_may_ask_about_a_member(Engine engine)
    {
        await using var app = await TestApp.Start(engine);
        var (ada, lin, eve) = (await app.SignUp("ada"), await app.SignUp("lin"), await app.SignUp("eve"));
        var campaign = await app.HasCampaign("ada-makes", ada.Id);
        var studio = await app.HasTier(campaign, "Studio", 500);
        await app.HasTier(campaign, "Gallery", 900);
        await app.In(s => s.GetRequiredService<IGrants>().Open(
            [new NewGrant(Book.Live, lin.Id, campaign.Id, studio.Id, GrantSource.Paid, app.Time.Now, null, "pledge", 1)]));
        await app.In(s => s.GetRequiredService<IGrants>().End(Book.Live, "pledge", 1, TestApp.Moment("2026-01-25"), "You cancelled."));

        var mine = await lin.Open("/ada-makes/why");
        mine.Texts("tbody tr")[0].ShouldStartWith("All members Open: a member.");
        mine.Texts("tbody tr")[1].ShouldStartWith("Studio Open: this tier is held.");
        mine.Texts("tbody tr")[1].ShouldContain("2026");
        mine.Texts("tbody tr")[2].ShouldStartWith("Gallery Closed: another tier opens it.");
        mine.Texts(".timeline li").Count.ShouldBe(2);
        mine.Text.ShouldContain("Studio will end on 25 January 2026: You cancelled.");

        await app.TravelTo("2026-01-26");
        (await lin.Open("/ada-makes/why")).Texts("tbody tr")[1].ShouldStartWith("Studio Closed: it was open, and has ended.");
        (await ada.Open($"/ada-makes/why?person={lin.Id}")).Text.ShouldContain("What lin can see, and why");

        (await lin.Get($"/ada-makes/why?person={ada.Id}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ada.Get($"/ada-makes/why?person={eve.Id}")).Status.ShouldBe(HttpStatusCode.NotFound,
            "eve was never a member: to ada she does not exist");
        (await eve.Open("/ada-makes/why")).Text.ShouldContain("never a membership");
    }

    [Fact]
    public async Task The_command_tells_the_same_in_words_and_in_json_and_says_what_it_does_not_know()
    {
        await using var app = await TestApp.Start(Engine.Sqlite);
        var (ada, lin) = (await app.SignUp("ada"), await app.SignUp("lin"));
        var campaign = await app.HasCampaign("ada-makes", ada.Id);
        var studio = await app.HasTier(campaign, "Studio", 500);
        await app.In(s => s.GetRequiredService<IGrants>().Open(
            [new NewGrant(Book.Live, lin.Id, campaign.Id, studio.Id, GrantSource.Gift, app.Time.Now, null, "gift", 1)]));

        var (code, output, error) = await Run("explain", "LIN@example.org", "--campaign", "ada-makes", "--data", app.DataFolder);
        code.ShouldBe(0, error);
        output.ShouldContain("Open: this tier is held.");
        output.ShouldContain("Was given Studio from 15 January 2026.");

        (code, output, error) = await Run("explain", $"{lin.Id}", "--campaign", "ada-makes", "--json", "--data", app.DataFolder);
        code.ShouldBe(0, error);
        var answer = JsonDocument.Parse(output).RootElement;
        answer.GetProperty("access")[1].GetProperty("open").GetBoolean().ShouldBeTrue();
        answer.GetProperty("facts").GetArrayLength().ShouldBe(1);

        (code, _, error) = await Run("explain", "nobody@example.org", "--campaign", "ada-makes", "--data", app.DataFolder);
        (code, error)
            .ShouldBe((1, "stipend: Nobody here is “nobody@example.org”. Give a mail address as they signed up with, or an id.\n"));
        (code, _, error) = await Run("explain", "lin@example.org", "--campaign", "eve-makes", "--data", app.DataFolder);
        code.ShouldBe(1);
        error.ShouldContain("There is no campaign “eve-makes”.");
        (await Run("explain", "lin@example.org", "--data", app.DataFolder)).Code.ShouldBe(2, "the campaign is missing");
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "stipend.dll"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
