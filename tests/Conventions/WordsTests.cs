using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Shouldly;
using Stipend.Platform.Ui;
using Xunit;

namespace Stipend.Conventions;

/// <summary>Translations belong to sentences that pages still say.</summary>
public sealed partial class WordsTests
{
    private static readonly string s_source = Path.Combine(Here(), "..", "..", "src");

    public static TheoryData<string> Languages => [.. Catalogue.All.Where(c => c.Language != "en").Select(c => c.Language)];

    [Theory, MemberData(nameof(Languages))]
    public void No_translation_is_stale(string language)
    {
        var source = string.Join('\n', Sources(s_source).Select(File.ReadAllText)).Replace("\\\"", "\"", StringComparison.Ordinal);

        Catalogue.Of(language)!.Keys.Where(key => !source.Contains('"' + key + '"', StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Languages))]
    public void Every_translation_has_the_placeholders_of_its_English(string language)
    {
        var catalogue = Catalogue.Of(language)!;

        catalogue.Keys.Where(key => !Places(key).SetEquals(Places(catalogue.Find(key)))).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Languages))]
    public void The_shell_is_translated_whole(string language)
    {
        var said = Sources(Path.Combine(s_source, "Platform", "Ui")).Where(f => f.EndsWith(".razor", StringComparison.Ordinal))
            .SelectMany(f => Said().Matches(File.ReadAllText(f))).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

        said.Count.ShouldBeGreaterThan(20);
        said.Except(Catalogue.Of(language)!.Keys).Where(s => s != "Join for {0}").ShouldBeEmpty(); // the gallery's own
    }

    private static HashSet<string> Places(string sentence) => [.. Place().Matches(sentence).Select(m => m.Value)];

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(f => f.EndsWith(".razor", StringComparison.Ordinal) || f.EndsWith(".cs", StringComparison.Ordinal))
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(@"\{\d+\}")]
    private static partial Regex Place();

    [GeneratedRegex(@"L\[""([^""]+)""")]
    private static partial Regex Said();
}
