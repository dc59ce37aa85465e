using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Stipend.EndToEnd;

/// <summary>
/// The main pages at their usual width, as each role sees them (all others: <see cref="EveryPageTests"/>), through axe-core: nothing serious or
/// critical; the first of each role dark too. The five main pages' trees for screen readers are kept in <c>aria/</c>; <c>UPDATE_SNAPSHOTS=1</c>
/// writes them anew. And what is done with the keyboard alone.
/// </summary>
public sealed partial class AccessibilityTests(Chromium chromium) : Journey(chromium)
{
    private readonly Chromium _chromium = chromium;
    private World _world = null!;

    protected override async Task Prepare() => _world = await World.Make(Site, _chromium.Browser);

    [Fact]
    public async Task No_page_has_a_serious_fault_and_the_main_ones_read_as_they_should()
    {
        var (ada, join) = ("/ada-makes", $"/ada-makes/join/{_world.Studio.Id}");
        var collection = ada + "/collections/the-otter-from-the-first-screw";
        var roles = new[]
        {
            Walk(null, 390, ["/", ada, _world.Locked, _world.Preview, collection, ada + "/search?q=otter", "/sign-in", "/nothing/is/here", "/dev/components"]),
            Walk(_world.Lin, 390, ["/home", ada, _world.Full, join, "/memberships", "/billing", "/notifications", "/account"]),
            Walk(_world.Ada, 1440, ["/dashboard", ada + "/posts/new", _world.EditFull, collection + "/edit", collection + "/podcast", ada + "/podcasts", ada + "/posts", ada + "/collections", ada + "/edit", ada + "/tiers",
                ada + "/earnings"]),
            Walk(_world.Opal, 1440, ["/operator", "/operator/runs", "/operator/people"]),
        };
        (await Task.WhenAll(roles)).SelectMany(f => f).ShouldBeEmpty();

        var (visitor, lin, creator) = (await Visitor(width: 390), await Visitor(width: 390), await Visitor());
        await SignIn(lin, _world.Lin);
        await SignIn(creator, _world.Ada);
        foreach (var (page, path, name) in new[]
        {
            (visitor, ada, "campaign"), (visitor, _world.Preview, "post"), (lin, "/home", "home"), (lin, join, "checkout"), (creator, ada + "/posts/new", "composer"),
        }) await ReadsAs(page, path, name);
        await LittleScript(await Visitor(width: 390));
    }

    [Fact]
    public async Task A_post_is_written_and_a_tier_joined_with_the_keyboard_alone_and_pictures_are_pasted_and_dropped()
    {
        var creator = await Visitor();
        await SignIn(creator, _world.Ada);
        await Writes(creator);
        await Joins(await Visitor());
        await Pastes(creator);
    }

    private static async Task Writes(IPage creator)
    {
        await creator.GotoAsync("/ada-makes/posts/new");
        await creator.TabTo("Title");
        await creator.Keyboard.TypeAsync("Written without a mouse");
        await creator.TabTo("Bold");
        await creator.Keyboard.PressAsync("ArrowRight");
        await creator.Keyboard.PressAsync("ArrowRight");
        await creator.Keyboard.PressAsync("Enter"); // a heading; the focus is in the text now
        await creator.Keyboard.TypeAsync("Keys");
        await creator.Keyboard.PressAsync("Enter");
        await creator.Keyboard.PressAsync("Enter");
        await creator.Keyboard.PressAsync("Control+b");
        await creator.Keyboard.TypeAsync("boldly");
        await creator.Keyboard.PressAsync("Control+b"); // switched off again
        await creator.Keyboard.TypeAsync(" done");
        foreach (var key in new[] { "Enter", "Enter", "-", " ", "o", "n", "e", "Enter", "t", "w", "o", "Enter", "Enter" }) await creator.Keyboard.PressAsync(key);
        await creator.Keyboard.TypeAsync("after");
        (await creator.GetByLabel("Text", new() { Exact = true }).InputValueAsync()).ShouldBe("## Keys\n\n**boldly** done\n\n- one\n- two\n\nafter");
        await creator.TabTo("Everyone");
        await creator.Keyboard.PressAsync("ArrowDown");
        await creator.TabTo("Publish or schedule");
        await creator.Keyboard.PressAsync("Enter");
        await Assertions.Expect(creator.GetByRole(AriaRole.Heading, new() { Name = "Written without a mouse" })).ToBeVisibleAsync();
        await Assertions.Expect(creator.Locator(".prose h2")).ToHaveTextAsync("Keys");
        await Assertions.Expect(creator.Locator(".prose strong")).ToHaveTextAsync("boldly");
        await Assertions.Expect(creator.Locator(".post-access").First).ToContainTextAsync("Members");
    }

