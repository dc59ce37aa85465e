using System.CommandLine;
using System.Text;
using Stipend.Commands;
using Xunit;

namespace Stipend.Conventions;

/// <summary>The reference page of the command line is the commands' own help.</summary>
public sealed class CommandPageTests
{
    private const string Head = """
        # Commands

        Written from `stipend … --help` by the tests (UPDATE_SNAPSHOTS=1). `stipend` stands for `dotnet run --project src/Stipend --`
        or the published program.

        Output goes to standard output, everything else to standard error. A command that refuses says one sentence there; with
        `--json` it also writes `{"error":{"code","message","fields"}}` to standard output, so that a script always reads JSON.

        On SQLite one process holds the data folder: while the site runs, `backup`, `doctor` and `ledger verify` work beside it,
        the other commands ask you to stop it first. On PostgreSQL all work beside it.

        Settings come from the environment too: [settings.md](settings.md).

        """;

    [Fact]
    public void The_page_of_commands_is_what_the_commands_say()
    {
        var page = new StringBuilder(Head);
        Write(page, StipendCommand.Root(), []);
        Repository.ShouldBeSnapshot(page.ToString(), "docs/reference/commands.md");
    }

    private static void Write(StringBuilder page, Command command, string[] path)
    {
        var title = path.Length == 0 ? "stipend" : "stipend " + string.Join(' ', path);
        page.Append($"\n## {title}\n\n```\n{Help(path)}\n```\n");
        foreach (var sub in command.Subcommands.Where(s => !s.Hidden).OrderBy(s => s.Name, StringComparer.Ordinal)) Write(page, sub,
            [.. path, sub.Name]);
    }

    private static string Help(string[] path)
    {
        using var output = new StringWriter();
        StipendCommand.Root().Parse([.. path, "--help"]).Invoke(new InvocationConfiguration { Output = output });
        var program = System.Reflection.Assembly.GetEntryAssembly()!.GetName().Name!;
        return string.Join('\n', output.ToString().ReplaceLineEndings("\n").Trim().Split('\n')
            .Select(l => l.Replace(program, "stipend").TrimEnd()));
    }
}
