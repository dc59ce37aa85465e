using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;
using TestCard = Stipend.TestGateway.TestCard;

namespace Stipend.Billing.PaymentMethods;

/// <summary>Ways to pay, by the gateway's tokens. Adding one calls the gateway, so it happens outside transactions.</summary>
internal sealed class StoredMethods(Db db, Ids ids, Clock clock, IPaymentGateway gateway, ITestPayers testPayers,
    Collecting.Instance instance, Outbox outbox) : IPaymentMethods
{
    public IReadOnlyList<Contracts.TestCard> TestCards => testPayers.Cards;

    public async Task<PaymentMethodInfo?> Default(long bookId, long personId, CancellationToken ct = default) =>
        await db.PaymentMethods.AsNoTracking().Where(m => m.BookId == bookId && m.PersonId == personId && m.IsDefault)
            .Select(m => new PaymentMethodInfo(m.Id, m.Label, true)).FirstOrDefaultAsync(ct);

    public async Task<PaymentMethodInfo> Add(long bookId, long personId, string cardToken, CancellationToken ct = default)
    {
        if (db.InTransaction) throw new InvalidOperationException("A payment method is added outside transactions: it calls the gateway.");
        var label = Label(cardToken);
        var id = ids.Next();
        var prefix = await instance.Id(ct);
        var customer = await db.PaymentMethods.AsNoTracking().Where(m => m.BookId == bookId && m.PersonId == personId)
            .Select(m => m.CustomerRef).FirstOrDefaultAsync(ct)
            ?? Must(await gateway.CreateCustomer(personId, $"{prefix}:{bookId}:{personId}:customer", ct));
        var method = Must(await gateway.AddMethod(customer, cardToken, $"{prefix}:{id}:method", ct));

        await using var transaction = await db.BeginWrite(ct);
        await db.PaymentMethods.Where(m => m.BookId == bookId && m.PersonId == personId && m.IsDefault)
            .ExecuteUpdateAsync(s => s.SetProperty(m => m.IsDefault, false).SetProperty(m => m.RemovedAt, clock.Now()), ct);
        db.PaymentMethods.Add(New(id, bookId, personId, customer, method, label));
        await RetryDeclined(bookId, personId, ct);
        await transaction.Commit(ct);
        return new PaymentMethodInfo(id, label, true);
    }

    public async Task AddTestCards(long bookId, IReadOnlyCollection<(long PersonId, string CardToken)> cards,
        CancellationToken ct = default)
    {
        if (db.InTransaction) throw new InvalidOperationException("Payment methods are added outside transactions: it calls the gateway.");
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
                New(ids.Next(), bookId, p.PersonId, p.CustomerId, p.MethodId, Label(p.CardToken))));
            await transaction.Commit(ct);
            db.ChangeTracker.Clear();
        }
    }

    /// <summary>A new card is tried at once on what is declined: due now, one attempt, whoever comes
    /// first.</summary>
    private async Task RetryDeclined(long bookId, long personId, CancellationToken ct)
    {
        var changed = await db.Execute("""
            UPDATE due_work SET kind = 'retry', due_at = 0 WHERE book_id = @book AND kind IN ('retry', 'needs_method')
              AND charge_id IN (SELECT id FROM charge WHERE patron_id = @person AND book_id = @book)
            """, ct, ("book", bookId), ("person", personId));
        if (changed > 0) outbox.Publish(new Agreements.CollectDue(bookId), bookId);
    }

    private string Label(string token) =>
        TestCard.TryParse(token, out var card) ? card.Meaning : throw Refusal.InvalidField("card", "Choose one of the test cards.");

    private PaymentMethod New(long id, long bookId, long personId, string customer, string method, string label) => new()
    {
        Id = id, BookId = bookId, PersonId = personId, Gateway = gateway.Name, CustomerRef = customer, MethodRef = method, Label = label,
            IsDefault = true, CreatedAt = clock.Now(),
    };

    private static string Must(GatewayAnswer answer) => answer is { Outcome: GatewayOutcome.Succeeded, Id: { } id }
        ? id
        : throw Refusal.Conflict("gateway_busy", answer.Outcome == GatewayOutcome.Refused
            ? $"The payment provider did not accept this card: {answer.Message}"
            : "The payment provider does not answer right now. Nothing was charged; try again in a minute.");
}
