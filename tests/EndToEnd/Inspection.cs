using System.Runtime.CompilerServices;
using Microsoft.Playwright;

namespace Stipend.EndToEnd;

/// <summary>Measures a page: width, names of controls and pictures, headings, ids, contrast of every text (WCAG AA).</summary>
public static class Inspection
{
    /// <summary>What is wrong with the page as it is shown now; empty when nothing is.</summary>
    public static async Task<IReadOnlyList<string>> Faults(IPage page)
    {
        await page.EvaluateAsync(Stillness);
        return await page.EvaluateAsync<string[]>(Script);
    }

    /// <summary>Two frames after the last change nothing is on its way from one colour to another.</summary>
    private const string Stillness = """
        async () => {
          const frame = () => new Promise(requestAnimationFrame);
          await frame();
          await Promise.allSettled(document.getAnimations().filter(a => a.effect?.getComputedTiming().endTime < 1000).map(a => a.finished));
          await frame();
        }
        """;

    /// <summary>Where the picture of a page goes: <c>screenshots/PATH-WIDTH-THEME.png</c> at the head of the repository.</summary>
    public static string Picture(string path, int width, bool dark, [CallerFilePath] string here = "")
    {
        var name = path.Trim('/') is { Length: > 0 } trimmed ? string.Concat(trimmed.Select(c => char.IsLetterOrDigit(c) ? c : '-'))
            : "front";
        return Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "screenshots", $"{name}-{width}-{(dark ? "dark" : "light")}.png");
    }

    private const string Script = """
        () => {
          const faults = [];
          const say = (what, element) => faults.push(`${what}: ${element.outerHTML.slice(0, 110).replace(/\s+/g, " ")}`);
          const shown = element => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
          const name = element => (element.getAttribute("aria-label") || element.labels?.[0]?.innerText || element.closest("label")?.innerText || element.innerText || element.title || element.querySelector("img")?.alt || "").trim();

          const root = document.documentElement;
          if (root.scrollWidth > innerWidth) {
            const wide = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && shown(e) && !e.closest(".tabs, pre, .prose table"));
            faults.push(`the page is ${root.scrollWidth - innerWidth} px too wide`); if (wide[0]) say("sticks out", wide[0]);
          }
          if (!root.lang) faults.push("no language");
          if (!document.title) faults.push("no title");
          if (document.querySelectorAll("h1").length !== 1) faults.push(`${document.querySelectorAll("h1").length} h1`);
          let last = 0;
          for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5")) {
            const level = +heading.tagName[1];
            if (level > last + 1 && last > 0) say(`heading jumps from h${last} to h${level}`, heading);
            last = level;
          }
          for (const control of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary"))
            if (shown(control) && !name(control)) say("no name", control);
          for (const image of document.images) if (!image.hasAttribute("alt")) say("no alt", image);
          const ids = new Set();
          for (const element of document.querySelectorAll("[id]")) { if (ids.has(element.id)) say("id used twice", element); ids.add(element.id); }
          for (const element of document.querySelectorAll("[aria-describedby]"))
            for (const id of element.getAttribute("aria-describedby").split(" ")) if (!ids.has(id)) say(`describes with missing ${id}`, element);
          if (innerWidth < 500)
            for (const target of document.querySelectorAll("button, .button, .site-nav a")) {
              const box = target.getBoundingClientRect();
              if (shown(target) && box.height > 0 && box.height < 32) say(`${Math.round(box.height)} px high to press`, target);
            }

          const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
          const over = (top, below) => { const a = top[3] / 255; return [0, 1, 2].map(i => top[i] * a + below[i] * (1 - a)).concat(255); };
          const luminance = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const ground = element => {
            const layers = [];
            for (let e = element; e; e = e.parentElement) {
              const style = getComputedStyle(e);
              if (style.backgroundImage !== "none" || style.backdropFilter !== "none") return null;
              const colour = rgba(style.backgroundColor);
              if (colour[3] > 0) layers.push(colour);
              if (colour[3] === 255) break;
            }
            return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 255]);
          };
          const seen = new Set();
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (texts.nextNode()) {
            const element = texts.currentNode.parentElement;
            if (!texts.currentNode.data.trim() || seen.has(element) || !shown(element) || element.closest("[disabled], [aria-hidden=true], .visually-hidden, .skip, script, option")) continue;
            seen.add(element);
            const below = ground(element);
            if (!below) continue;
            const style = getComputedStyle(element);
            const text = over(rgba(style.color), below);
            const [high, low] = [luminance(text), luminance(below)].sort((a, b) => b - a);
            const contrast = (high + 0.05) / (low + 0.05);
            const big = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && +style.fontWeight >= 700);
            if (contrast < (big ? 3 : 4.5) - 0.02) say(`contrast ${contrast.toFixed(2)}`, element);
          }
          return faults;
        }
        """;
}
