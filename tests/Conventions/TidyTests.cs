using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace Stipend.Conventions;

/// <summary>How the text of the code looks (STYLE.md), each rule with what it names.</summary>
public sealed partial class TidyTests
{
    private const int MaxFile = 400, MaxFunction = 70, MaxLine = 160;

    private static readonly string[] s_code = [.. Repository.Files(".cs", "src", "tests", "bench")];

    /// <summary>Rows of an uploaded file, which is no list of anybody's: what was taken in before a restart is read past.</summary>
    private static readonly string[] s_countsOff = ["src/Modules/Imports/Patreon/ImportPatreon.cs"];

    [Fact]
    public void Files_are_short() => s_code.Concat(Repository.Files(".razor", "src"))
        .Where(file => Repository.Lines(file).Length > MaxFile).Select(file => $"{file} has {Repository.Lines(file).Length} lines")
            .ShouldBeEmpty();

    /// <summary>The aim is 140; the limit 160. A sentence in quotes counts as nothing, since cutting it would make it unfindable.</summary>
    [Fact]
    public void Lines_are_short() => s_code.SelectMany(LongLines).ShouldBeEmpty();

    [Fact]
    public void Functions_are_short() => s_code.SelectMany(LongFunctions).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_folded_away_in_regions() =>
        Offenders(s_code, (line, _) => line.TrimStart().StartsWith("#region", StringComparison.Ordinal)).ShouldBeEmpty();

    [Fact]
    public void Class_names_say_what_a_thing_is() => Offenders(s_code, (line, _) => BannedSuffix().IsMatch(line)).ShouldBeEmpty();

    [Fact]
    public void Every_catch_names_what_it_catches() => Offenders(s_code, (line, _) => BareCatch().IsMatch(line)).ShouldBeEmpty();

    [Fact]
    public void No_catch_is_empty_without_a_reason() =>
        Offenders(s_code, (line, next) => EmptyCatch().IsMatch(line + next)).ShouldBeEmpty();

    [Fact]
    public void Nothing_ends_in_white_space_or_is_indented_by_tabs() =>
        Offenders(Repository.Files(".cs .razor .css .js .sql .md .json .yml", "src", "tests", "docs", "deploy", "bench"),
            (line, _) => line.EndsWith(' ') || line.EndsWith('\t') || line.EndsWith('\r') || line.StartsWith('\t')).ShouldBeEmpty();

    [Fact]
    public void Pages_carry_no_inline_script_or_style() =>
        Offenders(Repository.Files(".razor", "src"), (line, _) => InlineCode().IsMatch(line)).ShouldBeEmpty();

    [Fact]
    public void The_project_speaks_of_no_place_on_one_machine() =>
        Offenders(Repository.Files(".cs .razor .css .js .sql .md .json .yml .txt .csproj", "src", "docs", "deploy")
            .Concat(Directory.EnumerateFiles(Repository.Root, "*.md").Select(f => Path.GetFileName(f)!)), (line, _) =>
                MachinePath().IsMatch(line)).ShouldBeEmpty();

    [Fact]
    public void Lists_go_on_by_key_and_never_by_counting_rows_off() =>
        Offenders(Repository.Files(".cs .razor .sql", "src/Modules").Except(s_countsOff), (line, _) => CountedOff().IsMatch(line)).ShouldBeEmpty(
            "a page far down reads everything above it, and rows that come or go meanwhile are shown twice or never. "
            + "Ask for what comes after the key of the last row shown, WHERE (created_at, id) < (@at, @id): Platform/Http/PageKey.cs and the Pager component");

    private static IEnumerable<string> Offenders(IEnumerable<string> files, Func<string, string, bool> offends)
    {
        foreach (var file in files)
        {
            var lines = Repository.Read(file).Split('\n');
            for (var i = 0; i < lines.Length; i++)
                if (offends(lines[i], i + 1 < lines.Length ? lines[i + 1] : "")) yield return $"{file}:{i + 1}: {lines[i].Trim()}";
        }
    }

    private static IEnumerable<string> LongLines(string file)
    {
        var inText = false; // between the marks of a raw string: its lines are not code
        foreach (var (number, line) in Repository.Lines(file).Index())
        {
            var wasInText = inText;
            if (line.Split("\"\"\"").Length % 2 == 0) inText = !inText;
            if (!wasInText && !inText && Quoted().Replace(line, "").Length > MaxLine) yield return $"{file}:{number + 1}";
        }
    }

    /// <summary>A function is a brace on a line of its own under a line that closes a parameter list, to the brace at the same
    /// depth.</summary>
    private static IEnumerable<string> LongFunctions(string file)
    {
        var lines = Repository.Lines(file);
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim() != "{" || !lines[i - 1].Contains(')') || NoFunction().IsMatch(Declaration(lines, i - 1))) continue;
            var closing = lines[i][..lines[i].IndexOf('{')] + "}";
            var end = Array.FindIndex(lines, i, line => line.StartsWith(closing, StringComparison.Ordinal));
            if (end - i > MaxFunction) yield return $"{file}:{i}: {end - i} lines: {lines[i - 1].Trim()}";
        }
    }

    /// <summary>The lines of a declaration that ends here: up to whatever ended before it.</summary>
    private static string Declaration(string[] lines, int last)
    {
        var first = last;
        while (first > 0 && !EndsSomething().IsMatch(lines[first - 1])) first--;
        return string.Join(' ', lines[first..(last + 1)].Select(line => line.Trim()));
    }

    [GeneratedRegex(@"[;{}\]]\s*$|^\s*$|^\s*//")]
    private static partial Regex EndsSomething();

    [GeneratedRegex(@"""(\\.|[^""\\])*""")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\b(class|record|struct|interface)\s+\w+(Manager|Helper|Helpers|Util|Utils|Impl|Base|Dto)\b")]
    private static partial Regex BannedSuffix();

    [GeneratedRegex(@"\bcatch\s*(\{|$)")]
    private static partial Regex BareCatch();

    [GeneratedRegex(@"\bcatch\b.*\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"^\s*(if|for|foreach|while|switch|using|lock|catch|fixed|else|await|return)\b|\b(class|record|struct|interface|enum|namespace|new)\b")]
    private static partial Regex NoFunction();

    [GeneratedRegex(@"\sstyle=""|\son[a-z]+=""|<script(?![^>]*\b(src|type=\\?""importmap))|<style\b", RegexOptions.IgnoreCase)]
    private static partial Regex InlineCode();

    /// <summary>A number that stands there is no page: the head of a list is left out so.</summary>
    [GeneratedRegex(@"\.Skip\((?!\d+\))|\bOFFSET\s+[@{$:\d]")]
    private static partial Regex CountedOff();

    [GeneratedRegex(@"/(tmp|work|home|root)/\w")]
    private static partial Regex MachinePath();
}
