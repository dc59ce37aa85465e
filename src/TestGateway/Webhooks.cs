using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Stipend.TestGateway;

/// <summary>Signs what is delivered: <c>t=SECONDS,v1=HEX</c>, an HMAC-SHA256 over <c>SECONDS.BODY</c>.</summary>
public static class WebhookSignature
{
    public const string Header = "Gateway-Signature";

    public static string Of(ReadOnlySpan<byte> body, string secret, DateTimeOffset at)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] payload = [.. Encoding.ASCII.GetBytes(seconds + "."), .. body];
        var signed = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), payload);
        return $"t={seconds},v1={Convert.ToHexStringLower(signed)}";
    }
}

/// <summary>
/// Sends events to the webhook address, best effort: at least once, several tries, no promise of order after a failure.
/// Whoever misses one lists events instead.
/// </summary>
public sealed class WebhookCourier(TestGatewayCore core, TimeProvider time) : IAsyncDisposable
{
    private const int MostTries = 8, BatchSize = 50;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Begins delivering until disposed; does nothing without a webhook address.</summary>
    public void Start()
    {
        if (core.Options.WebhookUrl is not null) _running = Run(_stop.Token);
    }

    /// <summary>Sends what is due once; answers how many were accepted.</summary>
    public async Task<int> DeliverPending(CancellationToken ct)
    {
        if (core.Options.WebhookUrl is not { } url) return 0;
        var accepted = 0;
        var due = core.Store.All("SELECT * FROM event WHERE delivered = 0 AND tries < @most ORDER BY seq LIMIT @batch",
            ("@most", MostTries), ("@batch", BatchSize));
        foreach (var row in due)
        {
            core.Store.Execute("UPDATE event SET tries = tries + 1 WHERE seq = @seq", ("@seq", row.Long("seq")));
            if (!await Deliver(url, Encoding.UTF8.GetBytes(Events.Json(core.Store, row).ToJsonString()), ct)) continue;
            core.Store.Execute("UPDATE event SET delivered = 1 WHERE seq = @seq", ("@seq", row.Long("seq")));
            accepted++;
        }
        return accepted;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _http.Dispose();
    }

    private async Task Run(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await DeliverPending(ct);
            await Task.Delay(s_pause, time, ct);
        }
    }

    private async Task<bool> Deliver(Uri url, byte[] body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(WebhookSignature.Header, WebhookSignature.Of(body, core.Options.WebhookSecret, time.GetUtcNow()));
        try
        {
            using var response = await _http.SendAsync(request, ct);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }
}
