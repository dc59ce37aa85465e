using System.Reflection;
using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Stipend.Integration.Apps;

/// <summary>The table of what of Patreon's API is spoken names tests that are there, of every section.</summary>
public sealed partial class ContractTableTests
{
    [Fact]
    public async Task Every_line_of_the_table_names_a_test()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Stipend.slnx"))) root = root.Parent!;
        var text = await File.ReadAllTextAsync(Path.Combine(root.FullName, "docs", "reference", "patreon-api-tests.md"));
        var rows = Row().Matches(text)
            .Select(m => (Section: int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), Test: m.Groups[2].Value)).ToList();
        rows.Count.ShouldBe(text.Split('\n').Count(l => l.Length > 2 && l.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(l[2])),
            "a line that is written otherwise than the others names nothing");
        var tests = typeof(ContractTableTests).Assembly.GetTypes().Where(t => t.Namespace == typeof(ContractTableTests).Namespace)
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance).Where(m => m.GetCustomAttribute<FactAttribute>() is not null)
                .Select(m => (t.Name, Test: $"{t.Name}.{m.Name}"))).ToList();
        rows.Select(r => r.Test).Except(tests.Select(t => t.Test)).ShouldBeEmpty("a test was renamed or removed");
        tests.Where(t => t.Name == nameof(QuirkTests)).Select(t => t.Test).Except(rows.Select(r => r.Test)).ShouldBeEmpty("a quirk belongs into the table");
        rows.Select(r => r.Section).Distinct().ShouldBe(Enumerable.Range(1, 17), ignoreOrder: true);
    }

    [GeneratedRegex(@"^\| (\d+) \| [^|]+ \| `(\w+\.\w+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
