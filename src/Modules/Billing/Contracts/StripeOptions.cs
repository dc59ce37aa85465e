namespace Stipend.Billing.Contracts;

/// <summary>The account at Stripe that real payments go to, under <c>Stipend:Stripe</c>. Without a key every payment is a test.</summary>
public sealed class StripeOptions
{
    /// <summary>The secret key, <c>sk_live_…</c> or <c>sk_test_…</c>; null: real books use the test gateway, as sandboxes do.</summary>
    public string? SecretKey { get; init; }

    /// <summary>The signing secret of the webhook endpoint, <c>whsec_…</c>; null: events are not taken, and payments are looked up by the
    /// clock alone.</summary>
    public string? WebhookSecret { get; init; }

    /// <summary>Where Stripe is; only tests say otherwise.</summary>
    public string Url { get; init; } = "https://api.stripe.com";

    public bool IsConfigured => !string.IsNullOrWhiteSpace(SecretKey);

    /// <summary>The key is one of Stripe's test mode: no money moves.</summary>
    public bool IsTestMode => SecretKey?.Contains("_test_", StringComparison.Ordinal) == true;

    /// <summary>What is wrong with these settings and how to mend it; null when they can work. Says nothing of the secrets.</summary>
    public string? Fault() => this switch
    {
        { IsConfigured: false } => null,
        { SecretKey: { } key } when !key.StartsWith("sk_", StringComparison.Ordinal) && !key.StartsWith("rk_", StringComparison.Ordinal) =>
            "Stipend:Stripe:SecretKey is not a secret key. Take the one that begins with sk_ from Stripe's page of API keys.",
        { Url: var url } when !Uri.TryCreate(url, UriKind.Absolute, out var uri) || (uri.Scheme != "https" && !uri.IsLoopback) =>
            "Stipend:Stripe:Url must be an https address: the secret key is sent there. Leave it out for Stripe itself.",
        { WebhookSecret: { Length: > 0 } secret } when !secret.StartsWith("whsec_", StringComparison.Ordinal) =>
            "Stipend:Stripe:WebhookSecret is not a signing secret. It begins with whsec_ and is on the page of your webhook endpoint.",
        _ => null,
    };
}
