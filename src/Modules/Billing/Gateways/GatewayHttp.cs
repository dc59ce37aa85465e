using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Stipend.Billing.Gateways;

/// <summary>
/// One call over HTTP, and the one place that decides what silence and nonsense mean: Unknown. The prepared form is the request line, a
/// newline and the body, so that stored bytes say by themselves where they go.
/// </summary>
internal sealed class GatewayHttp(HttpClient http, string contentType)
{
    /// <summary>Prepared bytes: what <see cref="Send"/> takes.</summary>
    public static byte[] Post(string path, string body) => Encoding.UTF8.GetBytes($"POST {path}\n{body}");

    /// <summary>Sends exactly the prepared bytes.</summary>
    public Task<GatewayAnswer> Send(ReadOnlyMemory<byte> prepared, string idempotencyKey, Func<int, JsonElement, GatewayAnswer> read,
        CancellationToken ct)
    {
        var newline = prepared.Span.IndexOf((byte)'\n');
        if (newline < 0 || Encoding.ASCII.GetString(prepared.Span[..newline]).Split(' ') is not [var method, var path])
            throw new ArgumentException("These bytes were not made by this gateway's Prepare.", nameof(prepared));
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative))
        {
            Content = new ReadOnlyMemoryContent(prepared[(newline + 1)..]),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return Ask(request, read, ct);
    }

    public Task<GatewayAnswer> Get(string path, Func<int, JsonElement, GatewayAnswer> read, CancellationToken ct) =>
        Ask(new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative)), read, ct);

    // The caller's own cancellation is not the gateway's doing and is thrown.
    private async Task<GatewayAnswer> Ask(HttpRequestMessage request, Func<int, JsonElement, GatewayAnswer> read, CancellationToken ct)
    {
        var status = 0;
        try
        {
            using (request)
            using (var response = await http.SendAsync(request, ct))
            {
                status = (int)response.StatusCode;
                if (status == 429) return new GatewayAnswer(GatewayOutcome.Throttled, Code: "rate_limit");
                if (status >= 500) return GatewayAnswer.Unknown($"The gateway answered {status}.");
                using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(ct));
                return read(status, json.RootElement);
            }
        }
        catch (HttpRequestException error)
        {
            return GatewayAnswer.Unknown($"No answer from the gateway: {error.Message}");
        }
        catch (IOException error)
        {
            return GatewayAnswer.Unknown($"The gateway's answer broke off: {error.Message}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return GatewayAnswer.Unknown("The gateway did not answer in time.");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or OverflowException)
        {
            return GatewayAnswer.Unknown($"The gateway's answer ({status}) cannot be read: {error.Message}");
        }
    }
}
