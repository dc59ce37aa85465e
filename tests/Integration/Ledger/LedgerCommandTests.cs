using System.Diagnostics;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Shouldly;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Ledger.LedgerWorld;

namespace Stipend.Integration.Ledger;

/// <summary>The commands as a script meets them: text or JSON on standard output, a sentence on standard error, an exit code.</summary>
public sealed class LedgerCommandTests
{
    [Fact]
    public async Task Verify_reads_a_copy_offline_and_its_exit_code_tells_right_from_wrong_from_unreadable()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, at: "2026-02-15");
        await app.Post(Charge(1, "2026-01-10", 7, 1000, fee: 50), Charge(2, "2026-02-02", 7, 500));
        var copy = Path.Combine(app.DataFolder, "copy.db");
        await app.Sql($"VACUUM INTO '{copy}'", outside: true);

        var (code, output, _) = await Run("ledger", "verify", "--file", copy);
        code.ShouldBe(0, output);
        output.ShouldContain("1 book, 2 journals, 3 transfers, 0 closed months: the books are right.");

        Tamper(copy);
        (code, output, _) = await Run("ledger", "verify", "--file", copy);
        code.ShouldBe(1);
        output.ShouldContain("WRONG seals");
        (code, output, _) = await Run("ledger", "verify", "--file", copy, "--json");
        code.ShouldBe(1);
        JsonDocument.Parse(output).RootElement.GetProperty("passed").GetBoolean().ShouldBeFalse();

        (code, _, var error) = await Run("ledger", "verify", "--file", copy + ".missing");
        (code, error).ShouldBe((2, $"stipend: There is no such file as {copy}.missing. Check its name.\n"));
        await File.WriteAllTextAsync(copy,
            "not a database, but long enough to have a header of sorts ................................................");
        (code, _, error) = await Run("ledger", "verify", "--file", copy);
        code.ShouldBe(2);
        error.ShouldContain("is not a Stipend data file");
        (code, _, error) = await Run("ledger", "verify", "--data", app.DataFolder, "--book", "42");
        code.ShouldBe(2);
        error.ShouldContain("Nothing was ever posted in book 42");
        (code, _, error) = await Run("ledger", "verify", "--book", "mine");
        code.ShouldBe(2);
        error.ShouldContain("“mine” is not a book");
    }

    [Fact]
    public async Task Verify_checks_a_data_folder_beside_the_running_site()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, at: "2026-02-15");
        await app.Post(Charge(1, "2026-01-10", 7, 1000));
        using var held = new DataFolder(new DataOptions { Folder = app.DataFolder });
        var (code, output, error) = await Run("ledger", "verify", "--data", app.DataFolder);
        code.ShouldBe(0, error);
        output.ShouldContain("1 journal, 1 transfer");
    }

    [Fact]
    public async Task Show_lists_balances_and_the_entries_of_an_account()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, at: "2026-02-15");
        await app.Post(Charge(1, "2026-01-10", 7, 1000, fee: 50), Charge(2, "2026-02-02", 7, 500, currency: Jpy));

        var (code, output, error) = await Run("ledger", "show", "--data", app.DataFolder);
        code.ShouldBe(0, error);
        output.ShouldContain("creator_payable:7");
        output.ShouldContain("9.50 EUR");
        output.ShouldContain("500 JPY");

        (code, output, _) = await Run("ledger", "show", "--data", app.DataFolder, "--account", "creator_payable:7", "--currency", "EUR",
            "--json");
        code.ShouldBe(0);
        var entries = JsonDocument.Parse(output).RootElement;
        entries.GetArrayLength().ShouldBe(2);
        entries[0].GetProperty("amountMinor").GetInt64().ShouldBe(-50);
        entries[0].GetProperty("explanation").GetString().ShouldBe("charge 1: to platform revenue");

        (code, _, error) = await Run("ledger", "show", "--data", app.DataFolder, "--account", "creator_payable:7");
        (code, error).ShouldBe((1, "stipend: creator_payable:7 has several currencies. Add --currency with one of EUR, JPY.\n"));
        (code, _, error) = await Run("ledger", "show", "--data", app.DataFolder, "--account", "piggy_bank");
        code.ShouldBe(2);
        error.ShouldContain("“piggy_bank” is not an account. Kinds are gateway_clearing");
    }

    private static void Tamper(string copy)
    {
        using var connection = new SqliteConnection($"Data Source={copy};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "DROP TRIGGER transfer_keep; UPDATE transfer SET amount_minor = amount_minor + 1 WHERE seq = 1";
        command.ExecuteNonQuery();
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "stipend.dll"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
