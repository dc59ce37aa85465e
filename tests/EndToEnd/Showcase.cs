using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Stipend.EndToEnd;

/// <summary>
/// For people, not for CI: pictures of the main pages at three widths, light and dark, in <c>screenshots/</c>, and how fast a campaign's page
/// shows on a slow phone. <c>dotnet test tests/EndToEnd --filter Showcase -- xUnit.Explicit=only</c>
/// </summary>
public sealed partial class Showcase(Chromium chromium) : Journey(chromium)
{
    private static readonly (int Width, bool Dark)[] s_views = [(390, false), (390, true), (768, false), (768, true), (1440, false), (1440, true)];
    private readonly Chromium _chromium = chromium;
    private World _world = null!;

    protected override async Task Prepare() => _world = await World.Make(Site, _chromium.Browser, isShown: true);

    [Fact(Explicit = true)]
    public async Task Pictures_of_the_main_pages()
    {
        const string Collection = "/ada-makes/collections/the-otter-from-the-first-screw";
        var faults = new List<string>();
        foreach (var (person, paths) in new (Actor?, string[])[]
        {
            (null, ["/", "/sign-in", "/ada-makes", _world.Open, _world.Locked, _world.Preview, Collection, "/dev/components"]),
            (_world.Lin, ["/home", "/ada-makes", _world.Full, Collection, _world.Posts["The boathouse from all sides"], "/library", "/library/search?q=otter", "/account/feeds",
                "/notifications", "/memberships", "/billing", "/account/mail"]),
            (_world.Ada, ["/ada-makes/posts/new", _world.EditFull, "/ada-makes/posts", "/ada-makes/collections", Collection + "/edit", "/ada-makes/edit",
                "/ada-makes/podcasts", "/ada-makes/collections/music/podcast", "/ada-makes/comments", "/dashboard"]),
        })
        foreach (var (width, dark) in s_views)
        {
            var page = await Visitor(width: width, dark: dark);
            if (person is not null) await SignIn(page, person);
            foreach (var path in paths)
            {
                await page.GotoAsync(path);
                await page.EvaluateAsync("document.querySelectorAll('img').forEach(i => i.loading = 'eager')"); // a picture of the whole page never scrolls
                await page.EvaluateAsync("Promise.allSettled([...document.images].map(i => i.decode()))");
                faults.AddRange(from fault in await Inspection.Faults(page) select $"{path} at {width}{(dark ? " dark" : "")}: {fault}");
                var name = "show " + (person?.Name ?? "") + Id().Replace(path, "");
                await page.ScreenshotAsync(new() { Path = Inspection.Picture(name, width, dark), FullPage = true });
            }
        }
        faults.Distinct().ShouldBeEmpty();
    }

    /// <summary>Largest contentful paint of the campaign's page as a phone on slow 4G has it: processor four times slower, 1.6 Mbit/s, 150 ms each
    /// way and back, nothing kept from before. The middle of seven looks goes to <c>screenshots/figures-390-light.txt</c>.</summary>
    [Fact(Explicit = true)]
    public async Task How_fast_a_campaign_shows_on_a_slow_phone()
    {
        var figures = new System.Text.StringBuilder();
        await Once("/ada-makes"); // the site's own first time is no visitor's
        foreach (var path in new[] { "/ada-makes", _world.Preview })
        {
            var looks = new List<Look>();
            for (var i = 0; i < 7; i++) looks.Add(await Once(path));
            var middle = looks.OrderBy(l => l.Lcp).ElementAt(3);
            figures.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"""
                {Id().Replace(path, "")}: LCP {middle.Lcp:0} ms of {string.Join(' ', looks.Select(l => $"{l.Lcp:0}"))} ({middle.Element}); {middle.Bytes / 1000.0:0.0} kB in {middle.Requests} requests, script {middle.Script / 1000.0:0.0} kB
                """);
        }
        Directory.CreateDirectory(Path.GetDirectoryName(Inspection.Picture("figures", 390, dark: false))!);
        await File.WriteAllTextAsync(Path.ChangeExtension(Inspection.Picture("figures", 390, dark: false), "txt"), figures.ToString());
        TestContext.Current.TestOutputHelper?.WriteLine(figures.ToString());
    }

    private async Task<Look> Once(string path)
    {
        var page = await Visitor(width: 390);
        var client = await page.Context.NewCDPSessionAsync(page);
        await client.SendAsync("Network.enable");
        await client.SendAsync("Network.emulateNetworkConditions",
            new() { ["offline"] = false, ["latency"] = 150, ["downloadThroughput"] = 1_600_000 / 8, ["uploadThroughput"] = 750_000 / 8 });
        await client.SendAsync("Emulation.setCPUThrottlingRate", new() { ["rate"] = 4 });
        await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.NetworkIdle });
        var look = await page.EvaluateAsync<Look>(Measure);
        await page.Context.CloseAsync();
        return look;
    }

    private sealed record Look
    {
        public double Lcp { get; init; }
        public string Element { get; init; } = "";
        public int Bytes { get; init; }
        public int Requests { get; init; }
        public int Script { get; init; }
    }

    /// <summary>Ids differ from run to run.</summary>
    [GeneratedRegex("[0-9]{9,}-?")]
    private static partial Regex Id();

    private const string Measure = """
        async () => {
          const last = await new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1))).observe({ type: "largest-contentful-paint", buffered: true }));
          const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")], sum = of => of.reduce((bytes, r) => bytes + r.encodedBodySize, 0);
          return { lcp: last.startTime, element: `${last.element?.tagName.toLowerCase()}.${last.element?.className}`, bytes: sum(all), requests: all.length, script: sum(all.filter(r => r.name.endsWith(".js"))) };
        }
        """;
}
