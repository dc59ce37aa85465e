using Microsoft.Extensions.DependencyInjection;
using Stipend.Billing.Contracts;
using Stipend.Ledger.Contracts;
using Stipend.Support;
using Stipend.TestGateway;

namespace Stipend.Integration.Billing;

/// <summary>Billing by its contracts alone: people and campaigns are only numbers to it.</summary>
internal sealed class World(TestApp app)
{
    public const string Zone = "Europe/Berlin";
    public static Money Eur(long minor) => new(minor, Currency.Of("EUR"));

    public async Task<StartedPledge> Start(long patron, long payee, BillingModel model, Money amount, string card = "card_pays",
        PledgeCap? cap = null, int billDay = 1, bool collect = true)
    {
        await Card(patron, card);
        var started = await app.In(s => s.GetRequiredService<IAgreements>().Start(
            new AgreementTerms(Book.Live, patron, payee, model, billDay, Zone, amount, cap ?? PledgeCap.None, $"Payee {payee}")));
        if (collect && started.ChargeId is { } charge) await Collect(charge);
        return started;
    }

    public Task Card(long patron, string card) => app.In(s => s.GetRequiredService<IPaymentMethods>().Add(Book.Live, patron, card));
    public Task<CollectResult> Collect(long chargeId) => app.In(s => s.GetRequiredService<ICollecting>().Collect(chargeId));
    public Task<PledgeInfo?> Pledge(long id) => app.In(s => s.GetRequiredService<IAgreements>().Find(id));
    public Task<IReadOnlyList<HistoryCharge>> History(long patron) =>
        app.In(s => s.GetRequiredService<IBillingHistory>().OfPatron(patron, long.MaxValue, 50));
    public Task<IReadOnlyList<UpcomingLine>> Upcoming(long patron) =>
        app.In(s => s.GetRequiredService<IAgreements>().Upcoming(Book.Live, patron));
    public Task<IReadOnlyList<RunInfo>> Runs() => app.In(s => s.GetRequiredService<IBillingRuns>().List(Book.Live, emptyToo: false, 100));

    public async Task Publish(long payee, long post, string title = "A song", Duration? undo = null)
    {
        await app.In(s =>
            s.GetRequiredService<IPaidPosts>()
            .Publish(Book.Live, payee, post, title, app.Time.Now, app.Time.Now + (undo ?? Duration.FromDays(1))));
        await app.Drain();
    }

    public async Task<CreatorBalance> Creator(long payee) =>
        (await app.In(s => s.GetRequiredService<ILedger>().CreatorBalance(Book.Live, payee))).FirstOrDefault()
            ?? new CreatorBalance(Currency.Of("EUR"), 0, 0, 0, 0, 0);

    /// <summary>What the gateway says it captured, by its own books.</summary>
    public IReadOnlyList<Capture> Captures() => app.Services.GetRequiredService<TestGatewayStore>().Captures();

    /// <summary>The books verify, and the clearing account equals the gateway's own captures less fees.</summary>
    public async Task<VerifyReport> Verify() => await app.In(s => s.GetRequiredService<ILedger>().Verify());
}
