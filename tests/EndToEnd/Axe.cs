using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Stipend.EndToEnd;

/// <summary>axe-core over a page as it is shown: what it calls serious or critical.</summary>
internal static class Axe
{
    private static readonly string s_axe = new BundledAxeScriptProvider().GetScript();

    /// <param name="page">Open and drawn.</param>
    /// <param name="rules">Only these; all of them when none is named.</param>
    /// <returns>Rule, element and what is wrong with it; empty when nothing is.</returns>
    public static async Task<IReadOnlyList<string>> Faults(IPage page, params string[] rules)
    {
        if (!await page.EvaluateAsync<bool>("'axe' in window")) await page.EvaluateAsync(s_axe + ";null");
        return await page.EvaluateAsync<string[]>(Run, rules);
    }

    private const string Run = """
        async rules => {
          await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
          await Promise.allSettled(document.getAnimations().filter(a => a.effect?.getComputedTiming().endTime !== Infinity).map(a => a.finished));
          const options = { resultTypes: ["violations"], ...(rules.length ? { runOnly: { type: "rule", values: rules } } : {}) };
          const found = await axe.run(document, options);
          return found.violations.filter(v => v.impact === "serious" || v.impact === "critical")
            .flatMap(v => v.nodes.slice(0, 3).map(n => `${v.id}: ${n.html.slice(0, 140).replace(/\s+/g, " ")} (${n.any.concat(n.all, n.none)[0]?.message ?? v.help})`));
        }
        """;
}
