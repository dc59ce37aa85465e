using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Platform.Time;

namespace Stipend.Commands;

/// <summary><c>stipend ledger verify</c> and <c>stipend ledger show</c>: the books, checked and read from a terminal.</summary>
internal static class LedgerCommands
{
    private static readonly JsonSerializerOptions s_json = new(Json.Options) { WriteIndented = true };

    private static readonly Option<long?> s_book = new("--book")
    {
        Description = "“live” for the real books, or the number of a sandbox's book",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (text == "live") return Book.Live;
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0) return id;
            result.AddError($"“{text}” is not a book. Write --book live, or the number “stipend sandbox status” shows.");
            return null;
        },
    };

    private static readonly Option<bool> s_asJson = new("--json") { Description = "Write JSON" };

    public static Command Build() => new("ledger", "Check and read the books") { Verify(), Show() };

    private static Command Verify()
    {
        var file = new Option<string?>("--file")
        {
            Description = "A copy of the data file, opened read-only; without it, the data folder or --database, also while the site runs",
        };
        var command = new Command("verify", "Recompute everything the books promise; changes nothing, also beside a running site")
        {
            file, s_book, s_asJson,
        };
        command.SetAction(async (parsed, ct) =>
        {
            VerifyReport? report = null;
            var book = parsed.GetValue(s_book);
            await CliHost.Guard(parsed, async () =>
            {
                var settings = CliHost.Settings(parsed);
                report = parsed.GetValue(file) is { } copy
                    ? await LedgerCheck.OfCopy(CliHost.ExistingFile(copy), book, ct)
                    : await LedgerCheck.Of(CliHost.DataOf(settings), book, ct);
                return ExitCode.Ok;
            });
            if (report is null) return ExitCode.Usage;
            if (parsed.GetValue(s_asJson)) Console.WriteLine(JsonSerializer.Serialize(report, s_json));
            else Print(report);
            return report.Passed ? ExitCode.Ok : ExitCode.Refused;
        });
        return command;
    }

    private static void Print(VerifyReport report)
    {
        foreach (var check in report.Checks)
        {
            Console.WriteLine($"{(check.Passed ? "ok   " : "WRONG")} {check.Name,-20} {check.Promise}");
            foreach (var offender in check.First) Console.WriteLine($"        {offender}");
            if (check.Failures > check.First.Count) Console.WriteLine($"        and {check.Failures - check.First.Count} more");
        }
        Console.WriteLine($"{Count(report.Books, "book")}, {Count(report.Journals, "journal")}, "
            + $"{Count(report.Transfers, "transfer")}, {Count(report.Closes, "closed month")}: "
            + (report.Passed ? "the books are right." : "the books are WRONG."));
    }

    private static string Count(long count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static Command Show()
    {
        var account = new Option<AccountRef?>("--account")
        {
            Description = "One account's entries, newest first: its kind, for a campaign's also a colon and its id: creator_payable:42",
            CustomParser = result => Account(result.Tokens[0].Value) is { } found ? found : Wrong(result),
        };
        var currency = new Option<string?>("--currency") { Description = "Only this currency; needed with --account when it has several" };
        var take = new Option<int>("--take")
            { Description = "Entries to show, 1–500", DefaultValueFactory = _ => 50, CustomParser = Values.Whole("--take", 1, 500) };
        var command = new Command("show", "Show balances, or the entries of one account") { s_book, account, currency, take, s_asJson };
        command.SetAction((parsed, ct) => CliHost.Run(parsed, async (services, token) =>
        {
            var ledger = services.GetRequiredService<ILedger>();
            var book = parsed.GetValue(s_book) ?? Book.Live;
            if (book != Book.Live && !(await services.GetRequiredService<Books>().Sandboxes(token)).Contains(book)) throw Refusal.Invalid("unknown_book",
                $"There is no book {book}. Write --book live, or the number “stipend sandbox status” shows.");
            Currency? only = parsed.GetValue(currency) is { } code ? Currency.Of(code) : null;
            var asJson = parsed.GetValue(s_asJson);
            if (parsed.GetValue(account) is { } one) await ShowEntries(ledger, book, one, only, parsed.GetValue(take), asJson, token);
            else await ShowBalances(ledger, book, only, asJson, token);
            return ExitCode.Ok;
        }, ct));
        return command;

        static AccountRef? Wrong(System.CommandLine.Parsing.ArgumentResult result)
        {
            var kinds = string.Join(", ", Enum.GetValues<AccountKind>().Select(Columns.Of));
            result.AddError($"“{result.Tokens[0].Value}” is not an account. Kinds are {kinds}; "
                + "those of a campaign end in a colon and its id.");
            return null;
        }
    }

    private static AccountRef? Account(string text)
    {
        var (kind, owner) = text.Split(':') is [var k, var o] ? (k, o) : (text, "0");
        var known = Enum.GetValues<AccountKind>().Where(value => Columns.Of(value) == kind).ToList();
        return known is [var found] && long.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new AccountRef(found, id)
            : null;
    }

    private static string Name(AccountRef account) => Columns.Of(account.Kind) + (account.OwnerId == 0 ? "" : $":{account.OwnerId}");

    private static async Task ShowBalances(ILedger ledger, long book, Currency? currency, bool asJson, CancellationToken ct)
    {
        var balances = await ledger.Balances(book, new BalanceFilter(Currency: currency), ct);
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(balances.Select(b => new
            {
                Account = Name(b.Account), Currency = b.Currency.Code, b.DebitMinor, b.CreditMinor, b.BalanceMinor,
            }), s_json));
            return;
        }
        if (balances.Count == 0) Console.WriteLine("Nothing has been posted yet.");
        else Console.WriteLine($"{"account",-44}{"debits",18}{"credits",18}{"balance",22}");
        foreach (var b in balances)
        {
            var (debits, credits) = (new Money(b.DebitMinor, b.Currency).Amount(), new Money(b.CreditMinor, b.Currency).Amount());
            Console.WriteLine($"{Name(b.Account),-44}{debits,18}{credits,18}{b.Balance,22}");
        }
    }

    private static async Task ShowEntries(ILedger ledger, long book, AccountRef account, Currency? currency, int take, bool asJson,
        CancellationToken ct)
    {
        var balances = await ledger.Balances(book, new BalanceFilter(account.Kind, account.OwnerId), ct);
        var currencies = balances.Select(b => b.Currency).ToList();
        if (currency is null && currencies.Count > 1)
            throw Refusal.Invalid("currency_needed",
                $"{Name(account)} has several currencies. Add --currency with one of {string.Join(", ", currencies)}.");
        var one = currency ?? currencies.FirstOrDefault(Currency.Of("EUR"));
        var entries = (await ledger.Entries(book, account, one, take: take, ct: ct)).Entries;
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(entries.Select(e => new
            {
                e.JournalId, e.Seq, e.Kind, e.RefId, e.EffectiveAt, e.EffectiveOn,
                Counterpart = Name(e.Counterpart), Currency = one.Code, e.AmountMinor, e.BalanceMinor, e.Explanation,
            }), s_json));
            return;
        }
        if (entries.Count == 0) Console.WriteLine($"{Name(account)} has no entries.");
        foreach (var e in entries)
        {
            var (amount, balance) = (new Money(e.AmountMinor, one).Amount(), new Money(e.BalanceMinor, one));
            Console.WriteLine($"{Columns.Iso(e.EffectiveOn)}  {amount,14}  {balance,18}  {e.Explanation}");
        }
    }
}
