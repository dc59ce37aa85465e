namespace Stipend.EndToEnd;

/// <summary>The inspection itself: it must find what is planted, or the pages' green means nothing.</summary>
public sealed class InspectionTests(Chromium chromium)
{
    [Theory]
    [InlineData("<p style='color:#999;background:#fff'>pale</p>", "contrast 2.8")]
    [InlineData("<p style='opacity:1;color:oklch(0.6 0.1 80);background:color-mix(in oklab, white, #eee)'>pale</p>", "contrast")]
    [InlineData("<button></button>", "no name")]
    [InlineData("<input name=x>", "no name")]
    [InlineData("<img src='data:,'>", "no alt")]
    [InlineData("<h3>Too deep</h3>", "heading jumps")]
    [InlineData("<h1>Again</h1>", "2 h1")]
    [InlineData("<p id=a></p><p id=a></p>", "id used twice")]
    [InlineData("<label>Name<input aria-describedby=gone></label>", "missing gone")]
    [InlineData("<div style='width:3000px'>wide</div>", "too wide")]
    [InlineData("<p style='background:#fff;color:#222'>fine</p>", null)]
    public async Task It_finds_what_is_planted(string body, string? expected)
    {
        var page = await chromium.Browser.NewPageAsync();
        await page.SetContentAsync($"<!doctype html><html lang=en><title>A page</title><body><h1>Title</h1>{body}</body></html>");
        var faults = await Inspection.Faults(page);
        await page.CloseAsync();

        if (expected is null) faults.ShouldBeEmpty();
        else faults.ShouldContain(f => f.Contains(expected));
    }
}
