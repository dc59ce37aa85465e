using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stipend.Campaigns.Contracts;
using Stipend.Ledger.Contracts;
using Stipend.TestGateway;

namespace Stipend.EndToEnd;

/// <summary>The first membership month as one story, in a browser: set up, make a page, publish, join, import, pretend a month, look at the
/// money.</summary>
public sealed class StoryJourney(Chromium chromium) : Journey(chromium)
{
    private static string Csv => Path.Combine(AppContext.BaseDirectory, "data", "members-2023-eur.csv");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_membership_month_from_the_setup_link_to_verified_books(bool script)
    {
        var creator = await Visitor(script);
        await SetUp(creator);
        await MakePage(creator);
        await Write(creator, "Hello everyone", "Anybody may read this.", "Everyone");
        await Write(creator, "For the inner circle", "Only the highest tier reads this sentence.", "Chosen tiers", tier: true);

        var patron = await Visitor(script, width: 390);
        await Join(patron);
        await Write(creator, "A paid song", "The words of the paid song.", "Paid members", charge: true);
        await Site.Drain();
        await Read(patron);

        await Import(creator);
        await PretendAMonth(creator);
        await LookAtTheMoney(creator, patron);
    }

    private async Task SetUp(IPage page)
    {
        await page.GotoAsync(await Site.SetupLink());
        await page.GetByLabel("Your name").FillAsync("Ada Marsh");
        await page.GetByLabel("Mail address").FillAsync("ada@example.com");
        await page.GetByLabel("Password", new() { Exact = false }).First.FillAsync("three words together");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set up" }).ClickAsync();
        await Leaves(page, "/setup");
    }

    private static async Task MakePage(IPage page)
    {
        await page.GotoAsync("/create");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Ada sings");
        await page.GetByLabel("Currency").SelectOptionAsync("EUR");
        await page.GetByRole(AriaRole.Radio, new() { Name = "Per creation" }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the page" }).ClickAsync();
        await Leaves(page, "/create");
        await page.GotoAsync("/ada-sings/edit");
        await page.GetByLabel("What do you make?").FillAsync("Songs, one at a time");
        await page.GetByLabel("About").FillAsync("I write songs and record them at home.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.GotoAsync("/ada-sings/edit");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish" }).ClickAsync();
        await page.GotoAsync("/ada-sings");
        (await page.Locator(".tier").CountAsync()).ShouldBe(3);
    }

    private static async Task Write(IPage page, string title, string text, string audience, bool tier = false, bool charge = false)
    {
        await page.GotoAsync("/ada-sings/posts/new");
        await page.GetByLabel("Title").FillAsync(title);
        await page.GetByLabel("Text", new() { Exact = true }).FillAsync(text);
        await page.GetByRole(AriaRole.Radio, new() { NameRegex = new Regex("^" + audience) }).CheckAsync();
        if (tier) await page.Locator("input[name=tiers]").Last.CheckAsync();
        if (charge) await page.GetByLabel("Charge patrons for this post").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish or schedule" }).ClickAsync();
        await Leaves(page, "/new");
        if (!charge) return;
        await Assertions.Expect(page.Locator(".checkout-promise")).ToContainTextAsync("This bills 1 patron");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish and bill" }).ClickAsync();
        await Leaves(page, "/publish");
    }

    private async Task Join(IPage page)
    {
        await SignIn(page, await Site.SignUp("Lin Chen"));
        await page.GotoAsync("/ada-sings");
        await page.Locator(".tier a[href*='/join/']").First.ClickAsync();
        await Arrives(page, "/join/");
        await Assertions.Expect(page.Locator(".checkout-promise")).ToContainTextAsync("Today €0.00");
        await page.Locator("select[name=method]").SelectOptionAsync("card_pays");
        await page.Locator("button[value=join]").ClickAsync();
        await Leaves(page, "/join/");
        await Site.Drain();
    }

    private static async Task Read(IPage page)
    {
        await page.GotoAsync("/ada-sings");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("A paid song");
        await page.GetByRole(AriaRole.Link, new() { Name = "A paid song" }).First.ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("The words of the paid song.");
        await page.GotoAsync("/ada-sings");
        await page.GetByRole(AriaRole.Link, new() { Name = "For the inner circle" }).First.ClickAsync();
        (await page.ContentAsync()).ShouldNotContain("Only the highest tier reads this sentence.");
        await page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("Why can") }).First.ClickAsync();
        await Arrives(page, "/why");
    }

    private async Task Import(IPage page)
    {
        await page.GotoAsync("/ada-sings/import");
        await page.Locator("input[type=file]").SetInputFilesAsync(Csv);
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload and look" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Import 640") }).ClickAsync();
        await Site.Drain();
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Imported");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("€4,005.00"); // the file's active pledges, to the cent
    }

    private async Task PretendAMonth(IPage page)
    {
        await page.GotoAsync("/ada-sings/sandbox");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pretend a month" }).ClickAsync();
        await Arrives(page, "/sandbox/moves/");
        await Site.Drain();
        await Assertions.Expect(page.Locator("main"))
            .ToContainTextAsync("It is now 15 February 2026", new() { Timeout = 20_000 }); // it looks again by itself
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("€1.00");
    }

    private async Task LookAtTheMoney(IPage creator, IPage patron)
    {
        var campaign = (await Site.In(s => s.GetRequiredService<ICampaigns>().FindByVanity("ada-sings")))!;
        var captures = Site.Services.GetRequiredService<TestGatewayStore>().Captures();
        var capture = captures.ShouldHaveSingleItem("imported members have confirmed nothing, so only Lin pays");

        await patron.GotoAsync("/billing");
        await Assertions.Expect(patron.Locator("main")).ToContainTextAsync("A paid song");
        await patron.GetByRole(AriaRole.Link, new() { Name = "Receipt" }).First.ClickAsync();
        await Assertions.Expect(patron.Locator("main")).ToContainTextAsync("Total");

        await creator.GotoAsync("/ada-sings/earnings");
        await Assertions.Expect(creator.Locator("main")).ToContainTextAsync($"€{capture.AmountMinor / 100m:0.00}");
        await creator.GotoAsync($"/operator/runs?book={campaign.BookId}");
        await Assertions.Expect(creator.Locator("main")).ToContainTextAsync("closed");
        await creator.GotoAsync($"/operator/ledger?book={campaign.BookId}");
        await creator.GetByRole(AriaRole.Button, new() { Name = "Verify the books" }).ClickAsync();
        await Assertions.Expect(creator.Locator("main")).ToContainTextAsync("The books are right");

        await creator.GotoAsync($"/operator/runs?book={campaign.BookId}");
        await creator.GetByRole(AriaRole.Button, new() { Name = "Run what is due" }).ClickAsync();
        await Site.Drain();
        Site.Services.GetRequiredService<TestGatewayStore>().Captures().Count.ShouldBe(1);
        (await Site.In(s => s.GetRequiredService<ILedger>().Verify())).Passed.ShouldBeTrue();
    }
}
