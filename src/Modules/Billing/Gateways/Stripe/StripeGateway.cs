namespace Stipend.Billing.Gateways.Stripe;

/// <summary>
/// Takes money through Stripe: one PaymentIntent per charge, confirmed again for each later attempt, so that at most one of them can ever
/// capture. What is known of Stripe here is its published contract at <see cref="Version"/>; it was tried against a likeness of Stripe
/// made from that contract, never against Stripe itself.
/// </summary>
internal sealed class StripeGateway(HttpClient http) : IPaymentGateway
{
    /// <summary>The version of Stripe's interface that every request asks for, so that a change of the account's default changes nothing.</summary>
    public const string Version = "2025-02-24.acacia";

    private const int PageSize = 100, MostPages = 1000;
    private const string Fee = "latest_charge.balance_transaction";

    private readonly GatewayHttp _http = new(http, "application/x-www-form-urlencoded");

    public string Name => GatewayNames.Stripe;

    public GatewayLimits Limits(Currency currency) => StripeCurrencies.Limits(currency);

    public Task<GatewayAnswer> CreateCustomer(long personId, string idempotencyKey, CancellationToken ct) =>
        Write("/v1/customers", new StripeForm().With("metadata[person_id]", personId), idempotencyKey, ct);

    /// <summary>Attaches a method Stripe already has; a card's own page makes one (<see cref="StripeCards"/>).</summary>
    public Task<GatewayAnswer> AddMethod(string customerId, string token, string idempotencyKey, CancellationToken ct) =>
        _http.Send(Post($"/v1/payment_methods/{Segment(token)}/attach", new StripeForm().With("customer", customerId)), idempotencyKey,
            StripeReading.Attached, ct);

    public Task<GatewayAnswer> RemoveMethod(string methodId, string idempotencyKey, CancellationToken ct) =>
        Write($"/v1/payment_methods/{Segment(methodId)}/detach", new StripeForm(), idempotencyKey, ct);

    /// <summary>Stripe allows 100 writes a second; people at a checkout need some of them.</summary>
    public int CallsPerSecond => 80;

    // Captured at once, not in the background, since only then does the answer hold what Stripe kept.
    public byte[] Prepare(ChargeRequest request) => Post("/v1/payment_intents", new StripeForm()
        .With("amount", StripeCurrencies.ToStripe(request.Amount))
        .With("currency", request.Amount.Currency.Code.ToLowerInvariant())
        .With("customer", request.CustomerId)
        .With("payment_method", request.MethodId)
        .With("payment_method_types[0]", "card")
        .With("capture_method", "automatic")
        .With("confirm", "true")
        .With("off_session", "true")
        .With("metadata[charge_id]", request.ChargeId)
        .With("metadata[instance]", request.Instance)
        .With("metadata[reference]", request.Reference)
        .With("expand[0]", Fee));

    public byte[] PrepareConfirm(ConfirmRequest request) => Post($"/v1/payment_intents/{Segment(request.IntentId)}/confirm", new StripeForm()
        .With("payment_method", request.MethodId)
        .With("off_session", "true")
        .With("expand[0]", Fee));

    public byte[] PrepareRefund(string intentId, Money amount, long refundId) => Post("/v1/refunds", new StripeForm()
        .With("payment_intent", intentId)
        .With("amount", StripeCurrencies.ToStripe(amount))
        .With("metadata[refund_id]", refundId));

    public async Task<GatewayAnswer> Send(ReadOnlyMemory<byte> prepared, string idempotencyKey, CancellationToken ct)
    {
        var answer = await _http.Send(prepared, idempotencyKey, StripeReading.Answer, ct);
        // Captured, and what Stripe kept of it was not known yet. The same key would repeat this very answer for a day; reading does not.
        return answer is { Outcome: GatewayOutcome.Unknown, CapturedMinor: > 0, Id: { } intent } ? await Lookup(intent, ct) : answer;
    }

    public Task<GatewayAnswer> Lookup(string intentId, CancellationToken ct) =>
        _http.Get($"/v1/payment_intents/{Segment(intentId)}?expand[0]={Fee}", StripeReading.Evidence, ct);

