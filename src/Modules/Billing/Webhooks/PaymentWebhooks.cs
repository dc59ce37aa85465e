using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Stipend.Billing.Contracts;
using Stipend.Billing.Gateways;
using Stipend.Platform.Http;

namespace Stipend.Billing.Webhooks;

/// <summary>
/// Takes events from gateways: proves the raw bytes, notes which object the event is about, answers. What happened to the object is asked
/// at the gateway afterwards (<see cref="WebhookWorker"/>); the event itself is believed in nothing, so lies, repetitions and any order
/// do no harm.
/// </summary>
internal static class PaymentWebhooks
{
    private const int MostBytes = 256 * 1024, MostIdLength = 255;

    /// <summary>
    /// Not limited by the number of requests: at a billing run a gateway sends thousands, and a forged one costs a hash. The size is held
    /// here and not by the server, which would hang up before whoever sends too much has read why.
    /// </summary>
    internal static void Map(IEndpointRouteBuilder app) =>
        app.MapPost("/webhooks/payments/{gateway}", Receive).AllowAnyone().DisableRateLimiting();

    /// <summary>The object of an event that payments are about: a payment, or a session in which a card was saved. Null for all else.</summary>
    /// <exception cref="FormatException">It is no event.</exception>
    internal static (string EventId, string Type, string Kind, string ObjectId)? Read(JsonElement json)
    {
        if (Text(json, "object") != "event") throw new FormatException("not an event");
        var (id, type, subject) = (Text(json, "id"), Text(json, "type"), json.GetProperty("data").GetProperty("object"));
        return Text(subject, "object") switch
        {
            WebhookReceived.Payment or WebhookReceived.Session => (id, type, Text(subject, "object"), Text(subject, "id")),
            "charge" or "refund" or "dispute" when subject.GetProperty("payment_intent") is { ValueKind: JsonValueKind.String } =>
                (id, type, WebhookReceived.Payment, Text(subject, "payment_intent")),
            _ => null,
        };
    }

    private static async Task<IResult> Receive(HttpContext context, string gateway, WebhookInbox inbox, IConfiguration configuration,
        StripeOptions stripe, Clock clock, ILoggerFactory logs, CancellationToken ct)
    {
        var (header, secret) = gateway switch
        {
            GatewayNames.Stripe => ("Stripe-Signature", stripe.IsConfigured ? stripe.WebhookSecret : null),
            GatewayNames.Test => (GatewaySignature.Header, configuration["Stipend:TestGateway:WebhookSecret"]),
            _ => ("", null),
        };
        if (string.IsNullOrWhiteSpace(secret)) throw Refusal.NotFound("page");
        try
        {
            var body = await Body(context.Request, ct);
            if (!GatewaySignature.IsGenuine(body.Span, context.Request.Headers[header].ToString(), secret, clock.Now()))
                throw Refused(400, "bad_signature", "This was not signed by the payment provider, or too long ago.");
            if (Event(body) is { } told) await inbox.Put(gateway, told.EventId, told.Type, told.Kind, told.ObjectId, ct);
            return Results.Ok();
        }
        catch (Refusal refusal)
        {
            logs.CreateLogger(typeof(PaymentWebhooks)).LogWarning("An event of {Gateway} was refused: {Code}", gateway, refusal.Code);
            throw;
        }
    }

    private static (string EventId, string Type, string Kind, string ObjectId)? Event(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return Read(json.RootElement);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Refused(400, "bad_event", "This is not an event of a payment provider.");
        }
    }

    /// <summary>The whole body, byte for byte as it was signed.</summary>
    private static async Task<ReadOnlyMemory<byte>> Body(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > MostBytes) throw TooLarge();
        var buffer = new byte[MostBytes + 1];
        var read = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return read <= MostBytes ? buffer.AsMemory(0, read) : throw TooLarge();
    }

    private static Refusal TooLarge() => Refused(413, "too_large", "An event is at most 256 KiB large.");

    private static Refusal Refused(int status, string code, string message) => new(status, code, message);

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() is { Length: > 0 and <= MostIdLength } text
        ? text
        : throw new FormatException($"no {name}");
}
