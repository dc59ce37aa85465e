using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Stipend.Commands;

/// <summary>What the help of a command says below its options: an example to copy, and its exit codes.</summary>
internal sealed class CommandGuide(HelpAction options) : SynchronousCommandLineAction
{
    private const string Codes = "0 done, 1 refused (the sentence on standard error says how to mend it), 2 wrong command line";

    private const string BillCodes =
        "0 done and complete, 1 refused, or a charge is unknown, quarantined or parked, or sums do not add up, 2 wrong command line";

    private static readonly Dictionary<string, Guide> s_guides = new()
    {
        [""] = new("stipend --data /srv/stipend --urls http://localhost:5000"),
        ["serve"] = new("stipend serve --data /srv/stipend --urls http://localhost:5000",
            "0 stopped as asked (Ctrl-C, SIGTERM), 1 could not start, 2 wrong command line"),
        ["bill"] = new("stipend bill status"),
        ["bill preview"] = new("stipend bill preview --campaign ada-makes --date 2026-12-01"),
        ["bill run"] = new("stipend bill run --campaign ada-makes", BillCodes),
        ["bill status"] = new("stipend bill status --json", BillCodes),
        ["sandbox"] = new("stipend sandbox status --campaign ada-makes"),
        ["sandbox advance"] = new("stipend sandbox advance --campaign ada-makes --months 1",
            "0 arrived and complete, 1 refused, or something on the way is not complete, 2 wrong command line"),
        ["sandbox accept-invitations"] = new("stipend sandbox accept-invitations --campaign ada-makes"),
        ["sandbox erase"] = new("stipend sandbox erase --campaign ada-makes --yes"),
        ["sandbox status"] = new("stipend sandbox status --campaign ada-makes --json"),
        ["demo"] = new("stipend demo --data demo-data"),
        ["migrate"] = new("stipend migrate --data /srv/stipend"),
        ["backup"] = new("stipend backup /var/backups/stipend-2026-01-31.tar.gz --data /srv/stipend"),
        ["restore"] = new("stipend restore /var/backups/stipend-2026-01-31.tar.gz --data /srv/stipend --force"),
        ["doctor"] = new("stipend doctor --data /srv/stipend", "0 it can run, 1 something must be mended, 2 wrong command line"),
        ["explain"] = new("stipend explain lin@example.org --campaign ada-makes"),
        ["import"] = new("stipend import patreon members.csv --campaign ada-makes --dry-run"),
        ["import patreon"] = new("stipend import patreon members.csv --campaign ada-makes --dry-run"),
        ["test-gateway"] = new("stipend test-gateway --data gateway-data --urls http://127.0.0.1:5090"),
        ["ledger"] = new("stipend ledger verify --data /srv/stipend"),
        ["ledger verify"] = new("stipend ledger verify --file copy-of-stipend.db", "0 the books are right, 1 wrong, 2 could not be checked"),
        ["ledger show"] = new("stipend ledger show --account creator_payable:42 --currency EUR"),
        ["vault"] = new("stipend vault scrub --data /srv/stipend"),
        ["vault scrub"] = new("stipend vault scrub --data /srv/stipend", "0 every file is what was taken in, 1 one is not or it was refused, 2 wrong command line"),
        ["vault move"] = new("stipend vault move ada-makes --to s3", "0 moved, 1 refused or not all of it, 2 wrong command line"),
    };

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        options.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var (example, codes) = s_guides[Complaint.PathOf(parseResult)];
        output.WriteLine("Example:");
        output.WriteLine($"  {example}");
        output.WriteLine();
        output.WriteLine("Exit codes:");
        output.WriteLine($"  {codes ?? Codes}");
        return ExitCode.Ok;
    }

    private sealed record Guide(string Example, string? ExitCodes = null);
}
