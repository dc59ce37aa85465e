using Microsoft.Playwright;

namespace Stipend.EndToEnd;

/// <summary>Somebody without a mouse.</summary>
internal static class Keyboard
{
    /// <summary>Presses Tab until a control whose name begins so has the focus; it must be seen to have it.</summary>
    public static async Task TabTo(this IPage page, string name, bool back = false)
    {
        for (var presses = 0; presses < 80; presses++)
        {
            await page.Keyboard.PressAsync(back ? "Shift+Tab" : "Tab");
            if (!(await page.EvaluateAsync<string>(NameOfFocus)).StartsWith(name, StringComparison.Ordinal)) continue;
            (await page.EvaluateAsync<bool>(IsFocusSeen)).ShouldBeTrue($"one cannot see that “{name}” has the focus");
            return;
        }
        throw new InvalidOperationException($"80 presses of Tab on {page.Url} do not reach “{name}”.");
    }

    private const string NameOfFocus = """
        () => { const e = document.activeElement; return (e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.innerText || "").trim(); }
        """;

    private const string IsFocusSeen = """
        () => [document.activeElement, ...(function* (e) { while (e = e.parentElement) yield e; })(document.activeElement)].slice(0, 5)
          .some(e => { const s = getComputedStyle(e); return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none"; })
        """;
}
