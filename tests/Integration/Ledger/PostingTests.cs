using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Kernel;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Xunit;
using static Stipend.Integration.Ledger.LedgerWorld;

namespace Stipend.Integration.Ledger;

public sealed class PostingTests
{
    [Theory, OnEveryEngine]
    public async Task A_charge_moves_money_to_the_creator_the_state_and_the_platform(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        await app.Post(Charge(1, "2026-02-01", campaign: 7, gross: 1000, fee: 100, gatewayFee: 59, tax: 190));

        var balances = await app.Ledger(l => l.Balances(Book.Live));
        balances.ToDictionary(b => b.Account.Kind, b => b.BalanceMinor).ShouldBe(new Dictionary<AccountKind, long>
        {
            [AccountKind.CreatorPayable] = 841,
            [AccountKind.GatewayClearing] = 1131,
            [AccountKind.PlatformRevenue] = 100,
            [AccountKind.ProcessingFees] = 0,
            [AccountKind.TaxPayable] = 190,
        }, ignoreOrder: true);
        balances.Sum(b => b.DebitMinor).ShouldBe(balances.Sum(b => b.CreditMinor));
        (await app.Failing()).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task Posting_a_fact_twice_changes_nothing_and_says_so(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        var first = await app.Post(Charge(1, "2026-02-01", campaign: 7, gross: 1000));
        var second = await app.Post(Charge(1, "2026-02-01", campaign: 7, gross: 1000), Charge(2, "2026-02-01", campaign: 7, gross: 500),
            Charge(2, "2026-02-01", campaign: 7, gross: 500));

        first[0].AlreadyPosted.ShouldBeFalse();
        second[0].ShouldBe(new PostOutcome(first[0].JournalId, AlreadyPosted: true));
        second[1].AlreadyPosted.ShouldBeFalse();
        second[2].ShouldBe(new PostOutcome(second[1].JournalId, AlreadyPosted: true));
        (await app.Ledger(l => l.CreatorBalance(Book.Live, 7))).Single().EarnedMinor.ShouldBe(1500);
    }

    [Theory, OnEveryEngine]
    public async Task Posting_joins_the_callers_transaction(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        await app.In(async services =>
        {
            await using (await services.GetRequiredService<Db>().BeginWrite())
            {
                await services.GetRequiredService<ILedger>().Post([Charge(1, "2026-02-01", campaign: 7, gross: 1000)]);
                // left without commit
            }
        });
        (await app.Ledger(l => l.Balances(Book.Live))).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task A_creators_balance_tells_earnings_fees_refunds_and_payouts_apart_in_each_currency(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        var posted = await app.Post(
            Charge(1, "2026-02-01", campaign: 7, gross: 1000, fee: 100, gatewayFee: 59),
            Charge(2, "2026-02-02", campaign: 7, gross: 500, currency: Jpy),
            Charge(3, "2026-02-02", campaign: 8, gross: 9999));
        await app.Post(
            Refund(1, "2026-02-03", campaign: 7, amount: 250, reverses: posted[0].JournalId),
            new JournalDraft(Book.Live, "payout", 1, Eur, TestApp.Moment("2026-02-05"), Day("2026-02-05"),
                [new(AccountRef.Creator(7), new(AccountKind.PayoutsInTransit, 7), 300)]));

        var balances = await app.Ledger(l => l.CreatorBalance(Book.Live, 7));
        balances.ShouldBe([new CreatorBalance(Eur, 1000, 159, 250, 300, 0), new CreatorBalance(Jpy, 500, 0, 0, 0, 0)]);
        balances[0].AvailableMinor.ShouldBe(291);
        var payable = await app.Ledger(l => l.Balances(Book.Live, new BalanceFilter(AccountKind.CreatorPayable, 7, Eur)));
        payable.Single().BalanceMinor.ShouldBe(291);
    }

    [Theory, OnEveryEngine]
    public async Task Entries_page_backwards_with_the_balance_after_each(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        var posted = await app.Post(
            [.. Enumerable.Range(1, 7).Select(n => Charge(n, "2026-02-01", campaign: 7, gross: 100 * n, fee: 10 * n))]);
        await app.Post(Refund(1, "2026-02-03", campaign: 7, amount: 250, reverses: posted[0].JournalId));

        var seen = new List<Entry>();
        EntryCursor? cursor = null;
        for (var page = 0; page < 10; page++)
        {
            var entries = await app.Ledger(l => l.Entries(Book.Live, AccountRef.Creator(7), Eur, cursor, take: 4));
            entries.Entries.Count.ShouldBeLessThanOrEqualTo(4);
            seen.AddRange(entries.Entries);
            cursor = entries.Next;
            if (cursor is null) break;
        }

        seen.Count.ShouldBe(15);
        seen[0].Explanation.ShouldBe($"refund 1: to gateway clearing, takes back journal {posted[0].JournalId}");
        seen[^1].Explanation.ShouldBe("charge 1: from gateway clearing");
        var balance = 0L;
        foreach (var entry in Enumerable.Reverse(seen))
        {
            balance += entry.AmountMinor;
            entry.BalanceMinor.ShouldBe(balance);
        }
        balance.ShouldBe(2800 - 280 - 250);
    }

    [Theory, OnEveryEngine]
    public async Task A_hundred_thousand_journals_are_posted_in_one_call(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        var drafts = Enumerable.Range(1, 100_000).Select(n =>
            Charge(n, "2026-02-01", campaign: 1 + n % 300, gross: 100 + n % 1000, fee: 10)).ToList();
        var outcomes = await app.Ledger(l => l.Post(drafts));
        outcomes.Count(o => o.AlreadyPosted).ShouldBe(0);
        outcomes.Select(o => o.JournalId).Distinct().Count().ShouldBe(100_000);

        var again = await app.Ledger(l => l.Post(drafts[..10_000]));
        again.ShouldAllBe(o => o.AlreadyPosted);
        var report = await app.Ledger(l => l.Verify());
        report.Passed.ShouldBeTrue(string.Join('\n', report.Checks.SelectMany(c => c.First)));
        (report.Journals, report.Transfers).ShouldBe((100_000, 200_000));
        var creators = await app.Ledger(l => l.Balances(Book.Live, new BalanceFilter(AccountKind.CreatorPayable)));
        creators.Count.ShouldBe(300);
        creators.Sum(b => b.BalanceMinor).ShouldBe(drafts.Sum(d => d.Transfers[0].AmountMinor - 10));
    }

    [Theory, OnEveryEngine]
    public async Task Many_writers_that_need_the_same_new_accounts_share_them(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        await Task.WhenAll(Enumerable.Range(1, 12).Select(n =>
            app.Post([.. Enumerable.Range(0, 20).Select(i => Charge(n * 100 + i, "2026-02-01", campaign: i, gross: 100))])));
        var creators = await app.Ledger(l => l.Balances(Book.Live, new BalanceFilter(AccountKind.CreatorPayable)));
        creators.ShouldAllBe(b => b.BalanceMinor == 1200);
        (await app.Failing()).ShouldBeEmpty();
    }

    [Theory, OnEveryEngine]
    public async Task A_draft_that_makes_no_sense_is_a_bug_and_posts_nothing(Engine engine)
    {
        await using var app = await TestApp.Start(engine, at: "2026-02-15");
        var good = Charge(1, "2026-02-01", campaign: 7, gross: 1000);
        JournalDraft[] bad =
        [
            good with { RefId = 2, Transfers = [] },
            good with { RefId = 3, Transfers = [new(AccountRef.Creator(1), new(AccountKind.WriteOff), 0)] },
            good with { RefId = 4, Transfers = [new(AccountRef.Creator(1), new(AccountKind.WriteOff), -5)] },
            good with { RefId = 5, Transfers = [new(AccountRef.Creator(1), AccountRef.Creator(1), 5)] },
            good with { RefId = 6, Kind = "" },
        ];
        foreach (var draft in bad) await Should.ThrowAsync<ArgumentException>(() => app.Post(good, draft));
        (await app.Ledger(l => l.Balances(Book.Live))).ShouldBeEmpty();
    }
}
