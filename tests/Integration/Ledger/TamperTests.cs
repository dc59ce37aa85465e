using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Ledger.LedgerWorld;

namespace Stipend.Integration.Ledger;

/// <summary>Fault plan F23: what SQL may not do to the books, and what the check says when somebody makes it possible first.</summary>
public sealed class TamperTests
{
    private const string Transfer = "INTO transfer (journal_id, seq, debit_account_id, credit_account_id, amount_minor)";
    private const string Journal = "INTO journal (id, book_id, kind, ref_id, currency, effective_at, effective_on, transfer_count, seal)";
    private const string Close = "INTO book_close (book_id, period, journals, through_journal_id, previous_hash, hash, closed_at)";

    /// <summary>
    /// Each statement alone; {j} is a journal of the closed January, {f} one of the open February, {eur} and {yen} accounts.
    /// </summary>
    private static readonly string[] s_tampering =
    [
        "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE journal_id = {f}",
        "UPDATE transfer SET debit_account_id = credit_account_id, credit_account_id = debit_account_id WHERE journal_id = {j}",
        "UPDATE journal SET effective_on = '2026-02-02' WHERE id = {j}",
        "UPDATE journal SET seal = seal WHERE id = {j}",
        "UPDATE account SET owner_id = 8 WHERE kind = 'creator_payable'",
        "UPDATE account_snapshot SET credit_minor = credit_minor + 100",
        "UPDATE book_close SET hash = previous_hash",
        "DELETE FROM transfer WHERE journal_id = {f}",
        "DELETE FROM transfer",
        "DELETE FROM journal WHERE id = {f}",
        "DELETE FROM account",
        "DELETE FROM account_snapshot",
        "DELETE FROM book_close",
        "INSERT " + Transfer + " VALUES ({f}, 1, {eur}, {eur2}, 5)",
        "INSERT " + Transfer + " VALUES (12345, 0, {eur}, {eur2}, 5)",
        "INSERT " + Transfer + " VALUES ({f}, 0, {eur}, {eur2}, 5)",
        "INSERT " + Transfer + " VALUES ({open}, 0, {eur}, {yen}, 5)",
        "INSERT " + Transfer + " VALUES ({open}, 0, {eur}, {eur2}, 0)",
        "INSERT " + Transfer + " VALUES ({open}, 0, {eur}, {eur2}, -5)",
        "INSERT " + Transfer + " VALUES ({open}, 0, {eur}, {eur}, 5)",
        "INSERT " + Journal + " SELECT 99, 1, 'x', 1, 'EUR', 0, '2026-01-15', 1, seal FROM journal WHERE id = {j}",
        "INSERT " + Journal + " SELECT 99, book_id, kind, ref_id, 'EUR', 0, '2026-02-15', 1, seal FROM journal WHERE id = {j}",
        "INSERT " + Close + " VALUES (1, '2025-12', 0, 0, 'x', 'y', 0)",
    ];

    private static readonly string[] s_sqliteOnly =
    [
        "INSERT OR REPLACE " + Transfer + " VALUES ({f}, 0, {eur}, {eur2}, 1)",
        "REPLACE " + Journal + " SELECT id, 1, kind, ref_id, 'EUR', 0, '2026-02-15', 1, seal FROM journal WHERE id = {f}",
        "INSERT OR REPLACE INTO account (id, book_id, kind, owner_id, currency) VALUES ({eur}, 1, 'write_off', 0, 'EUR')",
        "INSERT OR REPLACE " + Close + " VALUES (1, '2026-01', 0, 0, 'x', 'y', 0)",
        "INSERT OR REPLACE INTO account_snapshot (account_id, period, debit_minor, credit_minor) VALUES ({eur}, '2026-01', 0, 0)",
        "UPDATE OR REPLACE transfer SET seq = 0",
    ];

    private static readonly string[] s_postgresOnly =
    [
        "TRUNCATE transfer", "TRUNCATE journal, transfer", "TRUNCATE book_close",
        "WITH gone AS (DELETE FROM transfer WHERE journal_id = {f}) DELETE FROM journal WHERE id = {f}",
        "INSERT " + Transfer + " VALUES ({f}, 0, {eur}, {eur2}, 1) "
            + "ON CONFLICT (journal_id, seq) DO UPDATE SET amount_minor = 1",
    ];

    [Theory, OnEveryEngine]
    public async Task Every_statement_that_would_change_the_books_is_rejected(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        var names = await Prepare(app);
        var statements = s_tampering.Concat(engine == Engine.Sqlite ? s_sqliteOnly : s_postgresOnly).ToList();
        var before = await Everything(app);

        foreach (var statement in statements)
            await Should.ThrowAsync<DbException>(() => app.Sql(Fill(statement, names)), Fill(statement, names));

        (await Everything(app)).ShouldBe(before);
        (await app.Failing()).ShouldBe(["journals_whole", "seals"]); // the unfinished journal the test itself planted, and nothing else
        statements.Count.ShouldBeGreaterThanOrEqualTo(10);
    }

    public static TheoryData<string, string, string> Forced => new()
    {
        { "transfer_keep", "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE journal_id = {f}", "seals" },
        { "transfer_keep", "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE journal_id = {j}", "seals,snapshots,hash_chain" },
        { "journal_keep", "UPDATE journal SET effective_on = '2026-02-02' WHERE id = {j}", "seals,snapshots,hash_chain" },
        { "journal_keep", "UPDATE journal SET currency = 'JPY' WHERE id = {f}", "one_currency,seals" },
        { "account_keep", "UPDATE account SET owner_id = 8 WHERE kind = 'creator_payable' AND currency = 'EUR'", "seals,hash_chain" },
        { "account_keep", "UPDATE account SET book_id = 5 WHERE id = {yen}", "books_apart" },
        { "account_snapshot_keep", "UPDATE account_snapshot SET credit_minor = credit_minor + 100 WHERE account_id = {eur}", "snapshots" },
        { "book_close_keep", "UPDATE book_close SET hash = previous_hash WHERE period = '2026-01'", "hash_chain" },
        { "transfer_stay", "DELETE FROM transfer WHERE journal_id = {f}", "journals_whole,seals" },
        { "journal_stay", "DELETE FROM journal WHERE id = {j}", "nothing_loose,snapshots,hash_chain" },
        { "book_close_stay", "DELETE FROM book_close WHERE period = '2026-01'", "snapshots" },
    };

