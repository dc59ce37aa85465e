using System.CommandLine;
using System.CommandLine.Help;

namespace Stipend.Commands;

/// <summary>The whole command line. Its reference page is written from here and held by a test.</summary>
internal static class StipendCommand
{
    public static RootCommand Root()
    {
        var root = new RootCommand("Stipend: a membership platform a creator can own. Without a command it serves the site.")
        {
            CliHost.Data,
            CliHost.Database,
            ServeCommand.Build(),
            BillCommands.Build(),
            SandboxCommands.Build(),
            DemoCommand.Build(),
            MigrateCommand.Build(),
            BackupCommands.BuildBackup(),
            BackupCommands.BuildRestore(),
            DoctorCommand.Build(),
            ExplainCommand.Build(),
            ImportCommand.Build(),
            TestGatewayCommand.Build(),
            LedgerCommands.Build(),
            VaultCommands.Build(),
        };
        ServeCommand.AddTo(root);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new CommandGuide((HelpAction)help.Action!);
        return root;
    }
}
