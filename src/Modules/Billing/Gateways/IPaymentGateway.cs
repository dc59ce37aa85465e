namespace Stipend.Billing.Gateways;

/// <summary>
/// A place that takes money from payment methods. What changes money goes in two steps: the request's exact bytes are made once
/// (<see cref="Prepare"/>, <see cref="PrepareConfirm"/>, <see cref="PrepareRefund"/>) and stored with the attempt before
/// <see cref="Send"/>; sending again means the same bytes and the same key. No method is called inside a transaction.
/// </summary>
internal interface IPaymentGateway
{
    /// <summary>The name kept with payment methods, intents and attempts; never changes.</summary>
    string Name { get; }

    /// <summary>How many calls a second it allows us; 0 when it does not say.</summary>
    int CallsPerSecond => 0;

    /// <summary>What a charge may be in a currency.</summary>
    GatewayLimits Limits(Currency currency) => GatewayLimits.None;

    /// <summary>Makes a payer known; the same key answers the same customer for a day.</summary>
    Task<GatewayAnswer> CreateCustomer(long personId, string idempotencyKey, CancellationToken ct);

    /// <summary>
    /// Attaches a payment method, given by the gateway's own token, never by its number. <see cref="GatewayAnswer.Id"/> is the method's.
    /// </summary>
    Task<GatewayAnswer> AddMethod(string customerId, string token, string idempotencyKey, CancellationToken ct);

    /// <summary>Detaches a payment method: it can never pay again.</summary>
    Task<GatewayAnswer> RemoveMethod(string methodId, string idempotencyKey, CancellationToken ct);

    /// <summary>The bytes that begin a payment and confirm it at once.</summary>
    byte[] Prepare(ChargeRequest request);

    /// <summary>The bytes that confirm an existing payment again: a later attempt of the same charge.</summary>
    byte[] PrepareConfirm(ConfirmRequest request);

    /// <summary>The bytes that give money back.</summary>
    byte[] PrepareRefund(string intentId, Money amount, long refundId);

    /// <summary>
    /// Sends prepared bytes. Never throws for what the gateway or the network does: that is <see cref="GatewayOutcome.Unknown"/>.
    /// </summary>
    Task<GatewayAnswer> Send(ReadOnlyMemory<byte> prepared, string idempotencyKey, CancellationToken ct);

    /// <summary>What became of a payment: evidence, when an answer was lost.</summary>
    Task<GatewayAnswer> Lookup(string intentId, CancellationToken ct);

    /// <summary>
    /// The payment made for a charge, found by the charge's id, when its intent id was never learned. NotFound is evidence that none
    /// exists. When several exist the captured one is answered and <see cref="GatewayAnswer.Captures"/> counts the captured ones.
    /// </summary>
    Task<GatewayAnswer> FindByCharge(string customerId, long chargeId, CancellationToken ct);

    /// <summary>Calls off a payment that has not succeeded. If it succeeded first, the answer says so.</summary>
    Task<GatewayAnswer> Cancel(string intentId, string idempotencyKey, CancellationToken ct);

    /// <summary>
    /// Money that moved at the gateway since an id, oldest first, to reconcile the ledger with;
    /// null when the gateway gave no usable answer.
    /// </summary>
    Task<GatewayMovements?> Movements(string? afterId, CancellationToken ct);
}

/// <summary>What only a test gateway can do: make many payers with a card each in one call.</summary>
internal interface ITestPayers
{
    /// <summary>The cards there are.</summary>
    IReadOnlyList<Contracts.TestCard> Cards { get; }

    /// <summary>
    /// Customers and methods for many people, in their order; at most 5,000 a call. Null when the gateway gave no usable answer:
    /// call again with the same key, which makes them once.
    /// </summary>
    /// <exception cref="Refusal">A card that does not exist.</exception>
    Task<IReadOnlyList<TestPayer>?> AddPayers(IReadOnlyList<(long PersonId, string CardToken)> payers, string idempotencyKey,
        CancellationToken ct);
}

/// <summary>A payer at the test gateway.</summary>
internal sealed record TestPayer(long PersonId, string CardToken, string CustomerId, string MethodId, CardFacts? Card = null);