    private async Task Joins(IPage reader)
    {
        await SignIn(reader, await Site.SignUp("Mo Adeyemi"));
        await reader.GotoAsync("/ada-makes");
        await reader.TabTo("Join: Studio");
        await reader.Keyboard.PressAsync("Enter");
        await Arrives(reader, "/join/");
        await reader.TabTo("Pay with");
        await reader.Keyboard.PressAsync("Home");
        await reader.TabTo("Join and pay");
        await reader.Keyboard.PressAsync("Enter");
        await Leaves(reader, "/join/");
        await Site.Drain();

        // An offer goes with the choice it was made for: another one ticked, and there is nothing to press.
        await reader.GotoAsync("/ada-makes/membership/change");
        await reader.GetByRole(AriaRole.Radio, new() { NameRegex = new Regex("^Patron") }).CheckAsync();
        await reader.GetByRole(AriaRole.Button, new() { Name = "Show what it costs" }).ClickAsync();
        await Assertions.Expect(reader.Locator("#costs button")).ToBeVisibleAsync();
        await reader.GetByRole(AriaRole.Radio, new() { NameRegex = new Regex("^Friend") }).CheckAsync();
        await Assertions.Expect(reader.Locator("#costs button")).ToBeHiddenAsync();
        await reader.GotoAsync(_world.Preview);
        await Assertions.Expect(reader.Locator("main")).ToContainTextAsync("Springs made of steel rust");
    }

    private static async Task Pastes(IPage page)
    {
        await page.GotoAsync("/ada-makes/posts/new");
        var text = page.GetByLabel("Text", new() { Exact = true });
        await text.FillAsync("Before");
        await text.EvaluateAsync(Gives, "paste");
        await Assertions.Expect(text).ToHaveValueAsync(new Regex(@"^Before\n\n!\[\]\(/media/\d+\)\n\n$"));
        await text.EvaluateAsync(Gives, "drop");
        await Assertions.Expect(text).ToHaveValueAsync(new Regex(@"^Before\n\n!\[\]\(/media/(\d+)\)\n\n!\[\]\(/media/\1\)\n\n$"));
        await Assertions.Expect(page.Locator(".preview img").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Public down to here" }).ClickAsync();
        await page.Keyboard.TypeAsync("After");
        await Assertions.Expect(page.Locator(".preview .paywall-line")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator(".preview p").Last).ToHaveTextAsync("After");
    }

    /// <summary>Script on reading pages, as it comes over the line.</summary>
    private async Task LittleScript(IPage page)
    {
        foreach (var path in new[] { "/ada-makes", _world.Preview, "/ada-makes/collections/the-otter-from-the-first-screw" })
        {
            await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.NetworkIdle });
            var bytes = await page.EvaluateAsync<int>("performance.getEntriesByType('resource').filter(r => r.name.endsWith('.js')).reduce((sum, r) => sum + r.encodedBodySize, 0)");
            bytes.ShouldBeInRange(1, 60_000, path);
        }
    }

    /// <summary>Light, by all rules; then the first four dark, by that of contrast (<see cref="Looks"/> measures it on the others).</summary>
    private async Task<List<string>> Walk(Actor? person, int width, string[] paths)
    {
        var page = await Visitor(width: width);
        if (person is not null) await SignIn(page, person);
        var faults = new List<string>();
        foreach (var path in paths)
        {
            (await page.GotoAsync(path))!.Status.ShouldBe(path.StartsWith("/nothing", StringComparison.Ordinal) ? 404 : 200, path);
            faults.AddRange((await Axe.Faults(page)).Select(f => $"{path}: {f}"));
        }
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        foreach (var path in paths.Take(4))
        {
            await page.GotoAsync(path);
            faults.AddRange((await Axe.Faults(page, "color-contrast")).Select(f => $"{path} dark: {f}"));
        }
        return faults;
    }

    private static async Task ReadsAs(IPage page, string path, string name, [CallerFilePath] string here = "")
    {
        await page.GotoAsync(path);
        var tree = LongNumber().Replace(await page.Locator("body").AriaSnapshotAsync(), "N").ReplaceLineEndings("\n").Trim() + "\n";
        var file = Path.Combine(Path.GetDirectoryName(here)!, "aria", name + ".yaml");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, tree);
        }
        tree.ShouldBe(await File.ReadAllTextAsync(file), $"{path} reads differently. If it should: UPDATE_SNAPSHOTS=1, and look at the change.");
    }

    /// <summary>Ids and fingerprints differ from run to run.</summary>
    [GeneratedRegex(@"\d{9,}")]
    private static partial Regex LongNumber();

    /// <summary>Hands a text field a picture the way a browser does.</summary>
    private const string Gives = """
        (field, how) => {
          const bytes = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), c => c.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], "otter.png", { type: "image/png" }));
          field.setSelectionRange(field.value.length, field.value.length);
          field.dispatchEvent(how === "paste" ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
            : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }
        """;
}
