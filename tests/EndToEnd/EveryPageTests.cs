using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using Stipend.Support.Full;

namespace Stipend.EndToEnd;

/// <summary>
/// Every address of the site's own list that answers with a page, on a phone, by somebody it is for, through axe-core; light by all rules and dark by that
/// of contrast. A page that nobody here can visit fails, so that one of tomorrow is looked at or excused by name (<see cref="Addresses"/>).
/// </summary>
public sealed class EveryPageTests(Chromium chromium) : Journey(chromium)
{
    /// <summary>A mail as its reader draws it: no script runs there, that which looks at pages neither.</summary>
    private const string Mail = "/dev/mailbox/{id:long}/html";

    protected override void Configure(WebApplicationBuilder builder) => FullSite.Configure(builder);

    [Fact]
    public async Task No_page_has_a_serious_fault()
    {
        var first = await Visitor(width: 390);
        var faults = new List<string>();
        await Look(first, await Site.SetupLink(), faults);
        var site = await FullSite.Make(Site);
        await Enter(first, site.Pat);
        await Arrives(first, "/sign-in/code");
        await Look(first, "/sign-in/code", faults);

        var lost = new List<string>();
        var pages = (await site.Addresses.Pages(lost)).Where(p => p.Route != Mail).ToList();
        lost.ShouldBeEmpty("nobody can visit these: give their parameters a value, or say in Addresses why they are no pages");
        pages.Count.ShouldBeGreaterThan(80);
        await Task.WhenAll(pages.GroupBy(p => p.SeenBy[0], p => p.Path).Select(p => Walk(p.Key, p, faults))); // side by side, a window each
        faults.ShouldBeEmpty();
    }

    private async Task Walk(Actor person, IEnumerable<string> paths, List<string> faults)
    {
        var page = await Visitor(width: 390);
        if (person.Password is not null)
        {
            await Enter(page, person);
            await Leaves(page, "/sign-in");
        }
        else if (person.Id > 0) await SignIn(page, person);
        foreach (var path in paths)
        {
            await Look(page, path, faults);
            if (path is "/billing" or "/ada-makes/earnings" || path.StartsWith("/billing/receipts/", StringComparison.Ordinal)) await OnPaper(page, path, faults);
        }
    }

    /// <summary>What people print: as wide as a sheet, without what is for the screen.</summary>
    private static async Task OnPaper(IPage page, string path, List<string> faults)
    {
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        await page.SetViewportSizeAsync(794, 1123);
        await Assertions.Expect(page.Locator(".site-header")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator("main h1")).ToBeVisibleAsync();
        var found = await Inspection.Faults(page);
        lock (faults) faults.AddRange(found.Select(f => $"{path} on paper: {f}"));
        await page.EmulateMediaAsync(new() { Media = Media.Screen });
        await page.SetViewportSizeAsync(390, 844);
    }

    private static async Task Enter(IPage page, Actor person)
    {
        await page.GotoAsync("/sign-in");
        await page.GetByLabel("Mail address").First.FillAsync(person.Email);
        await page.GetByLabel("Password").FillAsync(person.Password!);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
    }

    private static async Task Look(IPage page, string path, List<string> faults)
    {
        (await page.GotoAsync(path))!.Status.ShouldBe(200, path);
        var light = await Axe.Faults(page).WaitAsync(TimeSpan.FromSeconds(60));
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark, ReducedMotion = ReducedMotion.Reduce });
        var dark = await Axe.Faults(page, "color-contrast").WaitAsync(TimeSpan.FromSeconds(60));
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
        lock (faults)
        {
            faults.AddRange(light.Select(f => $"{path}: {f}"));
            faults.AddRange(dark.Select(f => $"{path} dark: {f}"));
        }
    }
}
