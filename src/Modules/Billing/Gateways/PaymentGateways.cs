using Stipend.Billing.Gateways.Stripe;
using Stipend.Billing.Gateways.Transfers;
using Stipend.Platform.Data;

namespace Stipend.Billing.Gateways;

/// <summary>The names kept with payment methods and intents; they never change.</summary>
internal static class GatewayNames
{
    public const string Test = "test", Stripe = "stripe", Transfer = "transfer";
}

/// <summary>
/// Which gateway takes a book's money: sandboxes always the test gateway; the real book Stripe when the operator gave a key, else the test
/// gateway too. A patron of the real book may pay by transfer instead, when the operator says where to. What was begun at one gateway is
/// finished there, whatever the settings say by then.
/// </summary>
internal sealed class PaymentGateways(IPaymentGateway test, StripeGateway? stripe, TransferRail rail, BillingOptions options)
{
    /// <summary>Where a book's new payments and cards go.</summary>
    public IPaymentGateway For(long bookId) => bookId == Book.Live && stripe is not null ? stripe : test;

    /// <summary>Whether a patron of a book may pay by transfer.</summary>
    public bool TakesTransfers(long bookId) => bookId == Book.Live && !string.IsNullOrWhiteSpace(options.TransferTo);

    /// <summary>Where a patron's chosen way to pay leads: to the book's gateway, or to the rail of transfers.</summary>
    public IPaymentGateway Of(long bookId, string token) => token == TransferRail.Token && TakesTransfers(bookId) ? rail : For(bookId);

    /// <summary>The gateways whose methods pay in a book.</summary>
    public string[] Accepted(long bookId) => TakesTransfers(bookId) ? [For(bookId).Name, rail.Name] : [For(bookId).Name];

    /// <summary>Those that are configured and keep a record of their own to compare with; the rail's record is ours.</summary>
    public IEnumerable<IPaymentGateway> All => stripe is null ? [test] : [test, stripe];

    /// <summary>Stripe, when it takes this book's money.</summary>
    public StripeGateway? StripeOf(long bookId) => bookId == Book.Live ? stripe : null;

    /// <summary>The gateway of a name; null when it is not configured any more.</summary>
    public IPaymentGateway? Named(string name) => name == test.Name ? test : name == rail.Name ? rail : name == stripe?.Name ? stripe : null;
}
