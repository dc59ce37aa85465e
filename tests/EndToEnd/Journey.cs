using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using Stipend.Platform.Data;

namespace Stipend.EndToEnd;

/// <summary>
/// What a person does in a browser, over the whole site on a fresh SQLite database and a clock the test moves. Every page a journey
/// opens is watched: a script error, a policy violation or an answer of 500 fails it at the end.
/// </summary>
public abstract class Journey(Chromium chromium) : IAsyncLifetime
{
    private readonly List<IBrowserContext> _contexts = [];
    private readonly List<string> _complaints = [];

    /// <summary>The site, once started.</summary>
    protected TestApp Site { get; private set; } = null!;

    /// <summary>The day on which the journey starts.</summary>
    protected virtual string StartsAt => "2026-01-15";

    public async ValueTask InitializeAsync()
    {
        _ = chromium.Browser; // skip before the site is started
        Site = await TestApp.Start(Engine.Sqlite, StartsAt, Configure, listens: true);
        await Prepare();
    }

    /// <summary>What the site is started with.</summary>
    protected virtual void Configure(WebApplicationBuilder builder) => builder.Configuration["Stipend:Site:IsDevelopment"] = "true";

    /// <summary>Fills the site before the first page.</summary>
    protected virtual Task Prepare() => Task.CompletedTask;

    /// <summary>A new browser profile with its own cookies, looking at one page.</summary>
    /// <param name="script">Whether JavaScript runs. The site must work without.</param>
    /// <param name="width">Window width: 390 is a phone, 768 a tablet, 1440 a desk.</param>
    /// <param name="dark">Prefers the dark theme.</param>
    /// <param name="language">What the browser asks for.</param>
    protected async Task<IPage> Visitor(bool script = true, int width = 1440, bool dark = false, string language = "en-GB")
    {
        var context = await chromium.Browser.NewContextAsync(new()
        {
            BaseURL = Site.Address.ToString(),
            JavaScriptEnabled = script,
            ViewportSize = new() { Width = width, Height = width < 500 ? 844 : 900 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            Locale = language,
            TimezoneId = "Europe/Berlin",
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(20_000);
        lock (_contexts) _contexts.Add(context); // several people may come at once
        var page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error"
                && !message.Text.StartsWith("Failed to load resource",
                StringComparison.Ordinal)) _complaints.Add($"{page.Url}: {message.Text}");
        };
        page.PageError += (_, error) =>
        {
            if (!error.Contains("Transition was", StringComparison.Ordinal)) _complaints.Add($"{page.Url}: {error}"); // a fade between pages that came too late
        };
        page.Response += (_, answer) =>
        {
            if (answer.Status >= 500) _complaints.Add($"{answer.Request.Method} {answer.Url} answered {answer.Status}");
            if (answer.Status == 404 && answer.Request.ResourceType != "document") _complaints.Add($"{answer.Url} is missing");
        };
        return page;
    }

    /// <summary>Signs a browser in as somebody, through the mailed link.</summary>
    protected async Task SignIn(IPage page, Actor person)
    {
        await page.GotoAsync(await Site.SignInLink(person));
        await page.Locator("main form button[type=submit]").First.ClickAsync();
        await Leaves(page, "/sign-in");
    }

    /// <summary>
    /// Waits until the page's path has the words in it and everything on it is loaded. Asked of the browser again and again:
    /// <see cref="IPage.WaitForURLAsync(string, PageWaitForURLOptions?)"/> looks and then listens, and a load between the two is never heard.
    /// </summary>
    protected static Task Arrives(IPage page, string words) => Stands(page, new Regex(Regex.Escape(words)));

    /// <summary>Waits like <see cref="Arrives"/>, until the page's path has the words in it no more.</summary>
    protected static Task Leaves(IPage page, string words) => Stands(page, new Regex($"^(?!.*{Regex.Escape(words)})"));

    private static async Task Stands(IPage page, Regex address)
    {
        await Assertions.Expect(page).ToHaveURLAsync(address);
        await page.WaitForFunctionAsync("() => document.readyState === 'complete'");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var context in _contexts) await context.DisposeAsync();
        if (Site is not null) await Site.DisposeAsync();
        _complaints.ShouldBeEmpty();
        GC.SuppressFinalize(this);
    }
}
