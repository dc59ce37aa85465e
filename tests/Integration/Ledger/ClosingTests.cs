using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Platform.Time;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Ledger.LedgerWorld;

namespace Stipend.Integration.Ledger;

public sealed class ClosingTests
{
    private static readonly YearMonth s_january = new(2026, 1), s_february = new(2026, 2), s_march = new(2026, 3);

    [Theory, OnEveryEngine]
    public async Task Closing_months_chains_their_hashes_and_keeps_the_balances(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-04-15");
        await app.Post(Charge(1, "2025-12-20", 7, 300), Charge(2, "2026-01-31", 7, 400, fee: 40), Charge(3, "2026-02-01", 7, 500),
            Charge(4, "2026-04-02", 7, 700));
        var before = await app.Ledger(l => l.Balances(Book.Live));

        var january = await app.Ledger(l => l.Close(Book.Live, s_january));
        var february = await app.Ledger(l => l.Close(Book.Live, s_february));
        var march = await app.Ledger(l => l.Close(Book.Live, s_march));

        (january.Journals, february.Journals, march.Journals).ShouldBe((2, 1, 0));
        new[] { january.HeadHash, february.HeadHash, march.HeadHash }.Distinct().Count().ShouldBe(3);
        (await app.Ledger(l => l.Close(Book.Live, s_february))).ShouldBe(february with { AlreadyClosed = true });
        (await app.Ledger(l => l.Balances(Book.Live))).ShouldBe(before);
        (await app.Ledger(l => l.FirstOpenDay(Book.Live))).ShouldBe(new LocalDate(2026, 4, 1));
        var report = await app.Ledger(l => l.Verify());
        report.Passed.ShouldBeTrue(string.Join('\n', report.Checks.SelectMany(c => c.First)));
        report.Closes.ShouldBe(3);
    }

    [Theory, OnEveryEngine]
    public async Task Nothing_is_posted_into_a_closed_month_but_a_fact_known_before_stays_a_no_op(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-03-15");
        await app.Post(Charge(1, "2026-01-31", 7, 400));
        await app.Ledger(l => l.Close(Book.Live, s_january));

        var refusal = await Should.ThrowAsync<Refusal>(() => app.Post(Charge(2, "2026-02-01", 7, 500), Charge(3, "2026-01-31", 7, 500)));
        refusal.Code.ShouldBe("period_closed");
        refusal.Message.ShouldContain("2026-02-01 or later");
        (await app.Post(Charge(1, "2026-01-31", 7, 400)))[0].AlreadyPosted.ShouldBeTrue();
        (await app.Post(Charge(2, "2026-02-01", 7, 500)))[0].AlreadyPosted.ShouldBeFalse();
    }

    [Theory, OnEveryEngine]
    public async Task Months_close_in_order_and_not_before_they_are_over_everywhere(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-01T11:59:59Z");
        (await Should.ThrowAsync<Refusal>(() => app.Ledger(l => l.Close(Book.Live, s_january)))).Code.ShouldBe("period_not_over");
        app.Time.Now = TestApp.Moment("2026-02-01T12:00:00Z");
        await app.Ledger(l => l.Close(Book.Live, s_january));
        app.Time.Now = TestApp.Moment("2026-05-01T12:00:00Z");
        (await Should.ThrowAsync<Refusal>(() => app.Ledger(l => l.Close(Book.Live, s_march)))).Code.ShouldBe("close_in_order");
    }

    [Theory, OnEveryEngine]
    public async Task A_sandbox_is_erased_whole_and_the_real_books_do_not_notice(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-03-15");
        var sandbox = await app.In(s => s.GetRequiredService<Books>().OpenSandbox());
        await app.Post(Charge(1, "2026-01-31", 7, 400), Charge(1, "2026-01-31", 7, 999, book: sandbox));
        await app.Ledger(l => l.Close(sandbox, s_january));
        var real = await app.Ledger(l => l.Balances(Book.Live));

        await app.In(async s => await Eraser(s).Erase(sandbox, CancellationToken.None));

        (await app.Ledger(l => l.Balances(sandbox))).ShouldBeEmpty();
        (await app.Ledger(l => l.Balances(Book.Live))).ShouldBe(real);
        (await app.Failing()).ShouldBeEmpty();
        await Should.ThrowAsync<System.Data.Common.DbException>(() =>
            app.In(async s => await Eraser(s).Erase(Book.Live, CancellationToken.None)));
        (await app.Ledger(l => l.Balances(Book.Live))).ShouldBe(real);
    }

    [Theory, OnEveryEngine]
    public async Task Postings_racing_a_close_are_either_in_it_or_refused(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-03-15");
        var posted = 0;
        var writers = Enumerable.Range(1, 16).Select(async n =>
        {
            try
            {
                await app.Post([.. Enumerable.Range(0, 25).Select(i => Charge(n * 1000 + i, "2026-01-31", 7, 100))]);
                Interlocked.Add(ref posted, 25);
            }
            catch (Refusal refusal) when (refusal.Code == "period_closed")
            {
                // second, and told so
            }
            catch (Npgsql.PostgresException refused) when (refused.MessageText == "ledger: the period is closed")
            {
                // second by a hair: the trigger said it
            }
        });
        var close = app.Ledger(l => l.Close(Book.Live, s_january));
        await Task.WhenAll(writers);

        (await close).Journals.ShouldBe(posted);
        (await app.Failing()).ShouldBeEmpty();
    }

    private static IErasesBook Eraser(IServiceProvider services) =>
        services.GetServices<IErasesBook>().Single(e => e.GetType().Namespace == "Stipend.Ledger");
}
