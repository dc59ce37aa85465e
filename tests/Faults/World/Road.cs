using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Stipend.Faults.World;

/// <summary>What happens to a call on its way to the gateway, or to the answer on its way back.</summary>
internal enum Mishap { None, LostBefore, LostAfter, CutBody, Throttled, Late }

/// <summary>The network between the site and the gateway: passes calls on, and loses, cuts, delays and refuses as the test says.</summary>
internal sealed class Road : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _gateway;
    private int _inFlight, _calls, _replayed, _foundPaid;

    private Road(WebApplication app, HttpClient gateway, string key) => (_app, _gateway, Key) = (app, gateway, key);

    public string Key { get; }
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>How long each call takes on the road.</summary>
    public int LatencyMs { get; set; }

    /// <summary>How long a late answer takes.</summary>
    public int LateMs { get; set; }

    /// <summary>Decides what happens to each call that would take money.</summary>
    public Func<Mishap> Weather { get; set; } = () => Mishap.None;

    /// <summary>Nothing gets through.</summary>
    public bool IsDown { get; set; }

    public int Calls => _calls;
    public int InFlight => _inFlight;
    public int Refused { get; private set; }

    /// <summary>Calls for money already taken that took nothing again: the key was known, or a look found the payment.</summary>
    public int DuplicatesAvoided => _replayed + _foundPaid;
    public ConcurrentDictionary<Mishap, int> Injected { get; } = new();

    /// <summary>Bodies sent by key: the same key must always bring the same bytes.</summary>
    public ConcurrentDictionary<string, ConcurrentDictionary<string, int>> Sent { get; } = new(StringComparer.Ordinal);

    public static async Task<Road> To(Uri gateway, string key)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var road = new Road(app, new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = gateway }, key);
        app.Run(road.Pass);
        await app.StartAsync();
        return road;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _gateway.Dispose();
    }

    private async Task Pass(HttpContext context)
    {
        if (IsDown)
        {
            Refused++;
            context.Abort();
            return;
        }
        Interlocked.Increment(ref _calls);
        Interlocked.Increment(ref _inFlight);
        try
        {
            await Carry(context, context.Request.Method == "POST" ? Weather() : Mishap.None);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            context.Abort(); // one of the two ends has died
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task Carry(HttpContext context, Mishap mishap)
    {
        if (mishap != Mishap.None) Injected.AddOrUpdate(mishap, 1, (_, n) => n + 1);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (LatencyMs > 0) await Pause.For(LatencyMs);
        if (mishap == Mishap.LostBefore)
        {
            context.Abort();
            return;
        }
        if (mishap == Mishap.Throttled)
        {
            context.Response.StatusCode = 429;
            return;
        }
        using var answer = await _gateway.SendAsync(Copy(context, body.ToArray()));
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Note(context, answer, bytes);
        if (mishap == Mishap.Late) await Pause.For(LateMs, context.RequestAborted);
        if (mishap == Mishap.LostAfter)
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(mishap == Mishap.CutBody ? bytes.AsMemory(0, bytes.Length / 2) : bytes);
        if (mishap != Mishap.CutBody) return;
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    private HttpRequestMessage Copy(HttpContext context, byte[] body)
    {
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), context.Request.Path + context.Request.QueryString);
        if (context.Request.Method == "POST")
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }
        request.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        if (context.Request.Headers["Idempotency-Key"].ToString() is not { Length: > 0 } key) return request;
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        Sent.GetOrAdd(key, _ => new(StringComparer.Ordinal)).AddOrUpdate(Convert.ToHexString(body), 1, (_, n) => n + 1);
        return request;
    }

    private void Note(HttpContext context, HttpResponseMessage answer, byte[] body)
    {
        if (answer.StatusCode != HttpStatusCode.OK) return;
        if (!body.AsSpan().IndexOf("\"status\":\"succeeded\""u8).Equals(-1))
        {
            if (context.Request.Method == "GET") Interlocked.Increment(ref _foundPaid);
            else if (answer.Headers.Contains("Idempotent-Replayed")) Interlocked.Increment(ref _replayed);
        }
    }
}
