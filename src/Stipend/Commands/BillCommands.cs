using System.CommandLine;
using System.Text.Json;
using Stipend.Billing.Contracts;
using Stipend.Campaigns.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Commands;

/// <summary>Billing from the command line: what a day would bill, opening and collecting what is due, and how runs stand.</summary>
internal static class BillCommands
{
    private static readonly Option<string?> s_campaign = new("--campaign") { Description = "A sandbox campaign's books; without it, the real ones" };
    private static readonly JsonSerializerOptions s_indented = new(Json.Options) { WriteIndented = true };
    private static readonly Option<bool> s_json = new("--json") { Description = "Write JSON" };
    private static readonly Option<LocalDate?> s_date = new("--date")
    {
        Description = "The billing day, YYYY-MM-DD; without it, the next day with something due",
        CustomParser = Values.Day,
        HelpName = "YYYY-MM-DD",
    };

    private static readonly Option<bool> s_restored = new("--restored")
    {
        Description = "The database was put back from a backup: read everything again before anybody is charged",
    };
    private static readonly Option<long?> s_settle = new("--settle")
    {
        Description = "An unexplained payment that you have dealt with, such as by giving it back at the gateway",
        HelpName = "ID",
    };
    private static readonly Option<string?> s_note = new("--note") { Description = "With --settle: what you did about it" };

    public static Command Build()
    {
        var preview = new Command("preview",
            "Show what a billing day would charge, by the code that does it; writes nothing") { s_campaign, s_date, s_json };
        preview.SetAction((parsed, ct) => CliHost.Run(parsed, (services, stop) => Preview(services, parsed, stop), ct));
        var run = new Command("run", "Open, plan, collect and close every run that is due; again does nothing") { s_campaign, s_json };
        run.SetAction((parsed, ct) => CliHost.Run(parsed, (services, stop) => RunDue(services, parsed, stop), ct));
        var status = new Command("status", "Show runs with what they charged, and what is unknown or parked") { s_campaign, s_json };
        status.SetAction((parsed, ct) => CliHost.Run(parsed, (services, stop) => Status(services, parsed, stop), ct));
        var reconcile = new Command("reconcile", "Compare the gateway's record of moved money with the books") { s_restored, s_settle, s_note, s_json };
        reconcile.SetAction((parsed, ct) => CliHost.Run(parsed, (services, stop) => Reconcile(services, parsed, stop), ct));
        return new Command("bill", "Preview, run and watch billing") { preview, run, status, reconcile };
    }

    private static async Task<int> Preview(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        var book = await BookOf(services, parsed, ct);
        var runs = services.GetRequiredService<IBillingRuns>();
        var day = parsed.GetValue(s_date) ?? await NextDay(services, runs, book, ct);
        var previews = await runs.Preview(book, day, ct);
        if (parsed.GetValue(s_json)) return Write(previews);
        Console.WriteLine($"Billing day {Columns.Iso(day)}");
        foreach (var preview in previews)
        {
            Console.WriteLine($"  {preview.ZoneId}: {preview.Patrons} patrons, {preview.Charges} charges");
            foreach (var total in preview.Totals) Console.WriteLine($"    {Describe(total)}");
            foreach (var line in preview.FirstLines.Take(20))
                Console.WriteLine($"    {line.Outcome,-9} {new Money(line.AmountMinor, Currency.Of(line.Currency)),14}  {line.Description}");
            if (preview.FirstLines.Count > 20) Console.WriteLine("    … (all lines with --json)");
        }
        if (previews.Count == 0) Console.WriteLine("  Nobody has pledged anything in these books yet.");
        else if (previews.All(p => p.Charges == 0)) Console.WriteLine("  Nothing is left to charge on this day. What was billed: stipend bill status.");
        return ExitCode.Ok;
    }

    private static async Task<int> RunDue(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        var book = await BookOf(services, parsed, ct);
        var runs = services.GetRequiredService<IBillingRuns>();
        var asJson = parsed.GetValue(s_json);
        if ((await runs.NextRuns(book, ct)).Count == 0)
        {
            Console.WriteLine(asJson ? "[]" : "Nobody has pledged anything in these books yet, so there is nothing to bill.");
            return ExitCode.Ok;
        }
        var opened = await runs.OpenDue(book, ct);
        await services.GetRequiredService<MessageRunner>().RunDue(ct);
        if (asJson)
        {
            var ran = await runs.List(book, emptyToo: false, 10, ct);
            Write(ran);
            return Code(ran);
        }
        Console.WriteLine(opened == 0 ? "No run is due: every billing day up to today has its run."
            : $"{opened} billing day{(opened == 1 ? " was" : "s were")} opened.");
        return Print(await runs.List(book, emptyToo: false, 5, ct));
    }