    [Theory, MemberData(nameof(Forced))]
    public async Task A_change_made_by_dropping_the_trigger_first_is_named_on_sqlite(string trigger, string change, string checks) =>
        await Force(Engine.Sqlite, trigger, change, checks);

    [Theory, MemberData(nameof(Forced))]
    public async Task A_change_made_by_dropping_the_trigger_first_is_named_on_postgres(string trigger, string change, string checks)
    {
        if (!PostgresServer.IsAvailable) Assert.Skip(PostgresServer.Missing);
        await Force(Engine.Postgres, trigger, change, checks);
    }

    [Theory, OnEveryEngine]
    public async Task A_trigger_that_was_replaced_or_switched_off_is_named(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        await app.Sql("DROP TRIGGER journal_stay" + (engine == Engine.Postgres ? " ON journal" : ""));
        await app.Sql(engine == Engine.Sqlite
            ? "CREATE TRIGGER journal_stay BEFORE DELETE ON journal WHEN 1 = 2 BEGIN SELECT RAISE(ABORT, 'never'); END"
            : "CREATE TRIGGER journal_stay AFTER DELETE ON journal FOR EACH ROW WHEN (false) EXECUTE FUNCTION ledger_never()");
        if (engine == Engine.Postgres) await app.Sql("ALTER TABLE transfer DISABLE TRIGGER transfer_keep");
        if (engine == Engine.Postgres) await app.Sql(
            "CREATE OR REPLACE FUNCTION ledger_close_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$");
        await app.Sql("DROP INDEX journal_fact");

        var guards = (await app.Ledger(l => l.Verify())).Checks.Single(c => !c.Passed);
        guards.Name.ShouldBe("guards");
        string[] expected = ["journal_fact is missing", "journal_stay was changed or switched off"];
        if (engine == Engine.Postgres) expected = [.. expected, "transfer_keep was changed or switched off",
            "book_close_once was changed or switched off"];
        guards.First.ShouldBe(expected, ignoreOrder: true);
    }

    private static async Task Force(Engine engine, string trigger, string change, string checks)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        var names = await Prepare(app, plantOpen: false);
        (await app.Failing()).ShouldBeEmpty();
        var table = trigger[..trigger.LastIndexOf('_')];
        await app.Sql($"DROP TRIGGER {trigger}" + (engine == Engine.Postgres ? $" ON {table}" : ""));
        (await app.Sql(Fill(change, names))).ShouldBeGreaterThan(0);

        var report = await app.Ledger(l => l.Verify());
        report.Checks.Where(c => !c.Passed).Select(c => c.Name).ShouldBe(["guards", .. checks.Split(',')], ignoreOrder: true);
        report.Checks[0].First.ShouldBe([$"{trigger} is missing"]);
        if (checks.Contains("seals")) report.Checks.Single(c => c.Name == "seals").First[0].ShouldStartWith("journal ");
    }

    private static async Task<Dictionary<string, long>> Prepare(TestApp app, bool plantOpen = true)
    {
        var posted = await app.Post(Charge(1, "2026-01-10", 7, 1000), Charge(2, "2026-02-02", 7, 500),
            Charge(3, "2026-02-03", 7, 900, currency: Jpy));
        await app.Ledger(l => l.Close(Book.Live, new YearMonth(2026, 1)));
        if (plantOpen)
        {
            // A journal that has not got its transfers yet, as between the two bulk writes of a posting.
            await app.Sql("INSERT INTO journal (id, book_id, kind, ref_id, currency, effective_at, effective_on, transfer_count, seal) "
                + $"SELECT 77, 1, 'open', 1, 'EUR', 0, '2026-02-20', 1, seal FROM journal WHERE id = {posted[0].JournalId}");
        }
        return new Dictionary<string, long>
        {
            ["j"] = posted[0].JournalId, ["f"] = posted[1].JournalId, ["open"] = 77,
            ["eur"] = await Account(app, "gateway_clearing", "EUR"), ["eur2"] = await Account(app, "creator_payable", "EUR"),
            ["yen"] = await Account(app, "creator_payable", "JPY"),
        };
    }

    private static Task<long> Account(TestApp app, string kind, string currency) => app.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command(
            $"SELECT id FROM account WHERE kind = '{kind}' AND currency = '{currency}'");
        return (long)(await command.ExecuteScalarAsync())!;
    });

    private static async Task<string> Everything(TestApp app) => string.Join('\n', await app.In(async s =>
    {
        var lines = new List<string>();
        foreach (var table in (string[])["account", "journal", "transfer", "account_snapshot", "book_close"])
        {
            await using var command = await s.GetRequiredService<Db>().Command($"SELECT * FROM {table} ORDER BY 1, 2");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                lines.Add($"{table}: " + string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(i =>
                    reader.GetValue(i) is byte[] b ? Convert.ToHexString(b) : reader.GetValue(i))));
        }
        return lines;
    }));

    private static string Fill(string sql, Dictionary<string, long> names) =>
        names.Aggregate(sql, (s, n) => s.Replace($"{{{n.Key}}}", $"{n.Value}"));
}
