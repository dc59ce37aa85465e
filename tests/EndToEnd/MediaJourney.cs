using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Stipend.Campaigns.Contracts;
using Stipend.Entitlements.Contracts;
using Stipend.Posts.Contracts;

namespace Stipend.EndToEnd;

/// <summary>Pictures and a video in a post: looked at large with keys, buttons and fingers; nothing of another site before somebody presses play.</summary>
public sealed class MediaJourney(Chromium chromium) : Journey(chromium)
{
    private static readonly bool s_isHurried = Environment.GetEnvironmentVariable("CI") == "true";
    private readonly Chromium _chromium = chromium;
    private readonly List<byte[]> _painted = [];
    private string _post = "";
    private Actor _ada = null!;

    protected override async Task Prepare()
    {
        var ada = await Site.SignUp("Ada Byron");
        var campaign = await Site.HasCampaign("ada-makes", ada.Id);
        var pictures = new List<string>();
        foreach (var (width, height) in new[] { (320, 200), (200, 320), (320, 160) })
        {
            _painted.Add(await Painting.Jpeg(_chromium.Browser, width, height, _painted.Count + 1));
            pictures.Add(await Upload(ada, _painted[^1]));
        }
        var markdown = $"""
            Five weeks in the boathouse, in pictures.

            ![The otter in the bath]({pictures[0]})
            ![The tail, upright, before it got its sleeve of water]({pictures[1]})
            ![]({pictures[2]})
            ![Seals]({pictures[1]})
            ![The lake at six in the morning]({pictures[2]})

            And two that belong together:

            ![Before]({pictures[0]}) ![After]({pictures[2]})

            [How the otter swims](https://youtu.be/a1B2c3D4e5_)

            That was all.
            """;
        var post = await Site.In(s => s.GetRequiredService<IPosts>().Publish(new NewPost(campaign.Id, ada.Id, "The boathouse", markdown, Audience.Public, false, null)));
        _post = (await ada.Get($"/ada-makes/posts/{post}")).Location!;
        _ada = ada;
    }

    [Fact]
    public async Task Pictures_given_at_once_become_a_gallery_that_opens_large_and_a_video_plays_when_it_is_asked_to()
    {
        await Writes(await Visitor());
        var page = await Visitor(width: 390);
        var asked = new List<string>();
        await page.RouteAsync(url => url.StartsWith("https://", StringComparison.Ordinal), async route =>
        {
            asked.Add(route.Request.Url);
            await route.FulfillAsync(new() { ContentType = "text/html", Body = "<h1>The player</h1>" });
        });
        await page.GotoAsync(_post);
        await Looks(page);
        var first = page.GetByRole(AriaRole.Link, new() { Name = "The otter in the bath" });
        await first.ClickAsync();
        var viewer = page.GetByRole(AriaRole.Dialog, new() { Name = "Pictures" }).First;
        await Assertions.Expect(viewer.GetByRole(AriaRole.Status)).ToHaveTextAsync("1 / 5 · The otter in the bath");
        await Pictured(page, "viewer");
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(viewer.GetByRole(AriaRole.Status)).ToContainTextAsync("2 / 5 · The tail");
        await Pictured(page, "viewer-upright");
        await viewer.GetByRole(AriaRole.Button, new() { Name = "Next picture" }).ClickAsync();
        await Assertions.Expect(viewer.GetByRole(AriaRole.Status)).ToHaveTextAsync("3 / 5");
        await viewer.EvaluateAsync("""
            box => {
              const finger = x => new Touch({ identifier: 1, target: box, clientX: x, clientY: 300 });
              box.dispatchEvent(new TouchEvent("touchstart", { touches: [finger(100)], changedTouches: [finger(100)] }));
              box.dispatchEvent(new TouchEvent("touchend", { touches: [], changedTouches: [finger(250)] }));
            }
            """);
        await Assertions.Expect(viewer.GetByRole(AriaRole.Status)).ToContainTextAsync("2 / 5");
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Keyboard.PressAsync("ArrowLeft");
        await Assertions.Expect(viewer.GetByRole(AriaRole.Status)).ToContainTextAsync("5 / 5");
        (await viewer.Locator("img").EvaluateAsync<bool>("async picture => { await picture.decode(); return picture.naturalWidth === 320; }")).ShouldBeTrue("the picture, not its likeness in the grid");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(viewer).ToBeHiddenAsync();
        await Assertions.Expect(first).ToBeFocusedAsync();

        asked.ShouldBeEmpty();
        await page.GetByRole(AriaRole.Link, new() { Name = "How the otter swims" }).PressAsync("Enter");
        await Assertions.Expect(page.FrameLocator("s-video iframe").GetByRole(AriaRole.Heading)).ToHaveTextAsync("The player");
        asked.ShouldBe(["https://www.youtube-nocookie.com/embed/a1B2c3D4e5_?autoplay=1&rel=0"]);
        (await page.Locator("s-video iframe").GetAttributeAsync("sandbox"))!.ShouldNotContain("top-navigation");
        await Pictured(page, "video-playing");
        (await Script(page)).ShouldBeLessThan(6_000);

        var plain = await Visitor(script: false, width: 390);
        await plain.GotoAsync(_post);
        (await plain.GetByRole(AriaRole.Link, new() { Name = "How the otter swims" }).GetAttributeAsync("href")).ShouldBe("https://youtu.be/a1B2c3D4e5_");
        await plain.GetByRole(AriaRole.Link, new() { Name = "Picture 3 of 5" }).ClickAsync();
        await Arrives(plain, "/media/");
    }