    private static async Task<int> Status(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        var runs = services.GetRequiredService<IBillingRuns>();
        var book = await BookOf(services, parsed, ct);
        var list = await runs.List(book, emptyToo: false, 24, ct);
        if (parsed.GetValue(s_json))
        {
            Write(list);
            return Code(list);
        }
        if (list.Count == 0) Console.WriteLine("No run has billed anything in these books yet.");
        var code = Print(list);
        foreach (var (zone, on) in await runs.NextRuns(book, ct)) Console.WriteLine($"Next run: {Columns.Iso(on)} ({zone})");
        return code;
    }

    private static async Task<int> Reconcile(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        var reconciliation = services.GetRequiredService<IReconciliation>();
        if (parsed.GetValue(s_settle) is { } id)
            await reconciliation.Settle(id, parsed.GetValue(s_note)
                ?? throw Refusal.Invalid("note_missing", "Say what you did about it with --note, for whoever looks at the books later."), ct);
        if (parsed.GetValue(s_restored)) await reconciliation.MarkRestored(ct);
        var report = await reconciliation.Compare(ct);
        if (parsed.GetValue(s_json)) Write(report);
        else
        {
            Console.WriteLine($"{report.Movements} new movements read; {report.Open.Count} unexplained.");
            foreach (var item in report.Open)
                Console.WriteLine($"  {item.Id}  {item.Kind,-15} {new Money(item.AmountMinor, Currency.Of(item.Currency)),14}  {item.Gateway} {item.IntentId}"
                    + (item.CustomerRef is null ? "" : $" of {item.CustomerRef}"));
            if (!report.Complete)
                await Console.Error.WriteLineAsync("stipend: The gateway gave no usable answer, so the comparison is not complete. Try again when it can be reached.");
        }
        return report is { Complete: true, Open.Count: 0 } ? ExitCode.Ok : ExitCode.Refused;
    }

    private static int Print(IReadOnlyList<RunInfo> list)
    {
        foreach (var run in list)
        {
            Console.WriteLine($"{Columns.Iso(run.BillOn)}  {run.State,-10} {run.ZoneId}: {run.Charges} charges, {run.Paid} paid, {run.Declined} declined, "
                + $"{run.Waiting} waiting, {run.Unknown} unknown, {run.Quarantined} quarantined, {run.ParkedPatrons} parked{(run.Note is null ? "" : $" — {run.Note}")}");
            foreach (var total in run.Totals) Console.WriteLine($"            {Describe(total)}");
        }
        return Code(list);
    }

    /// <summary>Exit code 1 when any run is not complete: an operator's script must see it.</summary>
    private static int Code(IReadOnlyList<RunInfo> list) =>
        list.Any(r => r.State == "review" || r.Unknown + r.Quarantined + r.ParkedPatrons > 0 || r.Totals.Any(t => !t.AddsUp)) ? ExitCode.Refused : ExitCode.Ok;

    private static string Describe(RunTotal t)
    {
        string M(long minor) => new Money(minor, Currency.Of(t.Currency)).ToString();
        return $"due {M(t.DueMinor)} = charged {M(t.ChargedMinor)} + waived {M(t.WaivedMinor)} + deferred {M(t.DeferredMinor)} + parked {M(t.ParkedMinor)}"
            + (t.AddsUp ? "" : "   DOES NOT ADD UP");
    }

    private static async Task<LocalDate> NextDay(IServiceProvider services, IBillingRuns runs, long book, CancellationToken ct)
    {
        var today = (await services.GetRequiredService<Books>().Now(book, ct)).InUtc().Date;
        for (var day = today.PlusDays(1); day <= today.PlusDays(31); day = day.PlusDays(1))
            if ((await runs.Preview(book, day, ct)).Any(p => p.Patrons > 0)) return day;
        return today.PlusDays(1);
    }

    private static async Task<long> BookOf(IServiceProvider services, ParseResult parsed, CancellationToken ct)
    {
        if (parsed.GetValue(s_campaign) is not { } vanity) return Book.Live;
        var campaign = await services.GetRequiredService<ICampaigns>().FindByVanity(vanity, ct)
            ?? throw Refusal.Invalid("unknown_campaign", $"There is no campaign “{vanity}”. Give the last part of its page's address, such as ada-makes.");
        return campaign.BookId;
    }

    private static int Write<T>(T value)
    {
        Console.WriteLine(JsonSerializer.Serialize(value, s_indented));
        return ExitCode.Ok;
    }
}
