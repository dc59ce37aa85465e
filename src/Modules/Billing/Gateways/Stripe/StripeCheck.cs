using Stipend.Billing.Contracts;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.Gateways.Stripe;

/// <summary>Wrong settings are told at the start, not to the first member who pays.</summary>
internal sealed class StripeCheck(StripeOptions options) : IAtStart
{
    public Task Start(CancellationToken ct) => options.Fault() is { } fault ? throw Refusal.Invalid("stripe_settings", fault) : Task.CompletedTask;
}
