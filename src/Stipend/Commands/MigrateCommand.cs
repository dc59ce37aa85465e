using System.CommandLine;

namespace Stipend.Commands;

/// <summary>Brings the database to this program's version and ends; every other command does so too before it works.</summary>
internal static class MigrateCommand
{
    public static Command Build()
    {
        var command = new Command("migrate", "Bring the database to this program's version");
        command.SetAction((parsed, ct) => CliHost.Run(parsed, (_, _) =>
        {
            Console.WriteLine("The database is at this program's version.");
            return Task.FromResult(ExitCode.Ok);
        }, makesSite: true, ct));
        return command;
    }
}
