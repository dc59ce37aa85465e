using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Messaging;

namespace Stipend.Billing.PaymentMethods;

/// <summary>What is kept of a way to pay, whichever gateway made it.</summary>
internal sealed class MethodStore(Db db, Clock clock, Outbox outbox)
{
    /// <summary>The person's customer at a gateway, if they ever had a method there.</summary>
    public Task<string?> Customer(long bookId, long personId, string gateway, CancellationToken ct) => db.PaymentMethods.AsNoTracking()
        .Where(m => m.BookId == bookId && m.PersonId == personId && m.Gateway == gateway).Select(m => m.CustomerRef).FirstOrDefaultAsync(ct);

    /// <summary>Makes a method the person's only one and has it tried at once on what is declined. The same method again changes
    /// nothing.</summary>
    public async Task Keep(PaymentMethod method, CancellationToken ct)
    {
        await using var transaction = await db.BeginWrite(ct);
        if (!await db.PaymentMethods.AnyAsync(m => m.Gateway == method.Gateway && m.MethodRef == method.MethodRef, ct))
        {
            await db.PaymentMethods.Where(m => m.BookId == method.BookId && m.PersonId == method.PersonId && m.IsDefault)
                .ExecuteUpdateAsync(s => s.SetProperty(m => m.IsDefault, false).SetProperty(m => m.RemovedAt, clock.Now()), ct);
            db.PaymentMethods.Add(method);
            if (method.Gateway != Gateways.GatewayNames.Transfer) await RetryDeclined(method.BookId, method.PersonId, ct);
        }
        await transaction.Commit(ct);
    }

    /// <summary>A new card is tried at once on what is declined: due now, one attempt, whoever comes first.</summary>
    private async Task RetryDeclined(long bookId, long personId, CancellationToken ct)
    {
        var changed = await db.Execute("""
            UPDATE due_work SET kind = 'retry', due_at = 0 WHERE book_id = @book AND kind IN ('retry', 'needs_method')
              AND NOT EXISTS (SELECT 1 FROM gateway_intent i WHERE i.charge_id = due_work.charge_id AND i.gateway = 'transfer')
              AND charge_id IN (SELECT id FROM charge WHERE patron_id = @person AND book_id = @book)
            """, ct, ("book", bookId), ("person", personId));
        if (changed > 0) outbox.Publish(new Agreements.CollectDue(bookId), bookId);
    }
}
