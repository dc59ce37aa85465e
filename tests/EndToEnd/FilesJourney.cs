using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stipend.Entitlements.Contracts;
using Stipend.Posts.Contracts;

namespace Stipend.EndToEnd;

/// <summary>A creator puts files to a post, with and without JavaScript, and a reader sees them.</summary>
public sealed class FilesJourney(Chromium chromium) : Journey(chromium)
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task Files_are_added_to_a_post_and_wrong_ones_are_told(bool script)
    {
        var ada = await Site.SignUp("Ada Byron");
        var campaign = await Site.HasCampaign("ada-makes", ada.Id);
        var post = await Site.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "Rehearsal", "x", Audience.Public, false, null)));
        var page = await Visitor(script, width: 390);
        await SignIn(page, ada);
        await page.GotoAsync($"/ada-makes/posts/{post}/edit");
        if (script) await page.GetByLabel("Title").FillAsync("A title not saved yet");

        await page.GetByLabel("Add files").SetInputFilesAsync(new FilePayload[]
        {
            new() { Name = "take one.mp3", MimeType = "audio/mpeg", Buffer = [.. "ID3"u8, .. new byte[300_000]] },
            new() { Name = "plan.pdf", MimeType = "application/pdf", Buffer = "%PDF-1.4 %%EOF"u8.ToArray() },
        });
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload" }).ClickAsync();
        await Assertions.Expect(page.Locator("#files .file-name")).ToHaveTextAsync(["take one.mp3", "plan.pdf"]);
        if (script) (await page.GetByLabel("Title").InputValueAsync()).ShouldBe("A title not saved yet");

        await page.GetByLabel("Add files").SetInputFilesAsync(new FilePayload { Name = "film.mp4", MimeType = "video/mp4", Buffer = "no film"u8.ToArray() });
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload" }).ClickAsync();
        await Assertions.Expect(page.GetByText("“film.mp4” says it is an MP4 film, but its bytes are something else.")).ToBeVisibleAsync();

        var reader = await Visitor(script);
        await reader.GotoAsync($"/ada-makes/posts/{post}");
        await Assertions.Expect(reader.Locator("audio[controls]")).ToHaveAttributeAsync("src", new System.Text.RegularExpressions.Regex("^/media/\\d+/take%20one.mp3$"));
        await Assertions.Expect(reader.GetByRole(AriaRole.Link, new() { Name = "plan.pdf" })).ToBeVisibleAsync();

        await page.Locator("#files li", new() { HasText = "take one.mp3" }).GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(page.Locator("#files .file-name")).ToHaveTextAsync(["plan.pdf"]);
        if (!script) return;
        (await page.GetByLabel("Title").InputValueAsync()).ShouldBe("A title not saved yet");
        await Assertions.Expect(page.Locator(".upload-states")).ToContainTextAsync("The file is removed.");
        await Assertions.Expect(page.Locator("#files li button")).ToBeFocusedAsync();
    }
}
