using Shouldly;
using Stipend.Billing.Gateways;
using Stipend.Support;
using Stipend.TestGateway;
using Xunit;

namespace Stipend.Compliance.Gateways;

/// <summary>What a gateway truly did, whatever it answered: read from its own records.</summary>
internal interface IGatewayTruth
{
    IReadOnlyList<Capture> Captures();
    IReadOnlyList<GivenBack> Refunds();

    /// <summary>Payments ever begun.</summary>
    int IntentCount();

    /// <summary>Confirms ever tried, over all payments.</summary>
    int ConfirmCount();
}

/// <summary>
/// A gateway that a test plays: the adapter of ours, the far end it talks to, and the far end's own truth. Cards and codes have one name in
/// the tests and another at each gateway.
/// </summary>
internal abstract class PlayedGateway : IAsyncDisposable
{
    private long _calls;

    internal ManualTime Time { get; } = new(Instant.FromUtc(2026, 1, 31, 12, 0));
    internal abstract IPaymentGateway Gateway { get; }
    internal abstract HttpClient Http { get; }
    internal abstract IGatewayTruth Truth { get; }

    /// <summary>What asking after a payment says that the gateway has never made.</summary>
    internal abstract GatewayOutcome NeverMade { get; }

    /// <summary>What a gateway says to a wrong key when it is only asked.</summary>
    internal abstract GatewayOutcome WrongKey { get; }

    /// <summary>The gateway's code for one of the test gateway's.</summary>
    internal abstract string? Code(string ours);

    /// <summary>The confirms a gateway tells of, if it counts them.</summary>
    internal abstract int Attempts(int made);

    internal abstract void BreakDown(int? status);
    internal abstract void PayerDecides(string intentId, bool confirms);
    protected abstract string Card(string ours);
    public abstract ValueTask DisposeAsync();

    /// <summary>A customer with one test card: what every test starts from.</summary>
    internal async Task<(string Customer, string Method)> Payer(string card)
    {
        var customer = await Gateway.CreateCustomer(7, Key("customer"), TestContext.Current.CancellationToken);
        customer.Outcome.ShouldBe(GatewayOutcome.Succeeded);
        var method = await AddCard(customer.Id!, card, Key("method"));
        method.Outcome.ShouldBe(GatewayOutcome.Succeeded, method.Message);
        return (customer.Id!, method.Id!);
    }

    internal Task<GatewayAnswer> AddCard(string customer, string card, string key) =>
        Gateway.AddMethod(customer, Card(card), key, TestContext.Current.CancellationToken);

    /// <summary>Prepared bytes for a charge of €5.00, unless told otherwise.</summary>
    internal async Task<(byte[] Bytes, string Customer, string Method)> Charge(string card, long chargeId = 41, Money? amount = null,
        string on = "2026-01-31")
    {
        var (customer, method) = await Payer(card);
        var date = NodaTime.Text.LocalDatePattern.Iso.Parse(on).Value;
        return (Gateway.Prepare(new ChargeRequest(chargeId, customer, method, amount ?? new Money(500, Currency.Of("EUR")), date)),
            customer, method);
    }

    internal string Key(string what) => $"test:{what}:{Interlocked.Increment(ref _calls)}";
}
