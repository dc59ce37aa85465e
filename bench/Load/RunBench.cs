using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Load;

/// <summary>
/// The billing run against its floor: the same rows written bare (raw sqlite3 API) into an empty database of the same tables, in as many
/// transactions, in turns (B2, B9 of billing.md). Only the time of writing counts for the floor: what it writes lies ready in memory.
/// </summary>
internal static class RunBench
{
    private static readonly (string Table, string[] Columns)[] s_tables =
    [
        ("account", ["id", "book_id", "kind", "owner_id", "currency"]),
        ("charge", ["id", "book_id", "run_id", "scope_id", "patron_id", "currency", "split", "gross_minor", "kind", "zone_id", "created_at"]),
        ("bill_line", ["pledge_id", "period_key", "book_id", "run_id", "charge_id", "patron_id", "payee_id", "amount_minor", "tax_minor", "platform_fee_minor",
            "currency", "covers_from", "covers_until", "description", "created_at"]),
        ("attempt", ["charge_id", "n", "idem_key", "method_id", "request", "at", "sent_at"]),
        ("gateway_intent", ["charge_id", "gateway", "intent_id"]),
        ("attempt_result", ["charge_id", "n", "outcome", "code", "gateway_ref", "captured_minor", "fee_minor", "at"]),
        ("message", ["id", "book_id", "topic", "consumer", "payload", "partition", "run_at", "attempts", "lease_until", "lease_token", "status", "created_at"]),
        ("journal", ["id", "book_id", "kind", "ref_id", "currency", "effective_at", "effective_on", "reverses_id", "transfer_count", "seal"]),
        ("transfer", ["journal_id", "seq", "debit_account_id", "credit_account_id", "amount_minor"]),
    ];

    public static async Task<int> Run(long pledges, int rounds)
    {
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            await using var world = await RunWorld.Create(pledges);
            var (planned, collected) = await world.Bill(TimeProvider.System);
            var watch = Stopwatch.StartNew();
            var report = await world.In(s => s.GetRequiredService<ILedger>().Verify());
            var verified = watch.Elapsed;
            var (bare, rows) = await Bare(world);
            ratios.Add(bare.TotalSeconds / collected.TotalSeconds);
            var (charges, lines) = (await world.Number("SELECT COUNT(*) FROM charge"), await world.Number("SELECT COUNT(*) FROM bill_line"));
            Console.WriteLine($"{pledges} pledges, {lines} lines, {charges} charges, {rows} rows: plan {planned.TotalSeconds:0.0} s, collect {(collected - planned).TotalSeconds:0.0} s, "
                + $"{pledges / collected.TotalSeconds:0} pledges/s; bare {bare.TotalSeconds:0.0} s; ratio {ratios[^1]:0.00}; verify {verified.TotalSeconds:0.0} s "
                + $"= {verified / collected:0.00} of the run, {(report.Passed ? "passed" : "FAILED")}; peak {Site.PeakOf(Environment.ProcessId) / 1e6:0} MB");
        }
        ratios.Sort();
        Console.WriteLine($"run ÷ bare, median of {rounds}: {ratios[rounds / 2]:0.00}");
        return 0;
    }

    /// <summary>Writes the run's rows again, bare, charge by charge in chunks of as many as the run takes at once.</summary>
    private static async Task<(TimeSpan Time, long Rows)> Bare(RunWorld source)
    {
        var folder = Directory.CreateTempSubdirectory("stipend-bare-").FullName;
        await using var target = await RunWorld.Empty(folder);
        var watch = new Stopwatch();
        long rows = 0;
        foreach (var (table, columns) in s_tables)
        {
            // Plan parts are 20,000 pledges a transaction, collecting a batch of charges; so are these.
            var chunk = table is "charge" or "bill_line" ? 20_000 : 2_000;
            await foreach (var values in source.Rows(table, columns, chunk))
            {
                rows += values.Count;
                watch.Start();
                await target.In(async services =>
                {
                    var db = services.GetRequiredService<Db>();
                    await using var transaction = await db.BeginWrite();
                    await using var writer = await db.BulkInsert(table, columns);
                    foreach (var row in values)
                    {
                        foreach (var value in row)
                        {
                            switch (value)
                            {
                                case long number: writer.Int(number); break;
                                case string text: writer.Text(text); break;
                                case byte[] bytes: writer.Bytes(bytes); break;
                                default: writer.Null(); break;
                            }
                        }
                        writer.EndRow();
                    }
                    await writer.Complete();
                    await transaction.Commit();
                });
                watch.Stop();
            }
        }
        return (watch.Elapsed, rows);
    }
}
