using Microsoft.Extensions.DependencyInjection;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;

namespace Stipend.Integration.Ledger;

/// <summary>What the ledger's tests share: a site, and facts as Billing would post them.</summary>
internal static class LedgerWorld
{
    public static readonly Currency Eur = Currency.Of("EUR");
    public static readonly Currency Jpy = Currency.Of("JPY");

    /// <summary>A charge of a campaign: gross to the creator, tax beside it, platform fee and gateway fee borne by the creator.</summary>
    public static JournalDraft Charge(long refId, string on, long campaign, long gross, long fee = 0, long gatewayFee = 0, long tax = 0,
        long book = Book.Live, Currency? currency = null)
    {
        var transfers = new List<TransferDraft> { new(new(AccountKind.GatewayClearing), AccountRef.Creator(campaign), gross) };
        if (tax > 0) transfers.Add(new(new(AccountKind.GatewayClearing), new(AccountKind.TaxPayable), tax));
        if (fee > 0) transfers.Add(new(AccountRef.Creator(campaign), new(AccountKind.PlatformRevenue), fee));
        if (gatewayFee > 0)
        {
            transfers.Add(new(new(AccountKind.ProcessingFees), new(AccountKind.GatewayClearing), gatewayFee));
            transfers.Add(new(AccountRef.Creator(campaign), new(AccountKind.ProcessingFees), gatewayFee));
        }
        return new JournalDraft(book, "charge", refId, currency ?? Eur, TestApp.Moment(on), Day(on), transfers);
    }

    public static JournalDraft Refund(long refId, string on, long campaign, long amount, long reverses, long book = Book.Live) =>
        new(book, "refund", refId, Eur, TestApp.Moment(on), Day(on),
            [new(AccountRef.Creator(campaign), new(AccountKind.GatewayClearing), amount)], reverses);

    public static LocalDate Day(string iso) => NodaTime.Text.LocalDatePattern.Iso.Parse(iso).Value;

    public static Task<T> Ledger<T>(this TestApp app, Func<ILedger, Task<T>> work) => app.In(s => work(s.GetRequiredService<ILedger>()));

    public static Task<IReadOnlyList<PostOutcome>> Post(this TestApp app, params JournalDraft[] drafts) => app.Ledger(l => l.Post(drafts));

    /// <param name="app">The site.</param>
    /// <param name="sql">One statement.</param>
    /// <param name="outside">Outside a transaction, for the few statements that want that.</param>
    public static Task<int> Sql(this TestApp app, string sql, bool outside = false) => app.In(async s =>
    {
        var db = s.GetRequiredService<Db>();
        if (!outside) return await db.Execute(sql);
        await using var command = await db.Command(sql);
        return await command.ExecuteNonQueryAsync();
    });

    /// <summary>The names of the checks that failed.</summary>
    public static async Task<string[]> Failing(this TestApp app) =>
        [.. (await app.Ledger(l => l.Verify())).Checks.Where(c => !c.Passed).Select(c => c.Name)];
}
