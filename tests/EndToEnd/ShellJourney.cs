using Microsoft.Playwright;

namespace Stipend.EndToEnd;

/// <summary>What is around every page: theme, language, menu, skip link, error page.</summary>
public sealed class ShellJourney(Chromium chromium) : Journey(chromium)
{
    private const string Somewhere = "/dev/components";

    [Theory, InlineData(true), InlineData(false)]
    public async Task The_theme_is_chosen_with_a_button_and_kept(bool script)
    {
        var page = await Visitor(script);
        await page.GotoAsync(Somewhere);
        await page.GetByRole(AriaRole.Button, new() { Name = "Dark", Exact = true }).ClickAsync();

        new Uri(page.Url).AbsolutePath.ShouldBe(Somewhere);
        (await page.Locator("html").GetAttributeAsync("data-theme")).ShouldBe("dark");
        await page.GotoAsync("/dev/post");
        (await page.Locator("html").GetAttributeAsync("data-theme")).ShouldBe("dark");
        await page.GetByRole(AriaRole.Button, new() { Name = "Auto", Exact = true }).ClickAsync();
        (await page.Locator("html").GetAttributeAsync("data-theme")).ShouldBeNull();
    }

    [Fact]
    public async Task The_language_follows_the_browser_until_one_is_chosen()
    {
        var page = await Visitor(language: "de-AT");
        await page.GotoAsync(Somewhere);
        (await page.Locator("html").GetAttributeAsync("lang")).ShouldBe("de");
        (await page.Locator(".amount").First.InnerTextAsync()).ShouldContain("€");
        await page.GetByRole(AriaRole.Button, new() { Name = "English" }).ClickAsync();

        (await page.Locator("html").GetAttributeAsync("lang")).ShouldBe("en");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Times_are_written_in_the_readers_zone_from_the_second_page_on()
    {
        var page = await Visitor();
        await page.GotoAsync("/dev/post");
        await page.ReloadAsync();

        (await page.Locator("article time").First.InnerTextAsync()).ShouldContain("10:30"); // 09:30 UTC in Berlin's winter
    }

    [Fact]
    public async Task The_first_tab_stop_skips_to_the_content()
    {
        var page = await Visitor();
        await page.GotoAsync("/dev/post");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");

        (await page.EvaluateAsync<string>("document.activeElement.id")).ShouldBe("main");
    }

    [Fact]
    public async Task A_missing_page_says_so_and_leads_home()
    {
        var page = await Visitor();
        var answer = await page.GotoAsync("/nothing/is/here");

        answer!.Status.ShouldBe(404);
        (await page.Locator("h1").InnerTextAsync()).ShouldBe("There is no such page.");
        (await answer.HeaderValueAsync("content-security-policy")).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_refused_form_takes_the_focus_to_what_was_wrong()
    {
        var page = await Visitor();
        await page.GotoAsync(Somewhere);

        (await page.EvaluateAsync<string>("document.activeElement.id")).ShouldBe("form-problem");
        await page.GetByRole(AriaRole.Link, new() { Name = "The file has no column “Email”." }).ClickAsync();
        (await page.EvaluateAsync<string>("document.activeElement.id")).ShouldBe("field-file");
        (await page.GetByLabel("Price").GetAttributeAsync("aria-invalid")).ShouldBe("true");
    }
}
