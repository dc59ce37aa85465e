using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stipend.Entitlements.Contracts;
using Stipend.Posts.Contracts;

namespace Stipend.EndToEnd;

/// <summary>What a member does most, with JavaScript and without: read, answer, vote, keep, find, listen elsewhere, be told, and go.</summary>
public sealed class ReaderJourney(Chromium chromium) : Journey(chromium)
{
    private Actor _lin = null!;
    private string _post = "";

    protected override async Task Prepare()
    {
        var ada = await Site.SignUp("Ada Byron");
        var campaign = await Site.HasCampaign("ada-makes", ada.Id, sandbox: true);
        var tier = await Site.HasTier(campaign, "Studio", 800);
        _lin = await Site.SignUp("Lin Chen");
        await _lin.Does($"/ada-makes/join/{tier.Id}", "main form", ("method", "card_pays"), ("button", "join"));
        await Site.Drain();
        var post = await Site.In(s => s.GetRequiredService<IPosts>().Publish(
            new NewPost(campaign.Id, ada.Id, "The otter swims", "Three lengths of the bath.", Audience.PaidMembers, false, null)));
        await ada.Submit(await ada.Open($"/ada-makes/posts/{post}/edit"), "form.composer", ("action", "publish"),
            ("poll_question", "Which animal next?"), ("poll_options", "A heron\nA mole"));
        await ada.Post($"/comments/on/{post}", ("body", "Ask me anything."));
        await Site.Drain();
        _post = (await ada.Get($"/ada-makes/posts/{post}")).Location!;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_member_talks_votes_keeps_finds_subscribes_and_cancels(bool script)
    {
        var page = await Visitor(script, width: 390);
        await SignIn(page, _lin);
        await IsTold(page);
        await Talks(page);
        await Votes(page);
        await Finds(page);
        await Subscribes(page);
        await ChoosesMails(page);
        await Cancels(page);
    }

    private static async Task IsTold(IPage page)
    {
        await page.GotoAsync("/notifications");
        await Assertions.Expect(page.Locator(".notice-new")).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Button, new() { Name = "The otter swims" }).ClickAsync();
        await Arrives(page, "-the-otter-swims");
        await Assertions.Expect(page.Locator(".prose")).ToHaveTextAsync("Three lengths of the bath.");
        await page.GotoAsync("/notifications");
        await Assertions.Expect(page.Locator(".notice-new")).ToHaveCountAsync(0);
    }

    private async Task Talks(IPage page)
    {
        await page.GotoAsync(_post);
        await page.GetByLabel("Your comment").FillAsync("How long is the bath?");
        await page.GetByRole(AriaRole.Button, new() { Name = "Comment", Exact = true }).ClickAsync();
        var mine = page.Locator("article.comment", new() { HasText = "How long is the bath?" }).Last;
        await Assertions.Expect(mine).ToBeVisibleAsync();

        var theirs = page.Locator("article.comment", new() { HasText = "Ask me anything." }).First;
        await theirs.GetByText("Answer", new() { Exact = true }).First.ClickAsync();
        await theirs.GetByLabel("Your answer").FillAsync("What does it eat?");
        await theirs.GetByRole(AriaRole.Button, new() { Name = "Answer", Exact = true }).ClickAsync();
        var answer = page.Locator("article.comment", new() { HasText = "What does it eat?" }).Last;
        await Assertions.Expect(answer).ToBeVisibleAsync();
        await Arrives(page, "-the-otter-swims"); // still under the post

        await answer.GetByText("Edit", new() { Exact = true }).ClickAsync();
        await answer.GetByLabel("Change your comment").FillAsync("What does it eat on Sundays?");
        await answer.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.Locator("article.comment", new() { HasText = "What does it eat on Sundays?" }).Last).ToContainTextAsync("edited");

        await theirs.GetByRole(AriaRole.Button, new() { Name = "Like" }).First.ClickAsync();
        await Assertions.Expect(theirs.GetByRole(AriaRole.Button, new() { Name = "Take your like back" }).First).ToBeVisibleAsync();
    }

    private async Task Votes(IPage page)
    {
        await page.GotoAsync(_post);
        await page.GetByRole(AriaRole.Radio, new() { Name = "A mole" }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Vote", Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("#poll")).ToContainTextAsync("1 person voted.");
        await Assertions.Expect(page.GetByRole(AriaRole.Radio, new() { Name = "A mole" })).ToBeCheckedAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save for later" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Saved; remove it" })).ToBeVisibleAsync();
    }

    private static async Task Finds(IPage page)
    {
        await page.GotoAsync("/library");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "The otter swims" }).First).ToBeVisibleAsync();
        await page.GetByLabel("Search your memberships").FillAsync("lengths");
        await page.GetByLabel("Search your memberships").PressAsync("Enter");
        await Arrives(page, "/library/search?q=lengths");
        await page.GetByRole(AriaRole.Link, new() { Name = "The otter swims" }).First.ClickAsync();
        await Arrives(page, "-the-otter-swims");
    }

    private static async Task Subscribes(IPage page)
    {
        await page.GotoAsync("/account/feeds");
        await page.GetByLabel("Device or app").FillAsync("My phone");
        await page.Locator("main form[action='/account/feeds'] button").ClickAsync();
        var address = await page.GetByLabel("For readers and podcast apps (RSS)").InputValueAsync();
        address.ShouldContain("/feeds/");
        address.ShouldEndWith("/ada-makes.xml");
        await page.GotoAsync("/account/feeds");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Remove My phone" })).ToBeVisibleAsync();
    }

    private static async Task ChoosesMails(IPage page)
    {
        await page.GotoAsync("/account/mail");
        var ada = page.GetByRole(AriaRole.Checkbox, new() { Name = "Ada-makes" });
        await Assertions.Expect(ada).ToBeCheckedAsync();
        await ada.UncheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Saved.").First).ToBeVisibleAsync();
        await page.GotoAsync("/account/mail");
        await Assertions.Expect(ada).Not.ToBeCheckedAsync();
    }

    private async Task Cancels(IPage page)
    {
        await page.GotoAsync("/ada-makes/membership/cancel");
        await page.GetByLabel("Why, if you like to say").FillAsync("Moving to the sea");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel membership" }).ClickAsync();
        await Leaves(page, "/cancel");
        await Site.Drain();
        await page.GotoAsync("/memberships");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("15 February 2026"); // paid for until then
        await page.GotoAsync(_post);
        await Assertions.Expect(page.Locator(".prose")).ToHaveTextAsync("Three lengths of the bath.");
    }
}
