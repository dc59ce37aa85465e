using System.Text.Json.Serialization;
using Stipend.Platform.Http;

namespace Stipend.Billing.Contracts;

/// <summary>
/// Money at the gateway that the books do not explain. Kind: unknown_payment (a capture we know nothing of), unsettled (ours, not booked yet),
/// differs (another amount or fee than booked), unknown_refund. Minor units; a refund is negative.
/// </summary>
public sealed record ReconItem(long Id, string Gateway, string Kind, string IntentId, string? CustomerRef, long AmountMinor, string Currency,
    Instant FoundAt)
{
    /// <summary>Its place among what is unexplained.</summary>
    [JsonIgnore]
    public PageKey Key => PageKey.Of(FoundAt, Id);
}

/// <summary>How a comparison with the gateways ended. Complete is false when one gave no usable answer: it is tried again by itself.</summary>
public sealed record ReconReport(int Movements, bool Complete, IReadOnlyList<ReconItem> Open);

/// <summary>Compares what the gateways say they moved with what the books say, movement by movement.</summary>
public interface IReconciliation
{
    /// <summary>Reads every movement not read yet and looks again at what was unexplained.</summary>
    Task<ReconReport> Compare(CancellationToken ct = default);

    /// <summary>What is unexplained now, oldest first, after a place in that order.</summary>
    Task<List<ReconItem>> Open(PageKey after = default, int take = 500, CancellationToken ct = default);

    /// <summary>The operator has dealt with an item, such as by giving the money back at the gateway; nothing is held up by it any more.</summary>
    /// <exception cref="Refusal"><c>not_found</c>: there is no such open item.</exception>
    Task Settle(long itemId, string note, CancellationToken ct = default);

    /// <summary>
    /// Says that this database is older than it was, so the gateway may know payments that it does not: nothing is charged until
    /// <see cref="Compare"/> has read everything again.
    /// </summary>
    Task MarkRestored(CancellationToken ct = default);

    /// <summary>Whether the real books hold payments that the test gateway took: money that never moved.</summary>
    Task<bool> HasPlayMoney(CancellationToken ct = default);

    /// <summary>Whether charging waits for a comparison after a restore.</summary>
    Task<bool> IsWaiting(CancellationToken ct = default);
}
