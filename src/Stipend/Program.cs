using System.CommandLine;
using Stipend.Commands;

var root = new RootCommand("Stipend: a membership platform a creator can own. Without a command it serves the site.")
{
    CliHost.Data,
    CliHost.Database,
    ServeCommand.Build(),
    BillCommands.Build(),
    MigrateCommand.Build(),
    ExplainCommand.Build(),
    ImportCommand.Build(),
    TestGatewayCommand.Build(),
    LedgerCommands.Build(),
};
ServeCommand.AddTo(root);
var parsed = root.Parse(args);
var exitCode = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? ExitCode.Usage : exitCode;
