using Stipend.Platform.Data;
using Stipend.Platform.Mail;

namespace Stipend.Billing.Gateways.Transfers;

/// <summary>What a payer is told about a transfer.</summary>
internal static class TransferWords
{
    /// <summary>The last whole day before a deadline.</summary>
    public static LocalDate LastDay(Instant due, string zoneId) => (due - Duration.FromMinutes(1)).InZone(DateTimeZoneProviders.Tzdb[zoneId]).Date;

    public static SendMail Ask(long personId, long chargeId, Money amount, string? payTo, Instant due, string zoneId) => new(personId,
        "Please transfer your payment",
        $"{amount} are waiting for your transfer.\n\nPay to:\n{payTo}\n\nReference: {TransferReference.Spaced(TransferReference.Of(chargeId))}\n"
        + $"It should arrive by {Columns.Iso(LastDay(due, zoneId))}. The reference is how your payment is recognised.\n\n"
        + $"You can read this again under {TransferRail.Path(chargeId)}.", "transfer");
}
