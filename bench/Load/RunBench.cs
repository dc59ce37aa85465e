using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;

namespace Stipend.Load;

/// <summary>
/// The billing run against its floor: the same rows written bare (raw sqlite3 API; binary COPY) into an empty database of the same tables, in as many
/// transactions, in turns (B1, B2, B9 of billing.md). Only the time of writing counts for the floor: what it writes lies ready in memory.
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

    public static async Task<int> Run(bool postgres, long pledges, int rounds, int workers)
    {
        using var places = await Places.On(postgres);
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var place = await places.New();
            await using (var world = await RunWorld.Create(pledges, place, workers: workers))
            {
                var (allocated, collections) = (GC.GetTotalAllocatedBytes(), GC.CollectionCount(2));
                var (planned, collected) = await world.Bill();
                (allocated, collections) = (GC.GetTotalAllocatedBytes() - allocated, GC.CollectionCount(2) - collections);
                var watch = Stopwatch.StartNew();
                var report = await world.In(s => s.GetRequiredService<ILedger>().Verify());
                var verified = watch.Elapsed;
                var (bare, rows) = await Bare(world, places, postgres ? workers : 1);
                ratios.Add(bare.TotalSeconds / collected.TotalSeconds);
                var (charges, lines) = (await world.Number("SELECT COUNT(*) FROM charge"), await world.Number("SELECT COUNT(*) FROM bill_line"));
                Console.WriteLine($"{places.Engine}, {pledges} pledges, {lines} lines, {charges} charges, {rows} rows: plan {planned.TotalSeconds:0.0} s, collect {(collected - planned).TotalSeconds:0.0} s, "
                    + $"{pledges / collected.TotalSeconds:0} pledges/s; bare {bare.TotalSeconds:0.0} s; ratio {ratios[^1]:0.00}; verify {verified.TotalSeconds:0.0} s "
                    + $"= {verified / collected:0.00} of the run, {(report.Passed ? "passed" : "FAILED")}; {allocated / pledges} bytes allocated a pledge, {collections} full collections");
            }
            await places.Drop(place);
        }
        ratios.Sort();
        Console.WriteLine($"run ÷ bare, {places.Engine}, median of {rounds}: {ratios[rounds / 2]:0.00}");
        return 0;
    }

    /// <summary>Two workers against one, in turns (B6).</summary>
    public static async Task<int> Workers(long pledges, int rounds)
    {
        using var places = await Places.On(postgres: true);
        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var (one, two) = (await Seconds(places, pledges, 1), await Seconds(places, pledges, 2));
            ratios.Add(one / two);
            Console.WriteLine($"{pledges} pledges: one worker {one:0.0} s, two {two:0.0} s; ratio {ratios[^1]:0.00}");
        }
        ratios.Sort();
        Console.WriteLine($"two workers ÷ one, median of {rounds}: {ratios[rounds / 2]:0.00}, bar 1.3");
        return 0;
    }

    private static async Task<double> Seconds(Places places, long pledges, int workers)
    {
        var place = await places.New();
        double seconds;
        await using (var world = await RunWorld.Create(pledges, place, workers: workers)) seconds = (await world.Bill()).Collected.TotalSeconds;
        await places.Drop(place);
        return seconds;
    }

    /// <summary>Writes the run's rows again, bare, table by table in chunks of as many as the run takes at once.</summary>
    private static async Task<(TimeSpan Time, long Rows)> Bare(RunWorld source, Places places, int workers)
    {
        var place = await places.New();
        var watch = new Stopwatch();
        long rows = 0;
        await using (var target = await RunWorld.Open(place))
        {
            foreach (var (table, columns) in s_tables)
            {
                // Plan parts are up to 20,000 pledges a transaction, collecting a batch of charges; so are these.
                var ready = new List<List<object[]>>();
                await foreach (var values in source.Rows(table, columns, table is "charge" or "bill_line" ? 20_000 : 2_000))
                {
                    rows += values.Count;
                    ready.Add(values);
                    if (ready.Count == workers) await Flush();
                }
                await Flush();

                async Task Flush()
                {
                    watch.Start();
                    await Task.WhenAll(ready.Select(r => Write(target, table, columns, r)));
                    watch.Stop();
                    ready.Clear();
                }
            }
        }
        await places.Drop(place);
        return (watch.Elapsed, rows);
    }

    private static Task Write(RunWorld target, string table, string[] columns, List<object[]> rows) => target.In(async services =>
    {
        var db = services.GetRequiredService<Db>();
        await using var transaction = await db.BeginWrite();
        await using (var writer = await db.BulkInsert(table, columns))
        {
            foreach (var row in rows)
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
        }
        await transaction.Commit();
    });
}
