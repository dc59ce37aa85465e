using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Stipend.Billing.Contracts;
using Stipend.Memberships.Facts;
using Stipend.Memberships.Model;
using Stipend.Platform.Data;
using Stipend.Platform.Http;

namespace Stipend.Memberships.Join;

/// <summary>The paying half of a form: choosing a method before the transaction, collecting after it. Both talk to the gateway, so neither
/// is inside.</summary>
internal sealed class Paying(Db db, IPaymentMethods methods, ICollecting collecting, DeclinedAtCheckout declined)
{
    public async Task<PayingFields.Choice> Offer(long bookId, long personId, string? chosen, CancellationToken ct)
    {
        var stored = await methods.Default(bookId, personId, ct);
        var elsewhere = methods.SavesElsewhere(bookId);
        var cards = elsewhere ? [] : methods.TestCards;
        return new PayingFields.Choice(stored, cards, elsewhere, methods.TakesTransfers(bookId), chosen is { Length: > 0 } ? chosen
            : stored is not null ? PayingFields.StoredValue : elsewhere ? PayingFields.NewValue : cards[0].Token);
    }

    /// <summary>
    /// Makes the chosen card the person's payment method; nothing to do for the stored one. A card that is typed on the provider's page
    /// answers where that is: the person goes there first and comes back to <paramref name="returnPath"/>, where nothing is done yet.
    /// </summary>
    /// <exception cref="Refusal">Nothing is chosen, or the gateway refuses the card.</exception>
    public async Task<IResult?> Use(long bookId, long personId, string? chosen, string returnPath, CancellationToken ct)
    {
        if (chosen is PayingFields.StoredValue)
        {
            if (await methods.Default(bookId, personId, ct) is null) throw Refusal.InvalidField("method",
                "No payment method is stored any more. Choose a card.");
            return null;
        }
        if (chosen is PayingFields.NewValue) return Pages.SeeOther(await methods.BeginSaving(bookId, personId, returnPath, ct));
        if (string.IsNullOrEmpty(chosen)) throw Refusal.InvalidField("method", "Choose how to pay.");
        await methods.Add(bookId, personId, chosen, ct);
        return null;
    }

    /// <summary>Collects what a membership waits for and answers where to go: its page when paid or pending, the bank's page when it
    /// asks.</summary>
    /// <exception cref="Refusal"><c>card_declined</c>, with the reason, so that the form is shown again for another card.</exception>
    public async Task<IResult> Collect(Membership m, long? chargeId, string vanity, string done, CancellationToken ct)
    {
        if (chargeId is not { } charge) return Pages.SeeOther($"/{vanity}/membership?{done}=1");
        var result = await collecting.Collect(charge, ct);
        switch (result.Outcome)
        {
            case CollectOutcome.Declined:
                await declined.Handle(m, result.Message ?? "no reason given", ct);
                throw new Refusal(422, "card_declined",
                    $"The payment was declined: {result.Message ?? "the bank gave no reason"} Nothing was charged. Try another card.");
            case CollectOutcome.ActionNeeded when result.ActionUrl is { } url:
                return Pages.SeeOther(url);
            case CollectOutcome.Paid:
                await db.Entry(m).ReloadAsync(ct);
                return Pages.SeeOther($"/{vanity}/membership?{done}=1");
            default:
                return Pages.SeeOther($"/{vanity}/membership?paying=1");
        }
    }
}
