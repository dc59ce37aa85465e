using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stipend.Entitlements.Contracts;
using Stipend.Posts.Contracts;

namespace Stipend.EndToEnd;

/// <summary>What a creator does most, with JavaScript and without: put posts in an order, ask a question, publish later or not after all, look with a
/// member's eyes, keep order in the comments.</summary>
public sealed class CreatorJourney(Chromium chromium) : Journey(chromium)
{
    private Actor _ada = null!;
    private string _talked = "";

    protected override async Task Prepare()
    {
        _ada = await Site.SignUp("Ada Byron");
        var campaign = await Site.HasCampaign("ada-makes", _ada.Id, sandbox: true);
        await Site.HasTier(campaign, "Studio", 800);
        var post = await Site.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(campaign.Id, _ada.Id, "Rehearsal", "We played to the ducks.", Audience.Public, false, null)));
        _talked = (await _ada.Get($"/ada-makes/posts/{post}")).Location!;
        var lin = await Site.SignUp("Lin Chen");
        await lin.Post($"/comments/on/{post}", ("body", "Buy my watches."));
        await Site.Drain();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_creator_collects_asks_schedules_looks_and_keeps_order(bool script)
    {
        var page = await Visitor(script);
        await SignIn(page, _ada);
        await Collects(page);
        await Writes(page);
        await Schedules(page);
        await Moderates(page);
    }

    private static async Task Collects(IPage page)
    {
        await page.GotoAsync("/ada-makes/collections/new");
        await page.GetByLabel("Title").FillAsync("The otter");
        await page.GetByLabel("What it is").FillAsync("From the first screw.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the collection" }).ClickAsync();
        await Arrives(page, "/collections/the-otter");
    }

    private static async Task Writes(IPage page)
    {
        await page.GotoAsync("/ada-makes/posts/new");
        await page.GetByLabel("Title").FillAsync("The otter swims");
        await page.GetByLabel("Text", new() { Exact = true }).FillAsync("Three lengths of the bath.");
        await page.GetByRole(AriaRole.Radio, new() { Name = "Paid members" }).CheckAsync();
        await page.GetByLabel("Tags").FillAsync("otters, water");
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "The otter" }).CheckAsync();
        var poll = page.Locator("details:has([name=poll_question])");
        if (await poll.GetAttributeAsync("open") is null) await poll.Locator("summary").ClickAsync();
        await page.GetByLabel("Question").FillAsync("Which animal next?");
        await page.GetByLabel("Options").FillAsync("A heron\nA mole");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish or schedule" }).ClickAsync();
        await Leaves(page, "/new");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Which animal next?" })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "otters" }).First).ToBeVisibleAsync();
        var post = page.Url;

        await page.GetByLabel("See it as").SelectOptionAsync(new SelectOptionValue { Label = "Studio" });
        await page.GetByRole(AriaRole.Button, new() { Name = "Look" }).ClickAsync();
        await Arrives(page, "as=");
        await Assertions.Expect(page.Locator(".prose")).ToContainTextAsync("Three lengths");
        await page.GotoAsync(post + "?as=visitor");
        await Assertions.Expect(page.Locator("main")).Not.ToContainTextAsync("Three lengths");
        await page.GotoAsync("/ada-makes/collections/the-otter");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "The otter swims" }).First).ToBeVisibleAsync();
    }

    private static async Task Schedules(IPage page)
    {
        await page.GotoAsync("/ada-makes/posts/new");
        await page.GetByLabel("Title").FillAsync("The heron stands");
        await page.GetByLabel("Text", new() { Exact = true }).FillAsync("On one leg.");
        await page.GetByRole(AriaRole.Radio, new() { Name = "Everyone" }).CheckAsync();
        await page.GetByLabel("Publish at").FillAsync("2026-02-01T09:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish or schedule" }).ClickAsync();
        await Arrives(page, "state=scheduled");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("The heron stands");

        await page.GetByRole(AriaRole.Link, new() { Name = "The heron stands" }).First.ClickAsync();
        await Arrives(page, "/posts/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Edit", Exact = true }).First.ClickAsync();
        await Arrives(page, "/edit");
        await page.GetByRole(AriaRole.Button, new() { Name = "Move to drafts" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Save as draft" })).ToBeVisibleAsync();
        await page.GotoAsync("/ada-makes/posts?state=scheduled");
        await Assertions.Expect(page.Locator("main")).Not.ToContainTextAsync("The heron stands");
    }

    private async Task Moderates(IPage page)
    {
        await page.GotoAsync(_talked);
        await page.GetByRole(AriaRole.Link, new() { Name = "Moderate …" }).ClickAsync();
        await Arrives(page, "/comments/");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
        await Arrives(page, "-rehearsal");
        await Assertions.Expect(page.Locator("#comments")).Not.ToContainTextAsync("Buy my watches.");
    }
}
