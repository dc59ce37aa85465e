using System.Text.RegularExpressions;
using Shouldly;
using Stipend.Platform.Ui;
using Xunit;

namespace Stipend.Conventions;

/// <summary>
/// Every sentence written into a page is there in every language the site speaks. Sentences that reach a page as values (a refusal's, a
/// tab's label) are not seen here; those without a translation are shown in English.
/// </summary>
public sealed partial class LanguageTests
{
    private static readonly IReadOnlyList<Catalogue> s_translations = Catalogue.All.Where(c => c != Catalogue.English).ToList();

    [Fact]
    public void Every_sentence_of_a_page_is_translated()
    {
        var sentences = Repository.Files(".razor .cs", "src").SelectMany(SentencesOf).Where(s => s.Any(char.IsLetter)).Distinct().ToList();
        sentences.Count.ShouldBeGreaterThan(700, "the pattern no longer finds the pages' sentences");
        foreach (var catalogue in s_translations)
            sentences.Where(s => !catalogue.Keys.Contains(s)).ShouldBeEmpty($"add them to src/Platform/Ui/Languages/{catalogue.Language}");
    }

    [Fact]
    public void A_translation_says_what_its_English_is_given_to_say()
    {
        foreach (var catalogue in s_translations)
            catalogue.Keys.Where(k => !Places(k).SetEquals(Places(catalogue.Find(k)))).ShouldBeEmpty();
    }

    private static IEnumerable<string> SentencesOf(string file)
    {
        var text = Summary().Replace(Repository.Read(file), "");
        return Looked().Matches(text).Select(m => m.Groups[1].Value)
            .Concat(Counted().Matches(text).SelectMany(m => new[] { m.Groups[1].Value, m.Groups[2].Value }))
            .Concat(Chosen().Matches(text).SelectMany(m => Quoted().Matches(m.Value).Select(q => q.Groups[1].Value)))
            .Select(Regex.Unescape);
    }

    private static HashSet<string> Places(string sentence) => Place().Matches(sentence).Select(m => m.Value).ToHashSet();

    /// <summary>L["…"].</summary>
    [GeneratedRegex("""\bL\[\s*"((?:[^"\\]|\\.)*)"(?!\s*[=?])""")]
    private static partial Regex Looked();

    /// <summary>L.Count(n, "one", "many").</summary>
    [GeneratedRegex("""\bL\.Count\([^"]*,\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)""")]
    private static partial Regex Counted();

    /// <summary>L[this ? "…" : "…"].</summary>
    [GeneratedRegex("""\bL\[[^\]"]*\?\s*"(?:[^"\\]|\\.)*"\s*:\s*"(?:[^"\\]|\\.)*"\s*[\],]""")]
    private static partial Regex Chosen();

    [GeneratedRegex("\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\s*///.*$", RegexOptions.Multiline)]
    private static partial Regex Summary();

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Place();
}
