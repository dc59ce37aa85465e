using Stipend.Billing.Gateways.Stripe;
using Stipend.Platform.Data;

namespace Stipend.Billing.Gateways;

/// <summary>The names kept with payment methods and intents; they never change.</summary>
internal static class GatewayNames
{
    public const string Test = "test", Stripe = "stripe";
}

/// <summary>
/// Which gateway takes a book's money: sandboxes always the test gateway; the real book Stripe when the operator gave a key, else the test
/// gateway too. What was begun at one gateway is finished there, whatever the settings say by then.
/// </summary>
internal sealed class PaymentGateways(IPaymentGateway test, StripeGateway? stripe)
{
    /// <summary>Where a book's new payments and cards go.</summary>
    public IPaymentGateway For(long bookId) => bookId == Book.Live && stripe is not null ? stripe : test;

    /// <summary>Those that are configured.</summary>
    public IEnumerable<IPaymentGateway> All => stripe is null ? [test] : [test, stripe];

    /// <summary>Stripe, when it takes this book's money.</summary>
    public StripeGateway? StripeOf(long bookId) => bookId == Book.Live ? stripe : null;

    /// <summary>The gateway of a name; null when it is not configured any more.</summary>
    public IPaymentGateway? Named(string name) => name == test.Name ? test : name == stripe?.Name ? stripe : null;
}
