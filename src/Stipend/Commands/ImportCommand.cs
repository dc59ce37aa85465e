using System.CommandLine;
using System.Text.Json;
using Stipend.Imports.Contracts;
using Stipend.Platform.Messaging;

namespace Stipend.Commands;

/// <summary>Imports members from elsewhere: <c>stipend import patreon FILE --campaign VANITY [--dry-run] [--json]</c>.</summary>
internal static class ImportCommand
{
    private static readonly Argument<string> s_file = new("FILE") { Description = "The exported CSV file" };
    private static readonly Option<string> s_campaign =
        new("--campaign") { Description = "The campaign, by the last part of its page's address", Required = true };
    private static readonly Option<bool> s_dryRun = new("--dry-run") { Description = "Read and decide everything, write nothing" };
    private static readonly Option<bool> s_json = new("--json") { Description = "Print the report as JSON" };

    public static Command Build()
    {
        var patreon = new Command("patreon", """
            Import a Patreon members export. Active members become invited: what they paid there stays open here to its date,
            and nobody is charged before confirming here. The same file again changes nothing; a stopped import goes on where
            it was.
            """) { s_file, s_campaign, s_dryRun, s_json };
        patreon.SetAction((parsed, ct) => CliHost.Run(parsed, async (services, stop) =>
        {
            var json = parsed.GetValue(s_json);
            var request = new ImportRequest(parsed.GetValue(s_file)!, parsed.GetValue(s_campaign)!, parsed.GetValue(s_dryRun));
            var report = await services.GetRequiredService<IImports>().Patreon(request, json ? null : new Bar(), stop);
            if (json) Console.WriteLine(JsonSerializer.Serialize(report, Snake));
            else Print(report);
            return ExitCode.Ok;
        }, ct));
        return new Command("import", "Bring members from elsewhere") { patreon };
    }

    private static readonly JsonSerializerOptions Snake = new(Json.Options) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true };

    private static void Print(ImportReport report)
    {
        var (o, t) = (report.Outcomes, report.Totals);
        Currency currency = Currency.Of(t.Currency);
        Console.WriteLine(report.AlreadyDone ? "This file was imported before; nothing was changed." : report.DryRun
            ? "Nothing was written (--dry-run). The import would be:" : "Imported.");
        Console.WriteLine($"  {t.Rows:N0} rows: {o.Imported:N0} imported, {o.Updated:N0} updated, "
            + $"{o.Unchanged:N0} unchanged, {o.Skipped:N0} skipped");
        foreach (var (status, count) in t.ByStatus) Console.WriteLine($"  {count,8:N0}  {status}");
        var (active, lifetime) = (new Money(t.ActivePledgeMinor, currency), new Money(t.LifetimeMinor, currency));
        Console.WriteLine($"  active pledges {active}, lifetime {lifetime}, {t.DuplicateEmails:N0} duplicate addresses");
        foreach (var (tier, count) in t.ByTierActive) Console.WriteLine($"  {count,8:N0}  active in {tier}");
        foreach (var tier in report.TiersCreated) Console.WriteLine(
            $"  tier {(report.DryRun ? "to make" : "made")}: {tier.Name}, {new Money(tier.PriceMinor, currency)}");
        foreach (var note in report.Notes) Console.WriteLine($"  {note}");
        foreach (var row in report.Rows.Take(20)) Console.WriteLine($"  line {row.Line}: {row.Outcome}. {row.Reason}");
        var more = report.RowsLeftOff + Math.Max(0, report.Rows.Count - 20);
        if (more > 0) Console.WriteLine($"  … and {more:N0} more (--json lists them)");
    }

    /// <summary>Progress on standard error, one line that rewrites itself; silent when it is not a terminal.</summary>
    private sealed class Bar : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value)
        {
            if (Console.IsErrorRedirected) return;
            Console.Error.Write($"\r{value.Done:N0} of {value.Total:N0} rows");
            if (value.Done == value.Total) Console.Error.WriteLine();
        }
    }
}
