using Microsoft.Extensions.Logging;
using Stipend.Billing.Gateways;
using Stipend.Billing.Gateways.Stripe;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Billing.PaymentMethods;

/// <summary>
/// Saving a card at Stripe: its number is typed on a page of Stripe's and never comes here. What is kept is what Stripe answers when it is
/// asked about the session afterwards, by the returning person or by an event, whichever comes first.
/// </summary>
internal sealed class StripeCards(Db db, Ids ids, Clock clock, PaymentGateways gateways, MethodStore store, Collecting.Instance instance,
    SiteOptions site, ILogger<StripeCards> log)
{
    /// <summary>Where Stripe sends a person who gave a card.</summary>
    public const string SavedPath = "/billing/cards/saved";

    public async Task<string> Begin(long bookId, long personId, string returnPath, CancellationToken ct)
    {
        if (db.InTransaction) throw new InvalidOperationException("Saving a card calls the gateway: outside transactions.");
        var stripe = gateways.StripeOf(bookId) ?? throw Refusal.Conflict("no_provider", "This site takes test cards only.");
        var prefix = await instance.Id(ct);
        var customer = await store.Customer(bookId, personId, stripe.Name, ct)
            ?? (await stripe.CreateCustomer(personId, $"{prefix}:{bookId}:{personId}:customer", ct)).Made();
        var back = site.Link($"{SavedPath}?return={Uri.EscapeDataString(returnPath)}");
        var begun = await stripe.BeginSaving(new StripeSaving(customer, personId, prefix, back + "&session={CHECKOUT_SESSION_ID}", back),
            $"{prefix}:{ids.Next()}:session", ct);
        return begun is { Outcome: GatewayOutcome.RequiresAction, ActionUrl: { } url } ? url : throw begun.Refused();
    }

    /// <summary>Keeps the card of a session, if one was given; again changes nothing. Answers whether there is one.</summary>
    /// <param name="sessionId">The session's id, which proves nothing by itself.</param>
    /// <param name="personId">Who asks; null when Stripe's event does.</param>
    /// <param name="ct">Stops the work.</param>
    /// <exception cref="Refusal">Another person's session, or Stripe does not answer.</exception>
    public async Task<bool> Finish(string sessionId, long? personId, CancellationToken ct)
    {
        var stripe = gateways.StripeOf(Book.Live) ?? throw Refusal.NotFound("page");
        var session = await stripe.Session(sessionId, ct) ?? throw Refusal.Conflict("gateway_busy",
            "The payment provider does not answer right now. Your card may be saved; look again in a minute.");
        // Another installation at the same account has people with the same numbers; its sessions are not ours.
        if (session.Instance != await instance.Id(ct) || session.PersonId is not { } owner || (personId is { } asks && asks != owner))
        {
            if (personId is null) return false;
            log.LogWarning("Person {Person} came back with a session that is not theirs", personId);
            throw Refusal.NotFound("page");
        }
        if (session is not { MethodId: { } method, Label: { } label }) return false;
        var id = ids.Next();
        await store.Keep(new PaymentMethod
        {
            Id = id, BookId = Book.Live, PersonId = owner, Gateway = stripe.Name, CustomerRef = session.CustomerId,
            MethodRef = method, Label = label, IsDefault = true, CreatedAt = clock.Now(),
            Fingerprint = session.Card?.Fingerprint ?? Collecting.CardTries.Alone(id), Network = session.Card?.Network ?? "",
        }, ct);
        return true;
    }
}