    private async Task Writes(IPage page)
    {
        await SignIn(page, _ada);
        await page.GotoAsync("/ada-makes/posts/new");
        var text = page.GetByLabel("Text", new() { Exact = true });
        await text.FillAsync("Before");
        await page.Locator("s-markdown input[type=file]").SetInputFilesAsync(new FilePayload[]
        {
            new() { Name = "one.jpg", MimeType = "image/jpeg", Buffer = _painted[0] }, new() { Name = "broken.jpg", MimeType = "image/jpeg", Buffer = [1, 2, 3] },
            new() { Name = "two.jpg", MimeType = "image/jpeg", Buffer = _painted[1] },
        });
        await Assertions.Expect(text).ToHaveValueAsync(new System.Text.RegularExpressions.Regex(@"^Before\n\n!\[\]\(/media/\d+\)\n!\[\]\(/media/\d+\)\n\n$"));
        await Assertions.Expect(page.Locator("s-markdown [role=status]")).ToContainTextAsync("not a picture");
        await Assertions.Expect(page.Locator(".preview .gallery img")).ToHaveCountAsync(2);
        await page.Locator(".preview .gallery a").First.ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Pictures" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(text).ToHaveValueAsync(new System.Text.RegularExpressions.Regex("^Before"));
    }

    private static async Task Looks(IPage page)
    {
        var faults = new List<string>();
        foreach (var (width, dark) in new[] { (390, false), (390, true), (1440, true), (1440, false) }.Where(v => !s_isHurried || v.Item1 == 390))
        {
            await page.EmulateMediaAsync(new() { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
            await page.SetViewportSizeAsync(width, width < 500 ? 844 : 900);
            await page.EvaluateAsync("document.querySelectorAll('img').forEach(i => i.loading = 'eager')");
            await page.EvaluateAsync("Promise.allSettled([...document.images].map(i => i.decode()))");
            faults.AddRange(from fault in await Inspection.Faults(page) select $"{width}{(dark ? " dark" : "")}: {fault}");
            await Pictured(page, "media", width, dark);
        }
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        await Pictured(page, "media on paper", 1440);
        await page.EmulateMediaAsync(new() { Media = Media.Screen });
        await page.SetViewportSizeAsync(390, 844);
        faults.Distinct().ShouldBeEmpty();
    }

    /// <summary>For a person to look at; nobody looks at CI's.</summary>
    private static async Task Pictured(IPage page, string name, int width = 390, bool dark = false)
    {
        if (!s_isHurried)
            await page.ScreenshotAsync(new() { Path = Inspection.Picture(name, width, dark), FullPage = name.StartsWith("media", StringComparison.Ordinal) });
    }

    /// <summary>All script of the page as it comes over the line.</summary>
    private static Task<int> Script(IPage page) => page.EvaluateAsync<int>(
        "performance.getEntriesByType('resource').filter(r => r.name.endsWith('.js')).reduce((sum, r) => sum + r.encodedBodySize, 0)");

    private static async Task<string> Upload(Actor ada, byte[] picture)
    {
        using var body = new MultipartFormDataContent
        {
            { new ByteArrayContent(picture) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } }, "picture", "picture.jpg" },
        };
        var answer = await ada.Client.PostAsync("/ada-makes/posts/pictures", body);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("url").GetString()!;
    }
}
