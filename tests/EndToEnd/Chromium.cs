using Microsoft.Playwright;
using Stipend.EndToEnd;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace Stipend.EndToEnd;

/// <summary>One headless Chromium of the system for all journeys. Where it is missing they are skipped with the reason; in CI they
/// fail.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";
    private static readonly string[] s_flags =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The running browser; skips the test when there is none on this machine.</summary>
    public IBrowser Browser
    {
        get
        {
            if (_browser is null) Assert.Skip($"{Program} is not on this machine: apt-get install chromium.");
            return _browser!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Program))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true") throw new InvalidOperationException($"{Program} is needed in CI.");
            return;
        }
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = s_flags });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
