using System.CommandLine;
using System.Text.Json;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Messaging;
using Stipend.Vault.Contracts;

namespace Stipend.Commands;

/// <summary><c>stipend vault scrub</c> and <c>stipend vault move</c>: the files' bytes, read again or put elsewhere.</summary>
internal static class VaultCommands
{
    private static readonly Option<bool> s_json = new("--json") { Description = "Write JSON" };

    public static Command Build() => new("vault", "Check and move the files of posts") { Scrub(), Move() };

    private static Command Scrub()
    {
        var campaign = new Option<string?>("--campaign") { Description = "Only this campaign's, by its address such as ada-makes" };
        var remove = new Option<bool>("--remove-orphans") { Description = "Remove objects that no file has named for two days" };
        var command = new Command("scrub", "Read every stored file and compare it with what was taken in") { campaign, remove, s_json };
        command.SetAction((parsed, ct) => CliHost.Run(parsed, async (services, cancel) =>
        {
            var only = parsed.GetValue(campaign) is { } vanity ? (await Find(services, vanity, cancel)).Id : (long?)null;
            var report = await services.GetRequiredService<IVaultKeeping>().Scrub(only, parsed.GetValue(remove), cancel);
            if (parsed.GetValue(s_json)) Console.WriteLine(JsonSerializer.Serialize(report, Json.Options));
            else Print(report, parsed.GetValue(remove));
            return report.Passed ? ExitCode.Ok : ExitCode.Refused;
        }, ct));
        return command;
    }

    private static Command Move()
    {
        var campaign = new Argument<string>("campaign") { Description = "The campaign's address, such as ada-makes" };
        var to = new Option<string>("--to") { Description = "disk or s3", Required = true };
        var later = new Option<bool>("--later") { Description = "Leave the moving to the site, while it serves" };
        var command = new Command("move", "Put a campaign's files into another store, each read back before the old one goes") { campaign, to, later, s_json };
        command.SetAction((parsed, ct) => CliHost.Run(parsed, async (services, cancel) =>
        {
            var keeping = services.GetRequiredService<IVaultKeeping>();
            var found = await Find(services, parsed.GetValue(campaign)!, cancel);
            await keeping.BeginMove(found.Id, parsed.GetValue(to)!, cancel);
            var report = parsed.GetValue(later) ? null : await keeping.MoveNow(found.Id, cancel);
            if (parsed.GetValue(s_json)) Console.WriteLine(JsonSerializer.Serialize(report, Json.Options));
            else Console.WriteLine(report is null ? "The site moves them while it runs." : $"Moved {report.Moved:N0} objects; {report.Left:N0} are still elsewhere.");
            return report is null or { Left: 0 } ? ExitCode.Ok : ExitCode.Refused;
        }, ct));
        return command;
    }

    private static async Task<CampaignInfo> Find(IServiceProvider services, string vanity, CancellationToken ct) =>
        await services.GetRequiredService<ICampaigns>().FindByVanity(vanity.TrimStart('/'), ct)
            ?? throw Refusal.Invalid("unknown_campaign", $"There is no campaign “{vanity}”. Give the last part of its page's address, such as ada-makes.");

    private static void Print(ScrubReport report, bool removed)
    {
        foreach (var finding in report.Findings)
            Console.WriteLine($"{finding.Fault,-10} {finding.Store} {finding.Key}{(finding.Files.Count > 0 ? $"  ({string.Join(", ", finding.Files)})" : removed ? "  removed" : "")}");
        var bad = report.Findings.Count(f => f.Fault != "orphan");
        Console.WriteLine($"Read {report.Objects:N0} objects, {report.Bytes / 1_000_000:N0} MB.");
        Console.WriteLine(bad == 0 ? "Every file is what was taken in." : $"{bad:N0} must be mended: restore them from a backup, or upload the same file again.");
    }
}
