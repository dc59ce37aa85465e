using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Billing.World;

namespace Stipend.Integration.Billing;

/// <summary>One patron's row that cannot be read or computed parks that patron and nobody else (billing.md F26).</summary>
public sealed class PoisonTests
{
    [Theory, OnEveryEngine]
    public async Task What_cannot_be_read_parks_its_patron_and_everybody_else_is_billed(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-01-10");
        var world = new World(app);
        await world.Start(1, 10, BillingModel.MonthlyArrears, Eur(500));
        var currency = await world.Start(2, 10, BillingModel.MonthlyArrears, Eur(600));
        await world.Start(2, 11, BillingModel.MonthlyArrears, Eur(250));
        await world.Start(3, 12, BillingModel.PerCreation, Eur(700));
        var date = await world.Start(4, 10, BillingModel.MonthlyArrears, Eur(800));
        await world.Start(5, 10, BillingModel.MonthlyArrears, Eur(900));
        await world.Publish(12, 100);
        await Spoil(app, $"""
            INSERT INTO pledge_version (pledge_id, seq, at, applies_from, amount_minor, currency, description)
            SELECT pledge_id, 2, at, applies_from, amount_minor, 'QQQ', description FROM pledge_version WHERE pledge_id = {currency.PledgeId}
            """,
            "INSERT INTO paid_post SELECT 101, book_id, payee_id, title, published_at, undo_until FROM paid_post WHERE post_id = 100",
            "INSERT INTO accrual SELECT pledge_id, 101, kind, amount_minor, 'QQQ', published_at FROM accrual WHERE post_id = 100",
            "INSERT INTO pending_accrual SELECT pledge_id, 101 FROM pending_accrual WHERE post_id = 100",
            $"UPDATE pledge SET started_at = {long.MaxValue} WHERE id = {date.PledgeId}");

        await app.TravelTo("2026-02-02");

        world.Captures().Select(c => c.AmountMinor).Order().ShouldBe([500, 900]);
        var run = (await world.Runs()).ShouldHaveSingleItem();
        (run.State, run.ParkedPatrons, run.Paid).ShouldBe(("closed", 3, 2));
        run.Note.ShouldNotBeNull().ShouldStartWith("Completed with 3 parked");
        run.Note.ShouldContain("patron 2: “QQQ” is not a currency");
        run.Totals.ShouldHaveSingleItem().ShouldBe(new RunTotal("EUR", 6, 500 + 250 + 700 + 900, 1400, 0, 0, 250 + 700, 6));
        (await world.Verify()).Passed.ShouldBeTrue();
    }

    private static Task Spoil(TestApp app, params string[] statements) => app.In(async s =>
    {
        foreach (var sql in statements) (await s.GetRequiredService<Db>().Execute(sql, default)).ShouldBe(1);
    });
}
