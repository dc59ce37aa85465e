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

    [Fact]
    public async Task An_upload_goes_on_with_the_same_file_and_not_with_another_of_its_name()
    {
        var ada = await Site.SignUp("Ada Byron");
        var campaign = await Site.HasCampaign("ada-makes", ada.Id);
        var post = await Site.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "Rehearsal", "x", Audience.Public, false, null)));
        var (one, other) = (Recording("one", null), Recording("other", 50_000)); // another byte in what the site has by then
        var page = await Visitor();
        await SignIn(page, ada);
        var asked = new List<string>();
        page.Request += (_, request) =>
        {
            if (request.Url.Contains("/uploads/", StringComparison.Ordinal))
                lock (asked) asked.Add($"{request.Method} {request.Headers.GetValueOrDefault("upload-offset")}".Trim());
        };

        await Stops(page, post, one);
        await Sends(page, post, one);
        Asked().ShouldBe(["HEAD", "PATCH 100000", "PATCH 200000"]);
        await Stops(page, post, one);
        await Sends(page, post, other);
        Asked().ShouldBe(["HEAD", "DELETE", "POST", "PATCH 0", "PATCH 100000", "PATCH 200000"]);
        var kept = await page.Locator("#files .file-name").EvaluateAllAsync<string[]>("links => links.map(l => l.href)");
        foreach (var (path, file) in kept.Zip([one, other]))
            (await (await page.APIRequest.GetAsync(path)).BodyAsync()).ShouldBe(await File.ReadAllBytesAsync(file));

        // plain http: there are no hashes to know it by
        await page.AddInitScriptAsync("Object.defineProperty(crypto, 'subtle', { value: undefined })");
        await Stops(page, post, one);
        await Sends(page, post, one);
        Asked().ShouldBe(["POST", "PATCH 0", "PATCH 100000", "PATCH 200000"]);

        List<string> Asked()
        {
            lock (asked) return [.. asked];
        }

        // Of the parts only the first arrives; then the page is left.
        async Task Stops(IPage page, long post, string file)
        {
            var stopped = new TaskCompletionSource();
            await page.RouteAsync("**/uploads/*", async route =>
            {
                if (route.Request.Headers.GetValueOrDefault("upload-offset") != "100000") await route.ContinueAsync();
                else await route.AbortAsync().ContinueWith(_ => stopped.TrySetResult(), TaskScheduler.Default);
            });
            await Chooses(page, post, file);
            await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            await page.UnrouteAllAsync();
            await page.GotoAsync("/ada-makes");
            lock (asked) asked.Clear();
        }

        async Task Sends(IPage page, long post, string file)
        {
            await Chooses(page, post, file);
            await Assertions.Expect(page.Locator(".upload-states .progress")).ToHaveCountAsync(0);
            await Assertions.Expect(page.Locator("#files .file-name").Last).ToBeVisibleAsync();
        }
    }

    private static async Task Chooses(IPage page, long post, string file)
    {
        await page.GotoAsync($"/ada-makes/posts/{post}/edit");
        await page.Locator("s-upload").EvaluateAsync("box => box.setAttribute('part-bytes', 100000)");
        await page.GetByLabel("Add files").SetInputFilesAsync(file);
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload" }).ClickAsync();
    }

    /// <summary>A recording of one name, size and time, with a byte of its own.</summary>
    private string Recording(string folder, int? otherAt)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(Site.DataFolder, folder)).FullName, "take one.mp3");
        byte[] bytes = [.. "ID3"u8, .. Enumerable.Range(0, 299_997).Select(i => (byte)((i * 7 + i / 251) & 0xFF))];
        if (otherAt is { } at) bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        return path;
    }
}
