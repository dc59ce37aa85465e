using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Stipend.TestGateway;

namespace Stipend.Faults;

/// <summary>F12, F13: many at once, inside the program: who opens the run, and who changes pledges while it opens and plans.</summary>
internal static class Races
{
    private const string Zone = Faults.World.Template.Zone;

    /// <summary>Eight runners of two sites open and work on the same day's run; again for each of some days.</summary>
    public static async Task Openers(Engine engine, int days)
    {
        var tally = new Tally($"F12 eight runners open the same day, {engine}");
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        await app.In(s => s.GetRequiredService<IPaymentMethods>().AddTestCards(Book.Live, [.. Enumerable.Range(1, days).Select(p => ((long)p, "card_pays"))]));
        for (var day = 1; day <= days; day++)
        {
            var terms = Terms(day, 10, billDay: day, 500);
            await app.In(s => s.GetRequiredService<IAgreements>().Start(terms));
        }
        await app.TravelTo("2026-01-31");
        await using var beside = await app.StartBeside();
        for (var day = 1; day <= days; day++)
        {
            app.Time.Now = Instant.FromUtc(2026, 2, day, 9, 0);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() => (n % 2 == 0 ? app : beside).In(async s =>
            {
                await s.GetRequiredService<IBillingRuns>().OpenDue(Book.Live);
                await s.GetRequiredService<MessageRunner>().RunDue(CancellationToken.None);
            }))));
            await app.TravelTo($"2026-02-{day:D2}T12:00:00Z"); // who met a lease looks again a minute later
            tally.Add("races");
        }
        var runs = (await app.In(s => s.GetRequiredService<IBillingRuns>().List(Book.Live, emptyToo: true, 1_000))).Where(r => r.BillOn.Month == 2).ToList();
        runs.Select(r => r.BillOn.Day).Order().ShouldBe(Enumerable.Range(1, days));
        runs.ShouldAllBe(r => r.State == "closed" && r.Charges == 1 && r.Paid == 1);
        app.Services.GetRequiredService<TestGatewayStore>().CapturesByCharge().Values.Concat(
            beside.Services.GetRequiredService<TestGatewayStore>().CapturesByCharge().Values).DistinctBy(c => c[0].ChargeId)
            .ShouldAllBe(captures => captures.Count == 1);
        tally.Tell(("races", days));
    }

    /// <summary>Sixteen threads join, change and leave while the run opens and plans: what it billed is what a naive reading of the facts says.</summary>
    public static async Task Changers(Engine engine, int patrons, TimeSpan each, int rounds)
    {
        var tally = new Tally($"F13 sixteen threads change pledges, {engine}");
        for (var round = 0; round < rounds; round++) await ChangersOnce(engine, patrons, each, round, tally);
        tally.Tell(("changes before the cut-off", 20 * rounds), ("changes after it", 20 * rounds));
    }

    private static async Task ChangersOnce(Engine engine, int patrons, TimeSpan each, int seed, Tally tally)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var people = Enumerable.Range(1, patrons * 20).Select(p => ((long)p, "card_pays")).ToList();
        await app.In(s => s.GetRequiredService<IPaymentMethods>().AddTestCards(Book.Live, people));
        var pledges = new List<long>();
        await app.In(async s =>
        {
            await using var transaction = await s.GetRequiredService<Db>().BeginWrite();
            for (var patron = 1; patron <= patrons; patron++)
                pledges.Add((await s.GetRequiredService<IAgreements>().Start(Terms(patron, 10, 1, 300 + patron))).PledgeId);
            await transaction.Commit();
        });
        await app.TravelTo("2026-01-31T22:59:50Z");
        var before = await Number(app, "SELECT MAX(no) FROM pledge_version");

        using var stop = new CancellationTokenSource();
        var next = patrons;
        var threads = Enumerable.Range(0, 16).Select(n => Task.Run(async () =>
        {
            var dice = new Random(seed * 100 + n);
            while (!stop.IsCancellationRequested)
            {
                await ChangeOne(app, pledges, () => Interlocked.Increment(ref next), dice);
                await Faults.World.Pause.For(dice.Next(20, 200)); // people, not a queue that leaves no turn to the run
            }
        })).ToList();
        var pump = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await app.Drain();
                await Faults.World.Pause.For(20);
            }
        });
        await Faults.World.Pause.For((int)each.TotalMilliseconds / 2);
        app.Time.Now = Instant.FromUtc(2026, 1, 31, 23, 0, 1);
        await Faults.World.Pause.For((int)each.TotalMilliseconds / 2);
        await stop.CancelAsync();
        await Task.WhenAll([.. threads, pump]);
        await app.Drain();
        for (var n = 0; n < 60 && await Number(app, "SELECT COUNT(*) FROM billing_run WHERE bill_on = '2026-02-01' AND state = 'closed'") == 0; n++)
        {
            app.Time.Advance(Duration.FromMinutes(1)); // what met a lock is tried again later
            await app.Drain();
        }

        var cutoff = await Number(app, "SELECT cutoff_no FROM billing_run WHERE bill_on = '2026-02-01'");
        tally.Add("changes before the cut-off", (int)await Number(app, $"SELECT COUNT(*) FROM pledge_version WHERE no > {before} AND no <= {cutoff}"));
        tally.Add("changes after it", (int)await Number(app, $"SELECT COUNT(*) FROM pledge_version WHERE no > {cutoff}"));
        (await RunOracle.Disagreements(app)).ShouldBeEmpty();
    }

    private static async Task ChangeOne(TestApp app, List<long> pledges, Func<int> newcomer, Random dice)
    {
        try
        {
            await app.In(async s =>
            {
                var agreements = s.GetRequiredService<IAgreements>();
                var (kind, known) = (dice.Next(10), pledges[dice.Next(pledges.Count)]);
                if (kind < 3) await agreements.Start(Terms(newcomer(), 10, 1, 400));
                else if (kind < 8) await agreements.Change(known, new Money(300 + dice.Next(500), Currency.Of("EUR")), ChangeFrom.Now, "Studio");
                else await agreements.End(known, "cancelled");
            });
        }
        catch (Refusal)
        {
            // already ended, or its last payment is open: the answer a person would get
        }
    }

    private static AgreementTerms Terms(long patron, long payee, int billDay, long minor) =>
        new(Book.Live, patron, payee, BillingModel.MonthlyArrears, billDay, Zone, new Money(minor, Currency.Of("EUR")), PledgeCap.None, "Studio");

    private static Task<long> Number(TestApp app, string sql) => app.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    });
}
