using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Stipend.Platform.Messaging;

namespace Stipend.Commands;

/// <summary>
/// How a command says no: one sentence on standard error, always; with <c>--json</c> also an object on standard output, so that a script
/// that reads JSON gets JSON: <c>{"error":{"code","message","fields"}}</c>.
/// </summary>
internal static class Complaint
{
    public static int Say(ParseResult parsed, string code, string message, IReadOnlyDictionary<string, string>? fields = null)
    {
        fields ??= new Dictionary<string, string>();
        Console.Error.WriteLine($"stipend: {message}");
        foreach (var (field, said) in fields)
            if (said != message) Console.Error.WriteLine($"  {field}: {said}");
        if (WantsJson(parsed)) Console.WriteLine(JsonSerializer.Serialize(new { Error = new { Code = code, Message = message, Fields = fields } },
            Json.Options));
        return ExitCode.Refused;
    }

    /// <summary>A command line that cannot be understood: what is wrong first, and where the right way is written.</summary>
    public static int SayUsage(ParseResult parsed)
    {
        var name = $"stipend {PathOf(parsed)}".Trim();
        Say(parsed, "usage", $"{What(parsed, name)} See “{name} --help”.");
        return ExitCode.Usage;
    }

    private static string What(ParseResult parsed, string name)
    {
        var subcommands = parsed.CommandResult.Command.Subcommands.Where(s => !s.Hidden).Select(s => s.Name).ToList();
        if (parsed.UnmatchedTokens.FirstOrDefault() is { } unknown)
        {
            var options = OptionsOf(parsed.CommandResult).Select(o => o.Name);
            var meant = options.Concat(subcommands).Where(known => Distance(known, unknown) <= 2).MinBy(known => Distance(known, unknown));
            return $"“{name}” knows no “{unknown}”.{(meant is null ? "" : $" Did you mean “{meant}”?")}";
        }
        if (subcommands.Count > 0 && parsed.CommandResult.Command.Action is null) return $"“{name}” needs one of {string.Join(", ", subcommands)}.";
        var missing = parsed.CommandResult.Command.Arguments.FirstOrDefault(a =>
            a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is not { Tokens.Count: > 0 });
        return missing is null ? parsed.Errors[0].Message : $"“{name}” needs {missing.Name}: {missing.Description}.";
    }

    private static bool WantsJson(ParseResult parsed) => parsed.Tokens.Any(t => t.Value == "--json");

    /// <summary>The words after “stipend” that name the command: “bill preview”.</summary>
    public static string PathOf(ParseResult parsed)
    {
        var names = new List<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Parent: not null } command; at = at.Parent)
            names.Insert(0, command.Command.Name);
        return string.Join(' ', names);
    }

    private static IEnumerable<Option> OptionsOf(CommandResult result)
    {
        for (SymbolResult? at = result; at is CommandResult command; at = at.Parent)
            foreach (var option in command.Command.Options)
                if (at == result || option.Recursive) yield return option;
    }

    /// <summary>Letters to add, drop or change to make one word the other.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
                (corner, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, corner + (one[i - 1] == other[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}