/// <summary>
/// A payment to take now, off session. <paramref name="BillingDate"/> is the day of the book the charge belongs to;
/// <paramref name="Instance"/> names the installation, so that a person at the gateway sees whose payment it is.
/// <paramref name="Reference"/> names the bill by what it is for, not by our id: a site restored from a backup makes the same one again and
/// knows the payment by it.
/// </summary>
internal sealed record ChargeRequest(long ChargeId, string CustomerId, string MethodId, Money Amount, LocalDate BillingDate,
    string? ReturnUrl = null, string? Instance = null, string? Reference = null);

/// <summary>The smallest charge a gateway takes and what every charge must be a multiple of, in our minor units.</summary>
internal readonly record struct GatewayLimits(long MinimumMinor, long Multiple)
{
    /// <summary>Anything goes.</summary>
    public static GatewayLimits None { get; } = new(0, 1);
}

/// <summary>Another attempt at a payment that exists.</summary>
internal sealed record ConfirmRequest(string IntentId, string MethodId, LocalDate BillingDate, string? ReturnUrl = null);

/// <summary>What is known after a call. Only evidence from the gateway makes an outcome other than Unknown.</summary>
internal enum GatewayOutcome
{
    /// <summary>Timeout, reset, 5xx or an answer that makes no sense: it may or may not have been done. Look it up, never assume.</summary>
    Unknown,

    /// <summary>Money was taken (or, for a refund, returned; for a customer or method, it exists).</summary>
    Succeeded,

    /// <summary>Declined; a later try may pay.</summary>
    DeclinedSoft,

    /// <summary>Declined; this method must never be tried again.</summary>
    DeclinedHard,

    /// <summary>Waits for the payer at <see cref="GatewayAnswer.ActionUrl"/>, which may be a path of this site.</summary>
    RequiresAction,

    /// <summary>The payment exists and was never confirmed.</summary>
    Unconfirmed,

    /// <summary>The payment was called off; no money was taken or ever will be.</summary>
    Canceled,

    /// <summary>There is no such object: proven not captured.</summary>
    NotFound,

    /// <summary>The request itself is wrong; nothing was done by it. A bug or a setting to mend, never a decline.</summary>
    Refused,

    /// <summary>Not executed; wait and send again.</summary>
    Throttled,
}

/// <summary>
/// A gateway's answer in our words. <paramref name="CapturedMinor"/> and <paramref name="FeeMinor"/> are minor units of
/// <paramref name="Currency"/>, as the gateway says, to be compared with what was asked. <paramref name="Attempts"/> counts the
/// confirms the gateway knows of, which tells whether the last one ever arrived. <paramref name="Id"/> is the intent's, customer's,
/// method's or refund's; with a method's comes its <paramref name="Card"/>.
/// </summary>
internal sealed record GatewayAnswer(
    GatewayOutcome Outcome,
    string? Id = null,
    string? Code = null,
    string? Message = null,
    long CapturedMinor = 0,
    string? Currency = null,
    long FeeMinor = 0,
    long RefundedMinor = 0,
    string? ActionUrl = null,
    long? ChargeId = null,
    int Attempts = 0,
    int Captures = 0,
    CardFacts? Card = null)
{
    internal static GatewayAnswer Unknown(string why) => new(GatewayOutcome.Unknown, Message: why);
}

/// <summary>What tells a card from others, never its number: <paramref name="Fingerprint"/> is the same whoever gives the card and however often;
/// <paramref name="Network"/> is the gateway's word for its network, such as visa.</summary>
internal sealed record CardFacts(string Fingerprint, string Network);

/// <summary>A page of movements; <paramref name="HasMore"/> asks for the next one after the last id.</summary>
internal sealed record GatewayMovements(IReadOnlyList<GatewayMovement> Items, bool HasMore);

/// <summary>One movement: a capture (positive) or a refund (negative), in minor units; whose it is and what it was for, as we said then.</summary>
internal sealed record GatewayMovement(string Id, string Kind, string IntentId, string? RefundId, long? ChargeId, long AmountMinor,
    long FeeMinor, string Currency, string? CustomerId = null, string? Reference = null);
