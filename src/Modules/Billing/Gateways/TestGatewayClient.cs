using System.Globalization;
using System.Text.Json.Nodes;
using Stipend.TestGateway;

namespace Stipend.Billing.Gateways;

/// <summary>
/// Speaks to the test gateway, over a network or inside the process: the same requests either way.
/// </summary>
internal sealed class TestGatewayClient(HttpClient http) : IPaymentGateway, ITestPayers
{
    private readonly GatewayHttp _http = new(http, "application/json");

    public string Name => GatewayNames.Test;

    public Task<GatewayAnswer> CreateCustomer(long personId, string idempotencyKey, CancellationToken ct) =>
        Send(Post("/v1/customers", new JsonObject { ["metadata"] = new JsonObject { ["person_id"] = Text(personId) } }), idempotencyKey,
            ct);

    public Task<GatewayAnswer> AddMethod(string customerId, string token, string idempotencyKey, CancellationToken ct) =>
        Send(Post("/v1/payment_methods", new JsonObject { ["customer"] = customerId, ["card"] = token }), idempotencyKey, ct);

    public Task<GatewayAnswer> RemoveMethod(string methodId, string idempotencyKey, CancellationToken ct) =>
        Send(Post($"/v1/payment_methods/{Uri.EscapeDataString(methodId)}/detach", []), idempotencyKey, ct);

    public byte[] Prepare(ChargeRequest request)
    {
        var body = new JsonObject
        {
            ["amount"] = request.Amount.Minor,
            ["currency"] = request.Amount.Currency.Code.ToLowerInvariant(),
            ["customer"] = request.CustomerId,
            ["payment_method"] = request.MethodId,
            ["confirm"] = true,
            ["off_session"] = true,
            ["metadata"] = new JsonObject { ["charge_id"] = Text(request.ChargeId), ["billing_date"] = Day(request.BillingDate) },
        };
        if (request.Reference is not null) body["metadata"]!["reference"] = request.Reference;
        if (request.ReturnUrl is not null) body["return_url"] = request.ReturnUrl;
        return Post("/v1/payment_intents", body);
    }

    public byte[] PrepareConfirm(ConfirmRequest request)
    {
        var body = new JsonObject
        {
            ["payment_method"] = request.MethodId,
            ["off_session"] = true,
            ["metadata"] = new JsonObject { ["billing_date"] = Day(request.BillingDate) },
        };
        if (request.ReturnUrl is not null) body["return_url"] = request.ReturnUrl;
        return Post($"/v1/payment_intents/{Uri.EscapeDataString(request.IntentId)}/confirm", body);
    }

    public byte[] PrepareRefund(string intentId, Money amount, long refundId) => Post("/v1/refunds", new JsonObject
    {
        ["payment_intent"] = intentId,
        ["amount"] = amount.Minor,
        ["metadata"] = new JsonObject { ["refund_id"] = Text(refundId) },
    });

    public Task<GatewayAnswer> Send(ReadOnlyMemory<byte> prepared, string idempotencyKey, CancellationToken ct) =>
        _http.Send(prepared, idempotencyKey, GatewayReading.Answer, ct);

    public Task<GatewayAnswer> Lookup(string intentId, CancellationToken ct) =>
        _http.Get($"/v1/payment_intents/{Uri.EscapeDataString(intentId)}", GatewayReading.Answer, ct);

    public Task<GatewayAnswer> FindByCharge(string customerId, long chargeId, CancellationToken ct) =>
        _http.Get($"/v1/payment_intents?customer={Uri.EscapeDataString(customerId)}&charge_id={Text(chargeId)}",
            (status, json) => GatewayReading.Found(status, json, chargeId), ct);

    public Task<GatewayAnswer> Cancel(string intentId, string idempotencyKey, CancellationToken ct) =>
        Send(Post($"/v1/payment_intents/{Uri.EscapeDataString(intentId)}/cancel", []), idempotencyKey, ct);

    public async Task<GatewayMovements?> Movements(string? afterId, CancellationToken ct)
    {
        GatewayMovements? movements = null;
        await _http.Get("/v1/balance_transactions" + (afterId is null ? "" : $"?after={Uri.EscapeDataString(afterId)}"), (status, json) =>
        {
            movements = GatewayReading.Movements(status, json);
            return GatewayAnswer.Unknown("");
        }, ct);
        return movements;
    }

    public IReadOnlyList<Contracts.TestCard> Cards { get; } =
        [.. TestCard.Named.Select(card => new Contracts.TestCard(card.Token, card.Meaning)),
            .. TestCard.Dated.Select(card => new Contracts.TestCard(card.Form, card.Meaning))];

    public async Task<IReadOnlyList<TestPayer>?> AddPayers(IReadOnlyList<(long PersonId, string CardToken)> payers, string idempotencyKey,
        CancellationToken ct)
    {
        IReadOnlyList<TestPayer>? made = null;
        var list = new JsonArray([.. payers.Select(payer => new JsonObject
            { ["person_id"] = Text(payer.PersonId), ["card"] = payer.CardToken })]);
        var request = Post("/v1/test_helpers/payers", new JsonObject { ["payers"] = list });
        var answer = await _http.Send(request, idempotencyKey, (status, json) =>
        {
            if (status is < 200 or >= 300) return GatewayReading.Answer(status, json);
            made = GatewayReading.Payers(json, payers);
            return new GatewayAnswer(GatewayOutcome.Succeeded);
        }, ct);
        return answer.Outcome == GatewayOutcome.Refused
            ? throw Refusal.Invalid(answer.Code ?? "gateway_refused", answer.Message ?? "The gateway refused these cards.")
            : made;
    }

    private static byte[] Post(string path, JsonObject body) => GatewayHttp.Post(path, body.ToJsonString());
    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
    private static string Day(LocalDate date) => date.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);
}