    /// <summary>Reads all payments of a customer; searching at Stripe finds new ones only after a while and is no evidence.</summary>
    public async Task<GatewayAnswer> FindByCharge(string customerId, long chargeId, CancellationToken ct)
    {
        var found = new List<GatewayAnswer>();
        for (string? after = null; ;)
        {
            (string? Last, bool HasMore) page = (null, false);
            var answer = await _http.Get(
                $"/v1/payment_intents?customer={Segment(customerId)}&limit={PageSize}{From(after)}&expand[0]=data.{Fee}", (status, json) =>
                {
                    if (status is < 200 or >= 300) return StripeReading.Evidence(status, json);
                    found.AddRange(StripeReading.OfCharge(json, chargeId));
                    page = StripeReading.Page(json);
                    return new GatewayAnswer(GatewayOutcome.Succeeded);
                }, ct);
            if (answer.Outcome != GatewayOutcome.Succeeded) return answer;
            if (!page.HasMore) return GatewayReading.Best(found, chargeId);
            after = page.Last;
        }
    }

    public Task<GatewayAnswer> Cancel(string intentId, string idempotencyKey, CancellationToken ct) =>
        Write($"/v1/payment_intents/{Segment(intentId)}/cancel", new StripeForm().With("expand[0]", Fee), idempotencyKey, ct);

    /// <summary>
    /// Confirms with the payer at hand: Stripe then answers where their bank asks them, and sends them on to
    /// <paramref name="returnUrl"/> afterwards.
    /// </summary>
    public Task<GatewayAnswer> AskPayer(string intentId, string methodId, string returnUrl, string idempotencyKey, CancellationToken ct) =>
        Write($"/v1/payment_intents/{Segment(intentId)}/confirm",
            new StripeForm().With("payment_method", methodId).With("return_url", returnUrl).With("expand[0]", Fee), idempotencyKey, ct);

    /// <summary>Begins saving a card on a page of Stripe's: the answer's id is the session's, its ActionUrl the page.</summary>
    public Task<GatewayAnswer> BeginSaving(StripeSaving saving, string idempotencyKey, CancellationToken ct) =>
        Write("/v1/checkout/sessions", new StripeForm()
            .With("mode", "setup").With("customer", saving.CustomerId).With("payment_method_types[0]", "card")
            .With("metadata[person_id]", saving.PersonId).With("metadata[instance]", saving.Instance)
            .With("success_url", saving.DoneUrl).With("cancel_url", saving.BackUrl), idempotencyKey, ct);

    /// <summary>What became of a session; null when Stripe gave no usable answer.</summary>
    public async Task<StripeSession?> Session(string sessionId, CancellationToken ct)
    {
        StripeSession? session = null;
        await _http.Get($"/v1/checkout/sessions/{Segment(sessionId)}?expand[0]=setup_intent.payment_method", (status, json) =>
        {
            session = StripeReading.Session(status, json);
            return new GatewayAnswer(GatewayOutcome.Succeeded);
        }, ct);
        return session;
    }

    /// <summary>Stripe lists the newest first, and what came after an id page by page. Without an id the list is walked to its end.</summary>
    public async Task<GatewayMovements?> Movements(string? afterId, CancellationToken ct)
    {
        var all = new List<GatewayMovement>();
        var cursor = afterId is null ? "" : $"&ending_before={Segment(afterId)}";
        for (var pages = 0; pages < MostPages; pages++)
        {
            StripePage? page = null;
            await _http.Get($"/v1/balance_transactions?limit={PageSize}{cursor}&expand[0]=data.source.payment_intent", (status, json) =>
            {
                page = StripeReading.Movements(status, json);
                return new GatewayAnswer(GatewayOutcome.Succeeded);
            }, ct);
            if (page is not { } read) return null;
            if (afterId is null) all.InsertRange(0, read.OldestFirst);
            else all.AddRange(read.OldestFirst);
            // A page may hold nothing but payouts, which are no movements of ours: then the next one is asked for at once.
            if (!read.HasMore || (afterId is not null && all.Count > 0)) return new GatewayMovements(all, read.HasMore);
            cursor = afterId is null ? From(read.OldestId) : $"&ending_before={Segment(read.NewestId!)}";
        }
        return null;
    }

    private Task<GatewayAnswer> Write(string path, StripeForm form, string idempotencyKey, CancellationToken ct) =>
        Send(Post(path, form), idempotencyKey, ct);

    private static byte[] Post(string path, StripeForm form) => GatewayHttp.Post(path, form.ToString());
    private static string From(string? after) => after is null ? "" : $"&starting_after={Segment(after)}";
    private static string Segment(string id) => Uri.EscapeDataString(id);
}

/// <summary>A card to be saved: for whom, and where Stripe sends them when they gave it or went back.</summary>
internal sealed record StripeSaving(string CustomerId, long PersonId, string Instance, string DoneUrl, string BackUrl);
