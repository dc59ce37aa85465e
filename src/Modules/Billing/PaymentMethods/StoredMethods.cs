using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Collecting;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using TestCard = Stipend.TestGateway.TestCard;

namespace Stipend.Billing.PaymentMethods;

/// <summary>Ways to pay, by the gateway's tokens. Adding one calls the gateway, so it happens outside transactions.</summary>
internal sealed class StoredMethods(Db db, Ids ids, Clock clock, PaymentGateways gateways, ITestPayers testPayers, MethodStore store,
    StripeCards stripeCards, Collecting.Instance instance) : IPaymentMethods
{
    public IReadOnlyList<Contracts.TestCard> TestCards => testPayers.Cards;

    public async Task<PaymentMethodInfo?> Default(long bookId, long personId, CancellationToken ct = default)
    {
        var accepted = gateways.Accepted(bookId); // a card of another gateway cannot pay here
        return await db.PaymentMethods.AsNoTracking()
            .Where(m => m.BookId == bookId && m.PersonId == personId && m.IsDefault && accepted.Contains(m.Gateway))
            .Select(m => new PaymentMethodInfo(m.Id, m.Label, true)).FirstOrDefaultAsync(ct);
    }

    public bool TakesTransfers(long bookId) => gateways.TakesTransfers(bookId);

    public bool SavesElsewhere(long bookId) => gateways.StripeOf(bookId) is not null;

    public Task<string> BeginSaving(long bookId, long personId, string returnPath, CancellationToken ct = default) =>
        stripeCards.Begin(bookId, personId, returnPath, ct);

    public async Task<PaymentMethodInfo> Add(long bookId, long personId, string cardToken, CancellationToken ct = default)
    {
        if (db.InTransaction) throw new InvalidOperationException("A payment method is added outside transactions: it calls the gateway.");
        var gateway = gateways.Of(bookId, cardToken);
        if (gateway.Name != GatewayNames.Transfer) RefuseReal(bookId);
        var label = gateway.Name == GatewayNames.Transfer ? IPaymentMethods.TransferLabel : Label(cardToken);
        var id = ids.Next();
        var prefix = await instance.Id(ct);
        var customer = await store.Customer(bookId, personId, gateway.Name, ct)
            ?? (await gateway.CreateCustomer(personId, $"{prefix}:{bookId}:{personId}:customer", ct)).Made();
        var added = await gateway.AddMethod(customer, cardToken, $"{prefix}:{id}:method", ct);
        await store.Keep(New(id, bookId, personId, gateway.Name, customer, added.Made(), label, added.Card), ct);
        return new PaymentMethodInfo(id, label, true);
    }

    public async Task AddTestCards(long bookId, IReadOnlyCollection<(long PersonId, string CardToken)> cards,
        CancellationToken ct = default)
    {
        if (db.InTransaction) throw new InvalidOperationException("Payment methods are added outside transactions: it calls the gateway.");
        RefuseReal(bookId);
        var prefix = await instance.Id(ct);
        foreach (var chunk in cards.Chunk(1_000))
        {
            var people = chunk.Select(c => c.PersonId).ToList();
            var have = (await db.PaymentMethods.Where(m => m.BookId == bookId && m.IsDefault && people.Contains(m.PersonId))
                .Select(m => m.PersonId).ToListAsync(ct)).ToHashSet();
            var missing = chunk.Where(c => !have.Contains(c.PersonId)).DistinctBy(c => c.PersonId).ToList();
            if (missing.Count == 0) continue;
            var payers = await testPayers.AddPayers(missing, $"{prefix}:{bookId}:{missing[0].PersonId}:{missing.Count}:payers", ct)
                ?? throw Refusal.Conflict("gateway_busy",
                    "The test gateway does not answer right now. Run it again; it goes on where it stopped.");
            await using var transaction = await db.BeginWrite(ct);
            db.PaymentMethods.AddRange(payers.Select(p =>
                New(ids.Next(), bookId, p.PersonId, gateways.For(bookId).Name, p.CustomerId, p.MethodId, Label(p.CardToken), p.Card)));
            await transaction.Commit(ct);
            db.ChangeTracker.Clear();
        }
    }

    private void RefuseReal(long bookId)
    {
        if (SavesElsewhere(bookId)) throw Refusal.InvalidField("card",
            "Test cards pay in sandboxes only. Here a real card is given on the payment provider's page.");
    }

    private string Label(string token) =>
        TestCard.TryParse(token, out var card) ? card.Meaning : throw Refusal.InvalidField("card", "Choose one of the test cards.");

    private PaymentMethod New(long id, long bookId, long personId, string gateway, string customer, string method, string label,
        CardFacts? card) => new()
    {
        Id = id, BookId = bookId, PersonId = personId, Gateway = gateway, CustomerRef = customer, MethodRef = method, Label = label,
            IsDefault = true, CreatedAt = clock.Now(), Fingerprint = card?.Fingerprint ?? CardTries.Alone(id), Network = card?.Network ?? "",
    };
}

/// <summary>What a person is told when the gateway did not do as asked.</summary>
internal static class GatewayRefusals
{
    /// <summary>The id of what was made.</summary>
    /// <exception cref="Refusal">Nothing was, as far as is known.</exception>
    public static string Made(this GatewayAnswer answer) => answer is { Outcome: GatewayOutcome.Succeeded, Id: { } id }
        ? id
        : throw answer.Refused();

    public static Refusal Refused(this GatewayAnswer answer) => Refusal.Conflict("gateway_busy", answer.Outcome == GatewayOutcome.Refused
        ? $"The payment provider did not accept this card: {answer.Message}"
        : "The payment provider does not answer right now. Nothing was charged; try again in a minute.");
}
