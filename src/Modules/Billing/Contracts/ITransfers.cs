using Stipend.Platform.Http;

namespace Stipend.Billing.Contracts;

/// <summary>A payment by transfer that is waited for. <see cref="Reference"/> is what the payer writes on it.</summary>
public sealed record OpenTransfer(long ChargeId, long PatronId, Money Amount, string Reference, Instant AskedAt, Instant DueAt)
{
    /// <summary>Its place among those that are waited for.</summary>
    public PageKey Key => PageKey.Of(AskedAt, ChargeId);
}

/// <summary>How one payment by transfer is made, for its payer. <see cref="State"/> as in the billing history.</summary>
public sealed record TransferHint(Money Amount, string Reference, string PayTo, LocalDate DueOn, string State);

/// <summary>Payments by bank transfer or in cash: what is waited for, and recording what came.</summary>
public interface ITransfers
{
    /// <summary>Whether a book takes transfers: the operator has said where they go.</summary>
    bool AreTaken(long bookId);

    /// <summary>What is waited for, oldest first, after a place in that order.</summary>
    Task<List<OpenTransfer>> Open(PageKey after = default, int take = 100, CancellationToken ct = default);

    /// <summary>How a patron pays a charge of their own; null when it is not theirs or not paid by transfer.</summary>
    Task<TransferHint?> Find(long chargeId, long patronId, CancellationToken ct = default);

    /// <summary>
    /// Records what came for a charge, once for ever, and settles it. Another amount than asked is kept and quarantined: it is not paid.
    /// </summary>
    /// <returns>How it ended.</returns>
    /// <exception cref="Refusal"><c>not_found</c>; <c>already_recorded</c>: received or called off before.</exception>
    Task<CollectResult> Record(long chargeId, long receivedMinor, LocalDate receivedOn, long recordedBy, CancellationToken ct = default);
}
