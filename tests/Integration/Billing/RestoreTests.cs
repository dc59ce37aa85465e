using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Collecting;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

/// <summary>The gateway remembers what a restored site has forgotten (billing.md F20).</summary>
public sealed class RestoreTests
{
    [Fact]
    public async Task Yesterdays_backup_adopts_every_payment_made_since_and_charges_nobody_again()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, at: "2026-01-10");
        var world = new World(app);
        for (var patron = 1; patron <= 6; patron++) await world.Start(patron, 10 + (patron % 2), BillingModel.MonthlyUpfront, Eur(400 + patron));
        await world.Card(3, "card_insufficient_funds_then_pays"); // declined on the 1st, paid after
        await app.TravelTo("2026-01-31");
        var backup = Backup(app);
        await app.TravelTo("2026-02-05");
        var before = world.Captures();
        before.Count.ShouldBe(12);

        await Restore(app, backup);
        await app.TravelTo("2026-02-06");
        var late = (await world.Runs()).Single(r => r.BillOn == new LocalDate(2026, 2, 1));
        late.State.ShouldBe("review", "a run of days ago waits for the operator, as ever");
        await app.In(s => s.GetRequiredService<IBillingRuns>().Release(late.Id));
        await app.TravelTo("2026-02-20");

        world.Captures().ShouldBe(before);
        foreach (var patron in Enumerable.Range(1, 6))
            (await world.History(patron)).Select(c => c.State).ShouldBe(["paid", "paid"], $"patron {patron}");
        (await world.Verify()).Passed.ShouldBeTrue();
        (await Reconciliation(app, r => r.Open())).ShouldBeEmpty();
        await app.TravelTo("2026-03-02");
        world.Captures().Count.ShouldBe(18, "the next month is billed as ever");
    }

    [Fact]
    public async Task Nothing_is_charged_before_the_gateway_has_been_read()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500));
        await Reconciliation(app, async r => { await r.MarkRestored(); return 0; });
        var started = await world.Start(2, 10, BillingModel.MonthlyUpfront, Eur(500), collect: false);
        (await world.Collect(started.ChargeId!.Value)).Outcome.ShouldBe(CollectOutcome.Pending);
        world.Captures().Count.ShouldBe(1);
        (await Reconciliation(app, r => r.Compare())).Complete.ShouldBeTrue();
        await app.Drain();
        world.Captures().Count.ShouldBe(2);
        (await world.History(2)).ShouldHaveSingleItem().State.ShouldBe("paid");
    }

    [Fact]
    public async Task Whoever_joined_since_the_backup_is_told_of_and_not_charged_until_the_operator_has_dealt_with_it()
    {
        await using var app = await TestApp.Start(Engine.Sqlite, at: "2026-01-10");
        var world = new World(app);
        await world.Card(1, "card_pays");
        var backup = Backup(app);
        await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500));
        await app.TravelTo("2026-01-12");

        await Restore(app, backup);
        var unknown = (await Reconciliation(app, r => r.Compare())).Open.ShouldHaveSingleItem();
        (unknown.Kind, unknown.AmountMinor).ShouldBe(("unknown_payment", 500));
        var again = await world.Start(1, 10, BillingModel.MonthlyUpfront, Eur(500));
        await app.TravelTo("2026-01-20");
        world.Captures().Count.ShouldBe(1, "the second join waits");

        await Reconciliation(app, async r => { await r.Settle(unknown.Id, "given back at the gateway"); return 0; });
        await app.TravelTo("2026-01-21");
        world.Captures().Count.ShouldBe(2);
        (await world.Collect(again.ChargeId!.Value)).Outcome.ShouldBe(CollectOutcome.Paid);
        var gateway = app.Services.GetRequiredService<IPaymentGateway>();
        (await gateway.Send(gateway.PrepareRefund(unknown.IntentId, Eur(500), 1), "refund-1", default)).Outcome.ShouldBe(GatewayOutcome.Succeeded);
        (await Reconciliation(app, r => r.Compare())).Open.ShouldBeEmpty("it was told that the payment is given back");
        (await Should.ThrowAsync<Refusal>(() => Reconciliation(app, async r => { await r.Settle(unknown.Id, "again"); return 0; }))).Status.ShouldBe(404);
    }

    [Theory, OnEveryEngine]
    public async Task What_the_gateway_moved_is_compared_once_and_pages_do_not_matter(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        for (var patron = 1; patron <= 130; patron++) await world.Start(patron, 10, BillingModel.MonthlyUpfront, Eur(500));
        var first = await Reconciliation(app, r => r.Compare());
        (first.Movements, first.Complete, first.Open.Count).ShouldBe((130, true, 0));
        (await Reconciliation(app, r => r.Compare())).Movements.ShouldBe(0);
    }

    [Theory, OnEveryEngine]
    public async Task Only_payments_of_these_real_books_count_and_one_word_settles_all_of_a_payment(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Card(1, "card_pays");
        var (gateway, ours) = (app.Services.GetRequiredService<IPaymentGateway>(), await app.Services.GetRequiredService<Instance>().Id(default));
        var card = await app.In(s => s.GetRequiredService<Db>().PaymentMethods.SingleAsync());
        var paid = new List<string>();
        foreach (var (n, reference) in new[] { $"{ours}:1:charge:7", $"{ours}:2:charge:7", "another:1:charge:7", null }.Index())
            paid.Add((await gateway.Send(gateway.Prepare(new ChargeRequest(7, card.CustomerRef, card.MethodRef, Eur(500), new LocalDate(2026, 1, 10),
                Reference: reference)), $"k{n}", default)).Id!);
        await gateway.Send(gateway.PrepareRefund(paid[0], Eur(200), 1), "r1", default);

        var open = (await Reconciliation(app, r => r.Compare())).Open;
        open.Select(i => (i.Kind, i.IntentId, i.AmountMinor)).ShouldBe([("unknown_payment", paid[0], 500), ("unknown_refund", paid[0], -200)], ignoreOrder: true);
        await Reconciliation(app, async r => { await r.Settle(open[0].Id, "a mistake of mine"); return 0; });
        (await Reconciliation(app, r => r.Open())).ShouldBeEmpty();
    }

    private static Task<T> Reconciliation<T>(TestApp app, Func<IReconciliation, Task<T>> ask) =>
        app.In(s => ask(s.GetRequiredService<IReconciliation>()));

    private static string Backup(TestApp app)
    {
        var file = Path.Combine(app.DataFolder, "yesterday.backup");
        using var live = Open(Path.Combine(app.DataFolder, "stipend.db"));
        using var copy = Open(file);
        live.BackupDatabase(copy);
        return file;
    }

    private static async Task Restore(TestApp app, string backup)
    {
        using (var old = Open(backup))
        using (var live = Open(Path.Combine(app.DataFolder, "stipend.db"))) old.BackupDatabase(live);
        await Reconciliation(app, async r => { await r.MarkRestored(); return 0; });
        await app.In(async s => { foreach (var start in s.GetServices<IAtStart>()) await start.Start(default); });
    }

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        return connection;
    }
}
