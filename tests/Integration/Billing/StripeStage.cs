using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Stipend.Billing.Contracts;
using Stipend.Ledger.Contracts;
using Stipend.Platform.Data;
using Stipend.Support;
using Stipend.Support.Stripe;

namespace Stipend.Integration.Billing;

/// <summary>A site whose real book takes money through a likeness of Stripe.</summary>
internal sealed class StripeStage : IAsyncDisposable
{
    private StripeStage(TestApp app, FakeStripe stripe) => (App, Stripe, World) = (app, stripe, new World(app));

    public TestApp App { get; }
    public FakeStripe Stripe { get; }
    public World World { get; }

    public static async Task<StripeStage> Start(Engine engine, string at = "2026-01-31", bool listens = false)
    {
        var stripe = await FakeStripe.Start();
        var app = await TestApp.Start(engine, at, builder => builder.Configuration.AddInMemoryCollection(Settings(stripe)), listens);
        stripe.Time = app.Time;
        return new StripeStage(app, stripe);
    }

    public static Dictionary<string, string?> Settings(FakeStripe stripe) => new()
    {
        ["Stipend:Stripe:SecretKey"] = FakeStripe.SecretKey, ["Stipend:Stripe:WebhookSecret"] = FakeStripe.WebhookSecret,
        ["Stipend:Stripe:Url"] = stripe.Address.ToString(),
    };

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Stripe.DisposeAsync();
    }

    /// <summary>A person who has a browser types a card on Stripe's page, coming from a page of ours. Answers the path they are sent on to.</summary>
    public async Task<string> TypesCard(Actor person, Page sentToStripe, string card)
    {
        ((int)sentToStripe.Status).ShouldBe(303, sentToStripe.Text);
        sentToStripe.Location.ShouldStartWith(Stripe.Address.ToString());
        var session = sentToStripe.Location!.Split('/')[^1];
        var back = await person.Get(new Uri(Stripe.TypeCard(session, card)).PathAndQuery);
        ((int)back.Status).ShouldBe(303, back.Text);
        return back.Location!;
    }

    /// <summary>Gives a number without a browser a card, by the event alone.</summary>
    public async Task Card(long person, string card)
    {
        var page = await App.In(s => s.GetRequiredService<IPaymentMethods>().BeginSaving(Book.Live, person, "/billing"));
        Stripe.TypeCard(page.Split('/')[^1], card);
        (await Send(Stripe.Events[^1])).ShouldBe(HttpStatusCode.OK);
        await App.Drain();
    }

    /// <summary>A monthly pledge of a number, paid by a card at Stripe.</summary>
    public async Task<StartedPledge> Pledges(long patron, long payee, string card, BillingModel model = BillingModel.MonthlyUpfront,
        bool collect = true)
    {
        await Card(patron, card);
        return await PledgesAgain(patron, payee, model, collect);
    }

    /// <summary>The same with the card the number has.</summary>
    public async Task<StartedPledge> PledgesAgain(long patron, long payee, BillingModel model = BillingModel.MonthlyUpfront, bool collect = true)
    {
        var started = await App.In(s => s.GetRequiredService<IAgreements>().Start(new AgreementTerms(Book.Live, patron, payee, model, 1,
            World.Zone, World.Eur(500), PledgeCap.None, $"Payee {payee}")));
        if (collect && started.ChargeId is { } charge) await World.Collect(charge);
        return started;
    }

    /// <summary>Sends an event as Stripe would.</summary>
    public async Task<HttpStatusCode> Send(StripeEvent told, string secret = FakeStripe.WebhookSecret) =>
        await Post(told.Body, FakeStripe.Sign(told.Body, App.Time.GetUtcNow(), secret));

    public async Task<HttpStatusCode> Post(byte[] body, string? signature, string gateway = "stripe", string header = "Stripe-Signature")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/webhooks/payments/{gateway}") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        if (signature is not null) request.Headers.Add(header, signature);
        using var client = App.Client();
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>Counts rows of a table of the site.</summary>
    public Task<long> Count(string from) => App.In(async s =>
    {
        await using var command = await s.GetRequiredService<Db>().Command($"SELECT COUNT(*) FROM {from}");
        return (long)(await command.ExecuteScalarAsync())!;
    });

    /// <summary>Every charge was captured at most once, the ledger verifies, and holds just what Stripe captured.</summary>
    public async Task BooksAgree(params long[] payees)
    {
        Stripe.Captures().GroupBy(c => c.ChargeId).ShouldAllBe(c => c.Count() == 1);
        (await World.Verify()).Passed.ShouldBeTrue();
        var earned = 0L;
        foreach (var payee in payees) earned += (await World.Creator(payee)).EarnedMinor;
        earned.ShouldBe(Stripe.Captures().Sum(c => c.AmountMinor));
    }
}
